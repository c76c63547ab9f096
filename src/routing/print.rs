//! A table of routes as text, in the style of `next build`.
//!
//! Uses the standard library only, because build scripts use this module too.

use super::pattern::{Pattern, Segment};
use std::fmt::{self, Write};

/// One row of the table: a route and a remark.
pub(crate) struct Row<'a> {
    pub(crate) pattern: &'a Pattern,
    pub(crate) remark: String,
}

const LEGEND: [(char, &str); 3] = [
    ('○', "(static)     one path"),
    ('ƒ', "(dynamic)    a parameter"),
    ('*', "(catch-all)  any number of segments"),
];

fn mark(pattern: &Pattern) -> char {
    pattern.segments().iter().fold('○', |mark, segment| match segment {
        Segment::Static(_) => mark,
        Segment::Param(_) => 'ƒ',
        Segment::CatchAll(_) | Segment::OptionalCatchAll(_) => '*',
    })
}

/// Writes the routes, one on each line, and a legend of their marks.
pub(crate) fn write_table(out: &mut impl Write, rows: &[Row<'_>]) -> fmt::Result {
    let width = rows.iter().map(|row| row.pattern.as_str().chars().count()).max().unwrap_or(0);
    writeln!(out, "Route (api)")?;
    for (i, Row { pattern, remark }) in rows.iter().enumerate() {
        let branch = match (i, rows.len()) {
            (_, 1) => '─',
            (0, _) => '┌',
            (i, length) if i + 1 == length => '└',
            _ => '├',
        };
        let line = format!("{branch} {} {:width$}  {remark}", mark(pattern), pattern.as_str());
        writeln!(out, "{}", line.trim_end())?;
    }
    let used = LEGEND.iter().filter(|(sign, _)| rows.iter().any(|row| mark(row.pattern) == *sign));
    for (i, (sign, text)) in used.enumerate() {
        writeln!(out, "{}{sign}  {text}", if i == 0 { "\n" } else { "" })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_a_tree_with_marks() {
        let cases: &[(&[(&str, &str)], &str)] = &[
            (&[], "Route (api)\n"),
            (&[("/api", "")], "Route (api)\n─ ○ /api\n\n○  (static)     one path\n"),
            (
                &[("/api/[id]", "GET"), ("/api/[id]/all", ""), ("/api/[id]/[...rest]", "{ cors }")],
                "\
Route (api)
┌ ƒ /api/[id]            GET
├ ƒ /api/[id]/all
└ * /api/[id]/[...rest]  { cors }

ƒ  (dynamic)    a parameter
*  (catch-all)  any number of segments
",
            ),
        ];
        for (routes, table) in cases {
            let patterns: Vec<_> = routes.iter().map(|(route, _)| Pattern::parse(route).unwrap()).collect();
            let row = |(pattern, (_, remark)): (_, &(_, &str))| Row { pattern, remark: (*remark).into() };
            let rows: Vec<_> = patterns.iter().zip(*routes).map(row).collect();
            let mut text = String::new();
            write_table(&mut text, &rows).unwrap();
            assert_eq!(text, *table, "{routes:?}");
        }
    }
}

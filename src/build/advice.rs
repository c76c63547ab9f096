//! Advice on exports that a route file has by another name, or without `pub`: for rustc they are only never used.

/// An item at the top level of a file.
struct Item<'a> {
    line: usize,
    is_public: bool,
    name: &'a str,
    /// The words between the name and the end of its line.
    rest: &'a str,
}

/// Returns a sentence for each export that is probably meant and does nothing, with its line.
pub(super) fn advice(text: &str) -> Vec<(usize, String)> {
    let code = without_comments_and_literals(text);
    let items = items(&code);
    let exports = |name| items.iter().any(|item| item.is_public && item.name == name);
    let sentence = |item: &Item<'_>| {
        // What is used elsewhere in the file has a purpose.
        if code.split(|c: char| !is_word(c)).filter(|word| *word == item.name).count() != 1 {
            return None;
        }
        let not_public =
            |export: &str| format!("`{}` is not `pub`, so it is not used: write `pub {export}`", item.name);
        match item.name {
            "CONFIG" if !item.is_public => Some(not_public("const CONFIG")),
            "config" if !item.is_public => Some(not_public("fn config")),
            "route" if !item.is_public && exports("handler") => Some(not_public("fn route")),
            "handler" if !item.is_public && exports("route") => Some(
                "`handler` is not used: `route` is the export of this file, and does not mention it".into(),
            ),
            // A function `config` is an export, too, and a constant of this name is an error of the compiler.
            name if item.rest.contains("RouteConfig")
                && !name.eq_ignore_ascii_case("CONFIG")
                && is_near(name, "CONFIG") =>
            {
                Some(format!("`{name}` is not used: the configuration of a route file is called `CONFIG`"))
            }
            _ => None,
        }
    };
    items.iter().filter_map(|item| Some((item.line, sentence(item)?))).collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns the constants and functions at the top level.
fn items(code: &str) -> Vec<Item<'_>> {
    let mut depth = 0_usize;
    let mut items = Vec::new();
    for (index, line) in code.lines().enumerate() {
        if depth == 0 {
            items.extend(item(line, index + 1));
        }
        for c in line.chars() {
            match c {
                '{' | '(' | '[' => depth += 1,
                '}' | ')' | ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
    items
}

fn item(line: &str, number: usize) -> Option<Item<'_>> {
    let mut rest = line.trim_start();
    let is_public = rest.starts_with("pub ") || rest.starts_with("pub(");
    if is_public {
        let end = if rest.starts_with("pub(") { rest.find(')')? + 1 } else { 3 };
        rest = rest.get(end..)?.trim_start();
    }
    rest = rest.strip_prefix("async ").unwrap_or(rest);
    rest = rest
        .strip_prefix("const fn ")
        .or_else(|| rest.strip_prefix("const "))
        .or_else(|| rest.strip_prefix("fn "))?;
    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    Some(Item { line: number, is_public, name, rest })
}

/// Returns whether one letter is missing, one too many, or one or two in the wrong place.
fn is_near(name: &str, export: &str) -> bool {
    let (name, export) = (name.to_ascii_uppercase().into_bytes(), export.as_bytes());
    let shorter = |short: &[u8], long: &[u8]| {
        (0..long.len())
            .any(|at| long.iter().enumerate().filter(|(index, _)| *index != at).map(|(_, c)| c).eq(short))
    };
    match name.len().abs_diff(export.len()) {
        0 => name.iter().zip(export).filter(|(a, b)| a != b).count() <= 2,
        1 if name.len() < export.len() => shorter(&name, export),
        1 => shorter(export, &name),
        _ => false,
    }
}

/// Replaces comments, and the texts and characters of literals, by spaces. Lines stay where they are.
fn without_comments_and_literals(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => string(rest),
            'r' if !out.ends_with(is_word) => raw_string(rest).unwrap_or(0),
            '\'' => character(rest).unwrap_or(0),
            _ => 0,
        };
        if length == 0 {
            out.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        } else {
            let (skipped, after) = rest.split_at(length);
            out.extend(skipped.chars().map(|c| if c == '\n' { c } else { ' ' }));
            rest = after;
        }
    }
    out
}

/// Returns the length of a comment, whose comments may be nested.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with("*/") {
            (depth, at) = (depth.saturating_sub(1), at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn raw_string(text: &str) -> Option<usize> {
    let hashes = text.get(1..)?.bytes().take_while(|byte| *byte == b'#').count();
    let start = hashes + 2;
    if !text.get(hashes + 1..)?.starts_with('"') {
        return None;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    Some(text.get(start..)?.find(&end).map_or(text.len(), |at| start + at + end.len()))
}

/// Returns the length of `'x'` or `'\n'`, and none for a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        return text.get(3..)?.find('\'').map(|at| at + 4);
    }
    let (at, after) = chars.next()?;
    (after == '\'').then_some(at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_that_does_nothing_is_named() {
        let cases = [
            ("const CONFIG: RouteConfig = X;", Some("write `pub const CONFIG`")),
            ("fn config() -> RouteConfig { X }", Some("write `pub fn config`")),
            ("pub const CONFG: RouteConfig = X;", Some("`CONFG` is not used")),
            ("pub fn config() -> RouteConfig { X }", None),
            ("pub(crate) const CONFGI: RouteConfig = X;", Some("`CONFGI` is not used")),
            ("const CONFIGS: RouteConfig = X;", Some("`CONFIGS` is not used")),
            (
                "pub fn route() -> Methods { methods().get(list) }\nasync fn handler() {}",
                Some("`handler` is not used"),
            ),
            ("pub async fn handler() {}\nfn route() -> Methods {}", Some("write `pub fn route`")),
            ("/* a \" */ const CONFIG: RouteConfig = X; // '\"'", Some("write `pub const CONFIG`")),
            (
                "const Q: char = '\"';\nfn f<'a>() {}\nconst CONFIG: RouteConfig = X;",
                Some("write `pub const CONFIG`"),
            ),
            // What a quote may stand in:
            (
                "const T: &str = \"a \\\" text\";\nconst CONFIG: RouteConfig = X;",
                Some("write `pub const CONFIG`"),
            ),
            ("const Q: char = '\"';\nconst CONFIG: RouteConfig = X;", Some("write `pub const CONFIG`")),
            ("const Q: char = '\\\"';\nconst CONFIG: RouteConfig = X;", Some("write `pub const CONFIG`")),
            ("const Q: char = '\\'';\nconst CONFIG: RouteConfig = X;", Some("write `pub const CONFIG`")),
            (
                "const T: &str = r\"a text\\\";\nconst CONFIG: RouteConfig = X;",
                Some("write `pub const CONFIG`"),
            ),
            (
                "const T: &str = r#\"a text\"#;\nconst CONFIG: RouteConfig = X;",
                Some("write `pub const CONFIG`"),
            ),
            // Nothing to say:
            ("pub const CONFIG: RouteConfig = X;", None),
            ("pub(crate) const CONFIG: RouteConfig = X;", None),
            ("const CONFIG: RouteConfig = X;\npub fn route() -> Methods { methods().config(CONFIG) }", None),
            ("pub fn route() -> Methods { methods().get(handler) }\nasync fn handler() {}", None),
            ("const LARGE: RouteConfig = X;", None),
            ("pub const CONFIGS: u8 = 1;", None),
            ("// const CONFIG: RouteConfig = X;", None),
            ("/* /* */\nconst CONFIG: RouteConfig = X;\n*/", None),
            ("const T: &str = \"\nconst CONFIG: RouteConfig = X;\n\";", None),
            ("const T: &str = r#\"\"\nconst CONFIG: RouteConfig = X;\n\"#;", None),
            ("mod inner {\n    const CONFIG: RouteConfig = X;\n}", None),
            ("make!(\n    const CONFIG: RouteConfig = X;\n);", None),
            ("make![\n    const CONFIG: RouteConfig = X;\n];", None),
            ("\u{feff}\"\\\"\nfn config() {}\n\"é'", None),
            ("r#\"", None),
        ];
        for (text, sentence) in cases {
            let found = advice(text);
            match sentence {
                Some(sentence) => {
                    assert!(found.len() == 1 && found[0].1.contains(sentence), "{text}: {found:?}");
                }
                None => assert!(found.is_empty(), "{text}: {found:?}"),
            }
        }
    }

    #[test]
    fn the_line_is_that_of_the_item() {
        let text = "use a::b;\n\n/// Text.\nconst CONFIG: RouteConfig = X;\n";
        assert_eq!(advice(text)[0].0, 4);
    }
}

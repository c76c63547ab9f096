//! Cuts the parameters of a route out of the raw path.

use super::pattern::{Pattern, Segment};
use crate::text::percent::decode;

/// The values of one parameter, still encoded.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Raw<'a> {
    One(&'a str),
    /// What a catch-all matches, slashes included.
    Many(&'a str),
}

/// Returns the parameters of a path that the pattern matches, by name.
pub(crate) fn cut<'a>(pattern: &'a Pattern, path: &'a str) -> impl Iterator<Item = (&'a str, Raw<'a>)> {
    let mut rest = path.strip_prefix('/').unwrap_or(path);
    let rest_after = move |rest: &mut &'a str| -> &'a str {
        let (segment, after) = rest.split_once('/').unwrap_or((*rest, ""));
        *rest = after;
        segment
    };
    pattern.segments().iter().filter_map(move |segment| match segment {
        Segment::Static(_) => {
            rest_after(&mut rest);
            None
        }
        Segment::Param(name) => Some((&**name, Raw::One(rest_after(&mut rest)))),
        Segment::CatchAll(name) => Some((&**name, Raw::Many(rest))),
        // An optional catch-all that matches no segment has no value.
        Segment::OptionalCatchAll(name) => (!rest.is_empty()).then_some((&**name, Raw::Many(rest))),
    })
}

/// Returns whether every parameter can be decoded. If not, the response is 400, as in Next.js.
pub(crate) fn decodable(pattern: &Pattern, path: &str) -> bool {
    !path.as_bytes().contains(&b'%')
        || cut(pattern, path).all(|(_, raw)| match raw {
            Raw::One(text) => decode(text).is_some(),
            Raw::Many(text) => text.split('/').all(|text| decode(text).is_some()),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pattern: &str, path: &str) -> String {
        let pattern = Pattern::parse(pattern).unwrap();
        cut(&pattern, path).map(|(name, raw)| format!("{name}={raw:?}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn parameters_are_cut_by_the_routes_own_segments() {
        let cases = [
            ("/api/[a]/x/[b]", "/api/1/x/2", "a=One(\"1\") b=One(\"2\")"),
            ("/api/[...a]", "/api/1/2/3", "a=Many(\"1/2/3\")"),
            ("/api/[[...a]]", "/api", ""),
            ("/[[...a]]", "/", ""),
            ("/[a]/[[...b]]", "/x", "a=One(\"x\")"),
            ("/[a]/[...b]", "/x%2Fy/z", "a=One(\"x%2Fy\") b=Many(\"z\")"),
        ];
        for (pattern, path, expected) in cases {
            assert_eq!(values(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn a_malformed_escape_is_seen_in_parameters_only() {
        let cases = [
            ("/%ZZ", false),
            ("/%", false),
            ("/%4", false),
            ("/%E4%BD", false),
            ("/%E4%BD%A0", true),
            ("/a+%20", true),
        ];
        let (param, fixed) = (Pattern::parse("/[a]").unwrap(), Pattern::parse("/%ZZ").unwrap());
        for (path, good) in cases {
            assert_eq!(decodable(&param, path), good, "{path}");
        }
        assert!(decodable(&fixed, "/%ZZ"));
    }
}

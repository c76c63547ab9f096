//! Prefixes of paths that are taken off, put on or replaced.

use super::ProxyError;
use http::uri::PathAndQuery;
use percent_encoding::percent_decode_str;

/// Replacements of the start of a path, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct PathMap(Vec<(Box<str>, Box<str>)>);

impl PathMap {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a replacement. An empty text stands for the root.
    #[track_caller]
    pub(super) fn push(&mut self, from: &str, to: &str) {
        for prefix in [from, to] {
            let is_path = prefix.is_empty()
                || prefix.starts_with('/')
                    && !prefix.ends_with('/')
                    && !prefix.contains("//")
                    && PathAndQuery::try_from(prefix).is_ok_and(|path| path.as_str() == path.path());
            assert!(
                is_path,
                "{prefix:?} is not the prefix of a path: write it with a slash in front and none at the end, as \"/api\""
            );
        }
        self.0.push((from.into(), to.into()));
    }

    /// Returns the path for the origin.
    pub(super) fn apply(&self, path: PathAndQuery) -> Result<PathAndQuery, ProxyError> {
        if self.0.is_empty() {
            return Ok(path);
        }
        if has_dot_segment(path.path()) {
            return Err(ProxyError::Malformed("a path with a dot segment could leave the prefix"));
        }
        let mapped = self.0.iter().fold(path.path().to_owned(), |path, (from, to)| replace(path, from, to));
        let text = match path.query() {
            Some(query) => format!("{mapped}?{query}"),
            None => mapped,
        };
        PathAndQuery::try_from(text).map_err(|_| ProxyError::Malformed("the path cannot be mapped"))
    }

    /// Returns the client's path for a path, query and fragment of the origin.
    pub(super) fn back(&self, path: &str) -> String {
        let (path, rest) = path.split_at(path.find(['?', '#']).unwrap_or(path.len()));
        let path = if path.is_empty() && !self.0.is_empty() { "/" } else { path };
        let path = self.0.iter().rev().fold(path.to_owned(), |path, (from, to)| replace(path, to, from));
        path + rest
    }
}

/// Replaces whole segments at the start of a path.
fn replace(path: String, from: &str, to: &str) -> String {
    match path.strip_prefix(from) {
        Some("") if to.is_empty() => "/".into(),
        // The root below a prefix is the prefix itself.
        Some("/") if from.is_empty() => to.into(),
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{to}{rest}"),
        _ => path,
    }
}

/// Returns whether a server could resolve a segment of the path as `.` or `..`, in any spelling. Some servers ignore what
/// follows a semicolon.
fn has_dot_segment(path: &str) -> bool {
    let path: Vec<u8> = percent_decode_str(path).collect();
    let mut segments = path.split(|byte| matches!(byte, b'/' | b'\\'));
    segments.any(|segment| matches!(segment.split(|byte| *byte == b';').next(), Some(b"." | b"..")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(steps: &[(&str, &str)]) -> PathMap {
        let mut map = PathMap::default();
        for (from, to) in steps {
            map.push(from, to);
        }
        map
    }

    #[test]
    fn prefixes_are_replaced_both_ways() {
        let cases: [(&[(&str, &str)], &str, &str); 12] = [
            (&[], "/a/../b?c", "/a/../b?c"),
            (&[("/api", "")], "/api/x?y=/api", "/x?y=/api"),
            (&[("/api", "")], "/api", "/"),
            (&[("/api", "")], "/api?x", "/?x"),
            (&[("", "/v2")], "/x", "/v2/x"),
            (&[("", "/v2")], "/", "/v2"),
            (&[("/api", "/v2")], "/api/x", "/v2/x"),
            (&[("/api", "/v2")], "/api", "/v2"),
            (&[("/api", "/v2")], "/api/", "/v2/"),
            (&[("/api", ""), ("", "/v2")], "/api/x", "/v2/x"),
            (&[("/api/old", "/v2")], "/api/old/a%2Fb", "/v2/a%2Fb"),
            (&[("/api", "/v2")], "/apis/x", "/apis/x"),
        ];
        for (steps, path, expected) in cases {
            let map = map(steps);
            let mapped = map.apply(PathAndQuery::try_from(path).unwrap()).unwrap();
            assert_eq!(mapped, expected, "{steps:?} {path}");
            assert_eq!(map.back(mapped.as_str()), path.replace("/?", "?"), "{steps:?}");
        }
    }

    #[test]
    fn a_mapped_path_cannot_leave_its_prefix() {
        let map = map(&[("/api", "/v2")]);
        for path in [
            "/api/../x",
            "/api/%2e%2e/x",
            "/api/..",
            "/api/.%2E%2fx",
            "/api/a%5c..%5cx",
            "/api/..\\x",
            "/./api",
            // Escapes that are not UTF-8, or none at all, hide nothing.
            "/api/%ff/%2e%2e/x",
            "/api/%zz/%2e%2e/x",
            "/api/%2e%2e/%",
            // What some servers take for parameters of a segment.
            "/api/..;/x",
            "/api/%2e.;a=b/x",
        ] {
            let error = map.apply(PathAndQuery::try_from(path).unwrap()).unwrap_err();
            assert_eq!(error.status(), 400, "{path}");
        }
        assert_eq!(map.apply(PathAndQuery::from_static("/api/...")).unwrap(), "/v2/...");
    }

    #[test]
    fn wrong_prefix_panics_at_startup() {
        for prefix in ["api", "/api/", "/a//b", "/a?b", "/a b"] {
            assert!(std::panic::catch_unwind(|| map(&[(prefix, "")])).is_err(), "{prefix}");
        }
    }
}

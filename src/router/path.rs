//! What Next.js does to a path before it looks for a route.

/// What to do with the last slash of a path.
///
/// ```
/// use tower_api_routes::{ApiRouter, TrailingSlash};
///
/// let api = ApiRouter::new().trailing_slash(TrailingSlash::Require);
/// ```
///
/// Source: [`trailingSlash`](https://nextjs.org/docs/pages/api-reference/config/next-config-js/trailingSlash) in
/// `next.config.js`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrailingSlash {
    /// `/api/hello/` answers 308 with `/api/hello`. The default, as in Next.js.
    #[default]
    Remove,
    /// `/api/hello` answers 308 with `/api/hello/`; `trailingSlash: true` in Next.js.
    Require,
    /// Both are answered.
    Ignore,
}

/// A path on its way to the table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Tidied {
    /// As it came.
    Clean,
    /// Its dot segments are resolved.
    Resolved(Box<str>),
    /// The client is sent to this path, which has no doubled slashes.
    Redirect(Box<str>),
    /// The client is sent to this path, whose last slash is as it should be.
    LastSlash(Box<str>),
}

/// Whether [`tidy`] has nothing to do, as for nearly every request.
#[inline]
pub(crate) fn is_tidy(path: &str, slash: TrailingSlash) -> bool {
    !is_suspicious(path.as_bytes()) && trailing(path, slash).is_none()
}

/// Looks for doubled slashes, backslashes, dot segments, and a last slash that should not be there.
///
/// As in Next.js one redirect repairs one thing: doubled slashes first, then the last slash.
#[cold]
pub(crate) fn tidy(path: &str, slash: TrailingSlash) -> Tidied {
    if !is_suspicious(path.as_bytes()) {
        return match trailing(path, slash) {
            Some(path) => Tidied::LastSlash(path),
            None => Tidied::Clean,
        };
    }
    if path.contains("//") || path.contains('\\') {
        let collapsed = collapse(path);
        return Tidied::Redirect(resolve_dots(&collapsed).unwrap_or(collapsed));
    }
    match resolve_dots(path) {
        Some(resolved) => match trailing(&resolved, slash) {
            Some(path) => Tidied::LastSlash(path),
            None => Tidied::Resolved(resolved),
        },
        None => trailing(path, slash).map_or(Tidied::Clean, Tidied::LastSlash),
    }
}

/// Whether there is anything to look at more closely: 9 instructions a byte. (Without branches the compiler looks at 16 bytes
/// at a time, and the rest of a path, which is most of it, costs 22 a byte.)
fn is_suspicious(path: &[u8]) -> bool {
    let mut previous = 0;
    for &byte in path {
        if byte == b'\\' || previous == b'/' && matches!(byte, b'/' | b'.' | b'%') {
            return true;
        }
        previous = byte;
    }
    false
}

/// The path that a client arrives at in the end, if it follows every redirect.
pub(crate) fn fully_tidy(path: &str, slash: TrailingSlash) -> Option<Box<str>> {
    let mut current: Option<Box<str>> = None;
    // Doubled slashes, dots and the last slash: each is repaired at most once.
    for _ in 0..4 {
        match tidy(current.as_deref().unwrap_or(path), slash) {
            Tidied::Clean => break,
            Tidied::Resolved(path) | Tidied::Redirect(path) | Tidied::LastSlash(path) => current = Some(path),
        }
    }
    current
}

/// The path without its last slash: what the table holds.
pub(crate) fn without_trailing(path: &str) -> &str {
    match path.strip_suffix('/') {
        Some("") | None => path,
        Some(path) => path,
    }
}

/// Where the client is sent for its last slash, if anywhere.
fn trailing(path: &str, slash: TrailingSlash) -> Option<Box<str>> {
    match slash {
        TrailingSlash::Remove if path.len() > 1 => path.strip_suffix('/').map(Into::into),
        // As in Next.js, a last segment with a dot is a file and keeps its form.
        TrailingSlash::Require if !path.ends_with('/') && !path.rsplit('/').next()?.contains('.') => {
            Some(format!("{path}/").into())
        }
        _ => None,
    }
}

fn collapse(path: &str) -> Box<str> {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        let c = if c == '\\' { '/' } else { c };
        if c != '/' || !out.ends_with('/') {
            out.push(c);
        }
    }
    out.into()
}

/// Resolves `.` and `..` as the [URL standard](https://url.spec.whatwg.org/#path-state) does, `%2e` included.
fn resolve_dots(path: &str) -> Option<Box<str>> {
    let mut found = false;
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(segment) = segments.next() {
        let dots = count_dots(segment);
        if dots == 0 {
            kept.push(segment);
            continue;
        }
        found = true;
        if dots == 2 {
            kept.pop();
        }
        if segments.peek().is_none() {
            kept.push(""); // a dot segment at the end leaves a slash
        }
    }
    found.then(|| format!("/{}", kept.join("/")).into())
}

/// 1 for `.`, 2 for `..`, in any spelling; 0 for anything else.
fn count_dots(segment: &str) -> usize {
    let mut rest = segment;
    let mut dots = 0;
    while !rest.is_empty() {
        let Some(next) =
            rest.strip_prefix('.').or_else(|| rest.strip_prefix("%2e")).or_else(|| rest.strip_prefix("%2E"))
        else {
            return 0;
        };
        rest = next;
        dots += 1;
    }
    if dots > 2 { 0 } else { dots }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_tidied_as_in_next() {
        let redirect = |path: &str| Tidied::Redirect(path.into());
        let last_slash = |path: &str| Tidied::LastSlash(path.into());
        let resolved = |path: &str| Tidied::Resolved(path.into());
        let cases = [
            ("/", Tidied::Clean),
            ("/api/hello", Tidied::Clean),
            ("/api/.hidden", Tidied::Clean),
            ("/api/...", Tidied::Clean),
            ("/api/%20", Tidied::Clean),
            ("/api/", last_slash("/api")),
            ("//api//hello", redirect("/api/hello")),
            ("//api//hello/", redirect("/api/hello/")),
            ("/api\\hello", redirect("/api/hello")),
            ("/api/post/..\\hello", redirect("/api/hello")),
            ("//example.com/..", redirect("/")),
            ("/api/post/../../api/hello", resolved("/api/hello")),
            ("/api/./hello", resolved("/api/hello")),
            ("/api/post/%2e", last_slash("/api/post")),
            ("/api/post/%2E%2e/x", resolved("/api/x")),
            ("/..", resolved("/")),
            ("/../../x", resolved("/x")),
        ];
        for (path, tidied) in cases {
            assert_eq!(tidy(path, TrailingSlash::Remove), tidied, "{path}");
        }
    }

    #[test]
    fn the_last_slash_follows_the_setting() {
        let cases = [
            ("/api/hello", TrailingSlash::Require, Some("/api/hello/")),
            ("/api/hello/", TrailingSlash::Require, None),
            ("/api/file.json", TrailingSlash::Require, None),
            ("/api/hello/", TrailingSlash::Ignore, None),
            ("/api/hello", TrailingSlash::Ignore, None),
            ("//api//./hello/", TrailingSlash::Remove, Some("/api/hello")),
        ];
        for (path, slash, tidy) in cases {
            assert_eq!(fully_tidy(path, slash).as_deref(), tidy, "{path} {slash:?}");
        }
    }
}

//! Normalizes a path before it is matched, as Next.js does.

/// How the trailing slash of a path is treated.
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
    /// Redirects `/api/hello/` to `/api/hello` with a 308. The default, as in Next.js.
    #[default]
    Remove,
    /// Redirects `/api/hello` to `/api/hello/` with a 308: `trailingSlash: true` in Next.js.
    ///
    /// A last segment that ends in a dot and word characters is a file, and has no trailing slash: `/api/file.json/` is
    /// redirected to `/api/file.json`. Paths below `/.well-known` are not redirected.
    Require,
    /// Accepts a path with or without a trailing slash.
    Ignore,
}

/// The result of normalizing a path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Normalized {
    /// The path is normalized already.
    Unchanged,
    /// The path with its dot segments resolved.
    Rewritten(Box<str>),
    /// The client is redirected to this path, which has no doubled slashes.
    Redirect(Box<str>),
    /// The client is redirected to this path, which differs in its trailing slash only.
    TrailingSlash(Box<str>),
}

/// Returns whether [`normalize`] leaves the path unchanged, as for nearly every request.
#[inline]
pub(crate) fn is_normalized(path: &str, slash: TrailingSlash) -> bool {
    !needs_normalizing(path.as_bytes()) && trailing(path, slash).is_none()
}

/// Normalizes doubled slashes, backslashes, dot segments, and the trailing slash.
///
/// As in Next.js, each redirect corrects one thing: doubled slashes first, then the trailing slash.
#[cold]
pub(crate) fn normalize(path: &str, slash: TrailingSlash) -> Normalized {
    if !needs_normalizing(path.as_bytes()) {
        return match trailing(path, slash) {
            Some(path) => Normalized::TrailingSlash(path),
            None => Normalized::Unchanged,
        };
    }
    if path.contains("//") || path.contains('\\') {
        let collapsed = collapse(path);
        return Normalized::Redirect(resolve_dots(&collapsed).unwrap_or(collapsed));
    }
    match resolve_dots(path) {
        Some(resolved) => match trailing(&resolved, slash) {
            Some(path) => Normalized::TrailingSlash(path),
            None => Normalized::Rewritten(resolved),
        },
        None => trailing(path, slash).map_or(Normalized::Unchanged, Normalized::TrailingSlash),
    }
}

/// Returns whether [`normalize`] may change more of the path than its trailing slash: whether there is a backslash, or a
/// slash before another slash, a dot or a percent sign.
///
/// Eight bytes are examined at a time.
fn needs_normalizing(path: &[u8]) -> bool {
    let (mut rest, mut after_slash) = (path, 0);
    while let Some((word, next)) = rest.split_first_chunk() {
        if has_special(*word, &mut after_slash) {
            return true;
        }
        rest = next;
    }
    if let Some(last) = path.last_chunk() {
        // They overlap with the bytes before, so each pair is examined.
        return !rest.is_empty() && has_special(*last, &mut 0);
    }
    let special = |bytes: &[u8]| bytes[0] == b'/' && matches!(bytes[1], b'/' | b'.' | b'%');
    path.contains(&b'\\') || path.windows(2).any(special)
}

/// Returns whether one of eight bytes is a backslash, or a slash, dot or percent sign after a slash.
///
/// The highest bit of the lowest byte of `after_slash` is set if the byte before is a slash.
#[inline]
fn has_special(word: [u8; 8], after_slash: &mut u64) -> bool {
    const ONES: u64 = u64::MAX / 255;
    // Sets the highest bit of each byte that has this value. Behind such a byte it may be set for one that differs in the
    // last bit, as a dot does from a slash: the pair of them is special anyway.
    let equal = |word: u64, value: u8| {
        let difference = word ^ (ONES * u64::from(value));
        difference.wrapping_sub(ONES) & !difference
    };
    let word = u64::from_le_bytes(word);
    let slashes = equal(word, b'/');
    // A dot and a slash differ in the last bit only.
    let dots_or_slashes = equal(word & !ONES, b'.');
    let after = slashes << 8 | *after_slash;
    *after_slash = slashes >> 56;
    (equal(word, b'\\') | after & (dots_or_slashes | equal(word, b'%'))) & (ONES << 7) != 0
}

/// Returns the path at which a client arrives if it follows every redirect.
pub(crate) fn fully_normalize(path: &str, slash: TrailingSlash) -> Option<Box<str>> {
    let mut current: Option<Box<str>> = None;
    // Doubled slashes, dot segments and the trailing slash are each corrected at most once.
    for _ in 0..4 {
        match normalize(current.as_deref().unwrap_or(path), slash) {
            Normalized::Unchanged => break,
            Normalized::Rewritten(path) | Normalized::Redirect(path) | Normalized::TrailingSlash(path) => {
                current = Some(path);
            }
        }
    }
    current
}

/// Returns the path without its trailing slash, as the matcher expects it.
pub(crate) fn without_trailing(path: &str) -> &str {
    match path.strip_suffix('/') {
        Some("") | None => path,
        Some(path) => path,
    }
}

/// Returns the path that the client is redirected to because of its trailing slash, if any.
fn trailing(path: &str, slash: TrailingSlash) -> Option<Box<str>> {
    match slash {
        TrailingSlash::Remove if path.len() > 1 => path.strip_suffix('/').map(Into::into),
        TrailingSlash::Require if is_well_known(path) => None,
        TrailingSlash::Require => match path.strip_suffix('/') {
            Some(path) => is_file(path.rsplit('/').next()?).then(|| path.into()),
            None => (!path.rsplit('/').next()?.contains('.')).then(|| format!("{path}/").into()),
        },
        _ => None,
    }
}

/// Returns whether the path starts with `/.well-known`, in any case. Next.js never redirects such a path because of its
/// trailing slash, even if the segment goes on.
fn is_well_known(path: &str) -> bool {
    path.get(1..12).is_some_and(|start| start.eq_ignore_ascii_case(".well-known"))
}

/// Returns whether a last segment is a file by the rule of Next.js: it ends in a dot and word characters. A file has no
/// trailing slash, and any other segment with a dot is left as it is.
fn is_file(segment: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    segment
        .rsplit_once('.')
        .is_some_and(|(stem, word)| !stem.is_empty() && !word.is_empty() && word.bytes().all(is_word))
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

/// Returns 1 for `.` and 2 for `..`, encoded or not, and 0 for any other segment.
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
    fn a_path_is_normalized_as_in_next() {
        let redirect = |path: &str| Normalized::Redirect(path.into());
        let trailing_only = |path: &str| Normalized::TrailingSlash(path.into());
        let resolved = |path: &str| Normalized::Rewritten(path.into());
        let cases = [
            ("/", Normalized::Unchanged),
            ("/api/hello", Normalized::Unchanged),
            ("/api/.hidden", Normalized::Unchanged),
            ("/api/...", Normalized::Unchanged),
            ("/api/%20", Normalized::Unchanged),
            ("/api/", trailing_only("/api")),
            ("//api//hello", redirect("/api/hello")),
            ("//api//hello/", redirect("/api/hello/")),
            ("/api\\hello", redirect("/api/hello")),
            ("/api/post/..\\hello", redirect("/api/hello")),
            ("//example.com/..", redirect("/")),
            ("/api/post/../../api/hello", resolved("/api/hello")),
            ("/api/./hello", resolved("/api/hello")),
            ("/api/post/%2e", trailing_only("/api/post")),
            ("/api/post/%2E%2e/x", resolved("/api/x")),
            ("/..", resolved("/")),
            ("/../../x", resolved("/x")),
        ];
        for (path, normalized) in cases {
            assert_eq!(normalize(path, TrailingSlash::Remove), normalized, "{path}");
        }
    }

    #[test]
    fn special_bytes_are_found_at_every_offset() {
        let alphabet = *b"a/.%\\$-]\xff";
        let plain = |path: &[u8]| {
            path.contains(&b'\\') || path.windows(2).any(|two| two[0] == b'/' && b"/.%".contains(&two[1]))
        };
        for length in 0..28 {
            for offset in 0..length {
                // Three bytes at this offset, between others that mean nothing.
                for three in 0..alphabet.len().pow(3) {
                    let mut path = vec![b'x'; length];
                    for (i, byte) in path[offset..].iter_mut().take(3).enumerate() {
                        *byte =
                            alphabet[three / alphabet.len().pow(u32::try_from(i).unwrap()) % alphabet.len()];
                    }
                    assert_eq!(needs_normalizing(&path), plain(&path), "{}", path.escape_ascii());
                }
            }
        }
    }

    #[test]
    fn the_last_slash_follows_the_setting() {
        let cases = [
            ("/api/hello", TrailingSlash::Require, Some("/api/hello/")),
            ("/api/hello/", TrailingSlash::Require, None),
            ("/", TrailingSlash::Require, None),
            ("/api/file.json", TrailingSlash::Require, None),
            ("/api/file.json/", TrailingSlash::Require, Some("/api/file.json")),
            ("/api/post/a.b/", TrailingSlash::Require, Some("/api/post/a.b")),
            ("/api/must/x/v1.0/", TrailingSlash::Require, Some("/api/must/x/v1.0")),
            ("/api/must/x..b_c/", TrailingSlash::Require, Some("/api/must/x..b_c")),
            ("/api/must/a.b//", TrailingSlash::Require, Some("/api/must/a.b")),
            ("/api/must/a.b/.", TrailingSlash::Require, Some("/api/must/a.b")),
            ("/api/must/../file.json/", TrailingSlash::Require, Some("/api/file.json")),
            ("/api/must/a.b/c", TrailingSlash::Require, Some("/api/must/a.b/c/")),
            ("/api/must/a%2Eb", TrailingSlash::Require, Some("/api/must/a%2Eb/")),
            ("/api/must/a./", TrailingSlash::Require, None),
            ("/api/must/.a/", TrailingSlash::Require, None),
            ("/api/must/a.", TrailingSlash::Require, None),
            ("/api/must/.../", TrailingSlash::Require, None),
            ("/api/must/a.b-c/", TrailingSlash::Require, None),
            ("/api/must/a.b%20c/", TrailingSlash::Require, None),
            ("/.well-known/x", TrailingSlash::Require, None),
            ("/.well-known/x.txt/", TrailingSlash::Require, None),
            ("/.Well-Known", TrailingSlash::Require, None),
            ("/api/must/.well-known/x", TrailingSlash::Require, Some("/api/must/.well-known/x/")),
            ("/api/file.json/", TrailingSlash::Ignore, None),
            ("/api/hello/", TrailingSlash::Ignore, None),
            ("/api/hello", TrailingSlash::Ignore, None),
            ("//api//./hello/", TrailingSlash::Remove, Some("/api/hello")),
        ];
        for (path, slash, normalized) in cases {
            assert_eq!(fully_normalize(path, slash).as_deref(), normalized, "{path} {slash:?}");
        }
    }
}

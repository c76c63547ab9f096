//! Literal segments: how they are compared, and which parameter a literal was probably meant to be.
//!
//! Uses the standard library only, because build scripts use this module too.

use std::borrow::Cow;

/// Percent-encodes a literal of a route, or the path of a request, so that the two can be compared: `{x}` and `%7bx%7d`
/// are both `%7Bx%7D`.
///
/// Encodes the [path percent-encode set](https://url.spec.whatwg.org/#path-percent-encode-set) of the URL standard (`?`
/// and `#` cannot occur), and writes existing escapes in upper case. It decodes nothing: as in Next.js, `/%61` is not
/// `/a`. Slashes are kept, so the result has the same segments as the text.
pub(crate) fn encode(text: &str) -> Cow<'_, str> {
    let reserved =
        |byte: u8| !byte.is_ascii_graphic() | matches!(byte, b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'}');
    // There is no early exit, so that the compiler can vectorize the loop.
    if !text.bytes().fold(false, |found, byte| found | (byte == b'%') | reserved(byte)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut in_escape = 0; // remaining bytes of an escape
    for (i, byte) in text.bytes().enumerate() {
        if reserved(byte) {
            out.push('%');
            out.extend([byte >> 4, byte & 15].map(|half| char::from(b"0123456789ABCDEF"[usize::from(half)])));
            continue;
        }
        let digits = || text.as_bytes().get(i + 1..i + 3);
        if byte == b'%' && digits().is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit)) {
            in_escape = 3;
        }
        out.push(char::from(if in_escape > 0 { byte.to_ascii_uppercase() } else { byte }));
        in_escape = in_escape.max(1) - 1;
    }
    Cow::Owned(out)
}

/// Returns the parameter that a literal segment was probably meant to be. It recognizes axum's `{id}` and `{*rest}`,
/// Express's `:id`, `*rest` and `:rest*`, and brackets that do not enclose the whole segment, such as
/// `[id` and `[id].json`.
pub(crate) fn meant(segment: &str, is_last: bool) -> Option<String> {
    if segment.starts_with('[') && segment.ends_with(']') {
        return None; // a parameter, or not valid
    }
    let (name, catch_all) =
        if let Some(name) = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            (name.strip_prefix('*').unwrap_or(name), name.starts_with('*'))
        } else if let Some(name) = segment.strip_prefix(':') {
            let base = name.trim_end_matches(['*', '+']);
            (base, base != name)
        } else if let Some(name) = segment.strip_prefix('*') {
            (if name.trim_matches('*').is_empty() { "rest" } else { name }, true)
        } else if segment.contains(['[', ']']) {
            let inner = segment.rsplit_once('[').map_or(segment, |(_, inner)| inner);
            let inner = inner.split_once(']').map_or(inner, |(inner, _)| inner);
            (inner.trim_start_matches('.'), inner.starts_with("..."))
        } else {
            return None;
        };
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) {
        return None;
    }
    // Only the last segment can be a catch-all.
    Some(if catch_all && is_last { format!("[...{name}]") } else { format!("[{name}]") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_encoded_by_the_url_standard() {
        let cases = [
            ("/api/hello", "/api/hello"),
            ("/!$&'()*+,-./:;=@[]_|~", "/!$&'()*+,-./:;=@[]_|~"),
            (" \"<>^`{}", "%20%22%3C%3E%5E%60%7B%7D"),
            ("\u{1}\u{7f}\u{e9}\u{1f980}", "%01%7F%C3%A9%F0%9F%A6%80"),
            // Escapes are kept, in upper case, and so is any other `%`.
            ("%7b%7B%61%c3%a9", "%7B%7B%61%C3%A9"),
            ("%", "%"),
            ("%7", "%7"),
            ("%zz%7g", "%zz%7g"),
            ("%%7b", "%%7B"),
            ("%\u{e9}a", "%%C3%A9a"),
            ("%25ab", "%25ab"),
        ];
        for (text, encoded) in cases {
            assert_eq!(encode(text), encoded, "{text}");
            assert_eq!(encode(encoded), encoded, "{encoded} is changed by a second pass");
        }
        assert!(matches!(encode("/api/hello"), Cow::Borrowed(_)));
    }

    #[test]
    fn parameter_like_literals_are_recognized() {
        let cases = [
            ("{id}", Some("[id]")),
            ("{post-id}", Some("[post-id]")),
            ("{*rest}", Some("[...rest]")),
            (":id", Some("[id]")),
            (":path*", Some("[...path]")),
            (":path+", Some("[...path]")),
            ("*rest", Some("[...rest]")),
            ("*", Some("[...rest]")),
            ("**", Some("[...rest]")),
            ("[id", Some("[id]")),
            ("id]", Some("[id]")),
            ("[id]x", Some("[id]")),
            ("[id].json", Some("[id]")),
            ("v-[x]", Some("[x]")),
            ("[...slug", Some("[...slug]")),
            ("", None),
            ("hello", None),
            ("[id]", None),
            ("[[...rest]]", None),
            ("{}", None),
            ("{a b}", None),
            ("%7Bid%7D", None),
            ("a:b", None),
            ("2*3", None),
        ];
        for (segment, expected) in cases {
            assert_eq!(meant(segment, true).as_deref(), expected, "{segment}");
        }
        assert_eq!(meant("{*rest}", false).as_deref(), Some("[rest]"));
    }
}

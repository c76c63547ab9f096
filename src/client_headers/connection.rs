//! The headers that `Connection` names, and the host of the target.

use http::header::{CONNECTION, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this process has a server or a layer that calls [`receive`].
static IN_USE: AtomicBool = AtomicBool::new(false);

/// Records that this process has a server or a layer that calls [`receive`].
pub(crate) fn in_use() {
    IN_USE.store(true, Ordering::Relaxed);
}

#[cfg(feature = "proxy")]
pub(crate) fn is_in_use() -> bool {
    IN_USE.load(Ordering::Relaxed)
}

/// Rewrites a request that has just arrived, so that everything behind sees the same request.
///
/// The headers that the client's `Connection` names are removed, and their names from `Connection`. `Host` becomes the
/// host of the target if the target has one, as over HTTP/2 and in an absolute target ([RFC 9112,
/// 3.2.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2)).
pub(crate) fn receive<B>(request: &mut Request<B>) {
    if request.headers().get(CONNECTION).is_some() {
        remove_named(request.headers_mut());
    }
    // A target that is an authority alone belongs to `CONNECT`.
    let (Some(_), Some(authority)) = (request.uri().scheme(), request.uri().authority()) else { return };
    let host = host_and_port(authority.as_str());
    let mut hosts = request.headers().get_all(HOST).iter();
    // Two lines stay: a proxy does not forward them.
    if hosts.next().is_some_and(|known| known == host) || hosts.next().is_some() {
        return;
    }
    if let Ok(host) = HeaderValue::from_str(host) {
        request.headers_mut().insert(HOST, host);
    }
}

/// Returns an authority without its user information.
fn host_and_port(authority: &str) -> &str {
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

fn remove_named(headers: &mut HeaderMap) {
    if tokens(headers, &CONNECTION).all(is_option) {
        return;
    }
    let options: Vec<_> = tokens(headers, &CONNECTION).filter(|token| is_option(token)).collect();
    let options = HeaderValue::from_bytes(&options.join(&b", "[..]));
    let named = tokens(headers, &CONNECTION).filter(|token| !is_option(token));
    let named: Vec<_> = named.filter_map(|token| HeaderName::from_bytes(token).ok()).collect();
    for name in named {
        headers.remove(name);
    }
    match options {
        Ok(options) if !options.is_empty() => _ = headers.insert(CONNECTION, options),
        _ => _ = headers.remove(CONNECTION),
    }
}

/// Returns whether a token of `Connection` is an option, or a header that every proxy removes or reads itself. `Host`
/// belongs to the request, whatever the client says.
pub(crate) fn is_option(token: &[u8]) -> bool {
    const OPTIONS: [&str; 11] = [
        "close",
        "keep-alive",
        "upgrade",
        "te",
        "host",
        "http2-settings",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "trailer",
        "transfer-encoding",
    ];
    OPTIONS.iter().any(|option| token.eq_ignore_ascii_case(option.as_bytes()))
}

/// Returns the elements of a header that is a list of tokens.
pub(crate) fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    let values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
    let elements = values.flat_map(|value| value.split(|byte| *byte == b','));
    elements.map(<[u8]>::trim_ascii).filter(|token| !token.is_empty())
}

/// Returns whether a list of tokens has this token.
#[cfg(feature = "proxy")]
pub(crate) fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    tokens(headers, name).any(|known| known.eq_ignore_ascii_case(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_headers_end_where_they_arrive() {
        // `Connection`, and what is left of it and of the headers `x-a`, `x-b` and `host`.
        let cases: [(&[&str], &[&str], &str); 8] = [
            (&["keep-alive"], &["keep-alive"], "x-a x-b host"),
            (&["X-A"], &[], "x-b host"),
            (&["close, x-a", "Upgrade,,x-b"], &["close, Upgrade"], "host"),
            (&["host"], &["host"], "x-a x-b host"),
            (&["te, x-a"], &["te"], "x-b host"),
            (&["not a name, x-b"], &[], "x-a host"),
            (&["", ","], &["", ","], "x-a x-b host"),
            (&["x-c"], &[], "x-a x-b host"),
        ];
        for (sent, left, kept) in cases {
            let mut request = Request::get("/").header("x-a", "1").header("x-b", "").header("host", "a");
            for value in sent {
                request = request.header("connection", *value);
            }
            let mut request = request.body(()).unwrap();
            receive(&mut request);
            let connection: Vec<_> = request.headers().get_all(CONNECTION).iter().collect();
            assert_eq!(connection, left, "{sent:?}");
            let is_there = |name: &&str| request.headers().contains_key(*name);
            let names: Vec<_> = ["x-a", "x-b", "host"].into_iter().filter(is_there).collect();
            assert_eq!(names.join(" "), kept, "{sent:?}");
        }
    }

    #[test]
    fn the_host_is_the_targets() {
        let cases: [(&str, &[&str], &[&str]); 7] = [
            ("/", &["a"], &["a"]),
            ("/", &["a", "b"], &["a", "b"]),
            ("/", &[], &[]),
            ("other", &["a"], &["a"]),
            ("http://user@other:81/", &["a"], &["other:81"]),
            ("http://other/", &["a", "b"], &["a", "b"]),
            ("https://other/", &[], &["other"]),
        ];
        for (target, sent, expected) in cases {
            let request = sent.iter().fold(Request::get(target), |request, host| request.header(HOST, *host));
            let mut request = request.body(()).unwrap();
            receive(&mut request);
            assert_eq!(
                request.headers().get_all(HOST).iter().collect::<Vec<_>>(),
                expected,
                "{target} {sent:?}"
            );
        }
    }
}

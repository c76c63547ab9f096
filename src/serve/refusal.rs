//! Requests of HTTP/1.1 that are refused before the service sees them, as Node and RFC 9112 do.

use crate::log;
use http::header::{CONNECTION, EXPECT, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::Body;

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    NoHost,
    ChunkedTwice,
    UnknownExpectation,
    NoPath,
}

impl Refusal {
    /// Returns why a request is refused, if it is.
    pub(super) fn of<B: Body>(request: &Request<B>) -> Option<Self> {
        if request.version() != Version::HTTP_11 {
            return None;
        }
        let (headers, mut has_host, mut expects) = (request.headers(), false, false);
        // One pass over the few headers of a request is cheaper than a look-up for each name.
        for name in headers.keys() {
            has_host |= *name == HOST;
            expects |= *name == EXPECT;
        }
        let refusal = if !has_host {
            Self::NoHost
        } else if request.uri().authority().is_some() && is_bare_host(request) {
            Self::NoPath
        } else if is_chunked(request.body()) && has_chunked_twice(headers) {
            Self::ChunkedTwice
        } else if expects && !headers.get_all(EXPECT).iter().any(is_continue) {
            Self::UnknownExpectation
        } else {
            return None;
        };
        let subject = log::Subject { method: request.method(), uri: request.uri(), route: None };
        log::route_failed(refusal.status(), &format_args!("{}", refusal.reason()), false, subject);
        Some(refusal)
    }

    fn status(self) -> StatusCode {
        match self {
            Self::NoHost | Self::ChunkedTwice | Self::NoPath => StatusCode::BAD_REQUEST,
            Self::UnknownExpectation => StatusCode::EXPECTATION_FAILED,
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::NoHost => "there is no `Host` header",
            Self::ChunkedTwice => "`Transfer-Encoding` names `chunked` twice",
            Self::UnknownExpectation => "`Expect` is not `100-continue`",
            Self::NoPath => "the target is neither a path nor a URL",
        }
    }

    /// Returns the response. A message that two servers could read differently ends its connection.
    pub(super) fn response<B>(self, body: B) -> Response<B> {
        let mut response = Response::new(body);
        *response.status_mut() = self.status();
        if self != Self::UnknownExpectation {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// Returns whether the target is a host alone, which is for `CONNECT` only.
fn is_bare_host<B>(request: &Request<B>) -> bool {
    request.uri().scheme().is_none() && request.method() != Method::CONNECT
}

/// Returns whether hyper reads the body by chunks: it has no length, and is not empty.
fn is_chunked<B: Body>(body: &B) -> bool {
    body.size_hint().upper().is_none()
}

fn has_chunked_twice(headers: &HeaderMap) -> bool {
    let values = headers.get_all(TRANSFER_ENCODING).iter();
    let codings = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    codings.filter(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"chunked")).count() > 1
}

/// Node's rule: `100-continue` anywhere between characters that are not of a word.
fn is_continue(value: &HeaderValue) -> bool {
    const CONTINUE: &[u8] = b"100-continue";
    let (value, is_word) = (value.as_bytes(), |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    });
    value.windows(CONTINUE.len()).enumerate().any(|(at, window)| {
        let before = at.checked_sub(1).and_then(|at| value.get(at));
        window.eq_ignore_ascii_case(CONTINUE) && !is_word(before) && !is_word(value.get(at + CONTINUE.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{Empty, Full, StreamBody};

    type Chunks = StreamBody<futures_util::stream::Empty<std::io::Result<http_body::Frame<&'static [u8]>>>>;

    fn of<B: Body>(version: Version, headers: &[(&str, &str)], body: B) -> Option<Refusal> {
        let builder = Request::builder().version(version);
        let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
        Refusal::of(&builder.body(body).unwrap())
    }

    #[test]
    fn what_node_refuses_is_refused() {
        let host = ("host", "x");
        let coding = |value| ("transfer-encoding", value);
        let expect = |value| ("expect", value);
        let chunks = || -> Chunks { StreamBody::new(futures_util::stream::empty()) };
        let cases: &[(Version, &[(&str, &str)], Option<Refusal>)] = &[
            (Version::HTTP_11, &[host], None),
            (Version::HTTP_11, &[("host", "")], None),
            (Version::HTTP_11, &[host, host], None),
            (Version::HTTP_11, &[], Some(Refusal::NoHost)),
            (Version::HTTP_10, &[], None),
            (Version::HTTP_2, &[], None),
            (Version::HTTP_11, &[host, coding("chunked")], None),
            (Version::HTTP_11, &[host, coding("gzip, chunked")], None),
            (Version::HTTP_11, &[host, coding("chunked, chunked")], Some(Refusal::ChunkedTwice)),
            (Version::HTTP_11, &[host, coding("Chunked"), coding(" chunked")], Some(Refusal::ChunkedTwice)),
            (Version::HTTP_11, &[host, expect("100-continue")], None),
            (Version::HTTP_11, &[host, expect("x, 100-Continue")], None),
            (Version::HTTP_11, &[host, expect("100-continued")], Some(Refusal::UnknownExpectation)),
            (Version::HTTP_11, &[host, expect("")], Some(Refusal::UnknownExpectation)),
            (Version::HTTP_11, &[host, expect("200-ok")], Some(Refusal::UnknownExpectation)),
            (Version::HTTP_10, &[host, expect("200-ok")], None),
        ];
        for (version, headers, refusal) in cases {
            assert_eq!(of(*version, headers, chunks()), *refusal, "{version:?} {headers:?}");
        }
        let twice = [host, coding("chunked, chunked")];
        assert_eq!(of(Version::HTTP_11, &twice, Empty::<&[u8]>::new()), None, "no body");
        assert_eq!(of(Version::HTTP_11, &twice, Full::new(&b"length"[..])), None, "a length");
    }

    #[test]
    fn a_host_is_no_target() {
        for (method, target, refusal) in [
            (Method::GET, "x", Some(Refusal::NoPath)),
            (Method::GET, "x:80", Some(Refusal::NoPath)),
            (Method::CONNECT, "x:80", None),
            (Method::GET, "http://x", None),
            (Method::GET, "/x", None),
            (Method::OPTIONS, "*", None),
        ] {
            let request = Request::builder().method(&method).uri(target).header("host", "x");
            let request = request.body(Empty::<&[u8]>::new()).unwrap();
            assert_eq!(Refusal::of(&request), refusal, "{method} {target}");
        }
    }

    #[test]
    fn ambiguous_framing_closes_the_connection() {
        for (refusal, status, closes) in [
            (Refusal::NoHost, 400, true),
            (Refusal::ChunkedTwice, 400, true),
            (Refusal::NoPath, 400, true),
            (Refusal::UnknownExpectation, 417, false),
        ] {
            let response = refusal.response(());
            let close = response.headers().get(CONNECTION).is_some_and(|value| value == "close");
            assert_eq!((response.status().as_u16(), close), (status, closes), "{refusal:?}");
        }
    }
}

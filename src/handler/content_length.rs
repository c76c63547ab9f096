//! Corrects the body and the `Content-Length` of a response.

use crate::body::Body;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderValue, Method, StatusCode};
use http_body::Body as _;

/// Drops the body of a response to HEAD, and of a 204 or 304. A response to HEAD keeps its length, but that of an empty
/// body only if it `is_sent`: another service has left the body out already, and `res.end()` has none, for which Node
/// writes no length either.
pub(super) fn drop_body(method: &Method, is_sent: bool, response: &mut http::Response<Body>) {
    let bodiless = matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if bodiless || *method == Method::HEAD {
        let body = std::mem::take(response.body_mut());
        let length = body.size_hint().exact().filter(|length| !bodiless && (is_sent || *length > 0));
        if let Some(length) = length {
            response.headers_mut().entry(CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(length));
        }
    }
}

/// Removes a `Content-Length` that does not match the body, and a `Transfer-Encoding`, which the server writes.
///
/// A server sends it unchecked: the client would take the rest of this response for the next one, or wait for bytes
/// that never come. A stream keeps its `Content-Length` if it is a number, because the server checks that.
pub(super) fn correct_length(method: &Method, response: &mut http::Response<Body>) {
    response.headers_mut().remove(TRANSFER_ENCODING);
    let Some(declared) = response.headers().get(CONTENT_LENGTH) else { return };
    let digits = declared.as_bytes();
    let is_number = !digits.is_empty() && digits.len() < 20 && digits.iter().all(u8::is_ascii_digit);
    let is_list = response.headers().get_all(CONTENT_LENGTH).iter().nth(1).is_some();
    // In a response to HEAD and in a 304 it is the length that a GET would have.
    let of_another = *method == Method::HEAD || response.status() == StatusCode::NOT_MODIFIED;
    let good = is_number
        && !is_list
        && match response.body().size_hint().exact() {
            Some(length) if !of_another => *declared == HeaderValue::from(length),
            _ => true,
        };
    if !good {
        response.headers_mut().remove(CONTENT_LENGTH);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Response;

    /// A body of unknown length.
    fn unknown() -> Body {
        Body::from_stream(futures_util::stream::iter([Ok::<_, std::io::Error>("hello")]))
    }

    fn response(status: u16, lengths: &[&str], body: Body) -> Response<Body> {
        let response = lengths
            .iter()
            .fold(Response::builder(), |response, length| response.header(CONTENT_LENGTH, *length));
        response.status(status).body(body).unwrap()
    }

    fn length(response: &Response<Body>) -> Option<&str> {
        response.headers().get(CONTENT_LENGTH).map(|length| length.to_str().unwrap())
    }

    #[test]
    fn wrong_length_is_removed() {
        type Case<'a> = (Method, u16, &'a [&'a str], fn() -> Body, Option<&'a str>);
        let cases: &[Case<'_>] = &[
            (Method::GET, 200, &[], || "hello".into(), None),
            (Method::GET, 200, &["5"], || "hello".into(), Some("5")),
            (Method::GET, 200, &["4"], || "hello".into(), None),
            (Method::GET, 200, &["05"], || "hello".into(), None),
            (Method::GET, 200, &["5", "5"], || "hello".into(), None),
            (Method::GET, 200, &["5", "6"], unknown, None),
            (Method::GET, 200, &["6"], unknown, Some("6")),
            (Method::GET, 200, &[""], unknown, None),
            (Method::GET, 200, &["x"], unknown, None),
            (Method::GET, 200, &["-1"], unknown, None),
            (Method::GET, 200, &["5,5"], unknown, None),
            (Method::GET, 200, &["9999999999999999999"], unknown, Some("9999999999999999999")),
            (Method::GET, 200, &["09999999999999999999"], unknown, None),
            (Method::HEAD, 200, &["99"], Body::empty, Some("99")),
            (Method::HEAD, 200, &["x"], Body::empty, None),
            (Method::HEAD, 200, &["5", "5"], Body::empty, None),
            (Method::GET, 304, &["99"], Body::empty, Some("99")),
            (Method::GET, 204, &["99"], Body::empty, None),
        ];
        for (method, status, lengths, body, expected) in cases {
            let mut plain = response(*status, lengths, body());
            correct_length(method, &mut plain);
            assert_eq!(length(&plain), *expected, "{method} {status} {lengths:?}");
            let mut chunked = response(*status, lengths, body());
            chunked.headers_mut().insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
            correct_length(method, &mut chunked);
            assert_eq!(length(&chunked), *expected, "{method} {status} {lengths:?}, chunked");
            assert!(!chunked.headers().contains_key(TRANSFER_ENCODING), "{method} {status} {lengths:?}");
        }
    }

    #[test]
    fn bodiless_response_has_the_length_of_get() {
        type Case<'a> = (Method, u16, &'a [&'a str], fn() -> Body, bool, Option<&'a str>);
        for (is_sent, expected) in [(true, Some("0")), (false, None)] {
            let mut empty = response(200, &[], Body::empty());
            drop_body(&Method::HEAD, is_sent, &mut empty);
            assert_eq!(length(&empty), expected);
        }
        let cases: &[Case<'_>] = &[
            (Method::GET, 200, &[], || "hello".into(), true, None),
            (Method::POST, 404, &[], || "hello".into(), true, None),
            (Method::HEAD, 200, &[], || "hello".into(), false, Some("5")),
            (Method::HEAD, 200, &["99"], || "hello".into(), false, Some("99")),
            (Method::HEAD, 200, &[], unknown, false, None),
            (Method::HEAD, 204, &[], || "hello".into(), false, None),
            (Method::GET, 204, &[], || "hello".into(), false, None),
            (Method::GET, 304, &[], || "hello".into(), false, None),
            (Method::HEAD, 304, &["99"], || "hello".into(), false, Some("99")),
        ];
        for (method, status, lengths, body, kept, expected) in cases {
            let mut response = response(*status, lengths, body());
            drop_body(method, false, &mut response);
            assert_eq!(length(&response), *expected, "{method} {status} {lengths:?}");
            assert_eq!(!response.body().is_end_stream(), *kept, "{method} {status} {lengths:?}");
        }
    }
}

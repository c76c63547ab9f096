//! Corrects the body and the `Content-Length` of a response.

use crate::body::Body;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderValue, Method, StatusCode};
use http_body::Body as _;

/// Drops the body of a response to HEAD, and of a 204 or 304. A response to HEAD keeps its length.
pub(super) fn drop_body(method: &Method, response: &mut http::Response<Body>) {
    let bodiless = matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if bodiless || *method == Method::HEAD {
        let body = std::mem::take(response.body_mut());
        if let Some(length) = body.size_hint().exact().filter(|_| !bodiless) {
            response.headers_mut().entry(CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(length));
        }
    }
}

/// Removes a `Content-Length` that does not match the body.
///
/// A server sends it unchecked: the client would take the rest of this response for the next one, or wait for bytes
/// that never come. A stream keeps its `Content-Length` if it is a number, because the server checks that.
pub(super) fn correct_length(method: &Method, response: &mut http::Response<Body>) {
    let Some(declared) = response.headers().get(CONTENT_LENGTH) else { return };
    let digits = declared.as_bytes();
    let is_number = !digits.is_empty() && digits.len() < 20 && digits.iter().all(u8::is_ascii_digit);
    let is_list = response.headers().get_all(CONTENT_LENGTH).iter().nth(1).is_some();
    // In a response to HEAD and in a 304 it is the length that a GET would have.
    let of_another = *method == Method::HEAD || response.status() == StatusCode::NOT_MODIFIED;
    let good = is_number
        && !is_list
        && !response.headers().contains_key(TRANSFER_ENCODING)
        && match response.body().size_hint().exact() {
            Some(length) if !of_another => *declared == HeaderValue::from(length),
            _ => true,
        };
    if !good {
        response.headers_mut().remove(CONTENT_LENGTH);
    }
}

//! The redirect to a normalized path.

use crate::body::Body;
use crate::query::{OneOrMany, Query};
use crate::text::percent::PATH;
use http::header::{LOCATION, REFRESH};
use http::{HeaderValue, Response, StatusCode, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;

/// What JavaScript's `encodeURIComponent` encodes.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Returns a 308 that keeps the query, with the `Refresh` header that Next.js adds for clients that do not know 308. Where
/// only the trailing slash changes (`trailing_only`), Next.js parses the query and writes it again.
pub(super) fn redirect(path: &str, uri: &Uri, trailing_only: bool) -> Response<Body> {
    let path = utf8_percent_encode(path, PATH);
    let query = uri.query().unwrap_or_default();
    let query = if trailing_only { rewritten(query).into() } else { Cow::from(query) };
    let separator = if query.is_empty() { "" } else { "?" };
    let target = format!("{path}{separator}{query}");
    // The target is a part of a URI, so it is a header value.
    let header =
        |text: &str| HeaderValue::from_bytes(text.as_bytes()).unwrap_or(HeaderValue::from_static("/"));
    let mut response = Response::new(Body::from(target.clone()));
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(LOCATION, header(&target));
    response.headers_mut().insert(REFRESH, header(&format!("0;url={target}")));
    response
}

fn rewritten(query: &str) -> String {
    let query = Query::parse(query);
    let encoded = |text| utf8_percent_encode(text, COMPONENT);
    let pairs = query.iter().flat_map(|(name, values)| {
        let values = match values {
            OneOrMany::One(value) => vec![value],
            OneOrMany::Many(values) => values.collect(),
        };
        values.into_iter().map(move |value| format!("{}={}", encoded(name), encoded(value)))
    });
    pairs.collect::<Vec<_>>().join("&")
}

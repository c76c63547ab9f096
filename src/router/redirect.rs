//! The redirect to a normalized path.

use crate::body::Body;
use crate::query::{OneOrMany, Query};
use crate::text::percent::{COMPONENT, PATH};
use http::header::{LOCATION, REFRESH};
use http::{HeaderValue, Response, StatusCode, Uri};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// The characters that the URL standard encodes in the query of a
/// [special URL](https://url.spec.whatwg.org/#special-query-percent-encode-set).
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\'');

/// Returns a 308 that keeps the query, with the `Refresh` header that Next.js adds for clients that do not know 308.
///
/// If only the trailing slash changes (`trailing_only`), Next.js parses the query and writes it again.
pub(super) fn redirect(path: &str, uri: &Uri, trailing_only: bool) -> Response<Body> {
    let path = utf8_percent_encode(path, PATH);
    let query = uri.query().unwrap_or_default();
    let query = if trailing_only { rewritten(query) } else { kept(query) };
    let separator = if query.is_empty() { "" } else { "?" };
    let target = format!("{path}{separator}{query}");
    // The target comes from a URI, so it is a valid header value.
    let header =
        |text: &str| HeaderValue::from_bytes(text.as_bytes()).unwrap_or(HeaderValue::from_static("/"));
    let mut response = Response::new(Body::from(target.clone()));
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(LOCATION, header(&target));
    response.headers_mut().insert(REFRESH, header(&format!("0;url={target}")));
    response
}

/// Returns the query as received, percent-encoded. Next.js splits the target at each `?` and takes the part after the
/// first one, so `??a` has no query.
fn kept(query: &str) -> String {
    if query.starts_with('?') { String::new() } else { utf8_percent_encode(query, QUERY).to_string() }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from Next.js 16.2.2.
    #[test]
    fn the_target_is_written_as_in_next() {
        let cases = [
            ("/api/seen", "", "/api/seen", "/api/seen"),
            ("/api/seen", "?", "/api/seen", "/api/seen"),
            ("/api/seen", "?a='b", "/api/seen?a=%27b", "/api/seen?a='b"),
            ("/api/seen", "?a=`b", "/api/seen?a=`b", "/api/seen?a=%60b"),
            ("/api/seen", "??", "/api/seen", "/api/seen?%3F="),
            ("/api/seen", "??x", "/api/seen", "/api/seen?%3Fx="),
            ("/api/seen", "?a??", "/api/seen?a??", "/api/seen?a%3F%3F="),
            ("/api/seen", "?x?y", "/api/seen?x?y", "/api/seen?x%3Fy="),
            ("/api/seen", "?&&", "/api/seen?&&", "/api/seen"),
            ("/api/seen", "?a=^|{}\\", "/api/seen?a=^|{}\\", "/api/seen?a=%5E%7C%7B%7D%5C"),
            ("/api/seen", "?a=%ZZ", "/api/seen?a=%ZZ", "/api/seen?a=%25ZZ"),
            ("/api/seen", "?a=b+c%20d", "/api/seen?a=b+c%20d", "/api/seen?a=b%20c%20d"),
            ("/api/seen", "?a=%2a%27~%7e", "/api/seen?a=%2a%27~%7e", "/api/seen?a=*'~~"),
            ("/api/seen", "?a=[]&b=:@/", "/api/seen?a=[]&b=:@/", "/api/seen?a=%5B%5D&b=%3A%40%2F"),
            ("/api/it's", "", "/api/it's", "/api/it's"),
            ("/api/`{}^|", "", "/api/%60%7B%7D^|", "/api/%60%7B%7D^|"),
            ("/api/%ZZ", "", "/api/%ZZ", "/api/%ZZ"),
        ];
        for (path, query, of_slashes, of_the_last) in cases {
            let uri: Uri = format!("/{query}").parse().unwrap();
            for (trailing_only, target) in [(false, of_slashes), (true, of_the_last)] {
                let response = redirect(path, &uri, trailing_only);
                assert_eq!(response.headers()[LOCATION], target, "{path}{query} {trailing_only}");
                assert_eq!(response.headers()[REFRESH], format!("0;url={target}"));
                assert_eq!(response.into_body().as_bytes().unwrap(), target.as_bytes());
            }
        }
    }
}

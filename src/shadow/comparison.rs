use super::Difference;
use super::json::JsonDiff;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::Value;

/// Compares two responses by their status, some of their headers, and their bodies.
///
/// Bodies that are both JSON are compared by value, so that neither the order of keys nor `1.0` in place of `1` is
/// a difference. Other bodies are compared byte by byte.
///
/// ```
/// use bytes::Bytes;
/// use http::Response;
/// use tower_api_routes::shadow::Comparison;
///
/// # fn main() -> Result<(), http::Error> {
/// let json = |text: &'static str| {
///     Response::builder().header("content-type", "application/json").body(Bytes::from(text))
/// };
/// let compared = Comparison::new().ignore_json("$.time").compare(
///     &json(r#"{"posts": [{"id": 1, "title": "a"}], "time": 17}"#)?,
///     &json(r#"{"time": 42, "posts": [{"title": "b", "id": 1}]}"#)?,
/// );
/// assert_eq!(compared.differences[0].to_string(), r#"$.posts[0].title: "a", shadow "b""#);
/// assert_eq!(compared.differences.len(), 1);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Comparison {
    headers: Vec<HeaderName>,
    ignored: Vec<Box<str>>,
}

/// The result of a comparison.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Compared {
    /// The differences, at most 100 within JSON.
    pub differences: Vec<Difference>,
    /// Whether the bodies were compared. A body that is too long, was cut off or has a content coding is not
    /// compared.
    pub body_compared: bool,
}

/// A response without its body.
pub(super) struct Head<'a> {
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
}

impl Comparison {
    /// Creates a comparison of the headers `Content-Type`, `ETag`, `Location`, `Set-Cookie` and `Cache-Control`.
    pub fn new() -> Self {
        Self { headers: vec![CONTENT_TYPE, ETAG, LOCATION, SET_COOKIE, CACHE_CONTROL], ignored: Vec::new() }
    }

    /// Sets the headers that are compared, replacing the default ones. The order of several values of a header is
    /// ignored.
    pub fn headers(mut self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        self.headers = names.into_iter().collect();
        self
    }

    /// Ignores a value within JSON and everything inside it: `$.time`, or `$.items[*].id` for each element.
    ///
    /// The `ETag` of such a body usually differs, too; use [`headers`](Self::headers) to ignore it.
    pub fn ignore_json(mut self, path: &str) -> Self {
        self.ignored.push(path.into());
        self
    }

    /// Compares two responses.
    pub fn compare(&self, ours: &Response<Bytes>, shadow: &Response<Bytes>) -> Compared {
        let head = |response| -> Head<'_> {
            let response: &Response<Bytes> = response;
            Head { status: response.status(), headers: response.headers() }
        };
        self.compare_parts(&head(ours), Some(ours.body()), &head(shadow), Some(shadow.body()))
    }

    /// Compares two responses whose bodies may be unknown; see [`compare`](Self::compare).
    pub(super) fn compare_parts(
        &self,
        ours: &Head<'_>,
        our_body: Option<&Bytes>,
        shadow: &Head<'_>,
        shadow_body: Option<&Bytes>,
    ) -> Compared {
        let mut differences = Vec::new();
        if ours.status != shadow.status {
            differences.push(Difference::Status { ours: ours.status, shadow: shadow.status });
        }
        for name in &self.headers {
            let (ours, shadow) = (values(ours.headers, name), values(shadow.headers, name));
            if ours != shadow {
                differences.push(Difference::Header { name: name.clone(), ours, shadow });
            }
        }
        let bodies = our_body.zip(shadow_body);
        let found = bodies.and_then(|bodies| self.bodies(ours.headers, shadow.headers, bodies));
        let body_compared = found.is_some();
        differences.extend(found.unwrap_or_default());
        Compared { differences, body_compared }
    }

    /// Returns the differences, or `None` if the bodies cannot be compared.
    fn bodies(
        &self,
        our_headers: &HeaderMap,
        shadow_headers: &HeaderMap,
        (ours, shadow): (&Bytes, &Bytes),
    ) -> Option<Vec<Difference>> {
        if ours == shadow {
            return Some(Vec::new());
        }
        if is_coded(our_headers) || is_coded(shadow_headers) {
            return None;
        }
        if let (Some(ours), Some(shadow)) = (json(our_headers, ours), json(shadow_headers, shadow)) {
            return Some(JsonDiff::of(&ours, &shadow, &self.ignored));
        }
        let equal = ours.iter().zip(shadow).take_while(|(ours, shadow)| ours == shadow).count();
        Some(vec![Difference::Body { ours: ours.len(), shadow: shadow.len(), equal }])
    }
}

impl Default for Comparison {
    fn default() -> Self {
        Self::new()
    }
}

fn values(headers: &HeaderMap, name: &HeaderName) -> Vec<HeaderValue> {
    let mut values: Vec<_> = headers.get_all(name).iter().cloned().collect();
    values.sort();
    values
}

fn is_coded(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity")
}

fn json(headers: &HeaderMap, body: &Bytes) -> Option<Value> {
    let media_type = headers.get(CONTENT_TYPE)?.to_str().ok()?.split(';').next()?.trim().to_ascii_lowercase();
    if !media_type.ends_with("/json") && !media_type.ends_with("+json") {
        return None;
    }
    serde_json::from_slice(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, headers: &[(&str, &str)], body: &'static str) -> Response<Bytes> {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        response.body(Bytes::from(body)).unwrap()
    }

    #[test]
    fn responses_are_compared_by_status_headers_and_body() {
        const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
        const PROBLEM: (&str, &str) = ("content-type", "application/problem+json");
        let plain = response(200, &[], "ab");
        let cases = [
            (plain.clone(), response(200, &[("date", "x"), ("x-own", "y")], "ab"), vec![], true),
            (plain.clone(), response(404, &[], "ab"), vec!["status: 200, shadow 404"], true),
            (
                response(200, &[("etag", "\"a\"")], "ab"),
                response(200, &[("etag", "\"b\"")], "ab"),
                vec!["etag: \"a\", shadow \"b\""],
                true,
            ),
            (
                plain.clone(),
                response(200, &[("location", "/x")], "ab"),
                vec!["location: missing, shadow /x"],
                true,
            ),
            (
                response(200, &[("set-cookie", "a=1"), ("set-cookie", "b=2")], ""),
                response(200, &[("set-cookie", "b=2"), ("set-cookie", "a=1")], ""),
                vec![],
                true,
            ),
            (
                plain.clone(),
                response(200, &[], "abc"),
                vec!["body: 2 bytes, shadow 3 bytes, different from byte 2 on"],
                true,
            ),
            (response(200, &[JSON], "{\"a\":1}"), response(200, &[JSON], "{ \"a\": 1.0 }"), vec![], true),
            (
                response(200, &[PROBLEM], "{\"a\":1}"),
                response(200, &[PROBLEM], "{\"a\":2}"),
                vec!["$.a: 1, shadow 2"],
                true,
            ),
            // A body that is declared as JSON but is malformed is compared as bytes.
            (
                response(200, &[JSON], "{\"a\":1}"),
                response(200, &[JSON], "<p>"),
                vec!["body: 7 bytes, shadow 3 bytes, different from byte 0 on"],
                true,
            ),
            (plain, response(200, &[("content-encoding", "gzip")], "xy"), vec![], false),
        ];
        for (ours, shadow, expected, body_compared) in cases {
            let compared = Comparison::new().compare(&ours, &shadow);
            let texts: Vec<_> = compared.differences.iter().map(ToString::to_string).collect();
            assert_eq!(
                (texts.iter().map(|text| &**text).collect(), compared.body_compared),
                (expected, body_compared)
            );
        }
    }
}

use super::cookie::SetCookie;
use super::json::{JsonDiff, Rules};
use super::{Difference, Form};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::Value;

/// Compares two responses by their status, some of their headers, and their bodies.
///
/// Bodies that are both JSON are compared by value, so that neither the order of keys nor `1.0` in place of `1` nor
/// another form of a date is a difference. The order of keys and the form of dates have names of their own:
/// [`Compared::forms`]. Other bodies are compared byte by byte. Cookies are compared by their value and their
/// attributes in any order.
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
///     &json(r#"{"posts": [{"title": "b", "id": 1}], "time": 42}"#)?,
/// );
/// assert_eq!(compared.differences[0].to_string(), r#"$.posts[0].title: old "a", new "b""#);
/// assert_eq!(compared.differences.len(), 1);
/// assert_eq!(compared.forms[0].to_string(), "order of keys: $.posts[0]");
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Comparison {
    headers: Vec<HeaderName>,
    json: Rules,
    /// The names of cookies whose values are not compared.
    cookies: Vec<Box<str>>,
}

/// The result of a comparison.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Compared {
    /// The differences, at most 100 within JSON.
    pub differences: Vec<Difference>,
    /// Where the responses are equal by value, but not byte by byte: the order of keys and the form of dates.
    pub forms: Vec<Form>,
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
        let headers = vec![CONTENT_TYPE, ETAG, LOCATION, SET_COOKIE, CACHE_CONTROL];
        Self { headers, json: Rules::default(), cookies: Vec::new() }
    }

    /// Sets the headers that are compared, replacing the default ones. The order of several values of a header is
    /// ignored.
    pub fn headers(mut self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        self.headers = names.into_iter().collect();
        self
    }

    /// Ignores a value within JSON and everything inside it: `$.time`, or `$.items[*].id` for each element.
    pub fn ignore_json(mut self, path: &str) -> Self {
        self.json.ignored.push(path.into());
        self
    }

    /// Compares an array within JSON as a set: the order of its elements is ignored, their number is not. `$` is the
    /// whole body, and `$.posts[*].tags` are the tags of each post.
    pub fn unordered_json(mut self, path: &str) -> Self {
        self.json.unordered.push(path.into());
        self
    }

    /// Ignores the value of a cookie that is set, such as that of a session, which is new each time. Its attributes are
    /// compared.
    pub fn ignore_cookie_value(mut self, name: &str) -> Self {
        self.cookies.push(name.into());
        self
    }

    /// Compares the response of the old server with that of the new one.
    pub fn compare(&self, old: &Response<Bytes>, new: &Response<Bytes>) -> Compared {
        let head = |response| -> Head<'_> {
            let response: &Response<Bytes> = response;
            Head { status: response.status(), headers: response.headers() }
        };
        self.compare_parts(&head(old), Some(old.body()), &head(new), Some(new.body()))
    }

    /// Compares two responses whose bodies may be unknown; see [`compare`](Self::compare).
    pub(super) fn compare_parts(
        &self,
        old: &Head<'_>,
        old_body: Option<&Bytes>,
        new: &Head<'_>,
        new_body: Option<&Bytes>,
    ) -> Compared {
        let mut differences = Vec::new();
        if old.status != new.status {
            differences.push(Difference::Status { old: old.status, new: new.status });
        }
        for name in &self.headers {
            let (old, new) = (values(old.headers, name), values(new.headers, name));
            let (old, new) = if *name == SET_COOKIE { self.cookies(&old, &new) } else { (old, new) };
            if old != new {
                differences.push(Difference::Header { name: name.clone(), old, new });
            }
        }
        let bodies = old_body.zip(new_body);
        let found = bodies.map_or(Bodies::Unknown, |bodies| self.bodies(old.headers, new.headers, bodies));
        let body_compared = !matches!(found, Bodies::Unknown);
        let mut forms = Vec::new();
        match found {
            Bodies::Unknown | Bodies::Equal => {}
            Bodies::Differ(difference) => differences.push(difference),
            Bodies::Json(found, found_forms) => {
                forms = found_forms;
                // An `ETag` is made from the bytes, so it differs where values are written in another way.
                let is_etag = |difference: &Difference| match difference {
                    Difference::Header { name, old, new } => {
                        *name == ETAG && !old.is_empty() && !new.is_empty()
                    }
                    _ => false,
                };
                if found.is_empty() && differences.iter().any(is_etag) {
                    differences.retain(|difference| !is_etag(difference));
                    forms.push(Form::ETag);
                }
                differences.extend(found);
            }
        }
        Compared { differences, forms, body_compared }
    }

    /// Returns the cookies that differ.
    fn cookies(&self, old: &[HeaderValue], new: &[HeaderValue]) -> (Vec<HeaderValue>, Vec<HeaderValue>) {
        let read = |values: &[HeaderValue]| {
            values.iter().map(|value| SetCookie::read(value, &self.cookies)).collect::<Vec<_>>()
        };
        let (read_old, read_new) = (read(old), read(new));
        let mut only_new: Vec<_> = (0..new.len()).collect();
        let mut only_old = Vec::new();
        for (value, cookie) in old.iter().zip(&read_old) {
            let same = only_new.iter().position(|at| read_new.get(*at) == Some(cookie));
            match same {
                Some(at) => _ = only_new.swap_remove(at),
                None => only_old.push(value.clone()),
            }
        }
        only_new.sort_unstable();
        (only_old, only_new.into_iter().filter_map(|at| new.get(at).cloned()).collect())
    }

    fn bodies(
        &self,
        old_headers: &HeaderMap,
        new_headers: &HeaderMap,
        (old, new): (&Bytes, &Bytes),
    ) -> Bodies {
        if old == new {
            return Bodies::Equal;
        }
        if is_coded(old_headers) || is_coded(new_headers) {
            return Bodies::Unknown;
        }
        if let (Some(old_json), Some(new_json)) = (json(old_headers, old), json(new_headers, new)) {
            let (differences, mut forms) = JsonDiff::of(&old_json, &new_json, &self.json);
            JsonDiff::key_orders(old, new, &self.json, &mut forms);
            return Bodies::Json(differences, forms);
        }
        let equal = old.iter().zip(new).take_while(|(old, new)| old == new).count();
        Bodies::Differ(Difference::Body { old: old.len(), new: new.len(), equal })
    }
}

/// What a comparison of two bodies has found.
enum Bodies {
    /// They cannot be compared.
    Unknown,
    Equal,
    Differ(Difference),
    Json(Vec<Difference>, Vec<Form>),
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
            (plain.clone(), response(404, &[], "ab"), vec!["status: old 200, new 404"], true),
            (
                response(200, &[("etag", "\"a\"")], "ab"),
                response(200, &[("etag", "\"b\"")], "ab"),
                vec!["etag: old \"a\", new \"b\""],
                true,
            ),
            (
                plain.clone(),
                response(200, &[("location", "/x")], "ab"),
                vec!["location: old missing, new /x"],
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
                vec!["body: old 2 bytes, new 3 bytes, different from byte 2 on"],
                true,
            ),
            (response(200, &[JSON], "{\"a\":1}"), response(200, &[JSON], "{ \"a\": 1.0 }"), vec![], true),
            (
                response(200, &[PROBLEM], "{\"a\":1}"),
                response(200, &[PROBLEM], "{\"a\":2}"),
                vec!["$.a: old 1, new 2"],
                true,
            ),
            // A body that is declared as JSON but is malformed is compared as bytes.
            (
                response(200, &[JSON], "{\"a\":1}"),
                response(200, &[JSON], "<p>"),
                vec!["body: old 7 bytes, new 3 bytes, different from byte 0 on"],
                true,
            ),
            (plain, response(200, &[("content-encoding", "gzip")], "xy"), vec![], false),
        ];
        for (old, new, expected, body_compared) in cases {
            let compared = Comparison::new().compare(&old, &new);
            let texts: Vec<_> = compared.differences.iter().map(ToString::to_string).collect();
            assert_eq!(
                (texts.iter().map(|text| &**text).collect(), compared.body_compared),
                (expected, body_compared)
            );
        }
    }

    #[test]
    fn an_etag_of_another_form_is_named() {
        let json = |etag: &'static str, body| {
            response(200, &[("content-type", "application/json"), ("etag", etag)], body)
        };
        let media = ("content-type", "application/json");
        let cases: [(_, _, &[&str], &[&str]); 6] = [
            // One that only one of them has, and another header, are no form.
            (
                response(200, &[media], r#"{"a":1,"b":2}"#),
                json("\"2\"", r#"{"b":2,"a":1}"#),
                &["etag: old missing, new \"2\""],
                &["order of keys: $"],
            ),
            (
                response(200, &[media, ("location", "/a")], r#"{"a":1,"b":2}"#),
                response(200, &[media, ("location", "/b")], r#"{"b":2,"a":1}"#),
                &["location: old /a, new /b"],
                &["order of keys: $"],
            ),
            (
                json("\"1\"", r#"{"a":1,"b":2}"#),
                json("\"2\"", r#"{"b":2,"a":1}"#),
                &[],
                &["order of keys: $", "etag of another form"],
            ),
            (json("\"1\"", r#"{"t":1}"#), json("\"2\"", r#"{"t":2}"#), &[], &["etag of another form"]),
            (
                json("\"1\"", r#"{"a":1,"b":2}"#),
                json("\"2\"", r#"{"b":2,"a":2}"#),
                &["etag: old \"1\", new \"2\"", "$.a: old 1, new 2"],
                &["order of keys: $"],
            ),
            (json("\"1\"", "{}"), json("\"2\"", "{}"), &["etag: old \"1\", new \"2\""], &[]),
        ];
        for (old, new, differences, forms) in cases {
            let compared = Comparison::new().ignore_json("$.t").compare(&old, &new);
            let texts: Vec<_> = compared.differences.iter().map(ToString::to_string).collect();
            assert_eq!(texts, differences);
            assert_eq!(compared.forms.iter().map(ToString::to_string).collect::<Vec<_>>(), forms);
        }
    }

    #[test]
    fn cookies_are_compared_by_their_attributes() {
        let cookies = |values: &[&'static str]| {
            let pairs: Vec<_> = values.iter().map(|value| ("set-cookie", *value)).collect();
            response(200, &pairs, "")
        };
        let cases: [(&[&str], &[&str], &str); 12] = [
            (&["a=1; Path=/; HttpOnly"], &["a=1; httponly; path=/"], ""),
            (&["a=1; SameSite=lax"], &["a=1; SameSite=Lax"], ""),
            (&["a=1; Domain=.Shop.example"], &["a=1; Domain=shop.example"], ""),
            (&["a=1; Max-Age=60; Expires=x"], &["a=1; Expires=y; Max-Age=60"], ""),
            (&["a=1", "b=2"], &["b=2", "a=1"], ""),
            (&["a=1", "a=1"], &["a=1"], "set-cookie: old a=1, new missing"),
            (&["a=1; Secure"], &["a=1"], "set-cookie: old a=1; Secure, new a=1"),
            (&["a=1; Path=/a"], &["a=1; Path=/A"], "set-cookie: old a=1; Path=/a, new a=1; Path=/A"),
            (&["a=1; Expires=x"], &["a=1; Expires=y"], "set-cookie: old a=1; Expires=x, new a=1; Expires=y"),
            (&["session=1; Path=/"], &["session=2; Path=/"], ""),
            (&["session=1; Path=/"], &["session=2"], "set-cookie: old session=1; Path=/, new session=2"),
            (&["a=1", "b=2"], &["a=1", "b=3"], "set-cookie: old b=2, new b=3"),
        ];
        for (old, new, expected) in cases {
            let comparison = Comparison::new().ignore_cookie_value("session");
            let compared = comparison.compare(&cookies(old), &cookies(new));
            let texts: Vec<_> = compared.differences.iter().map(ToString::to_string).collect();
            assert_eq!(texts.join("; "), expected);
        }
    }
}

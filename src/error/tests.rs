//! Errors as responses, as lines of the log, and as what was caught.

use super::*;

/// An error with a source.
#[derive(Debug)]
pub(super) struct Outer(pub(super) std::io::Error);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("outer")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn client_sees_only_public_messages() {
    let secret = std::io::Error::other("password is hunter2");
    let cases = [
        (Error::from(secret), 500, "Internal Server Error"),
        (Error::new(404, "no such post"), 404, "no such post"),
        (Error::new(StatusCode::CONFLICT, String::from("taken")), 409, "taken"),
        (Error::new(200, "the first"), 200, "the first"),
        (Error::new(600, "beyond HTTP"), 600, "beyond HTTP"),
        (Error::new(999, "the last"), 999, "the last"),
        (Error::new(1000, "no such status"), 500, "Internal Server Error"),
        (Error::new(42, "no such status"), 500, "Internal Server Error"),
        (Error::new(199, "not final"), 500, "Internal Server Error"),
        (Error::json(422, &[1, 2]), 422, "[1,2]"),
    ];
    for (error, status, body) in cases {
        assert_eq!(error.message(), Some(body).filter(|_| status != 422));
        let response = error.into_response();
        assert_eq!(response.status(), status);
        assert_eq!(response.into_body().as_bytes().unwrap(), body.as_bytes());
    }
}

#[test]
fn error_is_a_response_and_a_log_line() {
    type Case<'a> = (Error, u16, Option<&'a str>, &'a str, Option<&'a str>, Option<&'a str>);
    let io = || std::io::Error::other("disk");
    // The status; the message; what is displayed; the reason phrase; and the content type.
    let cases: &[Case<'_>] = &[
        (Error::new(404, "no"), 404, Some("no"), "404 Not Found: no", None, None),
        (
            Error::json(409, "no"),
            409,
            None,
            "409 Conflict: \"no\"",
            None,
            Some("application/json; charset=utf-8"),
        ),
        (Error::from(io()), 500, Some("Internal Server Error"), "disk", None, None),
        (Error::internal("text"), 500, Some("Internal Server Error"), "text", None, None),
        (Error::new(404, "no").with_source(io()), 404, Some("no"), "404 Not Found: no", None, None),
        (
            Error::rejection(StatusCode::BAD_REQUEST, "Invalid body".into()),
            400,
            Some("Invalid body"),
            "400 Bad Request: Invalid body",
            Some("Invalid body"),
            None,
        ),
    ];
    for (error, status, message, text, reason, content_type) in cases {
        assert_eq!((error.status().as_u16(), error.message()), (*status, *message), "{text}");
        assert_eq!(error.to_string(), *text);
        let response = error.to_response();
        assert_eq!(response.status(), *status, "{text}");
        let got = response.extensions().get::<ReasonPhrase>();
        assert_eq!(got.map(ReasonPhrase::as_bytes), reason.map(str::as_bytes), "{text}");
        let got = response.headers().get("content-type").map(|value| value.to_str().unwrap());
        assert_eq!(got, *content_type, "{text}");
    }
    assert_eq!(Error::from(io()).into_source().to_string(), "disk");
    assert_eq!(Error::new(404, "no").into_source().to_string(), "404 Not Found: no");
}

#[test]
fn a_response_of_its_own_is_the_errors() {
    let mut response = http::Response::new(Body::from("own"));
    *response.status_mut() = StatusCode::IM_A_TEAPOT;
    response.headers_mut().insert("x-a", http::HeaderValue::from_static("1"));
    let error = Error::new(404, "no").append_header("x-b", 1).in_response(response);
    assert_eq!((error.status().as_u16(), error.headers().len()), (404, 1));
    let response = http::Response::<Body>::from(error);
    assert_eq!((response.status(), response.headers().len()), (StatusCode::IM_A_TEAPOT, 1));
    assert_eq!(response.into_body().as_bytes(), Some(&b"own"[..]));
}

#[test]
fn map_error_keeps_headers_it_does_not_set() {
    type Case<'a> = (fn(Error) -> Error, &'a str);
    let given = || {
        let error = Error::new(405, "no").append_header("allow", "GET").append_header("x-a", 1);
        error.append_header("x-a", 2).append_header("etag", "x").append_header("content-type", "text/plain")
    };
    let shown = |error: &Error| {
        let headers = error.headers().iter();
        let mut lines: Vec<_> =
            headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort();
        lines.join(", ")
    };
    let cases: &[Case<'_>] = &[
        (|_| Error::new(405, "another"), "allow: GET, x-a: 1, x-a: 2"),
        (|error| Error::json(error.status(), "another"), "allow: GET, x-a: 1, x-a: 2"),
        (|_| Error::new(404, "another").append_header("x-a", 3), "allow: GET, x-a: 3"),
        (|_| Error::new(404, "another").append_header("etag", "y"), "allow: GET, etag: y, x-a: 1, x-a: 2"),
        (|error| error, "allow: GET, content-type: text/plain, etag: x, x-a: 1, x-a: 2"),
        (
            |mut error| {
                error.headers_mut().clear();
                error
            },
            "",
        ),
        (|error| Err::<(), _>(error).or_status(404).unwrap_err(), "allow: GET, x-a: 1, x-a: 2"),
    ];
    for (i, (map, headers)) in cases.iter().enumerate() {
        let mapped = given().mapped(map);
        assert_eq!(shown(&mapped), *headers, "case {i}");
        assert_eq!(shown(&mapped.mapped(|error| error)), *headers, "case {i}, again");
    }
}

#[test]
fn a_panic_is_an_error_with_its_text() {
    let cases: [(fn(), &str); 3] = [
        (|| panic!("text"), "the handler panicked: text"),
        (|| panic!("{}", 7), "the handler panicked: 7"),
        (|| std::panic::panic_any(7), "the handler panicked: a value that is not text"),
    ];
    for (run, text) in cases {
        assert_eq!(caught(run).unwrap_err().to_string(), text);
    }
    assert_eq!(caught(|| 7).unwrap(), 7);
}

#[test]
fn source_chain_is_shown() {
    let error = Error::from(Outer(std::io::Error::other("inner")));
    assert!(error.downcast_ref::<Outer>().is_some());
    assert!(error.downcast_ref::<fmt::Error>().is_none());
    assert_eq!(format!("{error:?}"), "outer: inner");
}

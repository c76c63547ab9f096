//! A response before it is sent, after it, and while another task has it.

use crate::common::log::Log;
use crate::common::{call, get, read};
use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use std::borrow::Cow;
use tower::ServiceExt as _;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Closed, Cookie, Error, HandlerInput, Payload, Response, Result,
};

async fn response() -> ApiResponse {
    let (_, res) = HandlerInput::new(get("/")).build::<Body, _>().await.unwrap();
    res
}

/// Passes a response through a router.
async fn run<F>(make: F, request: Request<Body>) -> http::Response<Body>
where
    F: Fn(ApiResponse) -> Result + Clone + Send + Sync + 'static,
{
    let handler = move |_: ApiRequest, res: ApiResponse| {
        let response = make(res);
        async move { response }
    };
    ApiRouter::new().route("/", handler).oneshot(request).await.unwrap()
}

fn all<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

#[tokio::test]
async fn the_head_can_be_read_and_edited_before_and_after_it_is_sent() {
    let res = response().await.set_header("x-a", "0").set_header("x-a", "1").append_header("x-a", 2);
    let mut res = res.set_header("x-b", "1").remove_header("x-b").remove_header("x-none").status(201);
    assert_eq!((all(res.headers(), "x-a"), res.headers().contains_key("x-b")), (vec!["1", "2"], false));
    res.headers_mut().insert("x-c", HeaderValue::from_static("3"));
    res.extensions_mut().insert(7_u8);

    let mut sent = res.send("text").unwrap();
    assert_eq!((sent.status(), all(sent.headers(), "x-c")), (Some(StatusCode::CREATED), vec!["3"]));
    assert_eq!(sent.extensions().get(), Some(&7_u8));
    sent.set_status(StatusCode::ACCEPTED);
    sent.headers_mut().insert("x-d", HeaderValue::from_static("4"));
    sent.extensions_mut().insert(8_u16);
    assert_eq!((sent.status(), all(sent.headers(), "x-d")), (Some(StatusCode::ACCEPTED), vec!["4"]));

    let sent = http::Response::from(sent);
    assert_eq!((sent.status(), all(sent.headers(), "x-a")), (StatusCode::ACCEPTED, vec!["1", "2"]));
    assert_eq!((sent.extensions().get(), sent.extensions().get()), (Some(&7_u8), Some(&8_u16)));
    assert_eq!(sent.into_body().as_bytes(), Some(&b"text"[..]));
}

#[tokio::test]
async fn a_stream_has_its_status_at_once_and_its_edits_are_kept() {
    let stream = response().await.status(201).stream(|mut body| async move { Ok(body.write("text").await?) });
    let mut stream = stream.unwrap();
    assert_eq!(stream.status(), Some(StatusCode::CREATED));
    stream.set_status(StatusCode::ACCEPTED);
    stream.headers_mut().insert("x-a", HeaderValue::from_static("1"));
    let resolved = stream.resolve().await.unwrap();
    assert_eq!((resolved.status(), all(resolved.headers(), "x-a")), (StatusCode::ACCEPTED, vec!["1"]));
    assert_eq!(read(resolved).await.1, "text");

    let failed = response().await.stream(|_| async { Err(Error::new(404, "no such post")) }).unwrap();
    assert_eq!(failed.resolve().await.unwrap_err().status(), 404, "before its first write");
}

#[tokio::test]
async fn a_response_of_another_task_is_pending_until_it_responds() {
    let (mut responder, mut pending) = response().await.status(201).set_header("x-a", "1").detach();
    assert_eq!((pending.status(), pending.headers().len()), (None, 0));
    pending.headers_mut().insert("x-b", HeaderValue::from_static("2"));
    pending.extensions_mut().insert(7_u8);
    assert_eq!(pending.extensions().get(), Some(&7_u8));
    assert!(!responder.is_closed() && responder.closed().now_or_never().is_none());
    responder.respond(|res| res.send("text")).unwrap();
    let resolved = pending.resolve().await.unwrap();
    assert_eq!((resolved.status(), all(resolved.headers(), "x-a")), (StatusCode::CREATED, vec!["1"]));
    assert_eq!((all(resolved.headers(), "x-b"), resolved.extensions().get()), (vec!["2"], Some(&7_u8)));
    assert_eq!(read(resolved).await.1, "text");

    let (responder, mut pending) = response().await.detach();
    pending.set_status(StatusCode::ACCEPTED);
    responder.respond(|res| res.status(201).end()).unwrap();
    assert_eq!(pending.resolve().await.unwrap().status(), 202, "an edit overrides what is set later");

    let (responder, pending) = response().await.detach();
    drop(responder);
    assert_eq!(pending.resolve().await.unwrap_err().status(), 500);
}

#[tokio::test]
async fn whoever_responds_to_nobody_learns_it() {
    let (mut responder, pending) = response().await.detach();
    // Without waiting, a pending response is none.
    let converted = http::Response::<Body>::from(pending);
    assert_eq!(read(converted).await, (500, "Internal Server Error".into()));
    assert!(responder.is_closed());
    assert_eq!(responder.closed().now_or_never(), Some(()));
    assert_eq!(responder.respond(|res| res.send("late")), Err(Closed));
    assert_eq!(Closed.to_string(), "the client has disconnected");
}

#[tokio::test]
async fn each_kind_of_payload_is_sent_as_in_next() {
    type Make = fn(ApiResponse) -> Result;
    let (bytes, json) = (Some("application/octet-stream"), Some("application/json; charset=utf-8"));
    let cases: &[(Make, Option<&str>, &str)] = &[
        (|res| res.send("text"), None, "text"),
        (|res| res.send(String::from("text")), None, "text"),
        (|res| res.send(Payload::from(&String::from("text"))), None, "text"),
        (|res| res.send(Cow::Borrowed("text")), None, "text"),
        (|res| res.send(Cow::<'static, str>::Owned("text".into())), None, "text"),
        (|res| res.send(b"bytes"), bytes, "bytes"),
        (|res| res.send(&b"bytes"[..]), bytes, "bytes"),
        (|res| res.send(b"bytes".to_vec()), bytes, "bytes"),
        (|res| res.send(bytes::Bytes::from("bytes")), bytes, "bytes"),
        (|res| res.send(serde_json::json!({ "a": 1 })), json, "{\"a\":1}"),
        (|res| res.send(Payload::from(&serde_json::json!([1]))), json, "[1]"),
        (|res| res.send(serde_json::json!("text")), None, "text"),
        (|res| res.send(serde_json::Value::Null), None, ""),
        (|res| res.send(()), None, ""),
        (|res| res.send(None::<String>), None, ""),
        (|res| res.send(Some("text")), None, "text"),
        (|res| res.send(Body::from("stream")), bytes, "stream"),
        (|res| res.set_header("content-type", "image/x").send(b"bytes"), Some("image/x"), "bytes"),
        (|res| res.set_header("content-type", "").send(b"bytes"), bytes, "bytes"),
        (
            |res| res.set_header("content-type", "image/x").send(Body::from("stream")),
            Some("image/x"),
            "stream",
        ),
        (|res| res.set_header("content-type", "text/x").json(&1), json, "1"),
        (|res| res.end_with("text"), None, "text"),
        (|res| res.end(), None, ""),
    ];
    for (i, (make, content_type, body)) in cases.iter().enumerate() {
        let response = run(*make, get("/")).await;
        let got = response.headers().get("content-type").map(|value| value.to_str().unwrap());
        assert_eq!(got, *content_type, "case {i}");
        assert_eq!(read(response).await, (200, (*body).to_owned()), "case {i}");
    }
    assert_eq!(Body::from(Payload::from("text")).as_bytes(), Some(&b"text"[..]));
    assert_eq!(Body::from(Payload::Empty).as_bytes().map(<[u8]>::len), Some(0));
}

#[tokio::test]
async fn only_a_stream_keeps_the_length_that_its_handler_sets() {
    type Make = fn(ApiResponse) -> Result;
    fn stream() -> Body {
        Body::from_stream(futures_util::stream::iter([Ok::<_, std::io::Error>("hello")]))
    }
    let cases: &[(Make, Option<&str>)] = &[
        (|res| res.set_header("content-length", 99).send("hello"), None),
        (|res| res.set_header("content-length", 99).send(b"hello"), None),
        (|res| res.set_header("content-length", 99).json("hello"), None),
        (|res| res.set_header("content-length", 5).send(stream()), Some("5")),
        (|res| res.set_header("content-length", 99).send(Body::from("hello")), None),
        (|res| res.set_header("content-length", 99).end_with("hello"), None),
        (|res| res.set_header("content-length", 5).end_with("hello"), Some("5")),
    ];
    for (i, (make, length)) in cases.iter().enumerate() {
        let response = run(*make, get("/")).await;
        let got = response.headers().get("content-length").map(|value| value.to_str().unwrap());
        assert_eq!(got, *length, "case {i}");
    }
    // An edit afterwards is checked, too.
    let edited = |res: ApiResponse| {
        let mut response: Response = res.send("hello")?;
        response.headers_mut().insert("content-length", HeaderValue::from_static("99"));
        Ok(response)
    };
    assert!(!run(edited, get("/")).await.headers().contains_key("content-length"));
}

#[tokio::test]
async fn the_tag_of_bytes_is_that_of_their_json_and_of_text_that_of_its_units() {
    let tag = async |payload: Payload| {
        let (_, res): (_, ApiResponse) = HandlerInput::new(get("/")).build::<Body, _>().await.unwrap();
        http::Response::from(res.send(payload).unwrap()).headers()["etag"].clone()
    };
    let all: Vec<u8> = (0..=255).collect();
    for bytes in [&all[..], &all[..1], &all[9..11], &all[99..101], &[]] {
        let list = bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
        let text = format!(r#"{{"type":"Buffer","data":[{list}]}}"#);
        assert_eq!(tag(bytes.to_vec().into()).await, tag(text.into()).await, "{bytes:?}");
    }
    // FNV-1a of 64 bits over the UTF-16 code units, folded to 52 bits.
    let expected = |text: &str| {
        let hash = text.encode_utf16().fold(0xcbf2_9ce4_8422_2325_u64, |hash, unit| {
            (hash ^ u64::from(unit)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let hash = (hash & 0x000f_ffff_ffff_0000) | ((hash & 0xffff) ^ (hash >> 52));
        format!("\"{}{}\"", base36(hash), base36(text.encode_utf16().count() as u64))
    };
    for text in [
        "",
        "a",
        "12345678",
        "1234567\u{e9}",
        "12345678\u{e9}",
        "\u{e9}2345678",
        "12345678\u{1f600}12345678",
        "\u{65e5}\u{672c}\u{8a9e}\u{65e5}\u{672c}\u{8a9e}\u{65e5}\u{672c}\u{8a9e}12345678",
        &"long ".repeat(100),
    ] {
        assert_eq!(tag(text.to_owned().into()).await, expected(text), "{text}");
    }
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit(u32::try_from(number % 36).unwrap(), 36).unwrap());
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

#[tokio::test]
async fn a_copy_that_the_client_has_is_a_304_unless_it_is_dated_or_not_wanted() {
    let tag = run(|res| res.send("text"), get("/")).await.headers()["etag"].to_str().unwrap().to_owned();
    let weak = format!("W/{tag}");
    let cases: &[(&[(&str, &str)], u16)] = &[
        (&[], 200),
        (&[("if-none-match", &tag)], 304),
        (&[("if-none-match", &weak)], 304),
        (&[("if-none-match", "\"other\"")], 200),
        (&[("if-none-match", "\"other\""), ("if-none-match", &tag)], 304),
        (&[("if-none-match", "*")], 304),
        (&[("if-none-match", "*"), ("if-none-match", "\"other\"")], 200),
        (&[("if-none-match", "\"other\""), ("if-none-match", "*")], 200),
        (&[("if-none-match", &tag), ("if-modified-since", "Thu, 01 Jan 1970 00:00:00 GMT")], 200),
        (&[("if-none-match", &tag), ("if-modified-since", "")], 304),
        (&[("if-modified-since", "Thu, 01 Jan 1970 00:00:00 GMT")], 200),
        (&[("if-none-match", &tag), ("cache-control", "no-cache")], 200),
        (&[("if-none-match", &tag), ("cache-control", "max-age=0"), ("cache-control", "no-cache")], 200),
        (&[("if-none-match", &tag), ("cache-control", "max-age=0")], 304),
        (&[("if-none-match", "*"), ("cache-control", "no-cache")], 200),
    ];
    for (headers, status) in cases {
        let request =
            headers.iter().fold(Request::get("/"), |request, (name, value)| request.header(*name, *value));
        let response = run(|res| res.send("text"), request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.headers()["etag"], tag);
        let text = if *status == 200 { "text" } else { "" };
        assert_eq!(read(response).await, (*status, text.to_owned()), "{headers:?}");
    }
}

#[tokio::test]
async fn an_attribute_of_a_cookie_cannot_add_another() {
    let cookie = || Cookie::build(("a", "1"));
    let cases = [
        (cookie().build(), Some("a=1")),
        (cookie().path("/x").build(), Some("a=1; Path=/x")),
        (cookie().domain("example.com").build(), Some("a=1; Domain=example.com")),
        (cookie().path("/x").domain("example.com").build(), Some("a=1; Path=/x; Domain=example.com")),
        (cookie().path("/; Secure").build(), None),
        (cookie().domain("example.com; Secure").build(), None),
        (cookie().path("/").domain("x; Secure").build(), None),
        (cookie().path("/x; Secure").domain("example.com").build(), None),
        (cookie().path("/x\r\ny: z").build(), None),
    ];
    for (cookie, expected) in cases {
        let name = cookie.to_string();
        let response = run(move |res| res.cookie(cookie.clone()).end(), get("/")).await;
        assert_eq!(response.status(), if expected.is_some() { 200 } else { 500 }, "{name}");
        assert_eq!(all(response.headers(), "set-cookie"), expected.into_iter().collect::<Vec<_>>(), "{name}");
    }
}

#[tokio::test]
async fn an_error_keeps_the_headers_of_its_response_but_the_length() {
    let fails = |res: ApiResponse| {
        let res = res.set_header("x-a", "1").append_header("x-a", "2").set_header("content-length", 99);
        Err(res.cookie(("c", "1")).fail(Error::new(409, "taken").append_header("x-own", "3")))
    };
    let response = run(fails, get("/")).await;
    assert_eq!(all(response.headers(), "x-a"), ["1", "2"]);
    assert_eq!(
        (all(response.headers(), "set-cookie"), all(response.headers(), "x-own")),
        (vec!["c=1"], vec!["3"])
    );
    assert!(!response.headers().contains_key("content-length"));
    assert_eq!(read(response).await, (409, "taken".into()));
}

#[tokio::test]
async fn only_a_body_that_is_dropped_is_warned_of() {
    type Make = fn(ApiResponse) -> Result;
    let cases: &[(Make, usize)] = &[
        (|res| res.end_with("text"), 0),
        (|res| res.status(204).end_with(""), 0),
        (|res| res.status(204).end_with("text"), 1),
        (|res| res.status(304).end_with("text"), 1),
        (|res| res.write_head(200, [("x-a", "1")]).send("text"), 0),
        (|res| res.write_head(204, [("x-a", "1")]).send("text"), 1),
        (|res| res.send("text"), 0),
    ];
    for (i, (make, warnings)) in cases.iter().enumerate() {
        let log = Log::capture();
        run(*make, get("/")).await;
        assert_eq!(log.warnings().len(), *warnings, "case {i}");
    }
}

#[tokio::test]
async fn a_redirect_has_its_status_its_target_and_a_body() {
    type Make = fn(ApiResponse) -> Result;
    let cases: &[(Make, u16, &str)] = &[
        (|res| res.redirect("/a"), 307, "/a"),
        (|res| res.redirect(String::from("https://example.com/")), 307, "https://example.com/"),
        (|res| res.redirect_with(308, "/b"), 308, "/b"),
        (|res| res.redirect_with(StatusCode::SEE_OTHER, "/c"), 303, "/c"),
        (|res| res.redirect_local("/d"), 307, "/d"),
        (|res| res.redirect_with_query("/e", &[("q", "1")]), 307, "/e?q=1"),
    ];
    for (make, status, target) in cases {
        let response = run(*make, get("/")).await;
        assert_eq!(all(response.headers(), "location"), [*target]);
        assert_eq!(read(response).await, (*status, (*target).to_owned()));
    }
}

#[tokio::test]
async fn what_is_forwarded_has_the_status_the_headers_and_the_body_of_the_upstream() {
    let forwards = |res: ApiResponse| {
        let upstream = http::Response::builder().status(203).extension(7_u8);
        let upstream = upstream.header("x-one", "upstream").header("via", "a").header("via", "b");
        let upstream = upstream.header("vary", "accept").body(Body::from("text"))?;
        res.set_header("x-mine", "1").set_header("via", "mine").set_header("vary", "cookie").forward(upstream)
    };
    let response = run(forwards, get("/")).await;
    let headers = response.headers();
    assert_eq!((all(headers, "x-one"), all(headers, "x-mine")), (vec!["upstream"], vec!["1"]));
    assert_eq!((all(headers, "via"), all(headers, "vary")), (vec!["a", "b"], vec!["cookie", "accept"]));
    assert_eq!(response.extensions().get(), Some(&7_u8));
    assert_eq!(read(response).await, (203, "text".into()));
}

#[tokio::test]
async fn the_handlers_type_of_response_changes_nothing_else() {
    async fn show(_: ApiRequest, res: ApiResponse<[u8]>) -> Result {
        let res: ApiResponse<str> = res.status(201).set_header("x-a", "1").cookie(("c", "2")).typed();
        res.json("text")
    }
    let response = call(ApiRouter::new().route("/", show), get("/")).await;
    assert_eq!(
        (all(response.headers(), "x-a"), all(response.headers(), "set-cookie")),
        (vec!["1"], vec!["c=2"])
    );
    assert_eq!(read(response).await, (201, "\"text\"".into()));
}

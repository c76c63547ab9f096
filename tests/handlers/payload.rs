//! What `res.send` makes of its payload: type, length and tag, and when a 304 takes its place.

use crate::common::log::Log;
use crate::common::{get, read};
use crate::response::run;
use http::{HeaderValue, Request};
use http_body_util::BodyExt as _;
use std::borrow::Cow;
use std::future::poll_fn;
use std::pin::pin;
use tower::ServiceExt as _;
use tower_api_routes::response::Payload;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, HandlerExt as _, HandlerInput, Next, Response, Result,
};

#[tokio::test]
async fn payloads_are_sent_as_in_next() {
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
async fn only_streams_keep_the_handlers_length() {
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
async fn tags_of_bytes_and_text() {
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

/// A wrapper that copies the tag.
async fn copied(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
    let mut response = next.run(req, res).await?;
    let tag = response.headers()["etag"].clone();
    response.headers_mut().insert("x-tag", tag);
    Ok(response)
}

#[tokio::test]
async fn large_tags_let_other_tasks_run() {
    let text: fn() -> Payload = || "a\u{e9}\u{65e5}\u{1f600}".repeat(100_000).into();
    let bytes: fn() -> Payload = || vec![7; 1_000_000].into();
    for (make, content_type) in [(text, None), (bytes, Some("application/octet-stream"))] {
        let send =
            move |_: ApiRequest, res: ApiResponse| async move { res.set_header("etag", "own").send(make()) };
        let call = move |req: ApiRequest, res: ApiResponse| async move { req.call(send, res).await };
        let detach = move |_: ApiRequest, res: ApiResponse| async move {
            let (responder, pending) = res.detach();
            _ = responder.respond(|res| res.send(make()));
            Ok(pending)
        };
        let api = ApiRouter::new().route("/send", send).route("/wrap", send.wrap(copied));
        let api = api.route("/call", call.wrap(copied)).route("/detach", detach);
        let (_, res): (_, ApiResponse) = HandlerInput::new(get("/")).build::<Body, _>().await.unwrap();
        let tag = http::Response::from(res.send(make()).unwrap()).headers()["etag"].clone();
        for (path, copies) in [("/send", 0), ("/wrap", 1), ("/call", 1), ("/detach", 0)] {
            for status in [200, 304] {
                let copy = if status == 304 { tag.to_str().unwrap() } else { "\"other\"" };
                let request = Request::get(path).header("if-none-match", copy).body(Body::empty()).unwrap();
                let (mut polls, mut future) = (0, pin!(api.clone().oneshot(request)));
                let response = poll_fn(|cx| {
                    polls += 1;
                    future.as_mut().poll(cx)
                });
                let response = response.await.unwrap();
                assert!(polls > 10, "{path}: {polls}");
                let headers = response.headers();
                assert_eq!(headers.get_all("etag").iter().collect::<Vec<_>>(), [&tag], "{path}");
                assert_eq!(headers.get_all("x-tag").iter().collect::<Vec<_>>(), vec![&tag; copies], "{path}");
                let content_type = content_type.filter(|_| status == 200);
                assert_eq!(headers.get("content-type").map(|value| value.to_str().unwrap()), content_type);
                let length = response.into_body().collect().await.unwrap().to_bytes().len();
                assert_eq!(length, if status == 200 { 1_000_000 } else { 0 }, "{path}");
            }
        }
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
async fn client_copy_is_304_unless_unwanted() {
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
async fn only_dropped_bodies_are_warned_of() {
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

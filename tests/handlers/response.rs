//! A response before it is sent, after it, and while another task has it.

use crate::common::{call, get, read};
use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use tower::ServiceExt as _;
use tower_api_routes::response::Closed;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Cookie, Error, HandlerInput, OrStatus as _, Result,
};

async fn response() -> ApiResponse {
    let (_, res) = HandlerInput::new(get("/")).build::<Body, _>().await.unwrap();
    res
}

/// Passes a response through a router.
pub(crate) async fn run<F>(make: F, request: Request<Body>) -> http::Response<Body>
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
async fn head_can_be_edited_before_and_after() {
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
async fn stream_has_its_status_at_once() {
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
async fn late_response_is_pending() {
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
async fn error_keeps_headers_except_the_length() {
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
async fn redirect_has_status_target_and_body() {
    type Make = fn(ApiResponse) -> Result;
    let cases: &[(Make, u16, &str)] = &[
        (|res| res.redirect("/a"), 307, "/a"),
        (|res| res.redirect(String::from("https://example.com/")), 307, "https://example.com/"),
        (|res| res.redirect_with(308, "/b"), 308, "/b"),
        (|res| res.redirect_with(StatusCode::SEE_OTHER, "/c"), 303, "/c"),
        (|res| res.redirect_local("/d"), 307, "/d"),
        (|res| res.redirect_with_query("/e", &[("q", "1")]), 307, "/e?q=1"),
        (|res| res.redirect_with_status_and_query(303, "/f?a=1", &[("q", "1")]), 303, "/f?a=1&q=1"),
    ];
    for (make, status, target) in cases {
        let response = run(*make, get("/")).await;
        assert_eq!(all(response.headers(), "location"), [*target]);
        assert_eq!(read(response).await, (*status, (*target).to_owned()));
    }
}

#[tokio::test]
async fn forward_keeps_status_headers_and_body() {
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

/// What a handler does after its first mistake, as in JavaScript after a throw.
#[tokio::test]
async fn nothing_is_set_after_an_error() {
    type Make = fn(ApiResponse) -> Result;
    let none: [(&str, &str); 0] = [];
    // The status, and the names of all headers.
    let cases: &[(Make, u16, &[&str])] = &[
        (|res| res.set_header("x-a", "a\nb").cookie(("late", "1")).send("text"), 500, &[]),
        (|res| res.set_header("x-a", "a\nb").set_header("x-late", "1").end(), 500, &[]),
        (|res| res.append_header("x a", "1").append_header("x-late", "1").end(), 500, &[]),
        (|res| res.status(42).write_head(200, [("x-late", "1")]).end(), 500, &[]),
        (|res| res.write_head(200, [("x-late", "1"), ("x a", "1")]).end(), 500, &[]),
        (|res| res.write_head(42, [("x-late", "1")]).end(), 500, &[]),
        (
            |res| res.set_header("x-first", "1").status_message("\n").remove_header("x-first").end(),
            500,
            &["x-first"],
        ),
        (|res| res.cookie(("early", "1")).set_header("x-first", "1").status(42).end(), 500, &["x-first"]),
        (|res| res.cookie(("a b", "1")).status(201).status_message("Fine").redirect("/late"), 500, &[]),
        (|res| res.status(42).redirect_local("//evil"), 500, &[]),
        (|res| Err(res.set_header("x-first", "1").status(42).fail(Error::new(404, "no"))), 500, &["x-first"]),
        (|res| res.status(42).stream(|_| async { panic!("never called") }), 500, &[]),
        (
            |mut res| {
                res = res.set_header("x-first", "1").status(42);
                res.headers_mut().insert("x-late", 1.into());
                res.headers_mut().remove("x-first");
                res.end()
            },
            500,
            &["x-first"],
        ),
        // An error that the handler returns with the headers so far keeps its cookies, too.
        (|res| Err(res.cookie(("early", "1")).fail(Error::new(404, "no"))), 404, &["set-cookie"]),
        (|res| res.cookie(("early", "1")).json(&std::collections::BTreeMap::from([((1, 2), 3)])), 500, &[]),
        (|res| res.cookie(("early", "1")).redirect_with_query("/", &[("a", vec![1])]), 500, &[]),
    ];
    for (i, (make, status, names)) in cases.iter().enumerate() {
        let response = run(*make, get("/")).await;
        let found: Vec<_> = response.headers().keys().map(http::HeaderName::as_str).collect();
        assert_eq!((response.status().as_u16(), &*found), (*status, *names), "case {i}");
        let text = if *status == 500 { "Internal Server Error" } else { "no" };
        assert_eq!(read(response).await.1, text, "case {i}");
    }
    let response = run(move |res| res.write_head(204, none).end(), get("/")).await;
    assert_eq!(response.status(), 204);
}

#[tokio::test]
async fn write_head_replaces_and_repeats_headers() {
    let response = run(
        |res| {
            let res = res.set_header("x-a", "0").cookie(("old", "1")).set_header("x-kept", "1");
            res.write_head(200, [("set-cookie", "a=1"), ("x-a", "1"), ("set-cookie", "b=2")]).end()
        },
        get("/"),
    )
    .await;
    let headers = response.headers();
    assert_eq!(all(headers, "set-cookie"), ["a=1", "b=2"]);
    assert_eq!((all(headers, "x-a"), all(headers, "x-kept")), (vec!["1"], vec!["1"]));
}

#[tokio::test]
async fn work_goes_on_behind_the_response() {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let api = ApiRouter::new().route("/[status]", move |req: ApiRequest, res: ApiResponse| {
        let sender = sender.clone();
        async move {
            let status: u16 = req.query().get("status").or_status(400)?.parse()?;
            res.status(status)
                .after(async move {
                    tokio::task::yield_now().await;
                    sender.send(status).unwrap();
                })
                .send("at once")
        }
    });
    for status in [200, 404] {
        let response = call(api.clone(), get(&format!("/{status}"))).await;
        assert!(receiver.try_recv().is_err(), "the response does not wait");
        assert_eq!(response.status(), status);
        assert_eq!(receiver.recv().await, Some(status));
    }
    let response = call(api, get("/42")).await;
    assert_eq!(response.status(), 500);
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    assert!(receiver.try_recv().is_err(), "nothing is started after an error");
}

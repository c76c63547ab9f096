//! What is found, and how it is told.

use super::{noted, numbers, settled};
use crate::common::log::Log;
use crate::support::{Origin, Reply, front, get, nowhere, read};
use http::{Method, Request};
use serde_json::json;
use tower::{Layer as _, ServiceBuilder, ServiceExt as _, service_fn};
use tower_api_routes::shadow::Comparison;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, HandlerExt as _, Proxy, RemoteAddr, Result, ShadowLayer,
    methods,
};

async fn post(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&json!({ "pid": req.query().get("pid"), "tags": ["a", "b"], "time": 1 }))
}

async fn text(_req: ApiRequest, res: ApiResponse) -> Result {
    res.cookie(("a", "1")).send("hello")
}

fn api() -> ApiRouter {
    ApiRouter::new().route("/api/post/[pid]", post).route("/api/text", text).route(
        "/api/echo",
        methods().post(|req: ApiRequest<String>, res: ApiResponse| async move { res.send(req.into_body()) }),
    )
}

/// An origin that responds to each path in the old way.
async fn old() -> Origin {
    Origin::start(|_, request| {
        let path = request.split([' ', '?']).nth(1).unwrap();
        let json = "content-type: application/json; charset=utf-8\r\n";
        let (head, body) = match path {
            "/api/post/1" => (json, r#"{ "time": 2, "tags": ["a", "b"], "pid": "1" }"#),
            "/api/post/2" => (json, r#"{"pid":2,"tags":["a"],"time":1}"#),
            "/api/text" => ("set-cookie: a=1\r\netag: \"x\"\r\n", "hallo"),
            _ => ("content-type: text/plain; charset=utf-8\r\n", "Not Found"),
        };
        Reply::send(&format!("HTTP/1.1 200 OK\r\n{head}content-length: {}\r\n\r\n{body}", body.len()))
    })
    .await
}

fn comparison() -> Comparison {
    Comparison::new().headers([http::header::SET_COOKIE, http::header::CONTENT_TYPE]).ignore_json("$.time")
}

#[tokio::test]
async fn what_differs_is_reported_with_its_route() {
    let cases = [
        ("/api/post/1", "[/api/post/[pid]] GET /api/post/1\n  order of keys: $"),
        (
            "/api/post/2?x=secret",
            "[/api/post/[pid]] GET /api/post/2\n  $.pid: old 2, new \"2\"\n  $.tags[1]: old missing, new \"b\"",
        ),
        (
            "/api/text",
            "[/api/text] GET /api/text\n  body: old 5 bytes, new 5 bytes, different from byte 1 on",
        ),
    ];
    for http2 in [false, true] {
        let old = old().await;
        let shadow = ShadowLayer::new(old.proxy()).compare_by(comparison());
        let (shadow, reports) = noted(shadow);
        let front = front(shadow.layer(api())).await;
        for (number, (path, expected)) in cases.into_iter().enumerate() {
            let response = front.request(http2, get(path)).await;
            let (_, body) = read(response).await;
            assert!(!body.is_empty());
            settled(&shadow, number as u64 + 1).await;
            let report = reports.lock().unwrap().pop();
            let report = report.unwrap_or_else(|| panic!("{path}: {:?}", shadow.counts()));
            assert_eq!(report, expected, "HTTP/2: {http2}");
        }
        assert_eq!(numbers(shadow.counts()), [1, 2, 0, 0]);
    }
}

#[tokio::test]
async fn a_difference_is_logged_by_name_without_values() {
    let old = old().await;
    let shadow = ShadowLayer::new(old.proxy()).compare_by(comparison());
    let log = Log::capture();
    let service = shadow.layer(api());
    for path in ["/api/post/1", "/api/post/2?x=secret"] {
        read(service.clone().oneshot(get(path)).await.unwrap()).await;
    }
    settled(&shadow, 2).await;
    let events = log.warnings();
    let events: Vec<_> = events.iter().filter(|event| event.message().starts_with("shadow")).collect();
    assert_eq!(events.len(), 1, "{events:?}");
    let fields = ["message", "http.request.method", "url.path", "http.route", "differences", "count"]
        .map(|name| events[0].field(name));
    assert_eq!(
        fields,
        ["shadow response differs", "GET", "/api/post/2", "/api/post/[pid]", "$.pid, $.tags[1]", "2"]
    );
}

#[tokio::test]
async fn failing_shadow_warns_once_a_minute() {
    let log = Log::capture();
    let shadow = ShadowLayer::to(&format!("http://{}", nowhere().await)).unwrap();
    let service = shadow.layer(api());
    for _ in 0..20 {
        let response = service.clone().oneshot(get("/api/text")).await.unwrap();
        assert_eq!(read(response).await, (200, "hello".into()));
    }
    let [equal, different, skipped, unavailable] = settled(&shadow, 20).await;
    assert_eq!((equal, different, skipped + unavailable), (0, 0, 20));
    assert!(unavailable > 10, "{unavailable} were sent");
    let events = log.warnings();
    let shadows: Vec<_> = events.iter().filter(|event| event.message() == "shadow unavailable").collect();
    assert_eq!(shadows.len(), 1, "{events:?}");
    assert!(shadows[0].field("error").contains("cannot be reached"), "{shadows:?}");
    assert_eq!(shadows[0].field("failures"), "1");
}

#[tokio::test]
async fn a_shadow_of_itself_ends_after_one_round() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let shadow = ShadowLayer::to(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(tower_api_routes::serve(listener, shadow.layer(api())).into_future());
    let client = Proxy::new(&format!("http://{address}")).unwrap();
    assert_eq!(read(client.oneshot(get("/api/text")).await.unwrap()).await, (200, "hello".into()));
    // The copy is served, and its own copy is refused.
    assert_eq!(settled(&shadow, 2).await, [1, 0, 0, 1]);
    server.abort();
}

#[tokio::test]
async fn old_server_may_be_live() {
    let old = old().await;
    let (shadow, reports) = noted(ShadowLayer::new(api()).compare_by(comparison()));
    let front = front(shadow.layer(old.proxy())).await;
    let response = front.request(false, get("/api/post/2")).await;
    assert_eq!(read(response).await, (200, r#"{"pid":2,"tags":["a"],"time":1}"#.into()));
    settled(&shadow, 1).await;
    let expected = "[-] GET /api/post/2\n  $.pid: old 2, new \"2\"\n  $.tags[1]: old missing, new \"b\"";
    assert_eq!(*reports.lock().unwrap(), [expected]);
}

#[tokio::test]
async fn one_route_may_have_a_shadow() {
    let old = old().await;
    let (shadow, reports) = noted(ShadowLayer::new(old.proxy()).compare_by(comparison()));
    let route = ServiceBuilder::new().layer(shadow.clone()).service(post.into_service());
    let api = ApiRouter::new().route("/api/post/[pid]", route).route("/api/text", text);
    for path in ["/api/text", "/api/post/2"] {
        read(api.clone().oneshot(get(path)).await.unwrap()).await;
    }
    assert_eq!(settled(&shadow, 1).await, [0, 1, 0, 0]);
    assert!(reports.lock().unwrap()[0].starts_with("[/api/post/[pid]] GET /api/post/2\n"));
}

#[tokio::test]
async fn shadow_copy_is_the_request_without_coding() {
    let old = old().await;
    let shadow = ShadowLayer::new(old.proxy()).methods([Method::POST, Method::GET]);
    let front = front(shadow.layer(api())).await;
    let request = "POST /api/echo HTTP/1.1\r\nhost: shop.example\r\ncookie: a=1\r\naccept-encoding: gzip\r\n\
                   content-type: text/plain\r\nconnection: close\r\n";
    let bodies =
        ["content-length: 4\r\n\r\nbody", "transfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"];
    for (number, body) in bodies.into_iter().enumerate() {
        let response = front.ask(format!("{request}{body}")).await;
        assert!(response.ends_with("\r\n\r\nbody"), "{response}");
        settled(&shadow, number as u64 + 1).await;
        let copy = old.requests().pop().unwrap();
        assert!(copy.starts_with("POST /api/echo HTTP/1.1\r\n") && copy.ends_with("\r\n\r\nbody"), "{copy}");
        for line in ["host: shop.example", "cookie: a=1", "accept-encoding: identity", "content-length: 4"] {
            assert!(copy.contains(&format!("{line}\r\n")), "{line}: {copy}");
        }
    }
    // A method that was not chosen, and an upgrade.
    let before = old.requests().len();
    front.ask("DELETE /api/echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    let upgrade =
        "GET /api/text HTTP/1.1\r\nhost: a\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n\r\n";
    front.ask(upgrade).await;
    assert_eq!((old.requests().len(), shadow.counts().skipped), (before, 0));
}

#[tokio::test]
async fn a_service_as_shadow_sees_the_clients_request() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let note = std::sync::Arc::clone(&seen);
    let notes = service_fn(move |request: Request<Body>| {
        note.lock().unwrap().push(request.map(|_| ()));
        async { Ok::<_, std::convert::Infallible>(http::Response::new(Body::from("hello"))) }
    });
    let shadow = ShadowLayer::new(notes).methods([Method::POST]);
    let address = RemoteAddr::from(std::net::SocketAddr::from(([203, 0, 113, 7], 5000)));
    for (number, version) in
        [http::Version::HTTP_10, http::Version::HTTP_11, http::Version::HTTP_2].into_iter().enumerate()
    {
        let request =
            Request::post("/api/echo").version(version).extension(address).header("content-length", 4);
        let request = request.header("transfer-encoding", "chunked").body(Body::from("body")).unwrap();
        read(shadow.layer(api()).oneshot(request).await.unwrap()).await;
        settled(&shadow, number as u64 + 1).await;
        let copy = seen.lock().unwrap().pop().unwrap();
        assert_eq!((copy.version(), copy.uri().path()), (version, "/api/echo"));
        let known = copy.extensions().get::<RemoteAddr>().and_then(|known| known.socket_addr());
        assert_eq!(known, address.socket_addr());
        // The body is in memory now: whoever sends it knows its length.
        for name in ["content-length", "transfer-encoding"] {
            assert!(!copy.headers().contains_key(name), "{name}");
        }
    }
}

#[tokio::test]
async fn shadow_panic_does_not_reach_the_client() {
    let panics = service_fn(|request: Request<Body>| async move {
        assert!(request.uri().path() != "/api/text", "a panic on purpose");
        Ok::<_, std::convert::Infallible>(http::Response::new(Body::empty()))
    });
    let shadow = ShadowLayer::new(panics).max_in_flight(1).on_report(|_| panic!("a panic on purpose"));
    let service = shadow.layer(api());
    for path in ["/api/text", "/api/post/1", "/api/text", "/api/post/1"] {
        let response = service.clone().oneshot(get(path)).await.unwrap();
        assert_eq!(read(response).await.0, 200, "{path}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // The place of a copy that panicked is free again.
    assert_eq!(numbers(shadow.counts()), [0, 2, 0, 0]);
}

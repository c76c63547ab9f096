//! Who owns a header: a client never removes what the program has set.

use crate::common::log::Log;
use crate::support::{Origin, Reply, front, get, head, read, status};
use axum::Router;
use http::{HeaderValue, Request, Response};
use std::convert::Infallible;
use tower::{Layer as _, Service, ServiceBuilder, ServiceExt as _};
use tower_api_routes::proxy::ClientHeadersLayer;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, HandlerExt as _, Proxy, Result};
use tower_http::set_header::SetRequestHeaderLayer;

const REQUEST: &str = "GET /api/x HTTP/1.1\r\nhost: a\r\nx-user: mallory\r\nx-hop: 1\r\n\
                       connection: close, X-User, x-hop, x-role\r\n\r\n";

fn set_user() -> SetRequestHeaderLayer<HeaderValue> {
    SetRequestHeaderLayer::overriding("x-user".parse().unwrap(), HeaderValue::from_static("alice"))
}

/// A handler that sets the header and asks the origin.
async fn send(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let next = req.state::<Proxy>()?.clone();
    let mut request = req.into_request();
    request.headers_mut().insert("x-user", HeaderValue::from_static("alice"));
    res.forward(next.send(request).await?)
}

/// The users that the origin sees when the header is set in each place in front of the proxy.
fn programs(proxy: &Proxy) -> Vec<(&'static str, ApiRouter)> {
    let proxy = proxy.clone();
    let hook = proxy.clone().map_request(|request| {
        request.headers_mut().insert("x-user", HeaderValue::from_static("alice"));
    });
    vec![
        ("a layer of the router", ApiRouter::new().fallback(proxy.clone()).layer(set_user())),
        ("a layer of the routes", ApiRouter::new().route("/api/x", proxy.clone()).route_layer(set_user())),
        (
            "a layer of one route",
            ApiRouter::new().route("/api/x", ServiceBuilder::new().layer(set_user()).service(proxy.clone())),
        ),
        ("a handler", ApiRouter::new().state(proxy.clone()).route("/api/x", send)),
        (
            "a handler in a layer",
            ApiRouter::new()
                .state(proxy.clone())
                .route("/api/x", ServiceBuilder::new().layer(set_user()).service(send.into_service())),
        ),
        ("a header of the proxy", ApiRouter::new().fallback(proxy.set_header("x-user", "alice"))),
        ("a hook of the proxy", ApiRouter::new().fallback(hook)),
    ]
}

/// What the origin sees of the headers in question.
fn seen(origin: &Origin) -> Vec<String> {
    let request = origin.requests().pop().unwrap();
    let lines = head(&request).into_iter();
    lines.filter(|line| ["x-user", "x-hop", "connection"].iter().any(|name| line.starts_with(name))).collect()
}

#[tokio::test]
async fn a_client_never_removes_what_layers_set() {
    let origin = Origin::start(|_, _| Reply::ok("ok")).await;
    for (place, api) in programs(&origin.proxy()) {
        let front = front(api).await;
        let response = front.ask(REQUEST).await;
        assert_eq!(status(&response), 200, "{place}: {response}");
        assert_eq!(seen(&origin), ["x-user: alice"], "{place}");
    }
}

#[tokio::test]
async fn around_serve_a_layer_sets_headers_too() {
    let origin = Origin::start(|_, _| Reply::ok("ok")).await;
    let front = front(set_user().layer(ApiRouter::new().fallback(origin.proxy()))).await;
    assert_eq!(status(&front.ask(REQUEST).await), 200);
    assert_eq!(seen(&origin), ["x-user: alice"]);
}

#[tokio::test]
async fn the_layer_protects_axum_and_hyper() {
    let origin = Origin::start(|_, _| Reply::ok("ok")).await;
    for (place, api) in programs(&origin.proxy()) {
        let axum = Router::new().fallback_service(api.clone()).layer(ClientHeadersLayer::new());
        let response = ask(AXUM, axum, api.clone()).await;
        assert_eq!(
            (status(&response), seen(&origin)),
            (200, vec!["x-user: alice".to_owned()]),
            "axum: {place}"
        );
        let response = ask(HYPER, Router::new(), api).await;
        assert_eq!(
            (status(&response), seen(&origin)),
            (200, vec!["x-user: alice".to_owned()]),
            "hyper: {place}"
        );
    }
}

const AXUM: bool = true;
const HYPER: bool = false;

/// The response of another server.
async fn ask(is_axum: bool, axum: Router, api: ApiRouter) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        if is_axum {
            return axum::serve(listener, axum).await.unwrap();
        }
        let service = hyper_util::service::TowerToHyperService::new(ClientHeadersLayer::new().layer(api));
        let (stream, _) = listener.accept().await.unwrap();
        let io = hyper_util::rt::TokioIo::new(stream);
        _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
    });
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, REQUEST.as_bytes()).await.unwrap();
    let mut text = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut text).await.unwrap();
    server.abort();
    text
}

#[tokio::test]
async fn a_proxy_without_the_layer_warns_once() {
    let origin = Origin::start(|_, _| Reply::ok("ok")).await;
    let log = Log::capture();
    let proxy = origin.proxy();
    for _ in 0..3 {
        let request = Request::get("/").header("connection", "x-user").header("x-user", "mallory");
        let response = proxy.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(read(response).await, (200, "ok".into()));
        assert!(seen(&origin).is_empty());
    }
    let warnings = log.warnings();
    let texts: Vec<_> = warnings.iter().map(crate::common::log::Event::message).collect();
    let with = |part: &str| texts.iter().filter(|text| text.contains(part)).count();
    assert_eq!((with("ClientHeadersLayer::new()"), with("with_remote_addr()")), (1, 1), "{texts:?}");
}

/// The warnings that the layer is missing, of a request that does not show it.
async fn warnings<S>(service: S) -> usize
where
    S: tower::Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let log = Log::capture();
    assert_eq!(read(service.oneshot(get("/")).await.unwrap()).await, (200, "ok".into()));
    log.warnings().iter().filter(|event| event.message().contains("ClientHeadersLayer::new()")).count()
}

#[tokio::test]
#[ignore = "the child of `the_layer_prevents_the_warning`"]
async fn child() {
    let origin = Origin::start(|_, _| Reply::ok("ok")).await;
    println!("without the layer: {}", warnings(origin.proxy()).await);
    let protected = ClientHeadersLayer::new().layer(origin.proxy());
    println!("with the layer: {}", warnings(protected).await);
}

#[tokio::test]
async fn the_layer_prevents_the_warning() {
    // A process of its own: the layer counts wherever it is.
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--ignored", "--exact", "proxy::owner::child", "--nocapture"]);
    let output = String::from_utf8(child.output().unwrap().stdout).unwrap();
    for line in ["without the layer: 1\n", "with the layer: 0\n"] {
        assert!(output.contains(line), "{output}");
    }
}

#[tokio::test]
async fn everything_behind_arrival_sees_one_request() {
    // What a guard in front of the proxy reads is what the origin gets.
    let origin = Origin::start(|_, _| Reply::ok("ok")).await;
    let guard = tower::service_fn({
        let api = ApiRouter::new().fallback(origin.proxy());
        move |request: Request<Body>| {
            let mut api = api.clone();
            async move {
                let text = |name| {
                    request.headers().get(name).map_or("-", |value: &HeaderValue| value.to_str().unwrap())
                };
                let read = HeaderValue::try_from(format!("{} {}", text("host"), text("x-tenant"))).unwrap();
                let mut response: Response<Body> = api.call(request).await?;
                response.headers_mut().insert("x-read", read);
                Ok::<_, Infallible>(response)
            }
        }
    });
    let front = front(guard).await;
    let cases = [
        ("GET / HTTP/1.1\r\nhost: good\r\nx-tenant: 1\r\n", "good 1", &["host: good", "x-tenant: 1"][..]),
        (
            "GET / HTTP/1.1\r\nhost: good\r\nx-tenant: 1\r\nconnection: x-tenant\r\n",
            "good -",
            &["host: good"],
        ),
        ("GET http://other/ HTTP/1.1\r\nhost: good\r\n", "other -", &["host: other"]),
        ("GET http://user:pw@other:81/ HTTP/1.1\r\nhost: good\r\n", "other:81 -", &["host: other:81"]),
        ("GET / HTTP/1.1\r\nhost: good\r\nconnection: host\r\n", "good -", &["host: good"]),
    ];
    for (request, expected, lines) in cases {
        let response = front.ask(format!("{request}connection: close\r\n\r\n")).await;
        assert!(response.contains(&format!("x-read: {expected}\r\n")), "{request}: {response}");
        let seen = head(&origin.requests().pop().unwrap());
        let seen: Vec<_> =
            seen.iter().filter(|line| line.starts_with("host") || line.starts_with("x-t")).collect();
        assert_eq!(seen, lines, "{request}");
    }
    let response =
        front.request(true, Request::get("/").header("host", "evil").body(Body::empty()).unwrap()).await;
    let host = front.address.to_string();
    assert_eq!(response.headers()["x-read"], format!("{host} -"));
    assert!(origin.requests().pop().unwrap().contains(&format!("host: {host}\r\n")));
}

#[tokio::test]
async fn two_hosts_are_400_and_not_forwarded() {
    let origin = Origin::start(|_, _| Reply::ok("ok")).await;
    let front = front(ApiRouter::new().fallback(origin.proxy())).await;
    for target in ["/", "http://a/"] {
        for hosts in ["host: a\r\nhost: b\r\n", "host: a\r\nHost: a\r\n"] {
            let response =
                front.ask(format!("GET {target} HTTP/1.1\r\n{hosts}connection: close\r\n\r\n")).await;
            assert_eq!((status(&response), origin.requests().len()), (400, 0), "{target} {hosts}");
        }
    }
}

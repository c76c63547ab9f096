//! `handler.layer`, `methods().layer`, `nest_service`, and CORS outside layers whose bodies have no default.

use crate::common::{any, call, get, post, read};
use crate::stack::cors;
use http::header::{HeaderName, HeaderValue};
use http::{Method, Request, Response};
use std::convert::Infallible;
use std::time::Duration;
use tower::layer::layer_fn;
use tower::{ServiceBuilder, service_fn};
use tower_api_routes::{
    ApiCorsLayer, ApiRequest, ApiResponse, ApiRouter, Body, BodyParserLayer, HandlerExt as _,
    MaxDurationLayer, Next, Result, RouteConfig, RouteService, methods,
};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, ResponseBodyTimeoutLayer};
use tower_http::trace::TraceLayer;

async fn kind(req: ApiRequest, res: ApiResponse) -> Result {
    res.send(req.body().kind())
}

async fn slow(_: ApiRequest, res: ApiResponse) -> Result {
    tokio::time::sleep(Duration::from_millis(100)).await;
    res.send("slow")
}

/// Appends a name to a header of the response.
fn mark(name: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::appending(HeaderName::from_static("seen"), HeaderValue::from_static(name))
}

fn seen(response: &Response<Body>) -> String {
    response.headers().get_all("seen").iter().map(|name| name.to_str().unwrap()).collect()
}

#[tokio::test]
async fn handler_layer_runs_inside_router_layers() {
    let api = ApiRouter::new()
        .route("/", methods().get(kind.layer(mark("a")).layer(mark("b"))).post(kind).layer(mark("c")))
        .layer(mark("d"));
    let cases = [(Method::GET, 200, "abcd"), (Method::POST, 200, "cd"), (Method::PUT, 405, "cd")];
    for (method, status, layers) in cases {
        let mut request = get("/");
        *request.method_mut() = method.clone();
        let response = call(api.clone(), request).await;
        assert_eq!((response.status().as_u16(), &*seen(&response)), (status, layers), "{method}");
        if status == 405 {
            assert_eq!(response.headers()["allow"], "GET, POST, HEAD, OPTIONS");
        }
    }
    assert!(api.routes().to_string().contains("GET, POST, HEAD, OPTIONS"));
}

#[tokio::test(start_paused = true)]
async fn handler_layer_replaces_the_routers_default() {
    let within = |millis| MaxDurationLayer::new(Duration::from_millis(millis));
    let api = ApiRouter::new()
        .config(RouteConfig::new().max_duration(Duration::from_millis(50)).size_limit("10b"))
        .route("/default", slow)
        .route("/longer", slow.layer(within(200)))
        .route("/shorter", slow.config(RouteConfig::new().max_duration_secs(1)).layer(within(70)))
        .route("/limit", kind.layer(BodyParserLayer::new().size_limit("20b")))
        .route("/later", kind.layer(mark("a")).config(RouteConfig::new().size_limit("5b")));
    for (path, status) in [("/default", 504), ("/longer", 200), ("/shorter", 504)] {
        assert_eq!(call(api.clone(), get(path)).await.status(), status, "{path}");
    }
    for (path, length, status) in
        [("/limit", 15, 200), ("/limit", 21, 413), ("/later", 5, 200), ("/later", 6, 413)]
    {
        let mut request = post("text/plain", "x".repeat(length));
        *request.uri_mut() = path.parse().unwrap();
        assert_eq!(call(api.clone(), request).await.status(), status, "{path}, {length} bytes");
    }
}

#[tokio::test]
async fn wrapper_around_a_layer_is_outermost() {
    async fn wrapper(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
        let mut response = next.run(req, res).await?;
        response.headers_mut().append("seen", HeaderValue::from_static("wrapper"));
        Ok(response)
    }
    let cases = [("/in", "wrappera"), ("/out", "awrapper")];
    let api = ApiRouter::new()
        .route("/in", kind.wrap(wrapper).layer(mark("a")))
        .route("/out", kind.layer(mark("a")).wrap(wrapper));
    for (path, layers) in cases {
        assert_eq!(seen(&call(api.clone(), get(path)).await), layers, "{path}");
    }
}

#[tokio::test]
async fn handler_layer_sees_route_and_state() {
    async fn state(req: ApiRequest, res: ApiResponse) -> Result {
        res.send(format!("{} {}", req.state::<&str>()?, req.query().get("id").unwrap_or("none")))
    }
    let layer = layer_fn(|inner: RouteService| inner);
    let api = ApiRouter::new().state("state").route("/api/[id]", state.layer(layer));
    assert_eq!(read(call(api, get("/api/1")).await).await, (200, "state 1".into()));
}

#[tokio::test]
async fn nested_service_sees_path_without_prefix() {
    let target = || {
        service_fn(|request: Request<Body>| async move {
            Ok::<_, Infallible>(Response::new(Body::from(request.uri().to_string())))
        })
    };
    async fn parameters(req: ApiRequest, res: ApiResponse) -> Result {
        res.send(format!("{} {}", req.uri().path(), req.query().get("tenant").unwrap_or("none")))
    }
    let inner = || ApiRouter::new().nest_service("/files", target());
    let api = ApiRouter::new()
        .nest_service("/files", target())
        .nest_service("/t/[tenant]/files", target())
        .nest_service("/h/[tenant]", parameters.into_service())
        .nest_service("/router", ApiRouter::new().route("/a/[tenant]", parameters))
        .nest("/nested/deep", inner());
    let cases = [
        ("/files", "/"),
        ("/files?x=1", "/?x=1"),
        ("/files/a/b?x=1", "/a/b?x=1"),
        ("/files/%2Fa/b%20c", "/%2Fa/b%20c"),
        ("/files/x/../a", "/a"),
        ("/t/acme/files/a", "/a"),
        ("/h/acme/a/b", "/a/b acme"),
        ("/router/a/acme", "/a/acme acme"),
        ("/nested/deep/files/a", "/a"),
    ];
    for (path, expected) in cases {
        let response = call(api.clone(), get(path)).await;
        assert_eq!(read(response).await, (200, expected.into()), "{path}");
    }
    let based = ApiRouter::new().base_path("/docs").nest_service("/files", target());
    assert_eq!(read(call(based, get("/docs/files/a")).await).await, (200, "/a".into()));
}

#[tokio::test]
async fn cors_stands_outside_any_layer_in_one_builder() {
    let stack = ServiceBuilder::new()
        .layer(ApiCorsLayer::new(cors()))
        .layer(TraceLayer::new_for_http())
        .layer(RequestBodyTimeoutLayer::new(Duration::from_secs(1)))
        .layer(ResponseBodyTimeoutLayer::new(Duration::from_secs(1)))
        .layer(MaxDurationLayer::new(Duration::from_secs(1)))
        .service(methods().get(kind).into_service());
    let services = [any(stack.clone()), any(ApiRouter::new().route("/", stack))];
    for (at, service) in services.into_iter().enumerate() {
        for (method, status) in [(Method::GET, 200), (Method::OPTIONS, 200)] {
            let mut request = get("/");
            *request.method_mut() = method.clone();
            request.headers_mut().insert("origin", HeaderValue::from_static("https://example.com"));
            request.headers_mut().insert("access-control-request-method", HeaderValue::from_static("PUT"));
            let response = call(service.clone(), request).await;
            assert_eq!(response.status(), status, "{method}, case {at}");
            assert_eq!(response.headers()["access-control-allow-origin"], "https://example.com", "{method}");
        }
    }
}

//! One case, so many calls: `instructions CASE SUBJECT call|base NUMBER`, under callgrind by `scripts/measure.sh instructions`.
//!
//! `instructions --list` prints the cases, each with its subjects; the first is ours.

use bytes::Bytes;
use compare::model::{NewPost, OTHER_ORIGIN, Route, Text, Track, file, post_body, track_body};
use compare::run::{Mode, calls, times};
use compare::{axum, bare, ours, stack, tables};
use http::header::ORIGIN;
use http::{HeaderValue, Request, Response};
use http_body_util::BodyExt as _;
use http_body_util::Full;
use std::collections::HashMap;
use std::convert::Infallible;
use std::hint::black_box;
use std::time::Duration;
use tower::{Layer, ServiceExt as _, service_fn};
use tower_api_routes::cors::CorsLayer;
use tower_api_routes::response::Payload;
use tower_api_routes::{ApiCorsLayer, ApiRequest, ApiResponse, ApiRouter, Body, BodyParserLayer, HandlerExt as _, MaxDurationLayer, Query, ResponseLimitLayer, Result, RouteConfig, Sessions};

const SIZES: [usize; 3] = [1 << 10, 64 << 10, 1 << 20];
const PAIRS: [usize; 8] = [1, 8, 12, 13, 16, 17, 1_024, 65_536];
const TABLES: [usize; 4] = [10, 130, 1_000, 10_000];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match &args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--list"] => list(),
        [case, subject, mode, number] => {
            let number = number.parse().expect("a number");
            let mode = if *mode == "call" { Mode::Call(number) } else { Mode::Base(number) };
            let case: Vec<&str> = case.split('/').collect();
            match case[..] {
                ["request", route] => request(Route::parse(route), subject, mode),
                ["router", kind, routes] => {
                    lookup(tables::Kind::parse(kind), routes.parse().expect("a number"), subject, mode);
                }
                ["build", routes] => build(routes.parse().expect("a number"), subject, mode),
                ["etag", text, size] => etag(text, size.parse().expect("a number"), subject, mode),
                ["floats", size] => floats(size.parse().expect("a number"), subject, mode),
                ["query", pairs] => query(pairs.parse().expect("a number"), subject, mode),
                ["query-get", pairs] => query_get(pairs.parse().expect("a number"), subject, mode),
                ["json", size] => json(size.parse().expect("a number"), subject, mode),
                ["raw", size] => raw(size.parse().expect("a number"), subject, mode),
                ["layers", layer] => layers(layer, subject, mode),
                ["cors", "route"] => cors(subject, mode),
                ["stream", "chunk"] => stream(subject, mode),
                ["session", format, what] => session(format, what, subject, mode),
                ["in-axum", route] => in_axum(Route::parse(route), subject, mode),
                _ => panic!("no such case"),
            }
        }
        _ => panic!("usage: instructions --list, or instructions CASE SUBJECT call|base NUMBER"),
    }
}

fn list() {
    for route in Route::ALL {
        println!("request/{} ours axum bare no-etag", route.name());
    }
    for kind in tables::Kind::ALL {
        for routes in TABLES {
            if routes != 130 || kind.name() != "catch-all" {
                println!("router/{}/{routes} ours matchit scan", kind.name());
            }
        }
    }
    println!("build/10000 ours matchit");
    for size in SIZES {
        println!("etag/ascii/{size} ours off");
    }
    for text in ["german", "chinese", "emoji", "bytes"] {
        println!("etag/{text}/65536 ours off");
    }
    println!("floats/65536 ours serde_json");
    for pairs in PAIRS {
        println!("query/{pairs} ours form_urlencoded");
    }
    println!("query-get/1024 ours hash-map");
    for size in SIZES {
        println!("json/{size} ours serde_json axum");
    }
    for size in SIZES {
        println!("raw/{size} ours");
    }
    println!("layers/body-parser ours none tower-http");
    println!("layers/body-parser-disabled ours none tower-http");
    println!("layers/response-limit ours none");
    println!("layers/max-duration ours none tower-http");
    println!("layers/max-duration-8 ours none tower-http");
    println!("layers/cors ours none tower-http");
    println!("layers/config ours none");
    println!("layers/config-etag ours none tower-http");
    println!("layers/stack ours none tower-http");
    println!("cors/route ours axum");
    println!("stream/chunk ours from-stream axum");
    println!("in-axum/R1 ours in-front axum");
    for format in ["next-auth", "auth-js", "iron"] {
        println!("session/{format}/open ours none");
        println!("session/{format}/set ours none");
    }
}

fn request(route: Route, subject: &str, mode: Mode) {
    match subject {
        "ours" => calls(ours::router(), || route.request(Body::from), mode),
        "no-etag" => calls(ours::router_without_etag(), || route.request(Body::from), mode),
        "axum" => calls(axum::router(), || route.request(::axum::body::Body::from), mode),
        _ => calls(service_fn(bare::service), || route.request(Full::new), mode),
    }
}

/// `scan` is the check whether a path is normalized: what a longer path costs than `/` where there is nothing to look up.
fn lookup(kind: tables::Kind, routes: usize, subject: &str, mode: Mode) {
    let path = tables::path(routes, kind);
    let uri: http::Uri = path.parse().expect("a path");
    match subject {
        "ours" => {
            let router = tables::ours(routes);
            assert!(router.route_for(&uri).is_some());
            times(mode, || black_box(&router).route_for(black_box(&uri)));
        }
        "scan" => {
            let (router, root) = (ApiRouter::new(), http::Uri::from_static("/"));
            match mode {
                Mode::Base(number) => {
                    times(Mode::Call(number), || black_box(&router).route_for(black_box(&root)))
                }
                Mode::Call(_) => times(mode, || black_box(&router).route_for(black_box(&uri))),
            }
        }
        _ => {
            let router = tables::matchit(routes);
            assert!(router.at(&path).is_ok());
            times(mode, || black_box(&router).at(black_box(&uri).path()).map(|found| *found.value).ok());
        }
    }
}

/// A table from the first route to the first look-up.
fn build(routes: usize, subject: &str, mode: Mode) {
    let uri: http::Uri = "/api/nothing".parse().expect("a path");
    match subject {
        "ours" => times(mode, || tables::ours(routes).route_for(&uri).is_some()),
        _ => times(mode, || tables::matchit(routes).at(uri.path()).is_ok()),
    }
}

fn get<B>(body: B) -> Request<B> {
    Request::builder().uri("/api/x").body(body).expect("a path")
}

fn etag(text: &str, size: usize, subject: &str, mode: Mode) {
    let payload = || match Text::ALL.into_iter().find(|known| known.name() == text) {
        Some(text) => Bytes::from(text.of(size)),
        None => file().slice(..size),
    };
    let (is_text, payload) = (text != "bytes", payload());
    let config = RouteConfig::new().etag(subject == "ours");
    let send = tower_api_routes::handler(move |_: ApiRequest, res: ApiResponse| {
        let payload = payload.clone();
        async move { res.send(if is_text { Payload::Text(payload) } else { Payload::Bytes(payload) }) }
    });
    calls(ApiRouter::new().route("/api/x", send.config(config)), || get(Body::empty()), mode);
}

/// A response of floats, without an ETag.
fn floats(size: usize, subject: &str, mode: Mode) {
    let track: &'static Track =
        Box::leak(Box::new(serde_json::from_slice(&track_body(size)).expect("a track is JSON")));
    if subject == "ours" {
        let send =
            tower_api_routes::handler(move |_: ApiRequest, res: ApiResponse| async move { res.json(track) });
        let send = send.config(RouteConfig::new().etag(false));
        calls(ApiRouter::new().route("/api/x", send), || get(Body::empty()), mode);
    } else {
        times(mode, || serde_json::to_vec(black_box(track)).expect("a track is JSON"));
    }
}

/// A request with a cookie of 300 bytes, whose session is read or set anew; or not, as the subject `none`.
fn session(format: &str, what: &str, subject: &str, mode: Mode) {
    #[derive(serde::Deserialize)]
    struct User {
        email: String,
    }
    let secret = "a secret of at least 32 characters";
    let sessions = match format {
        "next-auth" => Sessions::next_auth(secret),
        "auth-js" => Sessions::auth_js(secret),
        _ => Sessions::iron(secret),
    };
    let sessions = sessions.expect("a secret").cookie_name("sid");
    let user =
        || serde_json::json!({ "name": "Ada", "email": "ada@example.com", "picture": null, "sub": "42" });
    let set = tower_api_routes::handler(move |_: ApiRequest, res: ApiResponse| async move {
        res.set_session(&user()).end()
    });
    let mut api = ApiRouter::new().sessions(sessions.clone()).route("/api/x", set.clone());
    let response = compare::run::call(&mut api, get(Body::empty()));
    let line = response.headers()["set-cookie"].to_str().expect("ASCII");
    let cookie = line.split(';').next().unwrap_or_default().to_owned();
    let route = match (what, subject) {
        (_, "none") => tower_api_routes::handler(|_: ApiRequest, res: ApiResponse| async { res.end() }),
        ("open", _) => tower_api_routes::handler(|req: ApiRequest, res: ApiResponse| async move {
            assert!(req.session::<User>()?.is_some_and(|user| user.email.len() == 15));
            res.end()
        }),
        _ => set,
    };
    let request = || Request::builder().uri("/api/x").header("cookie", &cookie).body(Body::empty());
    let api = ApiRouter::new().sessions(sessions).route("/api/x", route);
    calls(api, || request().expect("a cookie"), mode);
}

/// So many pairs of different names.
fn pairs(number: usize) -> String {
    (0..number).map(|i| format!("name{}={i}", i * 7919 % number)).collect::<Vec<_>>().join("&")
}

fn query(number: usize, subject: &str, mode: Mode) {
    let text = pairs(number);
    match subject {
        "ours" => times(mode, || Query::parse(black_box(&text))),
        _ => times(mode, || {
            form_urlencoded::parse(black_box(text.as_bytes())).into_owned().collect::<Vec<_>>()
        }),
    }
}

/// Every name of a query, looked up once.
fn query_get(number: usize, subject: &str, mode: Mode) {
    let text = pairs(number);
    let query = Query::parse(&text);
    let map: HashMap<String, String> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    let length = |value: Option<&str>| value.map_or(0, str::len);
    match subject {
        "ours" => times(mode, || map.keys().map(|name| length(black_box(&query).get(name))).sum::<usize>()),
        _ => times(mode, || {
            map.keys().map(|name| length(black_box(&map).get(name).map(String::as_str))).sum::<usize>()
        }),
    }
}

fn json_request<B>(body: B) -> Request<B> {
    let request = Request::post("/api/x").header("content-type", "application/json");
    request.body(body).expect("the parts are good")
}

fn json(size: usize, subject: &str, mode: Mode) {
    async fn end(req: ApiRequest<NewPost>, res: ApiResponse) -> Result {
        black_box(req.body());
        res.end()
    }
    let bytes = post_body(Text::Ascii, size);
    match subject {
        "ours" => {
            let config = RouteConfig::new().size_limit("4mb");
            calls(
                ApiRouter::new().route("/api/x", end.config(config)),
                || json_request(Body::from(bytes.clone())),
                mode,
            );
        }
        "axum" => {
            let end = |post: ::axum::Json<NewPost>| async move {
                black_box(&post.0);
            };
            let router = ::axum::Router::new().route("/api/x", ::axum::routing::post(end));
            let router = router.layer(::axum::extract::DefaultBodyLimit::disable());
            calls(router, || json_request(::axum::body::Body::from(bytes.clone())), mode);
        }
        _ => times(mode, || serde_json::from_slice::<NewPost>(black_box(&bytes)).is_ok()),
    }
}

/// An upload in one frame with the parser off: no byte is looked at.
fn raw(size: usize, _: &str, mode: Mode) {
    async fn upload(mut req: ApiRequest<Body>, res: ApiResponse) -> Result {
        let mut length = 0;
        while let Some(chunk) = req.body_mut().chunk().await? {
            length += chunk.len();
        }
        black_box(length);
        res.end()
    }
    let bytes = Bytes::from(vec![b'x'; size]);
    let router = ApiRouter::new().route("/api/x", upload.config(RouteConfig::new().body_parser(false)));
    calls(router, || json_request(Body::from(bytes.clone())), mode);
}

async fn small<B>(_: Request<B>) -> std::result::Result<Response<Body>, Infallible> {
    Ok(Response::new(Body::from("small")))
}

/// Where a layer only passes a setting on to inner handlers, tower-http's nearest is the layer that inserts an extension.
fn layers(layer: &str, subject: &str, mode: Mode) {
    use tower_http::add_extension::AddExtensionLayer;
    use tower_http::limit::RequestBodyLimitLayer;
    use tower_http::timeout::TimeoutLayer;
    // As in hyper, the target shares a buffer with others: a clone of it does not allocate.
    let uri: http::Uri = "/api/x".parse().expect("a path");
    let request = || Request::builder().uri(uri.clone()).body(Body::from("small")).expect("a path");
    // The timer of a deadline wants a runtime around it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let _guard = runtime.enter();
    let inner = service_fn(small);
    let second = Duration::from_secs(1);
    match (layer, subject) {
        (_, "none") => calls(inner, request, mode),
        ("body-parser", "ours") => calls(BodyParserLayer::new().layer(inner), request, mode),
        ("body-parser", _) => {
            calls(RequestBodyLimitLayer::new(1 << 20).layer(service_fn(small)), request, mode);
        }
        ("body-parser-disabled", "ours") => {
            calls(BodyParserLayer::new().enabled(false).layer(inner), request, mode);
        }
        ("body-parser-disabled" | "config-etag", "tower-http") => {
            calls(AddExtensionLayer::new(false).layer(inner), request, mode);
        }
        ("config-etag", _) => calls(RouteConfig::new().etag(false).layer(inner), request, mode),
        ("response-limit", _) => calls(ResponseLimitLayer::new().layer(inner), request, mode),
        ("max-duration", "ours") => calls(MaxDurationLayer::new(second).layer(inner), request, mode),
        ("max-duration", _) => {
            let layer = TimeoutLayer::with_status_code(http::StatusCode::GATEWAY_TIMEOUT, second);
            calls(layer.layer(inner), request, mode);
        }
        ("max-duration-8", "ours") => {
            calls(stack::eight(MaxDurationLayer::new(second)).service(inner), request, mode);
        }
        ("max-duration-8", _) => {
            let layer = TimeoutLayer::with_status_code(http::StatusCode::GATEWAY_TIMEOUT, second);
            calls(stack::eight(layer).service(inner), request, mode);
        }
        ("cors", _) => {
            let request = || {
                let mut request = request();
                request.headers_mut().insert(ORIGIN, HeaderValue::from_static(OTHER_ORIGIN));
                request
            };
            let cors = CorsLayer::new().allow_origin(HeaderValue::from_static(OTHER_ORIGIN));
            if subject == "ours" {
                calls(ApiCorsLayer::new(cors).layer(inner), request, mode);
            } else {
                calls(cors.layer(inner), request, mode);
            }
        }
        ("stack", "ours") => calls(stack::ours().service(inner), request, mode),
        ("stack", _) => calls(stack::tower_http().service(service_fn(small)), request, mode),
        _ => calls(RouteConfig::new().size_limit("1mb").max_duration_secs(1).layer(inner), request, mode),
    }
}

/// One response of so many chunks: the count is that of a chunk, with its share of the head.
///
/// `ours` writes them with `res.stream`, `from-stream` has them in a stream; with axum a task sends them through a channel.
fn stream(subject: &str, mode: Mode) {
    const CHUNK: Bytes = Bytes::from_static(&[b'x'; 1024]);
    let (Mode::Base(chunks) | Mode::Call(chunks)) = mode;
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let once = match mode {
        Mode::Base(_) => Mode::Base(1),
        Mode::Call(_) => Mode::Call(1),
    };
    if subject == "axum" {
        let send = move || async move {
            let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
            tokio::spawn(async move {
                for _ in 0..chunks {
                    if sender.send(Ok::<_, Infallible>(CHUNK)).await.is_err() {
                        break;
                    }
                }
            });
            let chunks = futures_util::stream::poll_fn(move |cx| receiver.poll_recv(cx));
            ::axum::body::Body::from_stream(chunks)
        };
        let router = ::axum::Router::new().route("/api/x", ::axum::routing::get(send)).with_state(());
        times(once, || runtime.block_on(read(router.clone(), get(::axum::body::Body::empty()), chunks)));
    } else {
        let is_written = subject == "ours";
        let send = tower_api_routes::handler(move |_: ApiRequest, res: ApiResponse| async move {
            if is_written {
                return res.stream(move |mut body| async move {
                    for _ in 0..chunks {
                        body.write(CHUNK).await?;
                    }
                    Ok(())
                });
            }
            let chunks = (0..chunks).map(|_| Ok::<_, Infallible>(CHUNK));
            res.send(Body::from_stream(futures_util::stream::iter(chunks)))
        });
        let router = ApiRouter::new().route("/api/x", send);
        times(once, || runtime.block_on(read(router.clone(), get(Body::empty()), chunks)));
    }
}

/// Reads a response of so many chunks to its end.
async fn read<S, B, R>(service: S, request: Request<B>, chunks: usize)
where
    S: tower::Service<Request<B>, Response = Response<R>, Error = Infallible>,
    R: http_body::Body<Data = Bytes, Error: std::fmt::Debug> + Unpin,
{
    let Ok(response) = service.oneshot(request).await;
    let (mut body, mut number) = (response.into_body(), 0);
    while let Some(frame) = body.frame().await {
        black_box(frame.expect("the stream ends"));
        number += 1;
    }
    assert_eq!(number, chunks);
}

/// R1 with CORS of its own, by a client of another origin.
fn cors(subject: &str, mode: Mode) {
    match subject {
        "ours" => calls(ours::router_with_cors(), || cross_origin(Body::empty()), mode),
        _ => calls(axum::router_with_cors(), || cross_origin(::axum::body::Body::empty()), mode),
    }
}

fn cross_origin<B>(body: B) -> Request<B> {
    let mut request = Route::R1.request(|_| body);
    request.headers_mut().insert(ORIGIN, HeaderValue::from_static(OTHER_ORIGIN));
    request
}

/// `ours` is our router as axum's fallback service, `in-front` our router in front of axum's.
fn in_axum(route: Route, subject: &str, mode: Mode) {
    let request = || route.request(::axum::body::Body::from);
    match subject {
        "ours" => calls(axum::router_around_ours(), request, mode),
        "in-front" => calls(ours::router().in_front_of(axum::router()), request, mode),
        _ => calls(axum::router(), request, mode),
    }
}

/// The subjects of a request respond with the same body; checked by `cargo test` here.
#[test]
fn the_subjects_respond_alike() {
    for route in Route::ALL {
        let ours = compare::run::call(&mut ours::router(), route.request(Body::from));
        let axum = compare::run::call(&mut axum::router(), route.request(::axum::body::Body::from));
        let bare = compare::run::call(&mut service_fn(bare::service), route.request(Full::new));
        let request = || route.request(::axum::body::Body::from);
        let in_axum = compare::run::call(&mut axum::router_around_ours(), request());
        let in_front = compare::run::call(&mut ours::router().in_front_of(axum::router()), request());
        assert_eq!(ours.status(), 200, "{route:?}");
        assert_eq!([in_axum.status(), in_front.status()], [200, 200], "{route:?}");
        assert_eq!(ours.body(), axum.body(), "{route:?}");
        assert_eq!(ours.body(), bare.body(), "{route:?}");
        assert_eq!(ours.body(), in_axum.body(), "{route:?}");
        assert_eq!(ours.body(), in_front.body(), "{route:?}");
    }
}

#[test]
fn both_allow_another_origin() {
    let ours = compare::run::call(&mut ours::router_with_cors(), cross_origin(Body::empty()));
    let axum = cross_origin(::axum::body::Body::empty());
    let axum = compare::run::call(&mut axum::router_with_cors(), axum);
    for response in [&ours, &axum] {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["access-control-allow-origin"], OTHER_ORIGIN);
    }
    assert_eq!(ours.body(), axum.body());
}

#[test]
fn every_stream_has_its_chunks() {
    for subject in ["ours", "from-stream", "axum"] {
        stream(subject, Mode::Call(10));
    }
}

#[test]
fn a_service_in_layers_responds() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let _guard = runtime.enter();
    for layer in [
        "body-parser",
        "body-parser-disabled",
        "response-limit",
        "max-duration",
        "max-duration-8",
        "cors",
        "config",
        "config-etag",
        "stack",
    ] {
        for subject in ["ours", "tower-http"] {
            layers(layer, subject, Mode::Call(1));
        }
    }
}

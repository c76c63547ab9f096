//! The layers of this crate, the same ones around four kinds of services: a handler of ours, an axum app, a plain function
//! under hyper, and tower-http's files.
//!
//! ```sh
//! cargo run --example layers                      # the handler; or `-- axum`, `-- hyper`, `-- files`
//! curl localhost:4000/echo --json '{"title": "First"}'
//! curl localhost:4000/echo --json '{'             # 400 Invalid JSON: the body parser
//! curl localhost:4000/echo -d "$(printf '%2000s')" # 413: its limit
//! curl -i localhost:4000/slow                     # 504: the deadline
//! curl -i localhost:4000/large                    # 500: the response limit, which is enforced here
//! curl -i localhost:4000/echo -H origin:https://app.example.com  # with the headers of CORS
//! ```

#![allow(missing_docs)] // a test includes this file

use axum::Extension;
use axum::routing::{get, post};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use std::convert::Infallible;
use std::time::Duration;
use tokio::net::TcpListener;
use tower::{Layer as _, ServiceBuilder, service_fn};
use tower_api_routes::configured::ConfiguredService;
use tower_api_routes::cors::{Any, ApiCorsLayer, CorsLayer};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyParserLayer, ExternalResolverLayer, HandlerExt as _,
    MaxDurationLayer, Next, ParsedBody, ResponseLimitLayer, Result, RouteConfig, from_fn, serve,
    shutdown_signal,
};
use tower_http::services::ServeDir;

const LIMIT: Duration = Duration::from_millis(200);

type Layers = (ApiCorsLayer, MaxDurationLayer, ResponseLimitLayer, ExternalResolverLayer, BodyParserLayer);

/// The layers, the outermost first. tower takes a tuple as one layer.
pub fn layers() -> Layers {
    (
        ApiCorsLayer::new(CorsLayer::new().allow_origin(Any)),
        MaxDurationLayer::new(LIMIT),
        ResponseLimitLayer::new().response_limit("4kb").enforce_response_limit(true),
        ExternalResolverLayer::new(),
        BodyParserLayer::new().size_limit("1kb"),
    )
}

/// All of them as one value.
pub fn config() -> RouteConfig {
    RouteConfig::new()
        .cors(CorsLayer::new().allow_origin(Any))
        .max_duration(LIMIT)
        .response_limit("4kb")
        .enforce_response_limit(true)
        .external_resolver(true)
        .size_limit("1kb")
}

/// A layer that is a function.
async fn name(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
    let mut response = next.run(req, res).await?;
    let name = HeaderName::from_static("x-served-by");
    response.headers_mut().insert(name, HeaderValue::from_static("layers"));
    Ok(response)
}

fn title(body: &ParsedBody) -> String {
    body.get("title").unwrap_or("none").to_owned()
}

/// Handlers of ours, each in the layers.
pub fn handlers() -> ApiRouter {
    async fn echo(req: ApiRequest, res: ApiResponse) -> Result {
        res.send(title(req.body()))
    }
    /// Another task responds: no warning, because of `ExternalResolverLayer`.
    async fn late(_req: ApiRequest, res: ApiResponse) -> Result {
        let (responder, response) = res.detach();
        tokio::spawn(async move { responder.respond(|res| res.send("late")) });
        Ok(response)
    }
    async fn slow(_req: ApiRequest, res: ApiResponse) -> Result {
        tokio::time::sleep(Duration::from_secs(60)).await;
        res.send("never")
    }
    async fn large(_req: ApiRequest, res: ApiResponse) -> Result {
        res.send("x".repeat(5000))
    }
    let stack = ServiceBuilder::new().layer(layers());
    ApiRouter::new()
        .route("/echo", stack.service(echo.into_service()))
        .route("/late", stack.service(late.into_service()))
        .route("/slow", slow.config(config())) // the same, as configuration
        .route("/large", large)
        .layer(from_fn(name))
        .config(config())
}

/// An axum app. What the body parser has parsed is in the extensions.
pub fn axum_app() -> axum::Router {
    async fn echo(Extension(body): Extension<ParsedBody>) -> String {
        title(&body)
    }
    async fn slow() {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    axum::Router::new()
        .route("/echo", post(echo))
        .route("/slow", get(slow))
        .route("/large", get(|| async { "x".repeat(5000) }))
        .layer(layers())
        .layer(from_fn(name))
}

/// A plain function on `http`'s types.
async fn plain(request: Request<Body>) -> std::result::Result<Response<Body>, Infallible> {
    let body = match request.uri().path() {
        "/echo" => request.extensions().get::<ParsedBody>().map(title).unwrap_or_default(),
        "/large" => "x".repeat(5000),
        "/slow" => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            String::new()
        }
        _ => {
            let mut response = Response::new(Body::default());
            *response.status_mut() = StatusCode::NOT_FOUND;
            return Ok(response);
        }
    };
    Ok(Response::new(body.into()))
}

/// Serves the plain function with hyper alone: no router, and no feature `serve`.
///
/// # Errors
///
/// If the listener fails.
pub async fn run_hyper(listener: TcpListener) -> std::io::Result<()> {
    use hyper_util::rt::{TokioIo, TokioTimer};
    use hyper_util::service::TowerToHyperService;

    let service = ServiceBuilder::new().layer(from_fn(name)).layer(layers()).service(service_fn(plain));
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            let mut builder = hyper::server::conn::http1::Builder::new();
            let connection = builder.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.await {
                eprintln!("a connection failed: {error}");
            }
        });
    }
}

/// tower-http's files. A `RouteConfig` is a layer, too: all of the above.
pub fn files() -> ConfiguredService<ServeDir> {
    config().layer(ServeDir::new(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt::init();
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    match std::env::args().nth(1).as_deref() {
        Some("axum") => axum::serve(listener, axum_app()).with_graceful_shutdown(shutdown_signal()).await,
        Some("hyper") => run_hyper(listener).await,
        Some("files") => serve(listener, files()).with_graceful_shutdown(shutdown_signal()).await,
        _ => serve(listener, handlers()).with_graceful_shutdown(shutdown_signal()).await,
    }
}

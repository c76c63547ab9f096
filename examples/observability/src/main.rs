//! Observability: traces, metrics and logs that know the route and not just the path.
//!
//! ```sh
//! cd examples && cargo run -p example-observability
//! curl localhost:4000/api/post/42; curl localhost:4000/api/broken
//! curl localhost:4000/metrics | grep duration_seconds_count
//! ```
//!
//! A path is a bad label: `/api/post/1` to `/api/post/1000000` are a million series. [`ApiRouter::route_for`] says which
//! route will respond, `/api/post/[pid]`, before it is called; so any layer in front can use it. Here tower-http's
//! `TraceLayer` opens a span with it and OpenTelemetry's layer counts by it; `/metrics` shows the counts to Prometheus.
//! The crate's own warnings and errors (feature `tracing`) are logged inside of that span.

use http::{Request, Response};
use opentelemetry_instrumentation_tower::http::server::LayerBuilder;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Encoder as _, Registry, TextEncoder};
use std::convert::Infallible;
use std::time::Duration;
use tokio::net::TcpListener;
use tower::{Service, ServiceBuilder};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, BoxError, Result, serve, shutdown_signal};
use tower_http::trace::TraceLayer;
use tracing::{Span, field};

async fn show(req: ApiRequest, res: ApiResponse) -> Result {
    tracing::info!("looking the post up"); // inside of the span, and so with its route
    res.json(&req.query().get("pid"))
}

async fn broken(_req: ApiRequest, res: ApiResponse) -> Result {
    let number: u32 = "forty-two".parse()?; // logged as an error, with the route
    res.json(&number)
}

/// What Prometheus asks for.
async fn metrics(req: ApiRequest, res: ApiResponse) -> Result {
    let (encoder, mut text) = (TextEncoder::new(), Vec::new());
    encoder.encode(&req.state::<Registry>()?.gather(), &mut text)?;
    res.set_header("content-type", encoder.format_type()).send(text)
}

/// The span of one request, with the names of OpenTelemetry's conventions.
fn span<B>(api: &ApiRouter, request: &Request<B>) -> Span {
    tracing::info_span!(
        "request",
        http.request.method = %request.method(),
        url.path = request.uri().path(),
        http.route = api.route_for(request.uri()),
        http.response.status_code = field::Empty,
    )
}

/// The routes with both layers around them. `B` is the server's request body; a test has another.
fn service<B>(
    api: ApiRouter,
) -> impl Service<
    Request<B>,
    Response = Response<impl http_body::Body<Data: Send, Error: Into<BoxError>> + Send + 'static>,
    Error = Infallible,
    Future: Send,
> + Clone
+ Send
+ 'static
where
    B: http_body::Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let (for_span, for_metrics) = (api.clone(), api.clone());
    let route = move |request: &Request<B>| for_metrics.route_for(request.uri()).map(str::to_owned);
    let metrics = LayerBuilder::builder().with_route_extractor_fn(route).build();
    let trace = TraceLayer::new_for_http()
        .make_span_with(move |request: &Request<B>| span(&for_span, request))
        .on_response(|response: &Response<Body>, took: Duration, span: &Span| {
            span.record("http.response.status_code", response.status().as_u16());
            tracing::info!(?took, "completed");
        });
    ServiceBuilder::new().layer(metrics.expect("it has no other settings")).layer(trace).service(api)
}

/// OpenTelemetry's meters, read by Prometheus through the registry.
fn meters() -> std::result::Result<Registry, Box<dyn std::error::Error>> {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build()?;
    opentelemetry::global::set_meter_provider(SdkMeterProvider::builder().with_reader(exporter).build());
    Ok(registry)
}

fn router(registry: Registry) -> ApiRouter {
    ApiRouter::new()
        .state(registry)
        .route("/api/post/[pid]", show)
        .route("/api/broken", broken)
        .route("/metrics", metrics)
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt::init();
    let service = service(router(meters()?));
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, service).with_graceful_shutdown(shutdown_signal()).await?;
    Ok(())
}

#[cfg(test)]
mod tests;

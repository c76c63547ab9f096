//! Layers as people stack them.

use std::time::Duration;
use tower::ServiceBuilder;
use tower::layer::util::{Identity, Stack};
use tower_api_routes::{BodyParserLayer, ExternalResolverLayer, MaxDurationLayer, ResponseLimitLayer};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

const SECOND: Duration = Duration::from_secs(1);

type OfOurs = Stack<
    BodyParserLayer,
    Stack<ExternalResolverLayer, Stack<ResponseLimitLayer, Stack<MaxDurationLayer, Identity>>>,
>;

/// Four of ours.
pub fn ours() -> ServiceBuilder<OfOurs> {
    ServiceBuilder::new()
        .layer(MaxDurationLayer::new(SECOND))
        .layer(ResponseLimitLayer::new())
        .layer(ExternalResolverLayer::new())
        .layer(BodyParserLayer::new())
}

/// What tower-http has of them: a limit that counts without reading, and a deadline for the head alone.
pub fn tower_http() -> ServiceBuilder<Stack<RequestBodyLimitLayer, Stack<TimeoutLayer, Identity>>> {
    ServiceBuilder::new()
        .layer(TimeoutLayer::with_status_code(http::StatusCode::GATEWAY_TIMEOUT, SECOND))
        .layer(RequestBodyLimitLayer::new(1 << 20))
}

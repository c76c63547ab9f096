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

/// One layer eight times.
pub fn eight<L: Clone>(layer: L) -> ServiceBuilder<Eight<L>> {
    fn twice<L: Clone>(layer: L) -> Stack<L, L> {
        Stack::new(layer.clone(), layer)
    }
    ServiceBuilder::new().layer(twice(twice(twice(layer))))
}

type Four<L> = Stack<Stack<L, L>, Stack<L, L>>;
type Eight<L> = Stack<Stack<Four<L>, Four<L>>, Identity>;

/// What tower-http has of them: a limit that counts without reading, and a deadline for the head alone.
pub fn tower_http() -> ServiceBuilder<Stack<RequestBodyLimitLayer, Stack<TimeoutLayer, Identity>>> {
    ServiceBuilder::new()
        .layer(TimeoutLayer::with_status_code(http::StatusCode::GATEWAY_TIMEOUT, SECOND))
        .layer(RequestBodyLimitLayer::new(1 << 20))
}

//! Wraps a route of any kind in CORS.

use super::endpoint::{Binding, Endpoint};
use super::route_service::RouteService;
use super::service_endpoint::ServiceEndpoint;
use crate::config::{Resolved, RouteConfig};
use crate::cors::ApiCorsLayer;
use std::sync::Arc;
use tower_http::cors::CorsLayer;
use tower_layer::Layer as _;

/// Wraps an endpoint in CORS.
pub(super) fn with_cors(endpoint: Endpoint, cors: CorsLayer, binding: &Binding) -> Endpoint {
    let context = binding.context(Resolved::default());
    let service = ApiCorsLayer::from(cors).layer(RouteService::bound(endpoint));
    Endpoint::Service(Arc::new(ServiceEndpoint {
        service,
        context,
        inherited: RouteConfig::new(),
        deadline: None,
    }))
}

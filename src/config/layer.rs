//! A configuration as a layer: each field that is set does its part, in one order.

use super::{ConfiguredService, RouteConfig};
use tower_layer::Layer;

impl<S> Layer<S> for RouteConfig {
    type Service = ConfiguredService<S>;

    fn layer(&self, inner: S) -> ConfiguredService<S> {
        ConfiguredService::new(inner, self)
    }
}

use super::ConfiguredService;
use crate::config::RouteConfig;
use tower_layer::Layer;

impl<S> Layer<S> for RouteConfig {
    type Service = ConfiguredService<S>;

    fn layer(&self, inner: S) -> ConfiguredService<S> {
        ConfiguredService::new(inner, self)
    }
}

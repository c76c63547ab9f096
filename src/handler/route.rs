use super::endpoint::{Binding, Endpoint, IntoEndpoint};
use crate::config::RouteConfig;
use http::Method;
use std::fmt;
use std::sync::Arc;

/// A handler with its configuration, ready for [`ApiRouter::route`](crate::ApiRouter::route).
///
/// Made by [`handler`](crate::handler), [`methods`](crate::methods) and [`HandlerExt::config`](crate::HandlerExt::config).
#[derive(Clone)]
pub struct Route {
    endpoint: Arc<dyn IntoEndpoint>,
    config: RouteConfig,
}

impl Route {
    pub(super) fn new(endpoint: impl IntoEndpoint + 'static) -> Self {
        let config = endpoint.inner_config();
        Self { endpoint: Arc::new(endpoint), config }
    }

    /// Sets what `config` sets, over earlier calls. What the endpoint has of itself is nearer to the handler.
    pub(super) fn with_config(mut self, config: &RouteConfig) -> Self {
        self.config = self.endpoint.inner_config().or(&config.clone().or(&self.config));
        self
    }

    pub(crate) fn config(&self) -> &RouteConfig {
        &self.config
    }

    /// For a method of a route whose CORS stands around all of its methods.
    pub(super) fn without_cors(&self) -> Self {
        Self { endpoint: Arc::clone(&self.endpoint), config: self.config.clone().without_cors() }
    }

    pub(crate) fn methods(&self) -> Vec<Method> {
        self.endpoint.methods()
    }

    /// For [`HandlerExt::into_service`](crate::HandlerExt::into_service), which has no router to refuse it.
    #[track_caller]
    pub(super) fn assert_sound(&self) {
        if let Err(problem) = self.check(&RouteConfig::new()) {
            panic!("this handler cannot work: {problem}");
        }
    }

    /// What is wrong with the configuration, if this is what the router adds.
    pub(crate) fn check(&self, inherited: &RouteConfig) -> Result<(), &'static str> {
        if self.endpoint.contradicts(&self.config.clone().or(inherited)) {
            return Err(
                "its handler takes a parsed body, and its body parser is off: take an `ApiRequest<Body>` or an \
                        `ApiRequest<RawBody>`, or set `body_parser(true)`",
            );
        }
        Ok(())
    }

    /// Binds the route to its place; its own configuration goes over the binding's.
    pub(crate) fn bind(&self, binding: Binding) -> Endpoint {
        let binding = Binding { own: self.config.clone().or(&binding.own), ..binding };
        let endpoint = self.endpoint.bind(&binding);
        #[cfg(feature = "cors")]
        if let Some(cors) = binding.merged().cors {
            return super::cors::with_cors(endpoint, cors, &binding);
        }
        endpoint
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("config", &self.config).finish_non_exhaustive()
    }
}

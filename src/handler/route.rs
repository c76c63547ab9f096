use super::binding::{Binding, IntoEndpoint, Origins};
use super::endpoint::{Endpoint, Wrapper};
use crate::config::RouteConfig;
use crate::context::{Hooks, Settings};
#[cfg(feature = "openapi")]
use crate::openapi::{Description, Operation};
use http::Method;
use std::fmt;
use std::sync::Arc;

/// A handler with its configuration, ready for [`ApiRouter::route`](crate::ApiRouter::route).
///
/// [`handler`](fn@crate::handler) and the methods of [`HandlerExt`](crate::HandlerExt) create it.
#[derive(Clone)]
pub struct Route {
    endpoint: Arc<dyn IntoEndpoint>,
    config: RouteConfig,
    /// The functions that wrap the handler, innermost first.
    wrappers: Vec<Arc<dyn Wrapper>>,
    hooks: Hooks,
    /// The origin of the proxy that this route is.
    origin: Option<Box<str>>,
    #[cfg(feature = "openapi")]
    description: Description,
}

impl Route {
    pub(super) fn new(endpoint: impl IntoEndpoint + 'static) -> Self {
        let config = endpoint.inner_config();
        Self {
            endpoint: Arc::new(endpoint),
            config,
            wrappers: Vec::new(),
            hooks: Hooks::default(),
            origin: None,
            #[cfg(feature = "openapi")]
            description: Description::default(),
        }
    }

    pub(super) fn with_wrapper(mut self, wrapper: Arc<dyn Wrapper>) -> Self {
        self.wrappers.push(wrapper);
        self
    }

    pub(super) fn hooks_mut(&mut self) -> &mut Hooks {
        &mut self.hooks
    }

    /// Overrides the configuration of earlier calls, field by field. The endpoint's own configuration overrides
    /// both.
    pub(super) fn with_config(mut self, config: &RouteConfig) -> Self {
        self.config = self.endpoint.inner_config().or(&config.clone().or(&self.config));
        self
    }

    #[cfg(feature = "openapi")]
    pub(super) fn with_description(mut self, edit: impl FnOnce(&mut Description)) -> Self {
        edit(&mut self.description);
        self
    }

    #[cfg(feature = "openapi")]
    pub(super) fn description(&self) -> &Description {
        &self.description
    }

    /// Returns the description of each method.
    #[cfg(feature = "openapi")]
    pub(crate) fn operations(&self) -> Vec<Operation> {
        let inner = self.endpoint.operations().into_iter();
        inner.map(|(method, description)| (method, description.or(&self.description))).collect()
    }

    pub(crate) fn config(&self) -> &RouteConfig {
        &self.config
    }

    /// Returns the route without its configuration, which an outer one takes over.
    pub(super) fn without_config(mut self) -> Self {
        self.config = RouteConfig::new();
        self
    }

    /// Returns the configuration that its endpoint sets itself.
    pub(super) fn inner_config(&self) -> RouteConfig {
        self.endpoint.inner_config()
    }

    /// Returns the route of one method, for a route whose CORS wraps all of its methods.
    pub(super) fn without_cors(&self) -> Self {
        Self { config: self.config.clone().without_cors(), ..self.clone() }
    }

    pub(crate) fn methods(&self) -> Vec<Method> {
        self.endpoint.methods()
    }

    /// Records the origin of the proxy that this route is.
    pub(crate) fn with_origin(mut self, origin: Option<Box<str>>) -> Self {
        self.origin = origin;
        self
    }

    /// Returns the origins that requests are forwarded to.
    pub(crate) fn origins(&self) -> Origins {
        match &self.origin {
            Some(origin) => vec![(None, origin.clone())],
            None => self.endpoint.origins(),
        }
    }

    /// Returns what the handler of each method is configured with, of a route that has one for each.
    pub(crate) fn method_configs(&self) -> Vec<(Method, RouteConfig)> {
        let inner = self.endpoint.method_configs().into_iter();
        inner.map(|(method, config)| (method, config.or(&self.config))).collect()
    }

    /// Panics at the caller's line if the route contradicts itself. A service has no router that would check it.
    #[track_caller]
    pub(super) fn assert_sound(&self) {
        if let Err(problem) = self.check(&RouteConfig::new()) {
            panic!("this handler cannot work: {problem}");
        }
    }

    /// Returns an error if the handler contradicts its configuration, including what it inherits from the router.
    pub(crate) fn check(&self, inherited: &RouteConfig) -> Result<(), &'static str> {
        if self.endpoint.contradicts(&self.config.clone().or(inherited)) {
            return Err(
                "its handler takes a parsed body, and its body parser is off: take an `ApiRequest<Body>` or an \
                        `ApiRequest<RawBody>`, or set `body_parser(true)`",
            );
        }
        Ok(())
    }

    /// Returns the settings of a router with the hooks of this route in front of its own.
    pub(crate) fn settings(&self, router: &Arc<Settings>) -> Arc<Settings> {
        if !self.hooks.are_set() {
            return Arc::clone(router);
        }
        Arc::new(router.inside(&self.hooks))
    }

    /// Binds the route to its router. Its own configuration and hooks come before the binding's.
    pub(crate) fn bind(&self, mut binding: Binding) -> Arc<dyn Endpoint> {
        binding.settings = self.settings(&binding.settings);
        let own = self.config.clone().or(&binding.own);
        let wrappers = self.wrappers.iter().chain(&binding.wrappers).cloned().collect();
        let binding = Binding { own, wrappers, ..binding };
        with_cors(Arc::clone(&self.endpoint).bind(&binding), &binding)
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Wraps the endpoint in CORS, if the binding configures it.
pub(crate) fn with_cors(endpoint: Arc<dyn Endpoint>, binding: &Binding) -> Arc<dyn Endpoint> {
    #[cfg(feature = "cors")]
    if let Some(cors) = binding.merged().cors {
        return super::cors::with_cors(endpoint, &cors, binding);
    }
    #[cfg(not(feature = "cors"))]
    let _ = binding;
    endpoint
}

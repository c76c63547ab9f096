//! The routes and settings that a router collects before it is built.

use crate::config::RouteConfig;
use crate::context::Settings;
use crate::handler::{Binding, Endpoint, EndpointLayer, Route, around_refusals};
use crate::routing::{Pattern, RouteError, RouteErrorKind, TrailingSlash, Tree};
use std::sync::Arc;

#[derive(Clone, Default)]
pub(super) struct Parts {
    pub(super) tree: Tree,
    /// Indexed by the ids of the tree.
    pub(super) routes: Vec<Entry>,
    pub(super) fallbacks: Vec<Fallback>,
    /// The layers around the router's own responses, the innermost one first.
    pub(super) layers: Vec<Arc<dyn EndpointLayer>>,
    pub(super) config: RouteConfig,
    pub(super) settings: Settings,
    pub(super) trailing_slash: Option<TrailingSlash>,
    pub(super) base_path: Option<Box<str>>,
}

/// A route or a fallback, with the settings of the routers that it was merged from.
#[derive(Clone)]
pub(super) struct Entry {
    route: Route,
    scope: Option<Arc<Scope>>,
    /// The innermost one first.
    layers: Vec<Around>,
    /// The files `_middleware.rs` around the route, the innermost one first.
    files: Vec<&'static str>,
}

/// The configuration and the settings of a router that was merged into another.
#[derive(Default)]
struct Scope {
    config: RouteConfig,
    settings: Settings,
}

#[derive(Clone)]
enum Around {
    Route(Arc<dyn EndpointLayer>),
    /// A layer that was added before the route. It wraps only the 405 of the route, which is the router's own response.
    Refusals(Arc<dyn EndpointLayer>),
}

/// What responds to the requests that no route matches.
#[derive(Clone)]
pub(super) struct Fallback {
    /// `None` means all paths.
    pub(super) prefix: Option<Pattern>,
    pub(super) entry: Entry,
}

impl Entry {
    /// Creates an entry. `layers` are those that the router has so far.
    pub(super) fn new(route: Route, layers: &[Arc<dyn EndpointLayer>]) -> Self {
        let layers = layers.iter().cloned().map(Around::Refusals).collect();
        Self { route, scope: None, layers, files: Vec::new() }
    }

    pub(super) fn route(&self) -> &Route {
        &self.route
    }

    pub(super) fn add_layer(&mut self, layer: &Arc<dyn EndpointLayer>) {
        self.layers.push(Around::Route(Arc::clone(layer)));
    }

    pub(super) fn files(&self) -> &[&'static str] {
        &self.files
    }

    pub(super) fn add_file(&mut self, file: &'static str) {
        self.files.push(file);
    }

    /// Returns the configuration that this route inherits.
    pub(super) fn inherited(&self, router: &RouteConfig) -> RouteConfig {
        let scope = self.scope.as_ref().map(|scope| scope.config.clone());
        scope.unwrap_or_default().or(router)
    }

    /// Returns an error if the route cannot work with the router's configuration. `what` names the route.
    pub(super) fn check(&self, what: &str, router: &RouteConfig) -> Result<(), RouteError> {
        self.route.check(&self.inherited(router)).map_err(|problem| {
            RouteError::new(RouteErrorKind::Config, format!("{what} cannot work: {problem}"))
        })
    }

    /// Binds the route to its router, and wraps it in the layers. `binding` has the router's configuration.
    pub(super) fn bind(&self, mut binding: Binding) -> Arc<dyn Endpoint> {
        binding.inherited = self.inherited(&binding.inherited);
        if let Some(scope) = &self.scope {
            binding.settings = Arc::new(scope.settings.clone().or(&binding.settings));
        }
        let methods = self.route.methods();
        let endpoint = self.route.bind(binding.clone());
        // An error of a layer around the route is one of the route, too.
        binding.settings = self.route.settings(&binding.settings);
        self.layers.iter().fold(endpoint, |endpoint, layer| match layer {
            Around::Route(layer) => layer.layer(endpoint, &binding, None),
            Around::Refusals(layer) => around_refusals(&**layer, endpoint, &methods, &binding),
        })
    }
}

/// Converts the entries of a router that is merged into another one.
pub(super) struct Merged {
    outer_layers: Vec<Arc<dyn EndpointLayer>>,
    config: RouteConfig,
    settings: Settings,
    /// The scopes of the inner router's entries, each with the scope that it becomes.
    scopes: Vec<(Option<Arc<Scope>>, Arc<Scope>)>,
}

impl Merged {
    pub(super) fn new(
        config: RouteConfig,
        settings: Settings,
        outer_layers: &[Arc<dyn EndpointLayer>],
    ) -> Self {
        Self { outer_layers: outer_layers.to_vec(), config, settings, scopes: Vec::new() }
    }

    /// Converts an entry of the inner router into one of the outer router.
    pub(super) fn entry(&mut self, mut entry: Entry) -> Entry {
        entry.scope = Some(self.scope(entry.scope.take()));
        entry.layers.extend(self.outer_layers.iter().cloned().map(Around::Refusals));
        entry
    }

    /// Entries with the same scope share the new one, too.
    fn scope(&mut self, inner: Option<Arc<Scope>>) -> Arc<Scope> {
        let pointer = |scope: &Option<Arc<Scope>>| scope.as_ref().map(Arc::as_ptr);
        let known = self.scopes.iter().find(|(known, _)| pointer(known) == pointer(&inner));
        if let Some((_, scope)) = known {
            return Arc::clone(scope);
        }
        let (config, settings) = match &inner {
            Some(scope) => (scope.config.clone(), scope.settings.clone()),
            None => Default::default(),
        };
        let (config, settings) = (config.or(&self.config), settings.or(&self.settings));
        let scope = Arc::new(Scope { config, settings });
        self.scopes.push((inner, Arc::clone(&scope)));
        scope
    }
}

impl Parts {
    /// Returns an error if a route or a fallback cannot work with the router's configuration.
    pub(super) fn check(&self) -> Result<(), RouteError> {
        for (id, entry) in self.routes.iter().enumerate() {
            entry.check(&format!("the route `{}`", self.tree.pattern(id)), &self.config)?;
        }
        self.fallbacks.iter().try_for_each(|fallback| fallback.entry.check("the fallback", &self.config))
    }

    pub(super) fn add_route(&mut self, pattern: Pattern, entry: Entry) -> Result<(), RouteError> {
        entry.check(&format!("the route `{pattern}`"), &self.config)?;
        self.tree.insert(pattern)?;
        self.routes.push(entry);
        Ok(())
    }

    pub(super) fn add_fallback(&mut self, fallback: Fallback) -> Result<(), RouteError> {
        fallback.entry.check("the fallback", &self.config)?;
        let prefix = fallback.prefix.as_ref().map(Pattern::segments);
        if self.fallbacks.iter().any(|known| known.prefix.as_ref().map(Pattern::segments) == prefix) {
            let below = fallback.prefix.map_or_else(String::new, |prefix| format!(" below `{prefix}`"));
            return Err(RouteError::new(
                RouteErrorKind::Duplicate,
                format!("there is a fallback{below} already: keep one of the two"),
            ));
        }
        self.fallbacks.push(fallback);
        Ok(())
    }

    /// Returns an error if the router that is merged into this one sets other path settings.
    pub(super) fn check_paths(&self, other: &Self) -> Result<(), RouteError> {
        let differs = |what: &str| {
            let text = format!(
                "the inner router has another {what} than the outer router: set it on the outer router only"
            );
            Err(RouteError::new(RouteErrorKind::Config, text))
        };
        if other
            .base_path
            .as_deref()
            .is_some_and(|path| path != self.base_path.as_deref().unwrap_or_default())
        {
            return differs("`base_path`");
        }
        if other.trailing_slash.is_some_and(|slash| slash != self.trailing_slash.unwrap_or_default()) {
            return differs("`trailing_slash`");
        }
        Ok(())
    }
}

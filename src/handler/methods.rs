use super::binding::{Binding, IntoEndpoint, Origins};
use super::dispatch::Dispatch;
use super::endpoint::{Endpoint, Next};
use super::into_route::{IntoRoute, RouteShape};
use super::route::Route;
use crate::body::Body;
use crate::body_parser::ParsedBody;
use crate::config::{RouteConfig, Rules};
use crate::context::Hooks;
use crate::error::{Error, ErrorContext};
#[cfg(feature = "openapi")]
use crate::openapi::Operation;
use crate::request::ApiRequest;
use crate::response::{ApiResponse, Result};
use http::header::ALLOW;
use http::{HeaderValue, Method};
use std::future::Ready;
use std::mem;
use std::sync::Arc;

/// A route with a handler for each method; see [`methods`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Methods {
    routes: Vec<(Method, Route)>,
    /// What responds to other methods, in place of the 405.
    fallback: Option<Route>,
    hooks: Hooks,
}

/// Creates a route with a handler for each method. Requests with other methods get a 405 with `Allow`.
///
/// Unless they have handlers, HEAD calls the handler of GET, and OPTIONS gets a 204 with `Allow`. Each handler can
/// have its own [`RouteConfig`](crate::RouteConfig). CORS always applies to the whole route, even if it is
/// configured for one handler.
///
/// ```
/// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result, methods};
///
/// async fn list(_req: ApiRequest, res: ApiResponse) -> Result { res.json(&["first", "second"]) }
/// async fn create(_req: ApiRequest, res: ApiResponse) -> Result { res.status(201).end() }
///
/// let api = ApiRouter::new().route("/api/post", methods().get(list).post(create));
/// ```
///
/// Source: [HTTP methods](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#http-methods).
pub fn methods() -> Methods {
    Methods::default()
}

macro_rules! shortcuts {
    ($($name:ident $method:ident),*) => {$(
        #[doc = concat!("Adds the handler of ", stringify!($method), "; see [`on`](Self::on).")]
        ///
        /// # Panics
        ///
        /// Panics if the method has a handler already.
        #[track_caller]
        pub fn $name<M>(self, handler: impl IntoRoute<M>) -> Self {
            self.on(Method::$method, handler)
        }
    )*};
}

impl Methods {
    shortcuts!(get GET, head HEAD, post POST, put PUT, patch PATCH, delete DELETE, options OPTIONS);

    /// Adds the handler of a method, for example of a method without a shortcut.
    ///
    /// ```
    /// use http::Method;
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result, methods};
    ///
    /// async fn purge(_req: ApiRequest, res: ApiResponse) -> Result { res.status(204).end() }
    ///
    /// let purge_method = Method::from_bytes(b"PURGE").unwrap();
    /// let api = ApiRouter::new().route("/api/cache", methods().on(purge_method, purge));
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the method has a handler already.
    #[track_caller]
    pub fn on<M>(mut self, method: Method, handler: impl IntoRoute<M>) -> Self {
        assert!(
            self.routes.iter().all(|(known, _)| *known != method),
            "the method {method} is registered twice: keep one of its handlers"
        );
        self.routes.push((method, handler.make_route()));
        self
    }

    /// Sets what responds to other methods, in place of the 405.
    ///
    /// The handler chooses the status. The response has `Allow`, unless the handler has set it, as RFC 9110 demands of a
    /// 405. The implied response to `OPTIONS` stays.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result, methods};
    ///
    /// async fn list(_req: ApiRequest, res: ApiResponse) -> Result { res.json(&["first", "second"]) }
    /// async fn not_allowed(req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.status(405).json(&format!("Method {} Not Allowed", req.method()))
    /// }
    ///
    /// let api = ApiRouter::new().route("/api/post", methods().get(list).fallback(not_allowed));
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if there is a fallback already.
    #[track_caller]
    pub fn fallback<M>(mut self, handler: impl IntoRoute<M>) -> Self {
        assert!(self.fallback.is_none(), "the methods have a fallback already: keep one of the two");
        self.fallback = Some(handler.make_route());
        self
    }

    /// Sets a function that converts the errors of all methods, the 405 included, in place of the router's; see
    /// [`ApiRouter::map_error`](crate::ApiRouter::map_error). That of a single handler comes before it.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Error, Result, methods};
    ///
    /// async fn list(_req: ApiRequest, res: ApiResponse) -> Result { res.json(&["first", "second"]) }
    ///
    /// let posts = methods().get(list).map_error(|error, _request| Error::json(error.status(), &error.message()));
    /// let api = ApiRouter::new().route("/api/post", posts);
    /// ```
    pub fn map_error<F>(mut self, map: F) -> Self
    where
        F: Fn(Error, &ErrorContext<'_>) -> Error + Send + Sync + 'static,
    {
        self.hooks.set_map_error(map);
        self
    }

    /// Adds a function that converts errors of one type, before those of the router; see
    /// [`ApiRouter::map_error_of`](crate::ApiRouter::map_error_of).
    pub fn map_error_of<E, F>(mut self, map: F) -> Self
    where
        E: std::error::Error + 'static,
        F: Fn(&E, &ErrorContext<'_>) -> Error + Send + Sync + 'static,
    {
        self.hooks.add_map_error_of(map);
        self
    }

    /// Adds a function that observes the errors of all methods, before those of the router; see
    /// [`ApiRouter::on_error`](crate::ApiRouter::on_error).
    pub fn on_error<F>(mut self, look: F) -> Self
    where
        F: Fn(&Error, &ErrorContext<'_>) + Send + Sync + 'static,
    {
        self.hooks.add_on_error(look);
        self
    }

    /// Returns every allowed method, including the implied HEAD and OPTIONS.
    fn allowed(&self) -> Vec<Method> {
        let mut allowed: Vec<Method> = self.routes.iter().map(|(method, _)| method.clone()).collect();
        for (implied, by) in [(Method::HEAD, Some(Method::GET)), (Method::OPTIONS, None)] {
            if !allowed.contains(&implied) && by.is_none_or(|by| allowed.contains(&by)) {
                allowed.push(implied);
            }
        }
        allowed
    }
}

#[doc(hidden)]
#[derive(Debug)]
pub struct IsMethods(());

impl RouteShape<IsMethods> for Methods {
    type Output = Ready<Result>;
    type Body = ParsedBody;

    fn into_route(mut self) -> Route {
        let hooks = mem::take(&mut self.hooks);
        let mut route = Route::new(self);
        *route.hooks_mut() = hooks;
        route
    }
}

impl IntoEndpoint for Methods {
    fn bind(self: Arc<Self>, binding: &Binding) -> Arc<dyn Endpoint> {
        let bind = |route: &Route| {
            // CORS is bound once, around all methods.
            let (own, inherited) =
                (binding.own.clone().without_cors(), binding.inherited.clone().without_cors());
            route.without_cors().bind(Binding { own, inherited, ..binding.clone() })
        };
        let names: Vec<String> = self.allowed().iter().map(ToString::to_string).collect();
        // Method names are tokens, so that they are valid header values.
        let allow = HeaderValue::try_from(names.join(", ")).unwrap_or(HeaderValue::from_static(""));
        Arc::new(Dispatch {
            endpoints: self.routes.iter().map(|(method, route)| (method.clone(), bind(route))).collect(),
            fallback: self.fallback.clone().map(|route| bind(&with_allow(route, allow.clone()))),
            allow,
            context: binding.context(Rules::UNSET),
        })
    }

    fn contradicts(&self, config: &RouteConfig) -> bool {
        let mut routes = self.routes.iter().map(|(_, route)| route).chain(&self.fallback);
        routes.any(|route| route.check(config).is_err())
    }

    fn inner_config(&self) -> RouteConfig {
        #[allow(unused_mut)]
        let mut config = RouteConfig::new();
        #[cfg(feature = "cors")]
        {
            config.cors = self.routes.iter().find_map(|(_, route)| route.config().cors.clone());
        }
        config
    }

    fn methods(&self) -> Vec<Method> {
        self.allowed()
    }

    fn origins(&self) -> Origins {
        let handler = |method: &Method| {
            let mut routes = self.routes.iter();
            routes.find(|(known, _)| known == method).map(|(_, route)| route)
        };
        let named = self.allowed().into_iter().filter_map(|method| {
            let route =
                handler(&method).or_else(|| handler(&Method::GET).filter(|_| method == Method::HEAD))?;
            Some((Some(method), route.origins().into_iter().next()?.1))
        });
        let others = self.fallback.iter().flat_map(Route::origins);
        named.chain(others).collect()
    }

    fn method_configs(&self) -> Vec<(Method, RouteConfig)> {
        let routes = self.routes.iter();
        routes.map(|(method, route)| (method.clone(), route.config().clone().without_cors())).collect()
    }

    #[cfg(feature = "openapi")]
    fn operations(&self) -> Vec<Operation> {
        let routes = self.routes.iter();
        routes.map(|(method, route)| (Some(method.clone()), route.description().clone())).collect()
    }
}

/// Adds `Allow` to the responses of a fallback that have none.
fn with_allow(fallback: Route, allow: HeaderValue) -> Route {
    fallback.with_wrapper(Arc::new(move |req: ApiRequest<Body>, res: ApiResponse, next: Next| {
        let allow = allow.clone();
        async move {
            match next.run(req, res).await {
                Ok(mut response) => {
                    response.headers_mut().entry(ALLOW).or_insert(allow);
                    Ok(response)
                }
                Err(mut error) => {
                    error.headers_mut().entry(ALLOW).or_insert(allow);
                    Err(error)
                }
            }
        }
    }))
}

//! The run-time half of `_middleware.rs`.

use super::{ConfigExport, ConfigFunction, IsMissing, Never, NoRoute};
use crate::body::Body;
use crate::config::RouteConfig;
use crate::error::{Error, ErrorContext};
use crate::handler::{HandlerFuture, HandlerOutput, Next, from_fn};
use crate::request::ApiRequest;
use crate::response::ApiResponse;
use crate::router::ApiRouter;
use std::fmt;
use std::marker::PhantomData;

/// Wraps the routes of a router in the exports of a `_middleware.rs`. Compile errors about them point at the call, so
/// the call names the file.
#[doc(hidden)]
#[macro_export]
macro_rules! __middleware_file {
    ($api:ident, $file:literal, $($module:ident)::+) => {{
        #[allow(unused_imports)]
        use $crate::__private::middleware_defaults::{CONFIG, config, map_error, middleware, on_error};
        #[allow(unused_imports)]
        use $crate::__private::WrapRoutes as _;
        let exports = {
            #[allow(unused_imports)]
            use self::$($module)::+::*;
            (middleware, map_error, on_error, CONFIG, config)
        };
        $crate::__private::MiddlewareFile::new($file, exports).wrap($api)
    }};
}

/// The defaults of exports that a file does not have.
pub mod middleware_defaults {
    #![allow(non_upper_case_globals)]

    use super::{NoConfig, NoHook, NoMiddleware};

    pub const middleware: NoMiddleware = NoMiddleware;
    pub const map_error: NoHook = NoHook;
    pub const on_error: NoHook = NoHook;
    pub const CONFIG: NoConfig = NoConfig;
    pub const config: NoConfig = NoConfig;
}

#[derive(Debug)]
pub struct NoMiddleware;
#[derive(Debug)]
pub struct NoHook;
#[derive(Debug)]
pub struct NoConfig;

impl IsMissing for NoMiddleware {}
impl IsMissing for NoHook {}
impl IsMissing for NoConfig {}

/// The exports of a `_middleware.rs`. Their types tell which ones are missing.
pub struct MiddlewareFile<M, E, O, C, F> {
    file: &'static str,
    config: RouteConfig,
    wrap: Box<dyn FnOnce(ApiRouter) -> ApiRouter>,
    exports: PhantomData<fn() -> (M, E, O, C, F)>,
}

impl<M, E, O, C, F> MiddlewareFile<M, E, O, C, F> {
    pub fn new<I, J, K, L>(
        file: &'static str,
        (middleware, map_error, on_error, constant, config): (M, E, O, C, F),
    ) -> Self
    where
        M: MiddlewareExport<I> + 'static,
        E: MapErrorExport<J> + 'static,
        O: OnErrorExport<K> + 'static,
        C: ConfigExport,
        F: ConfigFunction<L>,
    {
        let config = config.call().or(&constant.config());
        let wrap = Box::new(|api| middleware.layer(on_error.add(map_error.set(api))));
        Self { file, config, wrap, exports: PhantomData }
    }
}

impl<M, E, O, C, F> fmt::Debug for MiddlewareFile<M, E, O, C, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MiddlewareFile").field("file", &self.file).finish_non_exhaustive()
    }
}

/// The type of the export `middleware`. `K` is inferred; with a single implementation the compiler would report its
/// bounds in place of this message.
#[diagnostic::on_unimplemented(
    message = "the `middleware` of a `_middleware.rs` is an `async fn(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result`",
    label = "the file that this line names exports something else",
    note = "write `pub async fn middleware(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {{ next.run(req, res).await }}`"
)]
pub trait MiddlewareExport<K> {
    fn layer(self, api: ApiRouter) -> ApiRouter;
}

impl MiddlewareExport<NoMiddleware> for NoMiddleware {
    fn layer(self, api: ApiRouter) -> ApiRouter {
        api
    }
}

impl<F, Fut> MiddlewareExport<()> for F
where
    F: Fn(ApiRequest<Body>, ApiResponse, Next) -> Fut + Clone + Send + Sync + 'static,
    Fut: HandlerFuture + HandlerOutput,
{
    fn layer(self, api: ApiRouter) -> ApiRouter {
        api.route_layer(from_fn(self))
    }
}

impl<F: Never> MiddlewareExport<NoRoute> for F {
    fn layer(self, api: ApiRouter) -> ApiRouter {
        api
    }
}

/// The type of the export `map_error`.
#[diagnostic::on_unimplemented(
    message = "the `map_error` of a `_middleware.rs` is a `fn(error: Error, request: &ErrorContext<'_>) -> Error`",
    label = "the file that this line names exports something else"
)]
pub trait MapErrorExport<K> {
    fn set(self, api: ApiRouter) -> ApiRouter;
}

impl MapErrorExport<NoHook> for NoHook {
    fn set(self, api: ApiRouter) -> ApiRouter {
        api
    }
}

impl<F> MapErrorExport<()> for F
where
    F: Fn(Error, &ErrorContext<'_>) -> Error + Send + Sync + 'static,
{
    fn set(self, api: ApiRouter) -> ApiRouter {
        api.map_error(self)
    }
}

impl<F: Never> MapErrorExport<NoRoute> for F {
    fn set(self, api: ApiRouter) -> ApiRouter {
        api
    }
}

/// The type of the export `on_error`.
#[diagnostic::on_unimplemented(
    message = "the `on_error` of a `_middleware.rs` is a `fn(error: &Error, request: &ErrorContext<'_>)`",
    label = "the file that this line names exports something else"
)]
pub trait OnErrorExport<K> {
    fn add(self, api: ApiRouter) -> ApiRouter;
}

impl OnErrorExport<NoHook> for NoHook {
    fn add(self, api: ApiRouter) -> ApiRouter {
        api
    }
}

impl<F> OnErrorExport<()> for F
where
    F: Fn(&Error, &ErrorContext<'_>) + Send + Sync + 'static,
{
    fn add(self, api: ApiRouter) -> ApiRouter {
        api.on_error(self)
    }
}

impl<F: Never> OnErrorExport<NoRoute> for F {
    fn add(self, api: ApiRouter) -> ApiRouter {
        api
    }
}

impl ConfigExport for NoConfig {
    fn config(self) -> RouteConfig {
        RouteConfig::new()
    }
}

impl ConfigFunction<NoConfig> for NoConfig {
    fn call(self) -> RouteConfig {
        RouteConfig::new()
    }
}

/// Not implemented by any type. It exists for its error message.
#[diagnostic::on_unimplemented(
    message = "this `_middleware.rs` exports neither `middleware` nor `CONFIG` nor `map_error`",
    label = "write `pub async fn middleware(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result` into the file that this line names",
    note = "if it exists, it needs `pub`; a helper that wraps no route needs another name, such as `_helpers.rs`"
)]
pub trait ExportsMiddleware {}

impl<M: IsMissing, E: IsMissing, O: IsMissing, C: IsMissing, F: IsMissing> MiddlewareFile<M, E, O, C, F> {
    pub fn wrap(self, api: ApiRouter) -> ApiRouter
    where
        M: ExportsMiddleware,
    {
        api
    }
}

/// Any other exports.
pub trait WrapRoutes {
    fn wrap(self, api: ApiRouter) -> ApiRouter;
}

impl<M, E, O, C, F> WrapRoutes for MiddlewareFile<M, E, O, C, F> {
    fn wrap(self, api: ApiRouter) -> ApiRouter {
        match api.inside_file(self.file, self.config) {
            Ok(api) => (self.wrap)(api),
            Err(error) => panic!("{}: {error}", self.file),
        }
    }
}

//! The run-time half of files as routes, which generated code calls.
//!
//! The compiler, and not a parser here, determines what a route file exports. Inside a block, a glob import shadows
//! what an outer block imports by name. So [`__route_file!`](crate::__route_file) imports the [`defaults`] in the outer
//! block and the file in the inner one. A name is then the file's export if there is one, and the default otherwise.
//! Each default has a type of its own, so that each missing export has its own error message.

#![allow(missing_docs)] // hidden, for the macro only

mod middleware;

pub use middleware::{
    ExportsMiddleware, MapErrorExport, MiddlewareExport, MiddlewareFile, OnErrorExport, WrapRoutes,
    middleware_defaults,
};

use crate::config::RouteConfig;
use crate::handler::{HandlerExt, IntoRoute, Route};
use crate::router::ApiRouter;

/// Defines a function `router()` that returns an [`ApiRouter`](crate::ApiRouter) of the routes that the build script
/// has found.
///
/// Call it in `main.rs`, `lib.rs` or any other module. The build script calls `build::routes` (feature `build`). The
/// module `build` documents route files.
///
/// ```ignore
/// tower_api_routes::include_routes!();
///
/// #[tokio::main]
/// async fn main() -> std::io::Result<()> {
///     let api = router();
///     print!("{}", api.routes());
///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
///     tower_api_routes::serve(listener, api).await
/// }
/// ```
///
/// The macro also declares a module named after the folder, with the files as its modules: `src/pages/api/_db.rs` is
/// `pages::api::_db`.
///
/// # Panics
///
/// `router()` panics if a handler takes a parsed body and its `CONFIG` turns the parser off. The message names the
/// file.
#[macro_export]
macro_rules! include_routes {
    () => {
        // rust-analyzer does not expand an `include!` of an `env!` with two arguments, and reports the `env!` as an
        // error.
        #[allow(unexpected_cfgs)] // rust-analyzer sets `rust_analyzer`, a cfg that rustc does not know
        const _: () = {
            #[cfg(not(rust_analyzer))]
            const _: &str = ::core::env!(
                "TOWER_API_ROUTES",
                "no build script has found the routes: write `fn main() { tower_api_routes::build::routes(\"src/pages\"); }` \
                 into build.rs, and `tower-api-routes = { version = \"0.1\", default-features = false, features = [\"build\"] }` \
                 under [build-dependencies]"
            );
        };
        ::core::include!(::core::env!("TOWER_API_ROUTES"));
    };
}

/// Adds the route of one file to a router. Compile errors about the exports point at the call, so the call names the
/// file.
#[doc(hidden)]
#[macro_export]
macro_rules! __route_file {
    ($api:ident, $route:literal, $file:literal, $($module:ident)::+) => {{
        #[allow(unused_imports)]
        use $crate::__private::defaults::{CONFIG, config, handler, route};
        #[allow(unused_imports)]
        use $crate::__private::AddToRouter as _;
        // Only these four names are used in here, because the file may export others.
        let exports = {
            #[allow(unused_imports)]
            use self::$($module)::+::*;
            (handler, route, CONFIG, config)
        };
        $crate::__private::RouteFile::new($route, $file, exports).add_to($api)
    }};
}

/// The defaults of exports that a file does not have.
pub mod defaults {
    #![allow(non_upper_case_globals)]

    use crate::config::RouteConfig;
    use crate::route_file::{NoHandler, NoRoute};

    pub const handler: NoHandler = NoHandler;
    pub const route: NoRoute = NoRoute;
    pub const CONFIG: RouteConfig = RouteConfig::new();

    pub fn config() -> RouteConfig {
        RouteConfig::new()
    }
}

#[derive(Debug)]
pub struct NoHandler;
#[derive(Debug)]
pub struct NoRoute;

/// The exports of a file: a value that should be a route, and its configuration.
#[derive(Debug)]
pub struct RouteFile<H> {
    route: &'static str,
    file: &'static str,
    handler: H,
    config: RouteConfig,
}

impl<H> RouteFile<H> {
    pub fn new<E, R, C, F, M>(
        route: &'static str,
        file: &'static str,
        (handler, export, constant, config): (E, R, C, F),
    ) -> Self
    where
        R: RouteExport<E, Chosen = H>,
        C: ConfigExport,
        F: ConfigFunction<M>,
    {
        let config = config.call().or(&constant.config());
        Self { route, file, handler: export.choose(handler), config }
    }
}

/// The type of the export `route`, if `H` is the type of `handler`.
#[diagnostic::on_unimplemented(
    message = "a route file exports `handler`, or a function `route` without arguments, and not both",
    label = "the file that this line names exports something else",
    note = "write `pub async fn handler(req: ApiRequest, res: ApiResponse) -> Result`, or \
            `pub fn route() -> Methods {{ methods().get(list).post(create) }}`"
)]
pub trait RouteExport<H> {
    type Chosen;

    fn choose(self, handler: H) -> Self::Chosen;
}

impl<H> RouteExport<H> for NoRoute {
    type Chosen = H;

    fn choose(self, handler: H) -> H {
        handler
    }
}

impl<F: FnOnce() -> R, R> RouteExport<NoHandler> for F {
    type Chosen = R;

    fn choose(self, _: NoHandler) -> R {
        self()
    }
}

/// The type of the export `CONFIG`.
#[diagnostic::on_unimplemented(
    message = "the `CONFIG` of a route file is a `RouteConfig`, and this one is a `{Self}`",
    label = "write `pub const CONFIG: RouteConfig = RouteConfig::new()` into the file that this line names"
)]
pub trait ConfigExport {
    fn config(self) -> RouteConfig;
}

impl ConfigExport for RouteConfig {
    fn config(self) -> RouteConfig {
        self
    }
}

/// The type of the export `config`.
///
/// `M` is inferred. With a single implementation, the compiler would report its bounds in place of this message.
#[diagnostic::on_unimplemented(
    message = "the `config` of a route file is a function that returns a `RouteConfig`; a constant is called `CONFIG`",
    label = "write `pub const CONFIG: RouteConfig = RouteConfig::new()`, or `pub fn config() -> RouteConfig`, into the file that \
             this line names"
)]
pub trait ConfigFunction<M> {
    fn call(self) -> RouteConfig;
}

impl<F: FnOnce() -> RouteConfig> ConfigFunction<()> for F {
    fn call(self) -> RouteConfig {
        self()
    }
}

/// Not implemented by any type.
pub trait Never {}

impl<F: Never> ConfigFunction<NoRoute> for F {
    fn call(self) -> RouteConfig {
        RouteConfig::new()
    }
}

/// Implemented by the defaults only, such as [`NoHandler`], so that the inherent method below is found for them alone,
/// before that of the trait.
pub trait IsMissing {}

impl IsMissing for NoHandler {}

/// Not implemented by any type. It exists for its error message.
#[diagnostic::on_unimplemented(
    message = "this route file exports no `handler`",
    label = "write `pub async fn handler(req: ApiRequest, res: ApiResponse) -> Result` into the file that this line names",
    note = "if it exists, it needs `pub`; a file can export `pub fn route()` instead, which returns anything that `ApiRouter::route` takes",
    note = "a file that is not a route, for example a helper, needs a name that starts with `_`"
)]
pub trait ExportsHandler {}

impl<H: IsMissing> RouteFile<H> {
    pub fn add_to(self, api: ApiRouter) -> ApiRouter
    where
        H: ExportsHandler,
    {
        api
    }
}

/// Any other export. If it is not a route, the error is that of [`IntoRoute`].
pub trait AddToRouter<H> {
    fn add_to<M>(self, api: ApiRouter) -> ApiRouter
    where
        H: IntoRoute<M>;
}

impl<H> AddToRouter<H> for RouteFile<H> {
    fn add_to<M>(self, api: ApiRouter) -> ApiRouter
    where
        H: IntoRoute<M>,
    {
        let route: Route = HandlerExt::config(self.handler, self.config);
        match api.try_route(self.route, route) {
            Ok(api) => api,
            Err(error) => panic!("{}: {error}", self.file),
        }
    }
}

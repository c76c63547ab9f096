//! The OpenAPI document of a router.

use super::ApiRouter;
use crate::handler::{DescribeExt as _, Methods, handler, methods};
use crate::openapi::{Document, Info, Operation, check_query, undescribed};
use crate::request::{ApiRequest, QueryCheck};
use crate::routing::Pattern;
use std::sync::Arc;

impl ApiRouter {
    /// Returns an OpenAPI 3.1 document of the routes; see [`openapi`](crate::openapi).
    ///
    /// # Panics
    ///
    /// Panics if schemars confuses two types, or if two operations or two security schemes share a name. The message says what
    /// to change.
    #[track_caller]
    pub fn openapi(&self, info: Info) -> Document {
        Document::new(info, self.base_path_text(), &self.operations())
    }

    /// Returns the methods and routes whose responses are not described, such as `GET /api/post`; `*` is a handler of all
    /// methods. For a test:
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, DescribeExt as _, Result, methods};
    ///
    /// async fn list(_: ApiRequest, res: ApiResponse<Vec<String>>) -> Result { res.json(&Vec::new()) }
    /// async fn old(_: ApiRequest, res: ApiResponse) -> Result { res.end() }
    ///
    /// let api = ApiRouter::new().route("/api/post", methods().get(list.describe())).route("/api/old", old);
    /// assert_eq!(api.undescribed(), ["* /api/old"]);
    /// ```
    ///
    /// A route that is [`hidden`](crate::DescribeExt::hidden) is not among them.
    pub fn undescribed(&self) -> Vec<String> {
        undescribed(self.base_path_text(), &self.operations())
    }

    /// Returns the router for a test: a handler that is described panics, and responds with a 500, if it reads a type with
    /// [`query_as`](crate::ApiRequest::query_as) that its description does not name with
    /// [`query`](crate::DescribeExt::query). The message of the panic has the line to add.
    ///
    /// ```
    /// use serde::Deserialize;
    /// use tower::ServiceExt as _;
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, DescribeExt as _, Result, methods};
    ///
    /// #[derive(Deserialize, schemars::JsonSchema)]
    /// struct Paging { page: u32 }
    ///
    /// async fn list(req: ApiRequest, res: ApiResponse<u32>) -> Result { res.json(&req.query_as::<Paging>()?.page) }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
    /// let api = ApiRouter::new().route("/api/post", methods().get(list.describe().query::<Paging>()));
    /// let request = http::Request::get("/api/post?page=2").body(Body::empty())?;
    /// assert_eq!(api.check_queries().oneshot(request).await.unwrap().status(), 200);
    /// # Ok(()) }
    /// ```
    pub fn check_queries(self) -> Self {
        let routes = self.operations().into_iter();
        let routes: Vec<_> = routes.map(|(pattern, operations)| (pattern.to_string(), operations)).collect();
        self.state(QueryCheck(Box::new(move |method, route, read| check_query(&routes, method, route, read))))
    }

    fn operations(&self) -> Vec<(&Pattern, Vec<Operation>)> {
        let parts = &self.shared.parts;
        let route = |id: usize| (parts.tree.pattern(id), parts.routes[id].route().operations());
        parts.tree.sorted().into_iter().map(route).collect()
    }

    fn base_path_text(&self) -> &str {
        self.shared.parts.base_path.as_deref().unwrap_or_default()
    }
}

impl Document {
    /// Returns a handler that sends the document, for a route such as `/api/openapi.json`. That route is not in it.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result, openapi::Info};
    ///
    /// async fn hello(_: ApiRequest, res: ApiResponse) -> Result { res.send("hello") }
    ///
    /// let api = ApiRouter::new().route("/api/hello", hello);
    /// let document = api.openapi(Info::new("Greetings", "1.0.0"));
    /// let api = api.route("/api/openapi.json", document.into_handler());
    /// ```
    pub fn into_handler(self) -> Methods {
        let document = Arc::new(self);
        let send = move |_: ApiRequest, res: crate::response::ApiResponse| {
            let document = Arc::clone(&document);
            async move { res.json(&*document) }
        };
        methods().get(handler(send).hidden())
    }
}

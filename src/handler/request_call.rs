//! Calls another handler from a handler.

use super::IntoRoute;
use super::endpoint::Next;
use super::route_service::bind;
use crate::request::ApiRequest;
use crate::response::{ApiResponse, Result};
use std::future::Future;

impl<B: 'static> ApiRequest<B> {
    /// Calls another handler with this request, and returns its response.
    ///
    /// The handler gets the parameters, the state, the extensions and the route of this request, and the head of `res` as it
    /// is. Its error is returned, so that with `?` it reaches the hooks of this route once. The body is the one that the
    /// client has sent, read for the type that the handler takes.
    ///
    /// The route's deadline and limits apply to both handlers; a configuration of the called one has no effect. Wrappers of
    /// the called handler run, and [`methods()`](crate::methods) choose by the method.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, OrStatus as _, Result};
    ///
    /// async fn show(req: ApiRequest, res: ApiResponse) -> Result {
    ///     let id: u64 = req.query().get("id").or_status(400)?.parse().or_status(400)?;
    ///     res.json(&id)
    /// }
    ///
    /// // An old path with the response of the new one.
    /// async fn old(req: ApiRequest, res: ApiResponse) -> Result {
    ///     req.call(show, res.set_header("deprecation", "true")).await
    /// }
    ///
    /// let api = ApiRouter::new().route("/api/post/[id]", show).route("/api/posts/[id]", old);
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the error of `res`, if a status, header or cookie cannot be sent, that of the handler, or the rejection of
    /// the body. A tower *service* turns its own errors into
    /// responses.
    pub fn call<M, H, T>(self, handler: H, res: ApiResponse<T>) -> impl Future<Output = Result> + Send
    where
        H: IntoRoute<M>,
        T: ?Sized,
    {
        let next = Next { endpoint: bind(&handler.make_route(), Some(self.context())) };
        let (request, response) = (self.with_unread_body(), res.typed());
        async move { next.run(request, response).await }
    }
}

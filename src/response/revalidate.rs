//! Revalidates pages of a running Next.js.

use super::ApiResponse;
use crate::revalidate::Revalidate;

impl<T: ?Sized> ApiResponse<T> {
    /// Renders a page of the running Next.js server again, and waits until it is done.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn changed(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.revalidate("/posts/1").await?;
    ///     res.revalidate("/posts/2").only_generated().await?;
    ///     res.end()
    /// }
    /// ```
    ///
    /// The path is the one that clients request, not the page's pattern, and includes the base path if Next.js has
    /// one. If the router's [`Revalidator`](crate::Revalidator) has several servers, the call succeeds if all of
    /// them succeed. The returned value or the error has the result of each server.
    ///
    /// # Errors
    ///
    /// Awaiting it returns an error if the path does not start with a slash, if the router has no revalidator, or
    /// if a server did not render the page. The error names the path and the status. Through `?` it becomes a 500.
    ///
    /// Source: [`res.revalidate`](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#response-helpers).
    pub fn revalidate<'a>(&'a self, path: &'a str) -> Revalidate<'a> {
        Revalidate::new(self.settings().revalidator.as_deref(), path, &self.request.parts.headers)
    }
}

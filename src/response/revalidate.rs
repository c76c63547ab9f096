//! Refreshing pages of a running Next.js.

use super::ApiResponse;
use crate::revalidate::Revalidate;

impl<T: ?Sized> ApiResponse<T> {
    /// Renders a page of the running Next.js anew, and waits until it is done.
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
    /// The path is the one that clients ask for, not the page's pattern, and with a base path if Next.js has one. With several
    /// servers behind the router's [`Revalidator`](crate::Revalidator) it is a success when all of them succeed; each result is
    /// in what is returned, and in the error.
    ///
    /// # Errors
    ///
    /// Awaiting it fails if the path does not start with a slash, the router has no revalidator, or a server did not render the
    /// page. The error names the path and the status, and is a 500 through `?`.
    ///
    /// Source: [`res.revalidate`](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#response-helpers).
    pub fn revalidate<'a>(&'a self, path: &'a str) -> Revalidate<'a> {
        Revalidate::new(self.settings().revalidator.as_deref(), path, &self.request.parts.headers)
    }
}

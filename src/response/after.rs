//! Work that goes on behind a response.

use super::ApiResponse;
use crate::{log, shutdown};
use std::future::Future;
use tokio::runtime::Handle;

impl<T: ?Sized> ApiResponse<T> {
    /// Runs a future behind the response, which does not wait for it: for example to write statistics or to send mail.
    ///
    /// The future is spawned at once, and runs to its end even if the handler fails or the client disconnects. At a stop
    /// [`serve`](crate::serve) waits for it within the [`grace_period`](crate::Serve::grace_period), as for a request.
    /// Under another server it is a task of Tokio's runtime, which ends with the runtime.
    ///
    /// The future handles its own errors. No deadline applies to it.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// # async fn send_mail(_to: &str) -> Result<()> { Ok(()) }
    /// async fn sign_up(req: ApiRequest<String>, res: ApiResponse) -> Result {
    ///     let to = req.into_body();
    ///     res.after(async move {
    ///         if let Err(error) = send_mail(&to).await {
    ///             eprintln!("no mail to {to}: {error}");
    ///         }
    ///     })
    ///     .status(202)
    ///     .end()
    /// }
    /// ```
    ///
    /// Source: [`waitUntil`](https://vercel.com/docs/functions/functions-api-reference/vercel-functions-package#waituntil)
    /// of Vercel.
    pub fn after(self, work: impl Future<Output = ()> + Send + 'static) -> Self {
        if self.problem.is_none() {
            match Handle::try_current() {
                Ok(_) => shutdown::spawn(work),
                Err(error) => log::internal_error(
                    &format_args!("`res.after` has no runtime: {error}"),
                    (&self.request.error_context()).into(),
                ),
            }
        }
        self
    }
}

//! Switching draft mode and preview data.

use super::ApiResponse;
use super::Result;
use crate::context::Settings;
use crate::draft::{PreviewOptions, PreviewProps};
use crate::draft::{clearing_cookies, draft_cookie, preview_cookies};
use crate::error::Error;
use crate::json;
use serde::Serialize;

impl<T: ?Sized> ApiResponse<T> {
    /// Switches draft mode on or off for the browser: the pages of the Next.js build whose keys the router has
    /// ([`ApiRouter::preview`](crate::ApiRouter::preview)) are then rendered anew for each of its requests.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Error, Result};
    ///
    /// async fn draft(req: ApiRequest, res: ApiResponse) -> Result {
    ///     if req.query().get("secret") != Some("a shared secret") {
    ///         return Err(Error::new(401, "Invalid token"));
    ///     }
    ///     res.set_draft_mode(true).redirect("/posts/1")
    /// }
    /// ```
    ///
    /// Without keys the answer is a 500.
    ///
    /// Source: [`setDraftMode`](https://nextjs.org/docs/pages/guides/draft-mode).
    pub fn set_draft_mode(mut self, enable: bool) -> Self {
        match props(self.settings()) {
            Ok(props) => {
                let cookie = draft_cookie(props, enable);
                self.cookie(cookie)
            }
            Err(error) => {
                self.fail_later(error);
                self
            }
        }
    }

    /// Switches preview mode on for the browser, with data for the pages: signed, encrypted, and for nobody else to read.
    /// Pages find it in `context.previewData`, handlers in
    /// [`ApiRequest::preview_data`](crate::ApiRequest::preview_data).
    ///
    /// It is `async` since the first call of a process derives a key, for some 50 milliseconds and on another thread; see
    /// [the module](crate::draft).
    ///
    /// ```
    /// use serde_json::json;
    /// use tower_api_routes::{ApiRequest, ApiResponse, PreviewOptions, Result};
    ///
    /// async fn preview(req: ApiRequest, res: ApiResponse) -> Result {
    ///     let options = PreviewOptions::new().max_age(60 * 60).path("/posts");
    ///     res.set_preview_data(&json!({ "post": 1 }), options).await.redirect("/posts/1")
    /// }
    /// ```
    ///
    /// Without keys the answer is a 500, and so it is for data whose cookie would have more than 2,048 characters (some 600
    /// of JSON), data that cannot be written as JSON, and a path that a header cannot carry.
    ///
    /// Source: [`setPreviewData`](https://nextjs.org/docs/pages/guides/preview-mode).
    pub fn set_preview_data<V>(
        mut self,
        data: &V,
        options: PreviewOptions,
    ) -> impl Future<Output = Self> + Send + use<T, V>
    where
        V: Serialize + ?Sized,
    {
        // Written down at once: the future does not hold the value.
        let json = json::to_bytes(data).map_err(Error::from);
        async move {
            let cookies = match (props(self.settings()), json) {
                (Ok(props), Ok(json)) => preview_cookies(props, json, options).await,
                (Err(error), _) | (_, Err(error)) => Err(error),
            };
            match cookies {
                Ok(cookies) => cookies.into_iter().fold(self, Self::cookie),
                Err(error) => {
                    self.fail_later(error);
                    self
                }
            }
        }
    }

    /// Ends draft mode and preview mode for the browser. A path belongs to cookies that were set with one.
    ///
    /// It counts once for a response, as in Next.js: where stale cookies have been cleared before the handler was called, it does
    /// nothing.
    ///
    /// Source: [`clearPreviewData`](https://nextjs.org/docs/pages/guides/preview-mode#clear-the-preview-mode-cookies).
    pub fn clear_preview_data(mut self, options: PreviewOptions) -> Self {
        if std::mem::replace(&mut self.preview_cleared, true) {
            return self;
        }
        let cookies: Vec<_> = clearing_cookies(self.settings().preview.as_ref(), options.path).collect();
        cookies.into_iter().fold(self, Self::cookie)
    }
}

fn props(settings: &Settings) -> Result<&PreviewProps> {
    settings.preview.as_ref().ok_or_else(|| {
        Error::internal(
            "the router has no preview keys: give it those of the Next.js build with `.preview(props)`",
        )
    })
}

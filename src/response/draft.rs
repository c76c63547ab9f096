//! Switches draft mode and preview data on and off.

use super::ApiResponse;
use super::Result;
use crate::context::Settings;
use crate::draft::{PreviewOptions, PreviewProps};
use crate::draft::{clearing_cookies, draft_cookie, preview_cookies};
use crate::error::Error;
use crate::json;
use serde::Serialize;

impl<T: ?Sized> ApiResponse<T> {
    /// Switches draft mode on or off for the browser.
    ///
    /// In draft mode Next.js renders its pages again for each of the browser's requests. The router must have the
    /// keys of the Next.js build; see [`ApiRouter::preview`](crate::ApiRouter::preview).
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
    /// Without keys the response is a 500.
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

    /// Switches preview mode on for the browser, with data for the pages.
    ///
    /// The data is signed and encrypted. Pages find it in `context.previewData`, handlers in
    /// [`ApiRequest::preview_data`](crate::ApiRequest::preview_data).
    ///
    /// The method is `async`, because the first call in a process derives a key on another thread, which takes
    /// about 50 milliseconds, and seconds in a debug build; see [the module](crate::draft#keys).
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
    /// The response is a 500 without keys, for data that cannot be serialized as JSON, for data whose cookie would
    /// have more than 2,048 characters (about 600 of JSON), and for a path that is not valid in a header.
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
        // The value is serialized at once, so that the future does not borrow it.
        let json = json::to_bytes(data).map_err(Error::from);
        async move {
            if self.problem.is_some() {
                return self;
            }
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

    /// Ends draft mode and preview mode for the browser. Cookies that were set with a path need the same path in
    /// `options`.
    ///
    /// As in Next.js, cookies are cleared once for each response: if stale cookies were cleared before the handler
    /// was called, this method does nothing.
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

//! Reads draft mode and preview data.

use super::ApiRequest;
use crate::draft::Preview;
use crate::response::Result;
use serde::de::DeserializeOwned;
use serde_json::Value;

impl<B> ApiRequest<B> {
    /// Returns whether the request comes from a browser in draft mode or preview mode.
    ///
    /// The cookies must be of the Next.js build whose keys the router has; see
    /// [`ApiRouter::preview`](crate::ApiRouter::preview).
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn posts(req: ApiRequest, res: ApiResponse) -> Result {
    ///     let status = if req.draft_mode() { "any" } else { "published" };
    ///     res.json(&status)
    /// }
    /// ```
    ///
    /// Source: [`draftMode`](https://nextjs.org/docs/pages/guides/draft-mode#step-2-update-getstaticprops).
    pub fn draft_mode(&self) -> bool {
        self.preview_data().is_some()
    }

    /// Returns the same as [`draft_mode`](Self::draft_mode), which is the newer name.
    pub fn preview(&self) -> bool {
        self.draft_mode()
    }

    /// Returns the preview data that Rust ([`set_preview_data`](crate::ApiResponse::set_preview_data)) or Next.js
    /// has set.
    ///
    /// In draft mode it is an empty object. Outside both modes it is `None`, where Next.js has `false`.
    ///
    /// Source: [`previewData`](https://nextjs.org/docs/pages/guides/preview-mode).
    pub fn preview_data(&self) -> Option<&Value> {
        self.preview.data()
    }

    /// Returns the preview data as a type, or `None` if no data is set: outside preview mode, and in draft mode.
    ///
    /// ```
    /// use serde::Deserialize;
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// #[derive(Deserialize)]
    /// struct Draft { post: u64 }
    ///
    /// async fn post(req: ApiRequest, res: ApiResponse) -> Result {
    ///     match req.preview_data_as()? {
    ///         Some(Draft { post }) => res.send(format!("the draft of post {post}")),
    ///         None => res.send("what everybody sees"),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the data does not fit the type. Through `?` it becomes a 500, because a client cannot
    /// forge the data.
    pub fn preview_data_as<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        match &self.preview {
            Preview::Data(data) => Ok(Some(T::deserialize(data)?)),
            Preview::Off | Preview::Stale | Preview::Draft(_) => Ok(None),
        }
    }
}

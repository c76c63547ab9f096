//! Reading draft mode and preview data.

use super::ApiRequest;
use crate::draft::Preview;
use crate::response::Result;
use serde::de::DeserializeOwned;
use serde_json::Value;

impl<B> ApiRequest<B> {
    /// Whether the request comes from a browser in draft mode, or in preview mode, of the build whose keys the router has
    /// ([`ApiRouter::preview`](crate::ApiRouter::preview)).
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

    /// The same as [`draft_mode`](Self::draft_mode), by its older name.
    pub fn preview(&self) -> bool {
        self.draft_mode()
    }

    /// What [`set_preview_data`](crate::ApiResponse::set_preview_data) was given, by Rust or by Next.js; an empty object in
    /// draft mode. None where Next.js has `false`: outside of both modes.
    ///
    /// Source: [`previewData`](https://nextjs.org/docs/pages/guides/preview-mode).
    pub fn preview_data(&self) -> Option<&Value> {
        self.preview.data()
    }

    /// The preview data as a type. None where nobody has set any: outside of preview mode, and in draft mode alone.
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
    /// If the data does not fit the type: with `?` a 500, since a client cannot make such data.
    pub fn preview_data_as<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        match &self.preview {
            Preview::Data(data) => Ok(Some(T::deserialize(data)?)),
            Preview::Off | Preview::Stale | Preview::Draft(_) => Ok(None),
        }
    }
}

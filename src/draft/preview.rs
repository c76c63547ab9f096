//! The preview state of a request.

use super::PreviewProps;
use super::cookies::PreviewCookies;
use crate::error::Error;
use http::HeaderMap;
use serde_json::{Map, Value};

const REVALIDATE_HEADER: &str = "x-prerender-revalidate";

/// The preview state of a request, as its cookies set it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Preview {
    #[default]
    Off,
    /// Off, and the response deletes the cookies.
    Stale,
    /// Draft mode without preview data. The data is an empty object.
    Draft(Value),
    /// The preview data that a handler has set.
    Data(Value),
}

impl Preview {
    /// Verifies the cookies of a request.
    ///
    /// # Errors
    ///
    /// Returns an error if a token has a valid signature and cannot be decrypted.
    pub(crate) async fn read(
        props: &PreviewProps,
        headers: &HeaderMap,
        cookies: PreviewCookies,
    ) -> Result<Self, Error> {
        // Next.js renders this page for all users, so an editor's cookies are ignored.
        if headers.get(REVALIDATE_HEADER).is_some_and(|shown| props.is_id(shown.as_bytes())) {
            return Ok(Self::Off);
        }
        let PreviewCookies { id, token } = cookies;
        if !id.is_some_and(|id| props.is_id(id.as_bytes())) {
            return Ok(Self::Stale);
        }
        let Some(token) = token else { return Ok(Self::Draft(Value::Object(Map::new()))) };
        let Some(text) = props.open(&token).await? else { return Ok(Self::Stale) };
        Ok(match serde_json::from_str(&String::from_utf8_lossy(&text)) {
            // Invalid JSON and `false` mean no preview, but Next.js does not delete the cookies.
            Err(_) | Ok(Value::Bool(false)) => Self::Off,
            Ok(data) => Self::Data(data),
        })
    }

    /// Returns the preview data, if this is a preview.
    pub(crate) fn data(&self) -> Option<&Value> {
        match self {
            Self::Off | Self::Stale => None,
            Self::Draft(data) | Self::Data(data) => Some(data),
        }
    }
}

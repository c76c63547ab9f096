//! What the cookies of a request come to, before its handler is called.

use super::cookies::PreviewCookies;
use super::{BYPASS_COOKIE, PreviewProps};
use crate::context::Context;
use crate::request::Head;
use crate::response::clearing_cookies;
use crate::{ApiRequest, ApiResponse, Error, PreviewOptions, Result, latin1};
use http::HeaderMap;
use http::header::SET_COOKIE;
use serde_json::{Map, Value};
use std::sync::Arc;

const REVALIDATE_HEADER: &str = "x-prerender-revalidate";

/// Whether a request is for drafts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Preview {
    #[default]
    Off,
    /// Off, and the browser is told to forget its cookies.
    Stale,
    /// Draft mode alone; its data is an empty object.
    Draft(Value),
    /// With data that a handler has set.
    Data(Value),
}

/// Whose stale cookies an error has to clear.
pub(crate) type Stale = Option<Arc<Context>>;

impl Preview {
    pub(crate) async fn of(head: &Head, cookies: PreviewCookies) -> Result<(Self, Stale)> {
        let Some(props) = &head.context.settings.preview else { return Ok((Self::Off, None)) };
        let preview = Self::read(props, &head.parts.headers, cookies).await?;
        let stale = (preview == Self::Stale).then(|| Arc::clone(&head.context));
        Ok((preview, stale))
    }

    async fn read(props: &PreviewProps, headers: &HeaderMap, cookies: PreviewCookies) -> Result<Self> {
        // Next.js renders a page for everybody: no editor's cookie may have a say in it.
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
            // What is not JSON, and `false`, is no preview; but Next.js leaves the cookies alone.
            Err(_) | Ok(Value::Bool(false)) => Self::Off,
            Ok(data) => Self::Data(data),
        })
    }

    /// The preview data, if this is a preview.
    pub(crate) fn data(&self) -> Option<&Value> {
        match self {
            Self::Off | Self::Stale => None,
            Self::Draft(data) | Self::Data(data) => Some(data),
        }
    }

    /// The request knows of it, and the response clears what is stale before the handler adds anything.
    pub(crate) fn hand_over<B, T: ?Sized>(
        self,
        request: ApiRequest<B>,
        response: ApiResponse<T>,
    ) -> (ApiRequest<B>, ApiResponse<T>) {
        let response = match self {
            Self::Stale => response.clear_preview_data(PreviewOptions::new()),
            _ => response,
        };
        (request.with_preview(self), response)
    }
}

/// Clears stale cookies in the answer to an error, too, unless it comes with what the response had.
pub(crate) fn clear_stale<R>(stale: Stale, answer: Result<R>) -> Result<R> {
    let (Some(context), Err(error)) = (stale, &answer) else { return answer };
    let mut cookies = error.headers().get_all(SET_COOKIE).iter();
    if cookies.any(|cookie| cookie.as_bytes().starts_with(BYPASS_COOKIE.as_bytes())) {
        return answer;
    }
    let clear = |error: Error, cookie: cookie::Cookie<'_>| match latin1::header_value(&cookie.to_string()) {
        Ok(value) => error.with_header(SET_COOKIE, value),
        Err(_) => error,
    };
    answer.map_err(|error| clearing_cookies(&context.settings, None).fold(error, clear))
}

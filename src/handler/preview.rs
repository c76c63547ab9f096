//! Passes the preview data of a request to its handler, and deletes stale cookies.

use super::call::{BoundHandler, Call};
use super::reading::Reading;
use crate::context::RouteContext;
use crate::draft::{BYPASS_COOKIE, Preview, PreviewCookies, PreviewOptions, PreviewProps, clearing_cookies};
use crate::error::{Error, IntoHeaderValue as _};
use crate::request::ApiRequest;
use crate::response::{ApiResponse, Result};
use http::header::SET_COOKIE;
use std::future::poll_fn;
use std::sync::Arc;

/// Verifies the preview cookies of a request, and then calls its handler. Only requests with such a cookie take
/// this path.
pub(super) async fn call_with_preview(
    handler: Arc<dyn BoundHandler>,
    mut call: Call,
    props: PreviewProps,
    cookies: PreviewCookies,
    reading: Reading,
) -> Result {
    call.preview = Preview::read(&props, &call.head.parts.headers, cookies).await?;
    let stale = (call.preview == Preview::Stale).then(|| Arc::clone(&call.head.context));
    let mut future = handler.start(call, reading);
    let mut slot = None;
    let polled = poll_fn(|cx| future.as_mut().poll_into(&mut slot, cx)).await;
    let result =
        polled.and_then(|()| slot.ok_or_else(|| Error::internal("the handler returned no response")));
    match stale {
        Some(context) => result.map_err(|error| clear_stale(&context, error)),
        None => result,
    }
}

/// Adds the preview to the request. The response deletes stale cookies before the handler adds its own.
pub(super) fn hand_over<B, T: ?Sized>(
    preview: Preview,
    request: ApiRequest<B>,
    response: ApiResponse<T>,
) -> (ApiRequest<B>, ApiResponse<T>) {
    let response = match preview {
        Preview::Stale => response.clear_preview_data(PreviewOptions::new()),
        _ => response,
    };
    (request.with_preview(preview), response)
}

/// Deletes stale cookies in the response to an error too, unless the error has the headers of the handler's response.
fn clear_stale(context: &RouteContext, error: Error) -> Error {
    let mut cookies = error.headers().get_all(SET_COOKIE).iter();
    if cookies.any(|cookie| cookie.as_bytes().starts_with(BYPASS_COOKIE.as_bytes())) {
        return error;
    }
    clearing_cookies(context.settings.preview.as_ref(), None).fold(error, |error, cookie| {
        match cookie.to_string().into_header_value() {
            Ok(value) => error.append_header(SET_COOKIE, value),
            Err(_) => error,
        }
    })
}

//! Passes the preview data of a request to its handler, and deletes stale cookies.

use super::call::{Call, Start};
use crate::body_parser::Reading;
use crate::context::RouteContext;
use crate::draft::{BYPASS_COOKIE, Preview, PreviewCookies, PreviewProps, clearing_cookies};
use crate::error::{Error, IntoHeaderValue as _};
use crate::response::Result;
use http::header::SET_COOKIE;
use std::sync::Arc;

/// Verifies the preview cookies of a request, and then calls its handler. Only requests with such a cookie take
/// this path.
pub(super) async fn call_with_preview(
    handler: Arc<dyn Start>,
    mut call: Call,
    props: PreviewProps,
    cookies: PreviewCookies,
    reading: Reading,
) -> Result {
    call.preview = Preview::read(&props, &call.head.parts.headers, cookies).await?;
    let stale = (call.preview == Preview::Stale).then(|| Arc::clone(&call.head.context));
    let result = handler.start(call, reading).await;
    match stale {
        Some(context) => result.map_err(|error| clear_stale(&context, error)),
        None => result,
    }
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

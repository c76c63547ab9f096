//! Logs a warning when a response is too large, as a layer around any service.
//!
//! By default the response is still sent in full. One warning per response, through `tracing`, has the method, the
//! path, the route, the bytes and the limit. With
//! [`enforce_response_limit`](ResponseLimitLayer::enforce_response_limit), a response over the limit becomes a 500
//! if its length is known, or declared by its `Content-Length`; otherwise its body ends with a [`LimitExceeded`]
//! error.
//!
//! As in Next.js, the warning is also logged for a response of exactly the limit. Nested limits log one warning. A
//! stream is counted as it is sent, and the warning is logged at its end or when the client disconnects. A body
//! whose size is known in advance is not wrapped.
//!
//! To turn the layer on or off, use [`enabled`](ResponseLimitLayer::enabled). tower's `option_layer` does not
//! compile here, because the layer changes the type of the response's body.
//!
//! ```
//! use http::{Request, Response};
//! use std::convert::Infallible;
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//! use tower_api_routes::{Body, ResponseLimitLayer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut service = ServiceBuilder::new()
//!     .layer(ResponseLimitLayer::new().response_limit("8mb"))
//!     .service(service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::from("small"))) }));
//!
//! let response = service.ready().await?.call(Request::new(Body::empty())).await?;
//! assert_eq!(response.status(), 200);
//! # Ok(()) }
//! ```
//!
//! Source: [`responseLimit`](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#custom-config).

mod body;
mod error;
mod future;
mod layer;
mod meter;
mod service;

pub use body::ResponseBody;
pub use error::LimitExceeded;
pub use future::ResponseFuture;
pub use layer::ResponseLimitLayer;
pub use service::ResponseLimit;

use meter::{Meter, Warned};

use crate::body::Body;
use crate::context::{Measured, RequestHead};
use crate::size::SizeLimit;
use crate::text::declared_length;
use http::{Extensions, Response};
use http_body::Body as _;
use std::sync::Arc;

/// Returns an error, and logs the warning, if the length of a route's response is known, or declared, to exceed an
/// enforced limit.
pub(crate) fn exceeded(
    response: &Response<Body>,
    limit: SizeLimit,
    head: &Arc<RequestHead>,
) -> Option<LimitExceeded> {
    let size = response.body().size_hint().exact().or_else(|| declared_length(response.headers()));
    let bytes = size.filter(|bytes| *bytes > limit.bytes())?;
    // The meter is dropped here, and so logs the warning.
    drop(Meter { limit, enforce: true, request: Measured::Head(Arc::clone(head)), warned: None, bytes });
    Some(LimitExceeded::new(limit))
}

/// Keeps outer layers from logging a warning about the error response that replaces one over the limit.
pub(crate) fn set_warned(extensions: &mut Extensions) {
    extensions.get_or_insert_default::<Warned>().set();
}

/// Measures a route's response. A buffered body under the limit is left unchanged.
///
/// `nested` is true if an outer layer measures the response, too.
pub(crate) fn measure(
    response: &mut Response<Body>,
    limit: SizeLimit,
    enforce: bool,
    nested: bool,
    head: &Arc<RequestHead>,
) {
    let size = response.body().size_hint().exact();
    if size.is_some_and(|size| size < limit.bytes()) {
        return;
    }
    // Meters of the same body share the `Warned` in the extensions, so that only one of them warns.
    let shared = nested || size.is_some() || response.extensions().get::<Warned>().is_some();
    let warned = shared.then(|| response.extensions_mut().get_or_insert_default::<Warned>().clone());
    let mut meter = Meter { limit, enforce, request: Measured::Head(Arc::clone(head)), warned, bytes: 0 };
    if let Some(size) = size {
        // The meter is dropped here, and so logs the warning.
        meter.bytes = size;
    } else {
        let mut body = std::mem::take(response.body_mut());
        let inner = body.counter_mut().and_then(|counter| counter.as_any_mut().downcast_mut::<Meter>());
        if let Some(inner) = inner {
            meter.warned = Some(inner.share_warning());
        }
        *response.body_mut() = body.counted(Box::new(meter));
    }
}

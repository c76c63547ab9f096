//! Warns when a response is too large, as a layer around any service.
//!
//! The body goes out whole all the same; one warning a response, through `tracing`, has the method, the path, the route, the
//! bytes and the limit. [`enforce_response_limit`](ResponseLimitLayer::enforce_response_limit) makes it a limit: a body whose
//! length is known, or declared by its `Content-Length`, becomes a 500, and any other breaks off with a [`LimitExceeded`].
//!
//! As in Next.js a response of exactly the limit is warned of, too. Nested limits warn once. A stream is counted as it goes
//! out, and warned of at its end, or when its client has left; a body whose size is known beforehand is not wrapped.
//!
//! To turn the layer on and off use [`enabled`](ResponseLimitLayer::enabled). tower's `option_layer` cannot: the layer changes the
//! type of the response's body.
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

use future::declared_length;
use meter::{Meter, Warned};

use crate::body::Body;
use crate::context::{RequestHead, RequestLine};
use crate::size::SizeLimit;
use http::{Extensions, Response};
use http_body::Body as _;

/// Returns the error of a response of our own whose length is known, or declared, to exceed an enforced limit, and logs the
/// warning.
pub(crate) fn exceeded(
    response: &Response<Body>,
    limit: SizeLimit,
    head: &RequestHead,
) -> Option<LimitExceeded> {
    let length = response.body().size_hint().exact().or_else(|| declared_length(response));
    let bytes = length.filter(|bytes| *bytes > limit.bytes())?;
    // Dropped, it warns.
    drop(Meter { limit, enforce: true, line: RequestLine::from(head), warned: None, bytes });
    Some(LimitExceeded::new(limit))
}

/// Keeps outer layers from warning of the response that stands for one beyond its limit.
pub(crate) fn set_warned(extensions: &mut Extensions) {
    extensions.get_or_insert_default::<Warned>().set();
}

/// Measures a response of our own. A buffered body under the limit costs nothing. `nested` says that an outer layer
/// measures too.
pub(crate) fn measure(
    response: &mut Response<Body>,
    limit: SizeLimit,
    enforce: bool,
    nested: bool,
    head: &RequestHead,
) {
    let size = response.body().size_hint().exact();
    if size.is_some_and(|size| size < limit.bytes()) {
        return;
    }
    // Two that measure one body warn once: the first leaves `Warned` in the extensions.
    let shared = nested || size.is_some() || response.extensions().get::<Warned>().is_some();
    let warned = shared.then(|| response.extensions_mut().get_or_insert_default::<Warned>().clone());
    let mut meter = Meter { limit, enforce, line: RequestLine::from(head), warned, bytes: 0 };
    if let Some(size) = size {
        // Dropped here, it warns.
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

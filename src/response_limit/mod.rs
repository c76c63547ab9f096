//! Logs a warning when a response is too large, as a layer around any service.
//!
//! By default the response is still sent in full. One warning per response, through `tracing`, has the method, the
//! path, the route, the bytes and the limit. With
//! [`enforce_response_limit`](ResponseLimitLayer::enforce_response_limit), a response over the limit becomes a 500
//! if its length is known, or declared by its `Content-Length`; otherwise its body ends with a [`LimitExceeded`]
//! error.
//!
//! As in Next.js, the warning is also logged for a response of exactly the limit. Nested limits log one warning. A
//! stream is counted as it is sent, and the warning is logged when it reaches the limit. A body whose size is known in
//! advance is not wrapped. The response to an error is not measured.
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

mod layer;
mod service;

pub use crate::body::LayeredBody as ResponseBody;
pub use crate::bounds::{LimitExceeded, ResponseFuture};
pub use layer::ResponseLimitLayer;
pub use service::ResponseLimit;

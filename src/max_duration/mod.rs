//! Sets a deadline for a response, up to its last byte, as a layer around any service.
//!
//! If the head of the response is not ready by then, the client gets a 504. If the head has been sent, the body
//! ends with a [`TimedOut`] error, so that the client does not take the response for complete. The inner service's
//! future, or the writer of a stream, is dropped first. A response that is whole is sent, whatever the deadline says.
//!
//! Of nested deadlines the shortest wins. Inside the layer a route of an `ApiRouter` sends the 504 itself, so that it passes
//! through the hooks of the router and is logged once, with the route.
//!
//! The layer needs Tokio's timer. A future that is always ready is interrupted, too; code that never awaits cannot
//! be.
//!
//! The time starts with the call. The wait until the inner service is ready comes before the call, so that a layer
//! cannot count it. The `max_duration` of a route or a router does.
//!
//! The body is cut off when the connection polls for its next chunk. A client that does not read, for example over
//! HTTP/2 with a closed window, delays this until it reads, resets the stream or disconnects: no task is spawned to
//! watch the deadline.
//!
//! To turn the layer on or off, use [`enabled`](MaxDurationLayer::enabled). tower's `option_layer` does not compile
//! here, because the layer changes the type of the response's body.
//!
//! ```
//! use http::{Request, Response};
//! use std::{convert::Infallible, time::Duration};
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//! use tower_api_routes::{Body, MaxDurationLayer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut service = ServiceBuilder::new()
//!     .layer(MaxDurationLayer::new(Duration::from_millis(10)))
//!     .service(service_fn(|_: Request<Body>| async {
//!         tokio::time::sleep(Duration::from_secs(60)).await;
//!         Ok::<_, Infallible>(Response::new(Body::empty()))
//!     }));
//!
//! let response = service.ready().await?.call(Request::new(Body::empty())).await?;
//! assert_eq!(response.status(), 504);
//! # Ok(()) }
//! ```
//!
//! Source:
//! [`maxDuration`](https://nextjs.org/docs/app/api-reference/file-conventions/route-segment-config#maxduration),
//! which the platform enforces; here the server does.

mod layer;
mod service;

pub use crate::body::LayeredBody as ResponseBody;
pub use crate::bounds::{ResponseFuture, TimedOut};
pub use layer::MaxDurationLayer;
pub use service::MaxDuration;

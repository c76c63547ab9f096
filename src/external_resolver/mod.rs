//! Lets inner handlers leave the response to another task, as a layer around any service.
//!
//! Without it, an inner handler that returns the pending response of
//! [`ApiResponse::detach`](crate::ApiResponse::detach) logs a warning.
//!
//! ```
//! use tower::{ServiceBuilder, ServiceExt as _};
//! use tower_api_routes::{
//!     ApiRequest, ApiResponse, ApiRouter, Body, ExternalResolverLayer, HandlerExt as _,
//! };
//!
//! async fn later(_req: ApiRequest, res: ApiResponse) -> tower_api_routes::Result {
//!     let (responder, pending) = res.detach();
//!     tokio::spawn(async move { responder.respond(|res| res.send("later")) });
//!     Ok(pending)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), tower_api_routes::BoxError> {
//! let service = ServiceBuilder::new().layer(ExternalResolverLayer::new()).service(later.into_service());
//! let api = ApiRouter::new().route("/api/later", service);
//!
//! let response = api.oneshot(http::Request::get("/api/later").body(Body::empty())?).await?;
//! assert_eq!(response.into_body().chunk().await?.unwrap(), "later");
//! # Ok(()) }
//! ```
//!
//! A `Responder` that is dropped makes the response a 500 at once. [`Responder::closed`](crate::response::Responder::closed)
//! completes when the client has disconnected. The layer has no effect on a service that is not a handler.
//!
//! Source: [`externalResolver`](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#custom-config).

mod layer;
mod service;

pub use layer::ExternalResolverLayer;
pub use service::ExternalResolver;

//! Reads, limits, decodes and parses a request's body, as a layer around any service.
//!
//! The inner service gets a request whose body can still be read, and the [`ParsedBody`] in its extensions. Bad
//! input is rejected before the inner service is called: 413 `Body exceeded 1mb limit`, 400 `Invalid JSON`, 400
//! `Invalid body`.
//!
//! An inner handler takes the parsed value; it does not read or parse the body again. Nested limits all apply. The
//! inner service must be [`Clone`]: the clone that was polled ready waits for the body while another one is polled.
//!
//! - A middleware inside the parser that rewrites the body must also remove the [`ParsedBody`] from the extensions.
//! - A body is not decompressed, whatever its `Content-Encoding`. Put tower-http's `RequestDecompressionLayer`
//!   around the parser.
//! - The trailers of a request are dropped.
//! - axum's extractors keep their own limit of 2 MB even if the limit here is larger; `DefaultBodyLimit::max`
//!   changes it.
//! - JSON of a content type other than `application/json` and `application/ld+json` is text; see [`ParsedBody`].
//!
//! To turn the parser on or off, use [`enabled`](BodyParserLayer::enabled). tower's `option_layer` does not compile
//! here, because the layer changes the type of the response's body.
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use std::convert::Infallible;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_api_routes::{Body, BodyParserLayer, ParsedBody};
//!
//! async fn title(request: Request<Body>) -> Result<Response<Full<Bytes>>, Infallible> {
//!     let body: &ParsedBody = request.extensions().get().unwrap();
//!     Ok(Response::new(body.get("title").unwrap_or("none").to_owned().into()))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let service = ServiceBuilder::new()
//!     .layer(BodyParserLayer::new().size_limit("500kb"))
//!     .service(service_fn(title));
//!
//! let request = Request::post("/").header("content-type", "application/json");
//! let request = request.body(Full::new(Bytes::from(r#"{ "title": "Next.js" }"#)))?;
//! let response = service.oneshot(request).await?;
//! assert_eq!(response.status(), 200);
//! # Ok(()) }
//! ```
//!
//! Source: [`bodyParser`](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#custom-config).

mod charset;
mod content_type;
mod de;
mod from_body;
mod future;
mod layer;
mod parse;
mod parsed_body;
mod read;
mod reading;
mod service;
mod stream_limit;

pub use crate::body::LayeredBody as ResponseBody;
#[cfg(feature = "openapi")]
pub(crate) use from_body::accepts_empty;
pub use from_body::{FromBody, TryBody};
pub use future::ResponseFuture;
pub use layer::BodyParserLayer;
pub use parsed_body::{ParsedBody, RawBody};
pub(crate) use reading::Reading;
pub use service::BodyParser;

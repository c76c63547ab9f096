//! Reads, limits, decodes and parses a request's body, as a layer around any service.
//!
//! The inner service gets a request whose body can still be read, and the [`ParsedBody`] in its
//! extensions. Bad input is answered before the inner service is called: 413 `Body exceeded 1mb limit`, 400
//! `Invalid JSON`, 400 `Invalid body`.
//!
//! A handler inside takes the value, and reads and parses nothing again. Of nested limits each is kept. The inner service is
//! [`Clone`], because the one that was polled ready waits for the body while the next is polled.
//!
//! - A middleware that rewrites the body behind the parser also removes the [`ParsedBody`] from the extensions.
//! - A body is not inflated, whatever its `Content-Encoding` says: put tower-http's `RequestDecompressionLayer` around the
//!   parser.
//! - The trailers of a request are dropped.
//! - axum's extractors keep their own limit of 2 MB inside of a larger one here; `DefaultBodyLimit::max` changes it.
//! - JSON under another type than `application/json` and `application/ld+json` is text; see [`ParsedBody`].
//!
//! To turn the parser on and off use [`enabled`](BodyParserLayer::enabled). tower's `option_layer` cannot: the layer changes the
//! type of the response's body.
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
mod service;

pub use crate::body::LayeredBody as ResponseBody;
pub(crate) use content_type::ContentType;
pub use from_body::FromBody;
pub(crate) use from_body::{Format, Input};
pub use future::ResponseFuture;
pub use layer::BodyParserLayer;
pub(crate) use parsed_body::Source;
pub use parsed_body::{ParsedBody, RawBody};
pub(crate) use read::Read;
pub use service::BodyParser;

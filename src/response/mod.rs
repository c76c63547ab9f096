//! The types of a response: what the methods of an [`ApiResponse`] take, and what they return.
//!
//! An ordinary program writes few of these names: it passes a string, a value or a status, and the traits here say which
//! of them fit.
//!
//! # What a response takes
//!
//! - [`json`](crate::ApiResponse::json) takes what the response [`Accepts`]: a `T` if it is an `ApiResponse<T>`, and
//!   [`Anything`] that serializes if it is a bare `ApiResponse`.
//! - [`send`](crate::ApiResponse::send) takes an [`IntoPayload`]: text, bytes, JSON, a stream, nothing, or a type of your
//!   own that converts into a [`Payload`].
//! - [`redirect`](crate::ApiResponse::redirect) takes an [`IntoLocation`]: text.
//! - [`set_header`](crate::ApiResponse::set_header) takes an [`IntoHeaderValue`]: text or a number.
//!
//! ```
//! use tower_api_routes::response::Payload;
//! use tower_api_routes::{ApiRequest, ApiResponse, Result};
//!
//! struct Csv(Vec<[u32; 2]>);
//!
//! impl From<Csv> for Payload {
//!     fn from(Csv(rows): Csv) -> Self {
//!         rows.iter().map(|[x, y]| format!("{x},{y}\n")).collect::<String>().into()
//!     }
//! }
//!
//! async fn table(_req: ApiRequest, res: ApiResponse) -> Result {
//!     res.set_header("content-type", "text/csv").send(Csv(vec![[1, 2], [3, 4]]))
//! }
//! ```
//!
//! # A response that another task sends
//!
//! [`detach`](crate::ApiResponse::detach) returns a [`Responder`], which may be kept until there is a result. [`Closed`] is
//! the error of responding to a client that has disconnected, and of writing a stream to it:
//!
//! ```
//! use std::sync::Mutex;
//! use tower_api_routes::response::Responder;
//! use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, HandlerExt as _, Result, RouteConfig};
//!
//! /// The clients that wait for the next event.
//! #[derive(Default)]
//! struct Waiting(Mutex<Vec<Responder>>);
//!
//! async fn next_event(req: ApiRequest, res: ApiResponse) -> Result {
//!     let (responder, pending) = res.detach();
//!     req.state::<Waiting>()?.0.lock().unwrap().push(responder);
//!     Ok(pending)
//! }
//!
//! async fn publish(req: ApiRequest<String>, res: ApiResponse) -> Result {
//!     for responder in req.state::<Waiting>()?.0.lock().unwrap().drain(..) {
//!         _ = responder.respond(|res| res.send(req.body().clone())); // an error: the client has gone
//!     }
//!     res.status(204).end()
//! }
//!
//! let api = ApiRouter::new()
//!     .state(Waiting::default())
//!     .route("/api/events/next", next_event.config(RouteConfig::new().external_resolver(true)))
//!     .route("/api/events", publish);
//! ```
//!
//! Source: [response helpers](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#response-helpers).

mod after;
pub(crate) mod api_response;
mod cookie;
#[cfg(feature = "draft")]
mod draft;
mod etag;
mod late_etag;
mod payload;
pub(crate) mod reason;
mod responder;
#[allow(clippy::module_inception)] // the module is named after its only type
pub(crate) mod response;
#[cfg(feature = "revalidate")]
mod revalidate;
mod send;
#[cfg(feature = "session")]
mod session;
pub(crate) mod sse;
pub(crate) mod stream;

pub use crate::error::IntoHeaderValue;
pub use api_response::{Accepts, Anything};
pub use payload::{IntoLocation, IntoPayload, Payload};
pub use responder::{Closed, Responder};

pub(crate) use api_response::ApiResponse;
pub(crate) use response::Response;
pub(crate) use result::Result;
pub(crate) use stream::BodyWriter;

/// A module, so that the type is documented at the root only.
pub(crate) mod result {
    use crate::error::Error;
    use crate::response::Response;

    /// The result of a handler: a [`Response`] that was sent, or an [`Error`] that becomes a response.
    pub type Result<T = Response, E = Error> = std::result::Result<T, E>;
}

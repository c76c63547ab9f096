//! The response that a handler builds and returns.
//!
//! Source: [response helpers](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#response-helpers).

mod after;
mod api_response;
mod cookie;
#[cfg(feature = "draft")]
mod draft;
mod etag;
mod payload;
pub(crate) mod reason;
mod responder;
#[allow(clippy::module_inception)] // the module is named after its only type
mod response;
#[cfg(feature = "revalidate")]
mod revalidate;
mod send;
#[cfg(feature = "session")]
mod session;
mod sse;
mod stream;

pub use api_response::{Accepts, Anything, ApiResponse};
pub use payload::{IntoLocation, IntoPayload, Payload};
pub use responder::{Closed, Responder};
pub use response::Response;
pub use sse::{Event, EventWriter};
pub use stream::BodyWriter;

use crate::error::Error;

/// The result of a handler: a [`Response`] that was sent, or an [`Error`] that becomes a response.
pub type Result<T = Response, E = Error> = std::result::Result<T, E>;

//! What a handler gives back.
//!
//! Source: [response helpers](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#response-helpers).

mod api_response;
#[cfg(feature = "draft")]
mod draft;
mod etag;
mod header;
pub(crate) mod json;
mod late;
mod payload;
#[cfg(feature = "revalidate")]
mod revalidate;
mod send;
mod sent;
mod sse;
mod stream;

pub use api_response::{Accepts, Anything, ApiResponse};
#[cfg(feature = "draft")]
pub(crate) use draft::clearing_cookies;
pub use header::{IntoHeaderName, IntoHeaderValue};
pub use late::{Closed, Responder};
pub use payload::Payload;
pub use sent::Response;
pub use sse::{Event, EventWriter};
pub use stream::BodyWriter;

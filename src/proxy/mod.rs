//! A proxy: a tower service that forwards requests to another server and returns its responses.
//!
//! As the fallback of a router, it forwards the routes that have not moved yet to Next.js:
//!
//! ```
//! use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Proxy, Result};
//!
//! async fn hello(_req: ApiRequest, res: ApiResponse) -> Result { res.send("from Rust") }
//!
//! # fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! let next = Proxy::new("http://127.0.0.1:3000")?;
//! let api = ApiRouter::new().route("/api/hello", hello).fallback(next);
//! # Ok(()) }
//! ```
//!
//! Guide: [moving an API from Next.js](crate::guide::migration).
//!
//! # In a handler
//!
//! In a handler, [`Proxy::send`] sends a request to the origin. The handler can change the request before, and the
//! response afterwards:
//!
//! ```
//! use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Error, Proxy, Result};
//!
//! async fn report(req: ApiRequest<Body>, res: ApiResponse) -> Result {
//!     if req.header("authorization").is_none() {
//!         return Err(Error::new(401, "Unauthorized"));
//!     }
//!     let next = req.state::<Proxy>()?.clone();
//!     let mut request = req.into_request();
//!     *request.uri_mut() = "/api/v2/report".parse()?;
//!     res.set_header("x-served-by", "next").forward(next.send(request).await?)
//! }
//!
//! # fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! let api = ApiRouter::new().state(Proxy::new("http://127.0.0.1:3000")?).route("/api/report", report);
//! # Ok(()) }
//! ```
//!
//! # What is forwarded
//!
//! | | |
//! | --- | --- |
//! | method, path, query | unchanged |
//! | headers | all but those of the connection, as the client sent them: `Connection` and what it names, `Keep-Alive`, `Proxy-*`, `TE`, `Transfer-Encoding`, `Upgrade` ([RFC 9110, 7.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1)) |
//! | `Host` | the client's (over HTTP/2 `:authority`), or the origin's: [`preserve_host`](Proxy::preserve_host) |
//! | `Forwarded`, `X-Forwarded-*`, `X-Real-IP` | appended to, replaced, or left alone: [`forwarded_headers`](Proxy::forwarded_headers) |
//! | `Location`, `Content-Location`, `Refresh`, `Domain` of cookies | what names the origin names the client's host again, with [`preserve_host(false)`](Proxy::preserve_host) |
//! | `Via` | appended, to requests and to responses; a request that has passed through this proxy before gets a 508 |
//! | `Cookie` | joined into one header, if an HTTP/2 request has several |
//! | bodies | streamed in both directions with back-pressure, and trailers that `Trailer` names |
//! | an upgrade, such as a WebSocket | tunnelled over HTTP/1.1 (not `h2c`) |
//!
//! # Who owns a header
//!
//! A client names the headers of its connection in `Connection`. They are removed when the request arrives, before any
//! layer or handler sees it. So whatever the program sets afterwards reaches the origin, in a layer, in a handler, or
//! here by [`set_header`](Proxy::set_header) and [`map_request`](Proxy::map_request). [`serve`](crate::serve) does
//! this itself. Under axum or hyper, [`ClientHeadersLayer`] has to be the outermost layer. Without it the proxy removes the
//! named headers itself, also those that the program has set, and logs a warning once.
//!
//! # To the origin
//!
//! Requests to the origin are HTTP/1.1, whatever version the client uses. A client that disconnects cancels its
//! request to the origin.
//!
//! # Errors
//!
//! The service's error is [`Infallible`](std::convert::Infallible). In a router, the following errors pass through
//! [`map_error`](crate::ApiRouter::map_error) and [`on_error`](crate::ApiRouter::on_error); those that are not about
//! the body have a [`ProxyError`] as their source. Outside a router they are responses with a line of text.
//!
//! | status | when |
//! | --- | --- |
//! | 400, 413 | the client's body ended with an error, or exceeded a limit |
//! | 400 | the request has two `Host` headers or one that is not a host, or a path with dot segments that is to be mapped |
//! | 408 | the client sent nothing of its body for the [`body_timeout`](Proxy::body_timeout) |
//! | 501 | the method is `CONNECT`, or the request has a transfer coding other than `chunked` |
//! | 502 | the origin cannot be reached, or its response is not HTTP, or has too many headers or a `Content-Length` that is not one number |
//! | 504 | the [`timeout`](Proxy::timeout) has passed |
//! | 508 | the request has passed through this proxy before |
//!
//! If the origin cuts the body of a response off, the client's response is cut off, too.
//!
//! A request is repeated once if the origin closes a reused connection before a byte of its response, the method
//! is idempotent, and the body is empty or buffered. It is repeated on a new connection, which is not used again, and a
//! request on a new connection is not repeated.
//!
//! `https` needs the feature `proxy-tls`, which trusts the system's certificates.

mod back;
mod client;
mod edit;
mod error;
mod exchange;
mod forwarded;
mod headers;
mod log;
mod path;
mod service;
mod settings;
mod timeout;
mod upgrade;
mod via;

pub use crate::client::OriginError;
pub use crate::client_headers::{ClientHeaders, ClientHeadersLayer};
pub use error::ProxyError;
pub use forwarded::ForwardedHeaders;
pub use service::{Proxy, ProxyFuture};
#[cfg(feature = "shadow")]
pub(crate) use settings::ProxiedTo;

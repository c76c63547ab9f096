//! Compares responses with those of another server, which is sent a copy of the requests: a layer around a router, a route or
//! any other service.
//!
//! The client gets the response of the inner service. The copy goes to the *shadow*, usually the server that is being
//! replaced, and what differs is reported. While routes move, the layer finds what the new handler does in another way:
//!
//! ```
//! use tower::Layer as _;
//! use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result, ShadowLayer};
//!
//! async fn hello(_req: ApiRequest, res: ApiResponse) -> Result { res.send("from Rust") }
//!
//! # fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! let api = ApiRouter::new().route("/api/hello", hello);
//! let shadow = ShadowLayer::to("http://127.0.0.1:3000")?.sample_rate(0.1);
//! let service = shadow.layer(api); // for `serve`
//! # Ok(()) }
//! ```
//!
//! # The other way round
//!
//! The shadow is any tower service. Around a [`Proxy`](crate::Proxy) the client gets the response of the old server, and no
//! client sees those of the new handlers:
//!
//! ```
//! # use tower_api_routes::ApiRouter;
//! use tower::Layer as _;
//! use tower_api_routes::{Proxy, ShadowLayer};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let api = ApiRouter::new();
//! let service = ShadowLayer::new(api).layer(Proxy::new("http://127.0.0.1:3000")?);
//! # Ok(()) }
//! ```
//!
//! # What is sent, and what it costs
//!
//! - GET and HEAD requests; [others](ShadowLayer::methods) are copied by choice, since the shadow carries them out a second
//!   time. A request with a body is copied once the inner service has read it whole, up to a
//!   [limit](ShadowLayer::body_limit). Upgrades are not copied.
//! - All headers, cookies and credentials too, with `Accept-Encoding: identity`, so that bodies can be compared.
//! - The response is never delayed, changed or failed by the shadow. Bodies are kept while they go out, without a copy, up to
//!   the limit; a longer body is not compared, nor is one with a content coding, which the response of a shadow around a
//!   proxy may have.
//! - Each copy is a task, of which there are at most [`max_in_flight`](ShadowLayer::max_in_flight); requests beyond that are
//!   not copied but [counted](ShadowLayer::counts).
//!
//! # Reports
//!
//! A difference is a `tracing` event at the level `WARN`, `shadow response differs`, with the fields
//! `http.request.method`, `url.path`, `http.route` and `differences`: names of headers and paths within JSON. The values may be personal, and go to
//! [`on_report`](ShadowLayer::on_report) only. A shadow that is not there is one warning a minute, `shadow unavailable`.

mod capture;
mod comparison;
mod difference;
mod future;
mod json;
mod layer;
mod mirror;
mod report;
mod service;

pub use comparison::{Compared, Comparison};
pub use difference::Difference;
pub use future::ShadowFuture;
pub use layer::{SampleRateError, ShadowLayer};
pub use report::{ShadowCounts, ShadowReport};
pub use service::Shadow;

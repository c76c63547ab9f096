//! Sends copies of requests to another server, and compares the responses: a layer around a router, a route or any
//! other service.
//!
//! The client gets the response of the inner service. The copy goes to the *shadow*, usually the server that is
//! being replaced, and differences are reported. While you move routes, the layer finds differences between the old
//! and the new handlers:
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
//! The shadow can be any tower service. With the layer around a [`Proxy`](crate::Proxy), the client gets the
//! response of the old server, and the new handlers are only compared:
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
//! # What is copied
//!
//! - Only GET and HEAD requests are copied, unless you choose [others](ShadowLayer::methods), which the shadow then
//!   executes a second time. Upgrades are not copied.
//! - The copy is sent when the inner service responds. A request with a body is copied if the inner service has read the
//!   whole body by then, up to a [limit](ShadowLayer::body_limit).
//! - A response that a [`Proxy`](crate::Proxy) in the inner service has got from the same server as the shadow is not
//!   compared with itself: the router with its proxy as a fallback can stand behind the layer as a whole. These
//!   requests are [counted](ShadowLayer::counts).
//! - All headers are copied, including cookies and credentials. `Accept-Encoding` is set to `identity`, so that
//!   bodies can be compared.
//! - The shadow does not delay, change or fail the client's response. Bodies are captured while they are sent, up
//!   to the limit, without copying them. A longer body is not compared, nor is a body with a content coding, which
//!   the response of a proxy may have.
//! - Each copy runs in a task. At most [`max_in_flight`](ShadowLayer::max_in_flight) copies run at once; further
//!   requests are not copied, but [counted](ShadowLayer::counts).
//!
//! # Reports
//!
//! A difference is a `tracing` event at the level `WARN`, `shadow response differs`, with the fields
//! `http.request.method`, `url.path`, `http.route` and `differences`: the names of headers and paths within JSON. Values may
//! be personal data, so only [`on_report`](ShadowLayer::on_report) gets them. If the shadow is unavailable, the warning
//! `shadow unavailable` is logged at most once a minute.

mod capture;
mod comparison;
mod cookie;
mod difference;
mod future;
mod json;
mod layer;
mod mirror;
mod order;
mod path;
mod report;
mod service;
mod settings;

pub use comparison::{Compared, Comparison};
pub use difference::{Difference, Form};
pub use future::ShadowFuture;
pub use layer::{SampleRateError, ShadowLayer};
pub use report::{Kinds, ShadowCounts, ShadowReport};
pub use service::Shadow;

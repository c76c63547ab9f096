//! Next.js's example *Request Helpers*: a helper sets a cookie, and the handler sends back the header that it made.
//!
//! ```sh
//! cargo run --example request_helpers
//! curl -i localhost:4000/api/cookies     # Set-Cookie: Next.js=api-middleware!; Path=/, and the same as the body
//! ```
//!
//! Source: `api-routes-middleware`, the example that Next.js's
//! [documentation](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#request-helpers) calls Request
//! Helpers.

#![allow(missing_docs, missing_debug_implementations)] // a test includes this file

use http::header::SET_COOKIE;
use tokio::net::TcpListener;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Cookie, HandlerExt as _, Next, Result, serve, shutdown_signal,
};

/// A helper: it takes the response and gives it back, so that handlers can chain it.
fn set_cookie(res: ApiResponse, name: &'static str, value: &'static str) -> ApiResponse {
    res.cookie(Cookie::build((name, value)).path("/"))
}

async fn cookies(_req: ApiRequest, res: ApiResponse) -> Result {
    // The first argument is the name, the second the value.
    let res = set_cookie(res, "Next.js", "api-middleware!");
    // What the helper has set can be read back before the response is sent.
    let header = res.headers().get(SET_COOKIE).and_then(|value| value.to_str().ok());
    let header = header.unwrap_or_default().to_owned();
    res.end_with(header)
}

/// The same around any handler: a wrapper, as `cookies(handler)` was in the older version of their example.
async fn with_cookie(req: ApiRequest<tower_api_routes::Body>, res: ApiResponse, next: Next) -> Result {
    next.run(req, set_cookie(res, "wrapped", "yes")).await
}

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("hello")
}

pub fn router() -> ApiRouter {
    ApiRouter::new().route("/api/cookies", cookies).route("/api/wrapped", hello.wrap(with_cookie))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt::init();
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, router()).with_graceful_shutdown(shutdown_signal()).await
}

//! A proxy in a handler: passes requests on to another server, and its responses back, both as streams.
//!
//! ```sh
//! python3 -m http.server 5000 &
//! UPSTREAM=http://127.0.0.1:5000 cargo run --example proxy
//! curl -i localhost:4000/api/proxy/README.md
//! curl -i localhost:4000/api/proxy/nothing    # the upstream's own 404
//! kill %1
//! curl -i localhost:4000/api/proxy/README.md  # 502
//! ```
//!
//! The path behind the prefix is the upstream's. For all of an API that has not moved, `fallback(Proxy::new(..)?)` is enough; for
//! a prefix alone, `Proxy::strip_prefix` is. A handler can also decide, or change the response.
//!
//! `ApiRequest<Body>` leaves the body alone: it is neither read into memory nor limited. An upstream that breaks off in the
//! middle breaks the response off, too.
//!
//! Source: <https://nextjs.org/docs/pages/building-your-application/routing/api-routes#request-helpers>.

use http::uri::{PathAndQuery, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::net::TcpListener;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Proxy, Result, serve, shutdown_signal};

async fn proxy(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let upstream = req.state::<Proxy>()?.clone();
    let target = upstream_target(&req)?;
    let mut request = req.into_request();
    *request.uri_mut() = Uri::from(target);
    res.forward(upstream.send(request).await?)
}

/// Each segment of the path is encoded anew; dot segments, encoded ones too, have been resolved by the router.
fn upstream_target(req: &ApiRequest<Body>) -> Result<PathAndQuery> {
    const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let mut target = String::new();
    for segment in req.query().get_all("path") {
        target.push('/');
        target.extend(utf8_percent_encode(segment, SEGMENT));
    }
    if let Some(query) = req.uri().query() {
        target.extend(["?", query]);
    }
    Ok(PathAndQuery::try_from(target)?)
}

/// The route, for an upstream such as `http://127.0.0.1:5000`.
pub fn router(upstream: Proxy) -> ApiRouter {
    ApiRouter::new().state(upstream.preserve_host(false)).route("/api/proxy/[...path]", proxy)
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt::init();
    let upstream = std::env::var("UPSTREAM").unwrap_or_else(|_| "http://127.0.0.1:5000".into());
    let router = router(Proxy::new(&upstream)?);
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}, passing on to {upstream}", listener.local_addr()?);
    // With the client's address, for `X-Forwarded-For`.
    serve(listener, router).with_remote_addr().with_graceful_shutdown(shutdown_signal()).await?;
    Ok(())
}

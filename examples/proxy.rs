//! A proxy: passes requests on to another server, and its answers back, both as streams.
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
//! `ApiRequest<Body>` leaves the body alone: it is neither read into memory nor limited. An upstream that breaks off in the
//! middle breaks the answer off, too.
//!
//! Source: <https://nextjs.org/docs/pages/building-your-application/routing/api-routes#request-helpers> and, for the headers
//! that end at a proxy, [RFC 9110, 7.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1).

use http::header::{
    CONNECTION, HOST, HeaderMap, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::net::TcpListener;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Error, Result, serve, shutdown_signal};

struct Upstream {
    client: Client<HttpConnector, Body>,
    authority: Authority,
}

async fn proxy(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let uri = upstream_uri(&req)?;
    let upstream = req.state::<Upstream>()?;
    let client = upstream.client.clone();

    let mut request = req.into_request();
    *request.uri_mut() = uri;
    // What the server says about the connection is not the client's.
    *request.version_mut() = http::Version::HTTP_11;
    request.extensions_mut().clear();
    end_to_end(request.headers_mut());
    // The client names the upstream itself.
    request.headers_mut().remove(HOST);

    let mut answer = client.request(request).await.map_err(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "the upstream did not answer");
        Error::new(502, "Bad Gateway")
    })?;
    end_to_end(answer.headers_mut());
    res.forward(answer)
}

/// The upstream's host is ours to say. Each segment of the path is encoded anew; dot segments, encoded ones too, have been
/// resolved by the router.
fn upstream_uri(req: &ApiRequest<Body>) -> Result<Uri> {
    const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let mut target = String::new();
    for segment in req.query().get_all("path") {
        target.push('/');
        target.extend(utf8_percent_encode(segment, SEGMENT));
    }
    if let Some(query) = req.uri().query() {
        target.extend(["?", query]);
    }
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(req.state::<Upstream>()?.authority.clone());
    parts.path_and_query = Some(PathAndQuery::try_from(target)?);
    Ok(Uri::from_parts(parts)?)
}

/// Takes out what is about one connection only.
fn end_to_end(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let known = [
        CONNECTION,
        PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
    ];
    for name in known.into_iter().chain(named) {
        headers.remove(name);
    }
}

/// The route, for an upstream such as `127.0.0.1:4000`.
pub fn router(upstream: Authority) -> ApiRouter {
    let client = Client::builder(TokioExecutor::new()).build_http();
    ApiRouter::new().state(Upstream { client, authority: upstream }).route("/api/proxy/[...path]", proxy)
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt::init();
    let upstream = std::env::var("UPSTREAM").unwrap_or_else(|_| "http://127.0.0.1:5000".into());
    let upstream: Uri = upstream.parse()?;
    let authority = upstream.authority().ok_or("UPSTREAM is an address such as http://127.0.0.1:5000")?;
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}, passing on to {authority}", listener.local_addr()?);
    Ok(serve(listener, router(authority.clone())).with_graceful_shutdown(shutdown_signal()).await?)
}

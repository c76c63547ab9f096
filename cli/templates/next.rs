//! The Next.js app behind this server.

use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::time::Duration;
use tower_api_routes::proxy::OriginError;
use tower_api_routes::shadow::ShadowReport;
use tower_api_routes::{ApiRequest, ApiResponse, Body, Proxy, Result, ShadowLayer};

/// Returns the address of Next.js: `NEXT_ORIGIN`.
pub fn origin() -> String {
    std::env::var("NEXT_ORIGIN").unwrap_or_else(|_| "http://127.0.0.1:3000".to_owned())
}

/// Returns the proxy to Next.js.
pub fn proxy(origin: &str) -> Result<Proxy, OriginError> {
    // `next start` has no time limit. A slow route is not to end earlier because of this server.
    Ok(Proxy::new(origin)?.timeout(Duration::from_secs(300)))
}

/// Lets Next.js respond: the body of each handler that has not been written yet.
pub async fn forward<T: ?Sized>(req: ApiRequest<Body>, res: ApiResponse<T>) -> Result {
    let next = req.state::<Proxy>()?.clone();
    res.forward(next.send(req.into_request()).await?)
}

/// Lets Next.js respond to the methods that a route file does not name.
#[allow(dead_code)] // if each file names all of its methods
pub async fn other_methods(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    forward(req, res).await
}

/// Returns the layer that also asks Next.js and compares, if `SHADOW_RATE` is set: 1 for each GET request, 0.1 for one
/// of ten.
///
/// With `SHADOW_LOG`, each comparison is a line of that file, for `cargo api-routes status`. It has names and paths, no
/// values.
pub fn shadow(origin: &str) -> Result<Option<ShadowLayer>, Box<dyn Error + Send + Sync>> {
    let Ok(rate) = std::env::var("SHADOW_RATE") else { return Ok(None) };
    let shadow = ShadowLayer::new(proxy(origin)?).try_sample_rate(rate.parse()?)?;
    let log = std::env::var("SHADOW_LOG").ok();
    Ok(Some(shadow.on_report(move |report| {
        if let Some(file) = &log {
            if let Err(error) = write(file, report) {
                tracing::warn!(%error, file, "cannot write the shadow's log");
            }
        }
    })))
}

fn write(file: &str, report: &ShadowReport) -> std::io::Result<()> {
    let differences: Vec<_> = report.differences.iter().map(|difference| difference.subject()).collect();
    let line = serde_json::json!({
        "method": report.method.as_str(),
        "path": report.uri.path(),
        "route": report.route.as_ref().map(|route| route.as_str()),
        "differences": differences,
    });
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    file.write_all(format!("{line}\n").as_bytes())
}

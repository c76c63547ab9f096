//! A service that looks closely at how it is called.

use http::{Request, Response};
use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tower::Service;
use tower_api_routes::Body;

/// Panics when it is called unready, and fails when the path is `/fail`. A clone is not ready, whatever the original was.
#[derive(Debug, Default)]
pub(crate) struct Probe {
    ready: bool,
    calls: Arc<AtomicUsize>,
}

impl Probe {
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

impl Clone for Probe {
    fn clone(&self) -> Self {
        Self { ready: false, calls: Arc::clone(&self.calls) }
    }
}

/// An error of a type that no layer knows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ProbeError(pub(crate) &'static str);

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for ProbeError {}

impl Service<Request<Body>> for Probe {
    type Response = Response<Body>;
    type Error = ProbeError;
    type Future = Ready<Result<Response<Body>, ProbeError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ProbeError>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "the service was called before it was ready");
        self.calls.fetch_add(1, Ordering::Relaxed);
        ready(match request.uri().path() {
            "/fail" => Err(ProbeError("as asked")),
            _ => Ok(Response::new("probe".into())),
        })
    }
}

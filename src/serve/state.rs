//! What the parts of a connection share.

use super::clock::Clock;
use crate::body::{Body, BoxError, Rest};
use crate::client_headers;
use crate::request::{RemoteAddr, Tls};
use crate::shutdown::Watcher;
use http::header::CONTENT_LENGTH;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The settings of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) header_read_timeout: Duration,
    pub(super) send_timeout: Option<Duration>,
    pub(super) max_concurrent_streams: Option<u32>,
    pub(super) is_tls: bool,
}

/// What the parts of a connection share.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) clock: Arc<Clock>,
    pub(super) watcher: Watcher,
    pub(super) settings: Settings,
    remote_addr: Option<RemoteAddr>,
    /// The body of the last request that had one.
    rest: Mutex<Arc<Rest>>,
    has_body: AtomicBool,
    is_upgraded: AtomicBool,
}

impl Connection {
    pub(super) fn new(watcher: Watcher, remote_addr: Option<RemoteAddr>, settings: Settings) -> Self {
        Self {
            clock: Arc::new(Clock::new()),
            watcher,
            settings,
            remote_addr,
            rest: Mutex::default(),
            has_body: AtomicBool::new(false),
            is_upgraded: AtomicBool::new(false),
        }
    }

    /// Inserts into a request what the server knows about it, and ends what the client has meant for this connection only.
    pub(super) fn receive(&self, request: &mut Request<Body>) {
        client_headers::receive(request);
        if let Some(addr) = self.remote_addr {
            request.extensions_mut().insert(addr);
        }
        if self.settings.is_tls {
            request.extensions_mut().insert(Tls);
        }
    }

    /// Shares the body of a request with the service.
    pub(super) fn share(&self, body: Incoming) -> Body {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        // A service may still have the body of the last request.
        match Arc::get_mut(&mut rest) {
            Some(rest) => *rest = Rest::new(body),
            None => *rest = Arc::new(Rest::new(body)),
        }
        self.has_body.store(true, Ordering::Relaxed);
        Body::received(&rest)
    }

    /// Returns the body of the last request that had one.
    pub(super) fn rest(&self) -> Arc<Rest> {
        Arc::clone(&self.rest.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns whether the last body may have to be read.
    pub(super) fn has_body(&self) -> bool {
        self.has_body.load(Ordering::Relaxed)
    }

    /// Records that nothing of the last body has to be read.
    pub(super) fn forget_body(&self) {
        self.has_body.store(false, Ordering::Relaxed);
    }

    /// Records an upgrade: the data is no longer HTTP, and is passed on unchanged.
    pub(super) fn set_upgraded(&self) {
        self.is_upgraded.store(true, Ordering::Release);
    }

    pub(super) fn is_upgraded(&self) -> bool {
        self.is_upgraded.load(Ordering::Acquire)
    }
}

/// Returns what the `Content-Length` of a response has announced, if its body does not know its length itself.
pub(super) fn announced_length<B: http_body::Body>(response: &Response<B>) -> Option<u64> {
    if response.body().size_hint().exact().is_some() || response.status() == StatusCode::NOT_MODIFIED {
        return None;
    }
    response.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The error of a body that is shorter than its announced length.
pub(super) fn too_short() -> BoxError {
    "the stream is shorter than its Content-Length".into()
}

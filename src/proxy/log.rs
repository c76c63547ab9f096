//! What a proxy logs: failures outside a router, and at most once each, what its program lacks.

#![cfg_attr(not(feature = "tracing"), allow(unused_variables))]

use crate::client_headers;
use crate::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

/// The warnings that a proxy has given. Its clones share them.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    no_address: AtomicBool,
    no_layer: AtomicBool,
}

impl Warnings {
    /// Warns that the server does not tell the client's address.
    pub(super) fn no_address(&self) {
        let is_due = is_first(&self.no_address);
        #[cfg(feature = "tracing")]
        if is_due {
            tracing::warn!(
                "a `Proxy` does not know the address of its clients, and `X-Forwarded-For` lacks it: write \
                 `serve(listener, api).with_remote_addr()`, or insert a `RemoteAddr` into the extensions of each request"
            );
        }
    }

    /// Warns that the server is not `serve`, and that its outermost layer is missing. `is_seen` says that a request
    /// has shown it.
    pub(super) fn no_layer(&self, is_seen: bool) {
        let is_due = (is_seen || !client_headers::is_in_use()) && is_first(&self.no_layer);
        #[cfg(feature = "tracing")]
        if is_due {
            tracing::warn!(
                "a `Proxy` runs without `serve` and without `ClientHeadersLayer`: a client that names a header in \
                 `Connection` deletes it, even if the program has set it; write `.layer(ClientHeadersLayer::new())` as \
                 the outermost layer"
            );
        }
    }
}

fn is_first(given: &AtomicBool) -> bool {
    !given.load(Ordering::Relaxed) && !given.swap(true, Ordering::Relaxed)
}

/// Logs an error outside a router, which would log it itself.
pub(super) fn failed(error: &Error, origin: &dyn fmt::Display) {
    #[cfg(feature = "tracing")]
    if error.status().is_server_error() {
        tracing::warn!(%origin, error = ?error, "proxied request failed");
    }
}

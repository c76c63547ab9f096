//! The signals that stop a process.

use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether `shutdown_signal` handles the signals of this process, so that they no longer end it.
static HANDLED: AtomicBool = AtomicBool::new(false);

/// Completes when the process receives Ctrl-C (SIGINT) or, on Unix, SIGTERM.
///
/// `docker stop`, Kubernetes and systemd send SIGTERM. A second signal, while [`serve`](super::serve) waits for
/// requests in flight, ends the server at once.
///
/// ```no_run
/// use tower_api_routes::{ApiRouter, serve, shutdown_signal};
///
/// # async fn run() -> std::io::Result<()> {
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
/// serve(listener, ApiRouter::new()).with_graceful_shutdown(shutdown_signal()).await
/// # }
/// ```
///
/// After the first call, neither signal ends the process by itself; see [`tokio::signal`].
pub async fn shutdown_signal() {
    HANDLED.store(true, Ordering::Relaxed);
    tokio::select! {
        () = interrupt() => {}
        () = terminate() => {}
    }
}

/// Completes at the next signal, if this process handles its signals by [`shutdown_signal`].
pub(super) async fn next_signal() {
    if HANDLED.load(Ordering::Relaxed) {
        shutdown_signal().await;
    } else {
        pending::<()>().await;
    }
}

async fn interrupt() {
    // An error means that the signal cannot be handled, not that it was received.
    if tokio::signal::ctrl_c().await.is_err() {
        pending::<()>().await;
    }
}

#[cfg(unix)]
async fn terminate() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => _ = signal.recv().await,
        Err(_) => pending().await,
    }
}

#[cfg(not(unix))]
async fn terminate() {
    pending::<()>().await;
}

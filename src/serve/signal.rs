//! The signals that stop a process.

use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this process handles its signals here. It then no longer ends by them.
static HANDLED: AtomicBool = AtomicBool::new(false);

/// Completes when the process is told to stop: by Ctrl-C (SIGINT) and, on Unix, by SIGTERM.
///
/// SIGTERM is what `docker stop`, Kubernetes and systemd send. A second signal, while [`serve`](super::serve) waits for
/// what is in flight, ends it at once.
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
/// From the first call on, neither signal ends the process by itself any more, as [`tokio::signal`] explains.
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
    // An error means that the signal cannot be handled, not that it has come.
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

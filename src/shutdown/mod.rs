//! What a handler sees of the server that runs it: that it stops, and the tasks that it waits for.

#[cfg(feature = "serve")]
mod phases;

#[cfg(feature = "serve")]
pub(crate) use phases::{GracefulShutdown, Open, Phase, Watcher};

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// A handle that tells when a server begins to stop.
///
/// Register one as the router's state, and pass a clone to [`with_shutdown`](crate::Serve::with_shutdown). A health
/// check can then respond with 503 as soon as the server gets the signal to stop, and with a
/// [`shutdown_delay`](crate::Serve::shutdown_delay) the server accepts connections until the load balancer has seen it:
///
/// ```no_run
/// use std::time::Duration;
/// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result, Shutdown, serve, shutdown_signal};
///
/// async fn health(req: ApiRequest, res: ApiResponse) -> Result {
///     if req.state::<Shutdown>()?.has_begun() {
///         return res.status(503).send("stopping");
///     }
///     res.send("ok")
/// }
///
/// # async fn run() -> std::io::Result<()> {
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
/// let shutdown = Shutdown::new();
/// let api = ApiRouter::new().state(shutdown.clone()).route("/healthz", health);
/// serve(listener, api)
///     .with_graceful_shutdown(shutdown_signal())
///     .with_shutdown(shutdown)
///     .shutdown_delay(Duration::from_secs(5))
///     .await
/// # }
/// ```
///
/// The writer of a stream has a handle of its own: [`BodyWriter::server_shutdown`](crate::BodyWriter::server_shutdown).
///
/// Clones are handles of the same stop.
#[derive(Clone, Default)]
pub struct Shutdown(Arc<Inner>);

#[derive(Default)]
struct Inner {
    begun: AtomicBool,
    notify: Notify,
}

impl Shutdown {
    /// Creates a handle of a stop that has not begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns whether the stop has begun.
    pub fn has_begun(&self) -> bool {
        self.0.begun.load(Ordering::Acquire)
    }

    /// Returns a future that completes when the stop begins, at once if it has begun.
    ///
    /// ```
    /// use tower_api_routes::Shutdown;
    ///
    /// # async fn next_job() {}
    /// async fn work(shutdown: Shutdown) {
    ///     loop {
    ///         tokio::select! {
    ///             () = shutdown.begun() => break,
    ///             () = next_job() => {}
    ///         }
    ///     }
    /// }
    /// ```
    pub fn begun(&self) -> impl Future<Output = ()> + Send + 'static {
        let inner = Arc::clone(&self.0);
        async move {
            let mut notified = pin!(inner.notify.notified());
            // Registered before the flag is read, so that a stop in between is not missed.
            notified.as_mut().enable();
            if !inner.begun.load(Ordering::Acquire) {
                notified.await;
            }
        }
    }

    #[cfg_attr(not(feature = "serve"), allow(dead_code))]
    pub(crate) fn begin(&self) {
        if !self.0.begun.swap(true, Ordering::Release) {
            self.0.notify.notify_waiters();
        }
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shutdown").field("begun", &self.has_begun()).finish()
    }
}

/// Returns the stop of the server that polls this task, or `None` under another server than ours. It begins when the
/// server no longer accepts connections.
#[allow(dead_code)]
pub(crate) fn current() -> Option<Shutdown> {
    #[cfg(feature = "serve")]
    return Watcher::current().map(|watcher| watcher.draining().clone());
    #[cfg(not(feature = "serve"))]
    None
}

/// Spawns a task. The server that polls the current one, if it is ours, waits for it within the grace period when it
/// stops.
pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    #[cfg(feature = "serve")]
    if let Some(watcher) = Watcher::current() {
        watcher.spawn(future);
        return;
    }
    tokio::spawn(future);
}

#[cfg(test)]
mod tests {
    use super::Shutdown;
    use futures_util::FutureExt as _;

    #[test]
    fn a_stop_completes_every_future_of_it() {
        let shutdown = Shutdown::new();
        let (mut early, clone) = (Box::pin(shutdown.begun()), shutdown.clone());
        assert_eq!((early.as_mut().now_or_never(), shutdown.has_begun()), (None, false));
        clone.begin();
        clone.begin();
        assert_eq!((early.now_or_never(), shutdown.has_begun()), (Some(()), true));
        assert_eq!(shutdown.begun().now_or_never(), Some(()));
        assert_eq!(format!("{shutdown:?}"), "Shutdown { begun: true }");
    }
}

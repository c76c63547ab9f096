//! The phases of a graceful shutdown.

use crate::log;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// The server's end, which announces the phases and waits until every connection is closed.
pub(super) struct GracefulShutdown {
    phase: watch::Sender<Phase>,
    begun: Arc<AtomicBool>,
}

/// A connection's end. The connection counts as open until this value is dropped.
#[derive(Clone)]
pub(super) struct Watcher {
    phase: watch::Receiver<Phase>,
    begun: Arc<AtomicBool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Running,
    /// Requests in flight are completed; no new ones are read.
    Draining,
    /// The grace period has passed, or the server was dropped.
    Over,
}

impl GracefulShutdown {
    pub(super) fn new() -> (Self, Watcher) {
        let (sender, receiver) = watch::channel(Phase::Running);
        let begun = Arc::<AtomicBool>::default();
        (Self { phase: sender, begun: begun.clone() }, Watcher { phase: receiver, begun })
    }

    fn announce(&self, phase: Phase) {
        self.begun.store(true, Ordering::Relaxed);
        self.phase.send_replace(phase);
    }

    /// Lets the connections complete within the grace period or until `at_once` is ready, then closes them.
    pub(super) async fn finish(self, grace_period: Duration, at_once: impl Future<Output = ()>) {
        /// The time for the tasks to be dropped. Only a task that blocks its thread takes longer.
        const DROP: Duration = Duration::from_secs(1);
        self.announce(Phase::Draining);
        log::shutting_down(self.phase.receiver_count(), grace_period);
        tokio::select! {
            biased;
            () = self.phase.closed() => return,
            () = tokio::time::sleep(grace_period) => {}
            () = at_once => {}
        }
        log::connections_cut(self.phase.receiver_count());
        self.announce(Phase::Over);
        _ = timeout(DROP, self.phase.closed()).await;
    }
}

impl Drop for GracefulShutdown {
    fn drop(&mut self) {
        self.begun.store(true, Ordering::Relaxed);
    }
}

impl Watcher {
    /// Waits for the next phase.
    pub(super) async fn next(&mut self) -> Phase {
        match self.phase.changed().await {
            Ok(()) => *self.phase.borrow_and_update(),
            Err(_) => Phase::Over,
        }
    }

    /// Returns whether the shutdown has begun. This is cheaper than reading the phase each time that a connection
    /// is polled.
    pub(super) fn begun(&self) -> Arc<AtomicBool> {
        self.begun.clone()
    }
}

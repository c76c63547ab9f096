//! The phases of a stop.

use crate::log;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// The server's end: it announces the phases, and waits until every connection is closed.
pub(super) struct GracefulShutdown(watch::Sender<Phase>);

/// A connection's end. The connection counts as open as long as this lives.
#[derive(Clone)]
pub(super) struct Watcher(watch::Receiver<Phase>);

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
        (Self(sender), Watcher(receiver))
    }

    /// Lets the connections complete within the grace period or until `at_once` is ready, then closes them.
    pub(super) async fn finish(self, grace_period: Duration, at_once: impl Future<Output = ()>) {
        /// For the tasks to be dropped. Only one that blocks its thread takes longer.
        const DROP: Duration = Duration::from_secs(1);
        let Self(sender) = self;
        sender.send_replace(Phase::Draining);
        log::shutting_down(sender.receiver_count(), grace_period);
        tokio::select! {
            biased;
            () = sender.closed() => return,
            () = tokio::time::sleep(grace_period) => {}
            () = at_once => {}
        }
        log::connections_cut(sender.receiver_count());
        sender.send_replace(Phase::Over);
        _ = timeout(DROP, sender.closed()).await;
    }
}

impl Watcher {
    /// Waits for the next phase.
    pub(super) async fn next(&mut self) -> Phase {
        match self.0.changed().await {
            Ok(()) => *self.0.borrow_and_update(),
            Err(_) => Phase::Over,
        }
    }
}

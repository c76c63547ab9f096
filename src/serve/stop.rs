//! How a server's connections learn that it is over.

use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// The server's end: it tells, and waits until every connection has gone.
pub(super) struct Stop(watch::Sender<Phase>);

/// A connection's end. As long as it lives the connection counts.
#[derive(Clone)]
pub(super) struct Stopping(watch::Receiver<Phase>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Serving,
    /// What is under way may end; nothing new begins.
    Finishing,
    /// The grace period is over, or the server was dropped.
    Over,
}

impl Stop {
    pub(super) fn new() -> (Self, Stopping) {
        let (sender, receiver) = watch::channel(Phase::Serving);
        (Self(sender), Stopping(receiver))
    }

    /// Lets the connections end by themselves within the grace period, then ends them.
    pub(super) async fn finish(self, grace_period: Duration) {
        /// For tasks to notice that they are over; only one that blocks its thread takes longer.
        const NOTICE: Duration = Duration::from_secs(1);
        let Self(sender) = self;
        sender.send_replace(Phase::Finishing);
        if timeout(grace_period, sender.closed()).await.is_err() {
            sender.send_replace(Phase::Over);
            _ = timeout(NOTICE, sender.closed()).await;
        }
    }
}

impl Stopping {
    /// Waits for the next phase.
    pub(super) async fn next(&mut self) -> Phase {
        match self.0.changed().await {
            Ok(()) => *self.0.borrow_and_update(),
            Err(_) => Phase::Over,
        }
    }
}

//! A future that tells when it is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// Says when it is dropped, and with it the future that holds it.
#[derive(Clone, Default)]
pub(crate) struct Dropped(Arc<(AtomicBool, Notify)>);

impl Dropped {
    pub(crate) fn guard(&self) -> Guard {
        Guard(self.clone())
    }

    pub(crate) fn is_dropped(&self) -> bool {
        self.0.0.load(Ordering::SeqCst)
    }

    pub(crate) async fn wait(&self) {
        while !self.is_dropped() {
            self.0.1.notified().await;
        }
    }
}

pub(crate) struct Guard(Dropped);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.0.store(true, Ordering::SeqCst);
        self.0.0.1.notify_one();
    }
}

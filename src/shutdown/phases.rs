//! The phases of a graceful shutdown.

use super::Shutdown;
use crate::log;
use std::cmp::Ordering::{Equal, Greater, Less};
use std::future::{Future, pending};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::futures::TaskLocalFuture;
use tokio::time::{sleep, timeout};

tokio::task_local! {
    /// The server that polls the current task.
    static SERVER: Watcher;
}

/// The server's end, which announces the phases and waits until everything has ended.
pub(crate) struct GracefulShutdown {
    phase: watch::Sender<State>,
    draining: Shutdown,
    connections: Arc<Connections>,
}

/// The end of a connection, or of anything else that the server waits for until this value is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Watcher {
    phase: watch::Receiver<State>,
    draining: Shutdown,
    connections: Arc<Connections>,
}

/// The numbers of open connections.
#[derive(Debug, Default)]
struct Connections {
    all: AtomicUsize,
    upgraded: AtomicUsize,
}

/// Counts a connection as open until it is dropped.
pub(crate) struct Open {
    connections: Arc<Connections>,
    is_upgraded: bool,
}

#[derive(Clone, Copy, Debug)]
struct State {
    phase: Phase,
    /// Upgraded connections have a time limit of their own.
    upgrades_over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Running,
    /// Requests in flight are completed; no new ones are read.
    Draining,
    /// The grace period has passed, or the server was dropped.
    Over,
}

impl GracefulShutdown {
    pub(crate) fn new() -> (Self, Watcher) {
        let (sender, receiver) = watch::channel(State { phase: Phase::Running, upgrades_over: false });
        let (draining, connections) = (Shutdown::new(), Arc::<Connections>::default());
        let watcher =
            Watcher { phase: receiver, draining: draining.clone(), connections: connections.clone() };
        (Self { phase: sender, draining, connections }, watcher)
    }

    fn announce(&self, change: impl FnOnce(&mut State)) {
        // First the flag: a connection that is woken by the phase looks at it.
        self.draining.begin();
        self.phase.send_modify(change);
    }

    /// Lets everything complete within its grace period or until `at_once` is ready, then cuts it off.
    pub(crate) async fn finish(
        self,
        grace_period: Duration,
        upgrade_grace_period: Duration,
        at_once: impl Future<Output = ()>,
    ) {
        /// The time for the tasks to be dropped. Only a task that blocks its thread takes longer.
        const DROP: Duration = Duration::from_secs(1);
        self.announce(|state| state.phase = Phase::Draining);
        let open = || self.connections.all.load(Ordering::Relaxed);
        log::shutting_down(open(), grace_period);
        let times = async {
            let first = grace_period.min(upgrade_grace_period);
            sleep(first).await;
            let upgraded = self.connections.upgraded.load(Ordering::Relaxed);
            match grace_period.cmp(&upgrade_grace_period) {
                Less if open() > upgraded => log::connections_cut(open() - upgraded),
                Greater if upgraded > 0 => log::connections_cut(upgraded),
                Equal => return,
                Less | Greater => {}
            }
            self.announce(|state| {
                state.phase = if grace_period == first { Phase::Over } else { Phase::Draining };
                state.upgrades_over = upgrade_grace_period == first;
            });
            sleep(grace_period.max(upgrade_grace_period).saturating_sub(first)).await;
        };
        tokio::select! {
            biased;
            () = self.phase.closed() => return,
            () = times => {}
            () = at_once => {}
        }
        log::connections_cut(open());
        self.announce(|state| *state = State { phase: Phase::Over, upgrades_over: true });
        _ = timeout(DROP, self.phase.closed()).await;
    }
}

impl Drop for GracefulShutdown {
    fn drop(&mut self) {
        self.draining.begin();
    }
}

impl Watcher {
    /// Returns the watcher of the server that polls the current task.
    pub(crate) fn current() -> Option<Self> {
        SERVER.try_with(Clone::clone).ok()
    }

    /// Polls a future as one of this server's.
    pub(crate) fn scope<F: Future>(self, future: F) -> TaskLocalFuture<Self, F> {
        SERVER.scope(self, future)
    }

    /// Spawns a task that the server waits for, and that is dropped when the grace period is over.
    pub(crate) fn spawn(mut self, future: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(self.clone().scope(async move {
            tokio::select! {
                biased;
                () = future => {}
                () = self.over() => {}
            }
        }));
    }

    /// Waits for the next phase.
    pub(crate) async fn next(&mut self) -> Phase {
        match self.phase.changed().await {
            Ok(()) => self.phase.borrow_and_update().phase,
            Err(_) => Phase::Over,
        }
    }

    /// Waits until the grace period is over, or the server was dropped.
    async fn over(&mut self) {
        while self.next().await != Phase::Over {}
    }

    /// Returns a future that completes when the grace period of upgraded connections is over. A server that is dropped
    /// leaves them to their handlers.
    pub(crate) fn upgrades_over(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut phase = self.phase.clone();
        Box::pin(async move {
            if phase.wait_for(|state| state.upgrades_over).await.is_err() {
                pending::<()>().await;
            }
        })
    }

    /// Returns the stop, which begins when the server no longer accepts connections. Its flag is cheaper to read than
    /// the phase.
    pub(crate) fn draining(&self) -> &Shutdown {
        &self.draining
    }

    /// Counts a connection as open.
    pub(crate) fn open(&self) -> Open {
        self.connections.all.fetch_add(1, Ordering::Relaxed);
        Open { connections: Arc::clone(&self.connections), is_upgraded: false }
    }
}

impl Open {
    /// Counts the connection as an upgraded one.
    pub(crate) fn set_upgraded(&mut self) {
        if !mem::replace(&mut self.is_upgraded, true) {
            self.connections.upgraded.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.connections.all.fetch_sub(1, Ordering::Relaxed);
        if self.is_upgraded {
            self.connections.upgraded.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shutdown;
    use std::future::ready;
    use std::sync::atomic::AtomicBool;
    use tokio::time::Instant;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn stop_waits_for_spawned_tasks() {
        // A task's time, the grace period, and whether the task ends.
        for (task, grace, ends) in [(3, 5, true), (9, 5, false)] {
            let (graceful, watcher) = GracefulShutdown::new();
            let done = Arc::<AtomicBool>::default();
            let inside = done.clone();
            let request = async move {
                assert!(!shutdown::current().unwrap().has_begun());
                shutdown::spawn(async move {
                    // One that it spawns itself counts, too.
                    sleep(task * SECOND).await;
                    shutdown::spawn(async move { inside.store(true, Ordering::Relaxed) });
                });
            };
            watcher.scope(request).await;
            let begin = Instant::now();
            graceful.finish(grace * SECOND, Duration::ZERO, pending()).await;
            assert_eq!(begin.elapsed().as_secs(), u64::from(task.min(grace)));
            assert_eq!(done.load(Ordering::Relaxed), ends);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_returns_after_the_tasks_it_cuts() {
        let (graceful, watcher) = GracefulShutdown::new();
        let held = Arc::new(());
        let inside = held.clone();
        watcher.spawn(async move {
            pending::<()>().await;
            drop(inside);
        });
        graceful.finish(SECOND, SECOND, pending()).await;
        assert_eq!(Arc::strong_count(&held), 1, "the task was dropped");
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_elsewhere_is_spawned() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        assert!(shutdown::current().is_none());
        shutdown::spawn(async { _ = sender.send(1) });
        assert_eq!(receiver.await, Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn upgrades_have_a_grace_period_of_their_own() {
        for (requests, upgrades) in [(5, 2), (2, 5)] {
            let (graceful, mut watcher) = GracefulShutdown::new();
            let over = watcher.upgrades_over();
            let upgrade = tokio::spawn(async move {
                let begin = Instant::now();
                over.await;
                begin.elapsed().as_secs()
            });
            let request = tokio::spawn(async move {
                let begin = Instant::now();
                watcher.over().await;
                begin.elapsed().as_secs()
            });
            graceful.finish(requests * SECOND, upgrades * SECOND, pending()).await;
            let times = (request.await.unwrap(), upgrade.await.unwrap());
            assert_eq!(times, (u64::from(requests), u64::from(upgrades)));
        }
        let (graceful, watcher) = GracefulShutdown::new();
        let over = tokio::spawn(watcher.upgrades_over());
        graceful.finish(60 * SECOND, 60 * SECOND, ready(())).await;
        over.await.unwrap();
    }
}

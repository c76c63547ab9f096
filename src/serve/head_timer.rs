//! A limit for the wait for a request's head.

use super::position::{Position, Wait};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// How long the client may take for the head that it owes.
///
/// hyper has such a limit: it makes a timer for each request, and takes another turn of its loop to arm it, which are 1,300
/// instructions. Here one alarm serves a whole connection, and is put off only when it rings too early.
pub(super) struct HeadTimer {
    position: Position,
    limit: Duration,
    /// The wait that the deadline belongs to.
    wait: Wait,
    deadline: Instant,
    alarm: Pin<Box<Sleep>>,
}

impl HeadTimer {
    /// Runs from now on, for the first head.
    pub(super) fn start(position: Position, limit: Duration) -> Self {
        Self {
            position,
            limit,
            wait: Wait::default(),
            deadline: Instant::now() + limit,
            alarm: Box::pin(sleep(limit)),
        }
    }

    /// Ready when the client has taken too long. To be asked whenever the connection has nothing to do.
    pub(super) fn poll_too_late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(wait) = self.position.wait_for_head() else { return Poll::Pending };
        if wait != self.wait {
            self.wait = wait;
            self.deadline = Instant::now() + self.limit;
        }
        loop {
            ready!(self.alarm.as_mut().poll(cx));
            if Instant::now() >= self.deadline {
                return Poll::Ready(());
            }
            // It was set for an earlier head.
            self.alarm.as_mut().reset(self.deadline);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::time::timeout;

    #[tokio::test(start_paused = true)]
    async fn every_head_has_its_own_deadline_and_an_answer_has_none() {
        let position = Position::new();
        let start = Instant::now();
        let mut timer = HeadTimer::start(position.clone(), Duration::from_secs(30));
        let mut rings_within = async |seconds| {
            let too_late = poll_fn(|cx| timer.poll_too_late(cx));
            timeout(Duration::from_secs(seconds), too_late).await.is_ok()
        };
        assert!(!rings_within(20).await);
        let turn = position.our_turn(false);
        assert!(!rings_within(100).await, "while the request is being answered");
        drop(turn);
        assert!(!rings_within(25).await, "the wait for the next head begins with the end of the answer");
        drop(position.our_turn(false));
        assert!(!rings_within(29).await, "the alarm of the wait before rings meanwhile");
        assert!(rings_within(10).await);
        assert_eq!(start.elapsed().as_secs(), 20 + 100 + 25 + 30);
        drop(position.our_turn(true));
        for _ in 0..5 {
            position.has_read(b"the rest of a body");
            assert!(!rings_within(20).await, "a body that goes on behind its answer");
        }
        assert!(rings_within(11).await, "and is silent then");
    }
}

//! A limit for the wait for a request's head.

use super::position::{Position, Wait};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

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
    /// No later piece of a body puts the deadline off beyond this.
    end: Instant,
    /// Behind a body: since when the client owes us nothing.
    pause: Option<Instant>,
    alarm: Pin<Box<Sleep>>,
}

impl HeadTimer {
    /// How many times the limit a body may take behind its answer: five minutes by default, as Node gives a whole request.
    const BODIES: u32 = 10;

    /// Runs from now on, for the first head.
    pub(super) fn start(position: Position, limit: Duration) -> Self {
        let deadline = Instant::now() + limit;
        let alarm = Box::pin(sleep_until(deadline));
        Self { position, limit, wait: Wait::default(), deadline, end: deadline, pause: None, alarm }
    }

    /// Ready when the client has taken too long. To be asked whenever the connection has nothing to do.
    pub(super) fn poll_too_late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(wait) = self.position.wait_for_head() else {
            if self.wait.is_behind_body() {
                self.pause.get_or_insert_with(Instant::now);
            }
            return Poll::Pending;
        };
        if let Some(pause) = self.pause.take().map(|since| since.elapsed()) {
            (self.deadline, self.end) = (self.deadline + pause, self.end + pause);
        }
        if wait != self.wait {
            let now = Instant::now();
            if wait.requests != self.wait.requests {
                self.end = now + self.limit * Self::BODIES;
            }
            self.deadline = self.end.min(now + self.limit);
            self.wait = wait;
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
        position.set_starved(true);
        let start = Instant::now();
        let mut timer = HeadTimer::start(position.clone(), Duration::from_secs(30));
        let mut rings_within = async |seconds| {
            let too_late = poll_fn(|cx| timer.poll_too_late(cx));
            timeout(Duration::from_secs(seconds), too_late).await.is_ok()
        };
        assert!(!rings_within(20).await);
        let answering = position.answer(false);
        assert!(!rings_within(100).await, "while the request is being answered");
        drop(answering);
        assert!(!rings_within(25).await, "the wait for the next head begins with the end of the answer");
        drop(position.answer(false));
        assert!(!rings_within(29).await, "the alarm of the wait before rings meanwhile");
        assert!(rings_within(10).await);
        assert_eq!(start.elapsed().as_secs(), 20 + 100 + 25 + 30);
        drop(position.answer(true));
        for _ in 0..5 {
            position.has_read(b"the rest of a body");
            assert!(!rings_within(20).await, "a body that goes on behind its answer");
        }
        position.set_starved(false);
        assert!(!rings_within(600).await, "and for whose next piece there is no room yet");
        position.has_read(b"the rest of a body");
        position.set_starved(true);
        assert!(!rings_within(29).await, "the time in which nothing was owed does not count");
        assert!(rings_within(2).await, "and is silent then");
        drop(position.answer(true));
        let start = Instant::now();
        while !rings_within(20).await {
            position.has_read(b"x");
        }
        assert_eq!(start.elapsed().as_secs(), 300, "a trickle behind an answer");
        drop(position.answer(false));
        position.set_writing(true);
        assert!(!rings_within(60).await, "while the answer is on its way");
        position.set_writing(false);
        assert!(rings_within(31).await, "and then");
    }
}

//! A clock for hyper whose timers cost little when they are not needed.

use hyper::rt::{Sleep, Timer};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;
use tokio::time;

/// The timers of one connection, of which there is one at a time: for the head that is waited for.
///
/// hyper makes one for each request, and drops it once the head is there. Into tokio's wheel and out of it again that is
/// 800 instructions; here the wheel keeps one alarm, which is put off only when it rings too early.
#[derive(Clone, Debug)]
pub(super) struct PatientTimer {
    alarm: Arc<Mutex<Pin<Box<time::Sleep>>>>,
}

impl PatientTimer {
    pub(super) fn new() -> Self {
        // Set by the first that waits for it.
        Self { alarm: Arc::new(Mutex::new(Box::pin(time::sleep_until(time::Instant::now())))) }
    }
}

impl Timer for PatientTimer {
    fn sleep(&self, duration: std::time::Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(PatientSleep { alarm: Arc::clone(&self.alarm), deadline: deadline.into() })
    }

    fn now(&self) -> Instant {
        time::Instant::now().into_std()
    }
}

struct PatientSleep {
    alarm: Arc<Mutex<Pin<Box<time::Sleep>>>>,
    deadline: time::Instant,
}

impl Sleep for PatientSleep {}

impl Future for PatientSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut alarm = self.alarm.lock().unwrap_or_else(PoisonError::into_inner);
        if alarm.deadline() > self.deadline {
            alarm.as_mut().reset(self.deadline);
        }
        loop {
            ready!(alarm.as_mut().poll(cx));
            if time::Instant::now() >= self.deadline {
                return Poll::Ready(());
            }
            // It was set for an earlier head.
            alarm.as_mut().reset(self.deadline);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn a_timer_rings_in_time_whatever_became_of_those_before() {
        let timer = PatientTimer::new();
        let start = time::Instant::now();
        let after = |seconds| (start + Duration::from_secs(seconds)).into_std();
        let rings_within = |deadline: Instant, seconds| {
            let sleep = timer.sleep_until(deadline);
            async move { time::timeout(Duration::from_secs(seconds), sleep).await.is_ok() }
        };
        assert!(!rings_within(after(30), 10).await); // dropped after 10 s
        assert!(!rings_within(after(40), 25).await); // the alarm of the first rings meanwhile
        assert!(rings_within(after(40), 10).await);
        assert_eq!(start.elapsed().as_secs(), 40);
        assert!(!rings_within(after(100), 1).await);
        assert!(rings_within(after(50), 20).await, "an earlier deadline than the alarm's");
        assert_eq!(start.elapsed().as_secs(), 50);
        assert!(rings_within(after(45), 1).await, "a deadline that has passed");
    }
}

//! Tokio's oneshot channel, as far as the library uses it, with loom's lock.

use loom::sync::{Arc, Mutex};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

struct State<T> {
    value: Option<T>,
    sender_gone: bool,
    receiver_gone: bool,
    sender: Option<Waker>,
    receiver: Option<Waker>,
}

pub(crate) struct Sender<T>(Arc<Mutex<State<T>>>);

pub(crate) struct Receiver<T>(Arc<Mutex<State<T>>>);

pub(crate) fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let state = State { value: None, sender_gone: false, receiver_gone: false, sender: None, receiver: None };
    let state = Arc::new(Mutex::new(state));
    (Sender(state.clone()), Receiver(state))
}

impl<T> Sender<T> {
    pub(crate) fn send(self, value: T) -> Result<(), T> {
        let mut state = self.0.lock().unwrap();
        if state.receiver_gone {
            return Err(value);
        }
        state.value = Some(value);
        Ok(())
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.lock().unwrap().receiver_gone
    }

    pub(crate) async fn closed(&mut self) {
        poll_fn(|cx| {
            let mut state = self.0.lock().unwrap();
            if state.receiver_gone {
                return Poll::Ready(());
            }
            state.sender = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock().unwrap();
        state.sender_gone = true;
        let waker = state.receiver.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, ()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.lock().unwrap();
        if let Some(value) = state.value.take() {
            return Poll::Ready(Ok(value));
        }
        if state.sender_gone {
            return Poll::Ready(Err(()));
        }
        state.receiver = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock().unwrap();
        state.receiver_gone = true;
        let (waker, value) = (state.sender.take(), state.value.take());
        drop(state);
        drop(value);
        waker.into_iter().for_each(Waker::wake);
    }
}

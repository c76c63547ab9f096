//! Where a connection of HTTP/1 stands.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// One wait for a head among those of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wait {
    /// How many requests there were before.
    pub(super) requests: usize,
    /// Behind a request with a body: how often something has come.
    pieces: usize,
}

impl Wait {
    pub(super) fn is_behind_body(self) -> bool {
        self.pieces > 0
    }
}

/// What the service, the stream and the loop of one connection know of each other. All three run in the connection's task.
#[derive(Clone, Debug)]
pub(super) struct Position(Arc<State>);

#[derive(Debug, Default)]
struct State {
    at_head: AtomicBool,
    after_empty_line: AtomicBool,
    requests: AtomicUsize,
    /// How many of them have no whole answer yet.
    answering: AtomicUsize,
    /// What comes after the last answer may be the rest of its request's body.
    after_body: AtomicBool,
    reads: AtomicUsize,
    is_starved: AtomicBool,
    is_writing: AtomicBool,
    is_closing: AtomicBool,
}

macro_rules! flags {
    ($($(#[$doc:meta])* $get:ident $set:ident)*) => {$(
        $(#[$doc])*
        pub(super) fn $get(&self) -> bool {
            self.0.$get.load(Ordering::Relaxed)
        }

        pub(super) fn $set(&self, value: bool) {
            self.0.$get.store(value, Ordering::Relaxed);
        }
    )*};
}

impl Position {
    flags! {
        /// Whether the next byte begins the head of a request.
        at_head set_at_head
        /// The last read ended with an empty line, as a head does.
        after_empty_line set_after_empty_line
        /// hyper has asked for bytes that are not there yet. When it does not ask, it waits for a reader of ours.
        is_starved set_starved
        /// What was written has not gone out yet.
        is_writing set_writing
        /// The last answer has gone out.
        is_closing set_closing
    }

    pub(super) fn new() -> Self {
        Self(Arc::new(State { at_head: AtomicBool::new(true), ..State::default() }))
    }

    pub(super) fn has_read(&self, bytes: &[u8]) {
        self.0.reads.fetch_add(1, Ordering::Relaxed);
        self.set_after_empty_line(bytes.ends_with(b"\r\n\r\n"));
    }

    /// What stands for this wait for a head; none while the client owes us nothing.
    ///
    /// hyper does not tell where a body ends. So behind a request that has one each piece begins a new wait: whoever answers
    /// first and reads on is not cut off.
    pub(super) fn wait_for_head(&self) -> Option<Wait> {
        let get = |number: &AtomicUsize| number.load(Ordering::Relaxed);
        let is_ours =
            get(&self.0.answering) > 0 || self.is_writing() || !self.is_starved() || self.is_closing();
        let pieces = if self.0.after_body.load(Ordering::Relaxed) { get(&self.0.reads) } else { 0 };
        (!is_ours).then(|| Wait { requests: get(&self.0.requests), pieces })
    }

    /// A request is being answered until the value is dropped.
    pub(super) fn answer(&self, has_body: bool) -> Answering {
        self.0.after_body.store(has_body, Ordering::Relaxed);
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        self.0.answering.fetch_add(1, Ordering::Relaxed);
        Answering(self.clone())
    }
}

/// A request that is being answered, up to the last byte of the answer.
#[derive(Debug)]
pub(super) struct Answering(Position);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.0.answering.fetch_sub(1, Ordering::Relaxed);
    }
}

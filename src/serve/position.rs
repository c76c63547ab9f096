//! Where a connection of HTTP/1 stands.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// One wait for a head among those of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wait {
    turn: usize,
    reads: usize,
}

/// What the service, the reader and the loop of one connection know of each other. All three run in the connection's task.
#[derive(Clone, Debug)]
pub(super) struct Position(Arc<State>);

#[derive(Debug, Default)]
struct State {
    at_head: AtomicBool,
    after_empty_line: AtomicBool,
    /// Even while it is the client's, odd while it is ours.
    turn: AtomicUsize,
    /// What comes after the answer may be the rest of the request's body.
    in_body: AtomicBool,
    reads: AtomicUsize,
    closing: AtomicBool,
}

impl Position {
    pub(super) fn new() -> Self {
        Self(Arc::new(State { at_head: AtomicBool::new(true), ..State::default() }))
    }

    /// Whether the next byte begins the head of a request.
    pub(super) fn at_head(&self) -> bool {
        self.0.at_head.load(Ordering::Relaxed)
    }

    pub(super) fn set_at_head(&self, at_head: bool) {
        self.0.at_head.store(at_head, Ordering::Relaxed);
    }

    pub(super) fn has_read(&self, bytes: &[u8]) {
        self.0.reads.fetch_add(1, Ordering::Relaxed);
        self.0.after_empty_line.store(bytes.ends_with(b"\r\n\r\n"), Ordering::Relaxed);
    }

    /// The last read ended with an empty line, as a head does.
    pub(super) fn after_empty_line(&self) -> bool {
        self.0.after_empty_line.load(Ordering::Relaxed)
    }

    /// What stands for this wait for a head; none while a request is being answered, and after the last one.
    ///
    /// hyper does not tell where a body ends. So behind a request that has one each piece begins a new wait: whoever answers
    /// first and reads on is not cut off.
    pub(super) fn wait_for_head(&self) -> Option<Wait> {
        let turn = self.0.turn.load(Ordering::Relaxed);
        let reads =
            if self.0.in_body.load(Ordering::Relaxed) { self.0.reads.load(Ordering::Relaxed) } else { 0 };
        (turn % 2 == 0 && !self.0.closing.load(Ordering::Relaxed)).then_some(Wait { turn, reads })
    }

    /// The last answer has gone out.
    pub(super) fn close(&self) {
        self.0.closing.store(true, Ordering::Relaxed);
    }

    /// It is our turn until the value is dropped.
    pub(super) fn our_turn(&self, has_body: bool) -> OurTurn {
        self.0.in_body.store(has_body, Ordering::Relaxed);
        self.next_turn();
        OurTurn(self.clone())
    }

    fn next_turn(&self) {
        self.0.turn.fetch_add(1, Ordering::Relaxed);
    }
}

/// A request that is being answered, up to the last byte of the answer.
#[derive(Debug)]
pub(super) struct OurTurn(Position);

impl Drop for OurTurn {
    fn drop(&mut self) {
        self.0.next_turn();
    }
}

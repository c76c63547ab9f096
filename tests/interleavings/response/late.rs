//! The late response: the task that responds beside the one that waits.

use super::responder::{Closed, Responder};
use super::{Anything, ApiResponse, Response, Result};
use crate::error::Error;
use loom::future::block_on;
use loom::thread::spawn;
use std::future::poll_fn;
use std::marker::PhantomData;

fn detach() -> (Responder, super::PendingResponse) {
    match ApiResponse::<Anything>(PhantomData).detach() {
        (responder, Response::Pending(pending)) => (responder, pending),
        (_, Response::Sent(_)) => unreachable!("nothing is sent yet"),
    }
}

/// Waits for the response; its status, or the error's text.
fn wait(mut pending: super::PendingResponse) -> std::result::Result<u16, String> {
    match block_on(poll_fn(|cx| pending.poll(cx))) {
        Ok(Response::Sent(status)) => Ok(status),
        Ok(Response::Pending(_)) => unreachable!("nobody detaches twice"),
        Err(Error(text)) => Err(text),
    }
}

#[test]
fn late_response_error_and_drop_all_arrive() {
    let respond: [(fn(Responder), std::result::Result<u16, &str>); 3] = [
        (|responder| responder.respond(|_| Ok(Response::Sent(201))).unwrap(), Ok(201)),
        (|responder| responder.respond(|_| Err(Error::internal("failed"))).unwrap(), Err("failed")),
        (drop, Err("the `Responder` was dropped before it responded")),
    ];
    for (respond, expected) in respond {
        loom::model(move || {
            let (responder, pending) = detach();
            let task = spawn(move || respond(responder));
            assert_eq!(wait(pending), expected.map_err(str::to_owned));
            task.join().unwrap();
        });
    }
}

#[test]
fn disconnect_wakes_the_waiting_task() {
    loom::model(|| {
        let (mut responder, pending) = detach();
        let task = spawn(move || {
            block_on(responder.closed());
            assert!(responder.is_closed());
            responder.respond(|_| -> Result { Ok(Response::Sent(200)) })
        });
        drop(pending);
        assert_eq!(task.join().unwrap(), Err(Closed));
    });
}

//! Calls a service a given number of times.

use futures_util::FutureExt as _;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use std::fmt::Debug;
use std::hint::black_box;
use std::pin::pin;
use tower::Service;

/// One call, from the request to the last byte of the response. No subject waits for anything.
pub fn call<S, B, R>(service: &mut S, request: Request<B>) -> Response<bytes::Bytes>
where
    S: Service<Request<B>, Response = Response<R>, Error: Debug>,
    R: http_body::Body<Data = bytes::Bytes, Error: Debug> + Unpin,
{
    let (parts, mut body) = drive(service, request).into_parts();
    let frame = body.frame().now_or_never().expect("the body is whole");
    let data = frame.map(|frame| frame.expect("the body is whole").into_data().unwrap_or_default());
    Response::from_parts(parts, data.unwrap_or_default())
}

fn drive<S, B, R>(service: &mut S, request: Request<B>) -> Response<R>
where
    S: Service<Request<B>, Response = Response<R>, Error: Debug>,
{
    let mut response = pin!(service.call(request));
    loop {
        // Ours lets other tasks run while it computes a large ETag.
        if let Some(response) = response.as_mut().now_or_never() {
            return response.expect("no subject fails");
        }
    }
}

/// What a run does, and how often.
#[derive(Clone, Copy, Debug)]
pub enum Mode {
    /// Runs only the baseline that is subtracted from a call. Most cases have none.
    Base(usize),
    /// Creates a request, and calls the service with it.
    Call(usize),
}

/// Calls the service once to warm it up, and then as the mode says. The creation of a request is not counted.
pub fn calls<S, B, R>(mut service: S, request: impl Fn() -> Request<B>, mode: Mode)
where
    S: Service<Request<B>, Response = Response<R>, Error: Debug>,
    R: http_body::Body<Data = bytes::Bytes, Error: Debug> + Unpin,
{
    assert_eq!(call(&mut service, request()).status(), 200);
    if let Mode::Call(number) = mode {
        for _ in 0..number {
            let request = black_box(request());
            counted(|| call(&mut service, request));
        }
    }
}

/// The same for a plain function.
pub fn times<T>(mode: Mode, mut f: impl FnMut() -> T) {
    drop(black_box(f()));
    if let Mode::Call(number) = mode {
        (0..number).for_each(|_| counted(&mut f));
    }
}

/// Calls a function, and drops what it returns. `scripts/measure.sh instructions` counts by the name of this function.
#[inline(never)]
fn counted<T>(f: impl FnOnce() -> T) {
    drop(black_box(f()));
}

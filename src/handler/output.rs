//! What a handler returns, and the compiler's messages for anything else.

use crate::response::{Response, Result};
use std::future::Future;

/// The value that calling a handler returns: a future.
///
/// This trait is sealed: it is implemented for every future.
#[diagnostic::on_unimplemented(
    message = "this handler is not async: it returns a `{Self}`, which is not a future",
    label = "write `async fn`",
    note = "a handler is an `async fn(req: ApiRequest<B>, res: ApiResponse<T>) -> Result`; put `async` before the `fn`, or \
            `async move {{ .. }}` around a closure's body"
)]
pub trait HandlerFuture: Future {}

// Without this attribute the compiler reports the missing `Future` in place of the trait's own message.
#[diagnostic::do_not_recommend]
impl<F: Future> HandlerFuture for F {}

/// A handler's future: it is `Send`, and its output is a `Result<Response, Error>`.
///
/// This trait is sealed: it is implemented for every such future.
#[diagnostic::on_unimplemented(
    message = "this handler does not return a `tower_api_routes::Result`, or its future is not `Send`",
    label = "the handler returns another type, or holds a value that is not `Send` across an `.await`",
    note = "write `-> Result` with `tower_api_routes::Result`, and end with a method that sends the response: `res.json(..)`, \
            `res.send(..)`, `res.end()`",
    note = "if the output is right, an `Rc`, a `RefCell`'s borrow or a `std::sync::MutexGuard` lives across an `.await`: \
            drop it before"
)]
pub trait HandlerOutput: Future<Output = Result<Response>> + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<F: Future<Output = Result<Response>> + Send + 'static> HandlerOutput for F {}

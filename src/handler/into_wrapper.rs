//! What wraps a handler: a function, or a value with one.

use super::endpoint::{Next, Wrapper};
use super::{HandlerFuture, HandlerOutput};
use crate::body::Body;
use crate::request::ApiRequest;
use crate::response::ApiResponse;
use std::fmt;
use std::sync::Arc;

/// What [`HandlerExt::wrap`](crate::HandlerExt::wrap) takes: an
/// `async fn(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result`, or, with the feature `session`, a
/// [`SignedIn`](crate::SignedIn).
///
/// This trait is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a wrapper",
    label = "write `async fn(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result`",
    note = "the arguments of a closure need their types: `|req: ApiRequest<Body>, res: ApiResponse, next: Next| async move {{ … }}`"
)]
pub trait IntoWrapper: sealed::IntoWrapper {}

impl<W: sealed::IntoWrapper> IntoWrapper for W {}

pub(crate) mod sealed {
    pub trait IntoWrapper {
        fn into_wrapper(self) -> super::Wrapping;
    }
}

/// A wrapper whose type is erased.
pub struct Wrapping(pub(super) Arc<dyn Wrapper>);

impl<F, Fut> sealed::IntoWrapper for F
where
    F: Fn(ApiRequest<Body>, ApiResponse, Next) -> Fut + Send + Sync + 'static,
    Fut: HandlerFuture + HandlerOutput,
{
    fn into_wrapper(self) -> Wrapping {
        Wrapping(Arc::new(self))
    }
}

impl fmt::Debug for Wrapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wrapping").finish_non_exhaustive()
    }
}

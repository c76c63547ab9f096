//! The values that `.route` takes, and the compiler's messages for other values.
//!
//! Choosing the kind of route (a handler, a service, a finished route) and checking it are two traits. With a
//! single trait the compiler could only report "not a route", and not which part of a handler is wrong.

use super::function::Handler;
use super::output::{HandlerFuture, HandlerOutput};
use super::route::Route;
use super::service_route;
use crate::body::{Body, BoxError};
use crate::body_parser::{FromBody, ParsedBody};
use crate::request::ApiRequest;
use crate::response::{ApiResponse, Result};
use bytes::Buf;
use std::future::Ready;
use std::marker::PhantomData;
use tower_service::Service;

/// A value that [`ApiRouter::route`](crate::ApiRouter::route) takes: an `async fn(req, res) -> Result`,
/// [`methods()`](crate::methods), a configured handler, or a tower service.
///
/// `M` distinguishes these kinds, and is always inferred. This trait is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an API route",
    label = "not a handler, nor a tower service",
    note = "a handler is an `async fn(req: ApiRequest<B>, res: ApiResponse<T>) -> Result`, with both arguments in this order",
    note = "a closure needs the types of both arguments; in `handler(..)` it needs only that of the first: \
            `handler(|req: ApiRequest, res| async move {{ res.end() }})`",
    note = "in a `ServiceBuilder`, convert a handler into a service: `.service(handler.into_service())`",
    note = "a service is `Service<http::Request<Body>>` and `Clone + Send + Sync + 'static`, its error is `Into<BoxError>`, \
            its future `Send`, its response an `http::Response`"
)]
pub trait IntoRoute<M>: RouteShape<M> {
    #[doc(hidden)]
    fn make_route(self) -> Route;
}

impl<M, H> IntoRoute<M> for H
where
    H: RouteShape<M>,
    H::Output: HandlerFuture + HandlerOutput,
    H::Body: FromBody,
{
    fn make_route(self) -> Route {
        self.into_route()
    }
}

/// A value that can be called with a request, before its types are checked.
#[doc(hidden)]
pub trait RouteShape<M>: Sized {
    type Output;
    type Body;

    fn into_route(self) -> Route
    where
        Self::Output: HandlerFuture + HandlerOutput,
        Self::Body: FromBody;
}

#[doc(hidden)]
#[derive(Debug)]
pub struct IsHandler<B, T: ?Sized>(PhantomData<fn(B)>, PhantomData<fn(&T)>);

impl<F, R, B, T> RouteShape<IsHandler<B, T>> for F
where
    F: Fn(ApiRequest<B>, ApiResponse<T>) -> R + Clone + Send + Sync + 'static,
    B: 'static,
    T: ?Sized + 'static,
{
    type Output = R;
    type Body = B;

    fn into_route(self) -> Route
    where
        R: HandlerFuture + HandlerOutput,
        B: FromBody,
    {
        Route::new(Handler::new(self))
    }
}

#[doc(hidden)]
#[derive(Debug)]
pub struct IsService<R>(PhantomData<fn(R)>);

impl<S, R> RouteShape<IsService<R>> for S
where
    S: Service<http::Request<Body>, Response = http::Response<R>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    // A service has neither; these types satisfy the bounds of a handler.
    type Output = Ready<Result>;
    type Body = ParsedBody;

    fn into_route(self) -> Route {
        service_route::route(self)
    }
}

#[doc(hidden)]
#[derive(Debug)]
pub struct IsRoute(());

impl RouteShape<IsRoute> for Route {
    type Output = Ready<Result>;
    type Body = ParsedBody;

    fn into_route(self) -> Route {
        self
    }
}

//! Sends the copy of a request, and compares its two responses.

use super::ShadowReport;
use super::capture::{Captured, capture};
use super::comparison::Head;
use super::layer::Settings;
use super::report::{Counters, log_difference};
use crate::body::{Body, BoxError};
use crate::error::ErrorResponse;
use crate::request::RemoteAddr;
use crate::routing::MatchedRoute;
use bytes::{Buf, Bytes};
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use std::future::poll_fn;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tower_service::Service;

/// The observed part of the client's response.
struct Ours {
    status: StatusCode,
    headers: HeaderMap,
    route: Option<MatchedRoute>,
    body: oneshot::Receiver<Captured>,
}

/// The shadow's response.
struct Theirs {
    status: StatusCode,
    headers: HeaderMap,
    /// `None` if it is too long.
    body: Option<Bytes>,
}

/// Observes the client's response.
pub(super) struct Observer {
    sender: oneshot::Sender<Ours>,
    limit: u64,
}

impl Observer {
    /// Keeps the head of a response, and captures its body while it is sent.
    pub(super) fn observe(self, response: Response<Body>) -> Response<Body> {
        let (parts, body) = response.into_parts();
        let (body, captured) = capture(body, &parts.headers, self.limit);
        _ = self.sender.send(Ours {
            status: parts.status,
            headers: parts.headers.clone(),
            route: parts.extensions.get().cloned(),
            body: captured,
        });
        Response::from_parts(parts, body)
    }
}

/// A copy of a request, ready to be sent.
pub(super) struct Mirror {
    request: Request<()>,
    body: oneshot::Receiver<Captured>,
    ours: oneshot::Receiver<Ours>,
    settings: Arc<Settings>,
}

/// The reason why nothing was compared.
enum Failure {
    /// For example, the client has disconnected.
    Skipped,
    Unavailable(BoxError),
}

impl Mirror {
    pub(super) fn new(
        request: &Request<Body>,
        body: oneshot::Receiver<Captured>,
        settings: Arc<Settings>,
    ) -> (Self, Observer) {
        let (sender, ours) = oneshot::channel();
        let observer = Observer { sender, limit: settings.body_limit };
        (Self { request: copy(request), body, ours, settings }, observer)
    }

    /// Sends the copy, and reports the comparison.
    pub(super) async fn run<T, R>(self, shadow: T)
    where
        T: Service<Request<Body>, Response = Response<R>, Error: Into<BoxError>>,
        R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        let settings = Arc::clone(&self.settings);
        let counters = &settings.counters;
        let report = match self.report(shadow).await {
            Ok(report) => report,
            Err(Failure::Skipped) => {
                Counters::add(&counters.skipped);
                return;
            }
            Err(Failure::Unavailable(error)) => return counters.unavailable(&*error),
        };
        if report.differences.is_empty() {
            Counters::add(&counters.equal);
        } else {
            Counters::add(&counters.different);
            log_difference(&report);
        }
        if let Some(on_report) = &settings.on_report {
            on_report(&report);
        }
    }

    async fn report<T, R>(self, shadow: T) -> Result<ShadowReport, Failure>
    where
        T: Service<Request<Body>, Response = Response<R>, Error: Into<BoxError>>,
        R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        let Self { request, body, ours, settings } = self;
        // If the inner service leaves the body unread, the sender is dropped with the request, and nothing is
        // copied.
        let Ok(Captured::Whole(body)) = body.await else { return Err(Failure::Skipped) };
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let response = ask(shadow, request.map(|()| body.into()), settings.body_limit);
        let theirs = timeout(settings.timeout, response).await;
        let theirs =
            theirs.map_err(|late| Failure::Unavailable(late.into()))?.map_err(Failure::Unavailable)?;

        let ours = async {
            let ours = ours.await.ok()?;
            // The time limit also ends the wait for a stream without an end, so that it does not count as in flight
            // forever.
            Some((ours.status, ours.headers, ours.route, ours.body.await.ok()?))
        };
        let Ok(Some((status, headers, route, body))) = timeout(settings.timeout, ours).await else {
            return Err(Failure::Skipped);
        };
        let body = match body {
            Captured::Whole(body) => Some(body),
            Captured::TooLong => None,
        };
        let compared = settings.comparison.compare_parts(
            &Head { status, headers: &headers },
            body.as_ref(),
            &Head { status: theirs.status, headers: &theirs.headers },
            theirs.body.as_ref(),
        );
        let (differences, body_compared) = (compared.differences, compared.body_compared);
        Ok(ShadowReport { method, uri, route, differences, body_compared })
    }
}

/// Copies a request without its body. Of the extensions only the client's address is copied.
fn copy(request: &Request<Body>) -> Request<()> {
    let mut copy = Request::new(());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    copy.headers_mut().clone_from(request.headers());
    let headers = copy.headers_mut();
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    // The body is buffered now, so hyper sets its length.
    headers.remove(TRANSFER_ENCODING);
    headers.remove(CONTENT_LENGTH);
    if let Some(address) = request.extensions().get::<RemoteAddr>() {
        copy.extensions_mut().insert(*address);
    }
    copy
}

/// Returns the shadow's response, or the error that it failed with.
async fn ask<T, R>(mut shadow: T, request: Request<Body>, limit: u64) -> Result<Theirs, BoxError>
where
    T: Service<Request<Body>, Response = Response<R>, Error: Into<BoxError>>,
    R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    poll_fn(|cx| shadow.poll_ready(cx)).await.map_err(Into::into)?;
    let response = shadow.call(request).await.map_err(Into::into)?;
    let (response, error) = ErrorResponse::split(response.map(Body::new));
    if let Some(error) = error {
        return Err(format!("{error:?}").into());
    }
    let (parts, body) = response.into_parts();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let body = match Limited::new(body, limit).collect().await {
        Ok(body) => Some(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => None,
        Err(error) => return Err(error),
    };
    Ok(Theirs { status: parts.status, headers: parts.headers, body })
}

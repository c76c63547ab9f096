//! Sends the copy of a request, and compares its two responses.

use super::capture::{Captured, capture};
use super::comparison::Head;
use super::report::{Counters, log_difference};
use super::settings::ShadowSettings;
use super::{Compared, ShadowReport};
use crate::body::{Body, BoxError};
use crate::client::Origin;
use crate::error::ErrorResponse;
use crate::proxy::ProxiedTo;
use crate::request::{RemoteAddr, Tls};
use crate::routing::MatchedRoute;
use bytes::{Buf, Bytes};
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use std::future::poll_fn;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::timeout;
use tower_service::Service;

/// Starts the task of a copy.
type Start = dyn FnOnce(Mirror, OwnedSemaphorePermit) + Send;

/// Observes the client's response, and then decides whether the copy is sent.
pub(super) struct ResponseObserver(Option<Box<Pending>>);

/// A copy of a request whose response has not come yet.
struct Pending {
    request: Request<()>,
    /// The request's body, once the inner service has read it.
    body: oneshot::Receiver<Captured>,
    /// Where a proxy in the inner service has sent the request.
    proxied_to: ProxiedTo,
    /// The origin of a shadow that is a proxy itself.
    origin: Option<Origin>,
    settings: Arc<ShadowSettings>,
    start: Box<Start>,
}

impl ResponseObserver {
    /// Copies a request, and captures its body while the inner service reads it.
    pub(super) fn new(
        request: Request<Body>,
        origin: Option<Origin>,
        settings: Arc<ShadowSettings>,
        start: Box<Start>,
    ) -> (Request<Body>, Self) {
        let (mut parts, body) = request.into_parts();
        let (body, captured) = capture(body, &parts.headers, settings.body_limit);
        let proxied_to = ProxiedTo::default();
        parts.extensions.insert(proxied_to.clone());
        let request = Request::from_parts(parts, body);
        let copy = copy(&request);
        let pending = Pending { request: copy, body: captured, proxied_to, origin, settings, start };
        (request, Self(Some(Box::new(pending))))
    }

    /// Captures a response while it is sent, and starts the copy. The inner service has read the request's body by then,
    /// so no copy waits for a client that is still sending.
    pub(super) fn observe(mut self, response: Response<Body>) -> Response<Body> {
        match self.0.take() {
            Some(pending) => pending.observe(response),
            None => response,
        }
    }
}

impl Drop for ResponseObserver {
    /// Without a response there is nothing to compare.
    fn drop(&mut self) {
        if let Some(pending) = &self.0 {
            Counters::count(&pending.settings.counters.skipped);
        }
    }
}

impl Pending {
    fn observe(mut self: Box<Self>, response: Response<Body>) -> Response<Body> {
        let counters = &self.settings.counters;
        let proxied_to = self.proxied_to.origin().cloned();
        if proxied_to.is_some() && proxied_to == self.origin {
            // The shadow is the server that this response comes from.
            Counters::count(&counters.proxied);
            return response;
        }
        let permit = Arc::clone(&self.settings.in_flight).try_acquire_owned();
        let (Ok(Captured::Whole(body)), Ok(permit)) = (self.body.try_recv(), permit) else {
            Counters::count(&counters.skipped);
            return response;
        };
        let (parts, response_body) = response.into_parts();
        let (response_body, captured) = capture(response_body, &parts.headers, self.settings.body_limit);
        let Self { request, settings, start, .. } = *self;
        let live = Live {
            status: parts.status,
            headers: parts.headers.clone(),
            route: parts.extensions.get().cloned(),
            body: captured,
            proxied_to,
        };
        start(Mirror { request: request.map(|()| body.into()), live, settings }, permit);
        Response::from_parts(parts, response_body)
    }
}

/// The observed part of the client's response.
struct Live {
    status: StatusCode,
    headers: HeaderMap,
    route: Option<MatchedRoute>,
    body: oneshot::Receiver<Captured>,
    proxied_to: Option<Origin>,
}

/// The shadow's response.
struct Shadowed {
    status: StatusCode,
    headers: HeaderMap,
    /// `None` if it is too long.
    body: Option<Bytes>,
    proxied_to: Option<Origin>,
}

/// A copy of a request, ready to be sent.
pub(super) struct Mirror {
    request: Request<Body>,
    live: Live,
    settings: Arc<ShadowSettings>,
}

/// The reason why nothing was compared.
enum Failure {
    /// For example, the client has disconnected.
    Skipped,
    /// Both responses come from the same server.
    Proxied,
    Unavailable(BoxError),
}

impl Mirror {
    /// Sends the copy, and reports the comparison.
    pub(super) async fn run<T, R>(self, shadow: T, is_old: bool)
    where
        T: Service<Request<Body>, Response = Response<R>, Error: Into<BoxError>>,
        R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        let settings = Arc::clone(&self.settings);
        let counters = &settings.counters;
        let report = match self.report(shadow, is_old).await {
            Ok(report) => report,
            Err(Failure::Skipped) => return Counters::count(&counters.skipped),
            Err(Failure::Proxied) => return Counters::count(&counters.proxied),
            Err(Failure::Unavailable(error)) => return counters.unavailable(&*error),
        };
        counters.report(&report);
        log_difference(&report);
        if let Some(on_report) = &settings.on_report {
            on_report(&report);
        }
    }

    async fn report<T, R>(self, shadow: T, is_old: bool) -> Result<ShadowReport, Failure>
    where
        T: Service<Request<Body>, Response = Response<R>, Error: Into<BoxError>>,
        R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        let Self { request, live, settings } = self;
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let shadowed = timeout(settings.timeout, ask(shadow, request, settings.body_limit)).await;
        let shadowed =
            shadowed.map_err(|late| Failure::Unavailable(late.into()))?.map_err(Failure::Unavailable)?;
        if live.proxied_to.is_some() && live.proxied_to == shadowed.proxied_to {
            return Err(Failure::Proxied);
        }
        // The time limit also ends the wait for a stream without an end, so that it does not count as in flight
        // forever.
        let body = match timeout(settings.timeout, live.body).await {
            Ok(Ok(Captured::Whole(body))) => Some(body),
            Ok(Ok(Captured::TooLong)) => None,
            Ok(Err(_)) | Err(_) => return Err(Failure::Skipped),
        };
        let ours = (Head { status: live.status, headers: &live.headers }, body.as_ref());
        let shadow = (Head { status: shadowed.status, headers: &shadowed.headers }, shadowed.body.as_ref());
        let (old, new) = if is_old { (shadow, ours) } else { (ours, shadow) };
        let compared = settings.comparison.compare_parts(&old.0, old.1, &new.0, new.1);
        let Compared { differences, forms, body_compared } = compared;
        Ok(ShadowReport { method, uri, route: live.route, differences, forms, body_compared })
    }
}

/// Copies a request without its body. Of the extensions only those of the connection are copied.
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
    if let Some(tls) = request.extensions().get::<Tls>() {
        copy.extensions_mut().insert(*tls);
    }
    copy
}

/// Returns the shadow's response, or the error that it failed with.
async fn ask<T, R>(mut shadow: T, mut request: Request<Body>, limit: u64) -> Result<Shadowed, BoxError>
where
    T: Service<Request<Body>, Response = Response<R>, Error: Into<BoxError>>,
    R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    let proxied_to = ProxiedTo::default();
    request.extensions_mut().insert(proxied_to.clone());
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
    let proxied_to = proxied_to.origin().cloned();
    Ok(Shadowed { status: parts.status, headers: parts.headers, body, proxied_to })
}

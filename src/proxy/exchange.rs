//! Sends a request to the origin, and returns its response.

use super::ProxyError;
use super::back::Back;
use super::forwarded::Client;
use super::headers::{Present, has_unknown_coding, has_valid_length, join_cookies, remove_hop_by_hop};
use super::settings::{ProxiedTo, Settings};
use super::timeout::{Failure, Upload, limited};
use super::upgrade::Upgrade;
use crate::body::Body;
use crate::client::Usage;
use crate::client_headers::has_token;
use crate::error::Error;
use crate::response::Result;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TE, TRANSFER_ENCODING};
use http::uri::{Authority, Parts, PathAndQuery, Scheme, Uri};
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use hyper_util::client::legacy::ResponseFuture;
use std::sync::atomic::Ordering;

type ClientError = hyper_util::client::legacy::Error;

impl Settings {
    /// Sends a request to the origin and returns its response, both without hop-by-hop headers.
    pub(super) async fn exchange(&self, mut request: Request<Body>) -> Result<Response<Body>> {
        let present = Present::of(request.headers());
        self.check(&request, present).map_err(ProxyError::into_error)?;
        let upgrade = if present.upgrade { Upgrade::take(&mut request) } else { None };
        let client = self.client_of(&request);
        if let Some(proxied_to) = request.extensions().get::<ProxiedTo>() {
            proxied_to.set(&self.origin);
        }
        self.prepare(&mut request, present, &client, upgrade.as_ref()).map_err(ProxyError::into_error)?;
        let upload = self.observe(&mut request);
        // On a connection on which the origin has spoken HTTP/1.0, hyper speaks it, too, and leaves chunks out.
        if self.is_http_10.load(Ordering::Relaxed) && request.headers().contains_key(TRANSFER_ENCODING) {
            use_new_connection(&mut request);
        }
        let mut again = repeatable(&mut request);
        let first = self.client.request(request);
        let sent = limited(self.send_twice(first, &mut again), self.timeout, upload.as_ref()).await;
        let response = match sent {
            Some(Ok(response)) => response,
            Some(Err(error)) => return Err(self.failed(error, upload.as_ref())),
            None => return Err(ProxyError::Timeout(self.timeout).into_error()),
        };
        self.finish(response, client, upgrade).map_err(ProxyError::into_error)
    }

    /// Rejects a request that cannot be forwarded.
    fn check(&self, request: &Request<Body>, present: Present) -> Result<(), ProxyError> {
        if request.method() == Method::CONNECT {
            return Err(ProxyError::Unsupported("the method `CONNECT` is not supported"));
        }
        if request.uri().authority().is_some() && request.uri().scheme().is_none() {
            return Err(ProxyError::Malformed("the target is not a path"));
        }
        let mut hosts = request.headers().get_all(HOST).iter();
        if !hosts.next().is_none_or(is_host) || hosts.next().is_some() {
            return Err(ProxyError::Malformed("the request has not one `Host`, or one that is not a host"));
        }
        if present.transfer_encoding && has_unknown_coding(request.headers()) {
            return Err(ProxyError::Unsupported("the request has a transfer coding other than `chunked`"));
        }
        if present.via && self.pseudonym.is_in(request.headers()) {
            return Err(ProxyError::Loop);
        }
        Ok(())
    }

    /// Rewrites the client's request into the proxy's request to the origin.
    fn prepare(
        &self,
        request: &mut Request<Body>,
        present: Present,
        client: &Client,
        upgrade: Option<&Upgrade>,
    ) -> Result<(), ProxyError> {
        let path = request.uri().path_and_query().cloned();
        let path = self.paths.apply(path.unwrap_or_else(|| PathAndQuery::from_static("/")))?;
        *request.uri_mut() = target(path)?;
        let version = std::mem::replace(request.version_mut(), Version::HTTP_11);
        let headers = request.headers_mut();
        let takes_trailers = present.te && has_token(headers, &TE, "trailers");
        self.warnings.no_layer(remove_hop_by_hop(headers, present));
        if present.cookie {
            join_cookies(headers);
        }
        let host = client.host.as_ref().filter(|_| self.preserve_host).or(self.host.as_ref());
        if let Some(host) = host.filter(|host| headers.get(HOST) != Some(host)) {
            headers.insert(HOST, host.clone());
        }
        self.forwarded.write(headers, client);
        self.pseudonym.append(headers, version);
        // What the program sets comes after what is removed, so that it always arrives.
        self.edits.request(request);
        // The extensions belong to the server and its layers, and may hold values that the client's connection
        // waits for.
        *request.extensions_mut() = Extensions::new();
        frame(request);
        if takes_trailers {
            request.headers_mut().insert(TE, HeaderValue::from_static("trailers"));
            request.headers_mut().append(CONNECTION, HeaderValue::from_static("te"));
        }
        if let Some(upgrade) = upgrade {
            upgrade.ask(request.headers_mut());
        }
        Ok(())
    }

    /// Observes a request's body.
    fn observe(&self, request: &mut Request<Body>) -> Option<Upload> {
        let (upload, body) = Upload::observe(std::mem::take(request.body_mut()), self.body_timeout);
        *request.body_mut() = body;
        upload
    }

    /// Repeats a request once, on a new connection, if the origin has closed an idle one. The HTTP client itself repeats
    /// requests of any method that it has not started to write.
    async fn send_twice(
        &self,
        first: ResponseFuture,
        again: &mut Option<Request<Body>>,
    ) -> Result<Response<Incoming>, ClientError> {
        let sent = match (first.await, again) {
            (Err(error), again @ Some(_)) if was_closed(&error) => {
                let mut again = again.take().unwrap_or_default();
                use_new_connection(&mut again);
                self.client.request(again).await
            }
            (sent, _) => sent,
        };
        if let Some(usage) = sent.as_ref().ok().and_then(|response| response.extensions().get::<Usage>()) {
            usage.responded();
        }
        sent
    }

    /// Rewrites the origin's response into the proxy's response.
    fn finish(
        &self,
        mut response: Response<Incoming>,
        client: Client,
        upgrade: Option<Upgrade>,
    ) -> Result<Response<Body>, ProxyError> {
        let present = Present::of(response.headers());
        if let Some(problem) = problem(response.headers(), present) {
            return Err(ProxyError::Broken(problem.into()));
        }
        let version = std::mem::replace(response.version_mut(), Version::HTTP_11);
        if version == Version::HTTP_10 {
            self.is_http_10.store(true, Ordering::Relaxed);
        }
        match (response.status(), upgrade) {
            (StatusCode::SWITCHING_PROTOCOLS, Some(upgrade)) => upgrade.tunnel(&mut response)?,
            (StatusCode::SWITCHING_PROTOCOLS, None) => {
                let problem = "the origin switched to a protocol that was not asked for";
                return Err(ProxyError::Broken(problem.into()));
            }
            _ => _ = remove_hop_by_hop(response.headers_mut(), present),
        }
        self.pseudonym.append(response.headers_mut(), version);
        if !self.preserve_host || !self.paths.is_empty() {
            let (origin, paths, scheme) = (&self.origin, &self.paths, client.scheme());
            let back = Back { origin, is_other_host: !self.preserve_host, scheme, host: client.host, paths };
            back.rewrite(response.headers_mut());
        }
        let reason = response.extensions_mut().remove::<ReasonPhrase>();
        *response.extensions_mut() = Extensions::new();
        if let Some(reason) = reason {
            response.extensions_mut().insert(reason);
        }
        let mut response = response.map(Body::new);
        self.edits.response(&mut response);
        Ok(response)
    }

    /// Returns the error for a request without a response.
    fn failed(&self, error: ClientError, upload: Option<&Upload>) -> Error {
        match upload.and_then(Upload::failure) {
            // An error of the client's own body becomes a 400 or 413; it is not an error of the origin.
            Some(Failure::Broken) => return Error::from_boxed(error.into()),
            Some(Failure::Silent) => return ProxyError::ClientTimeout(self.body_timeout).into_error(),
            None => {}
        }
        let unreachable = error.is_connect();
        let error = error.into();
        if unreachable { ProxyError::Unreachable(error) } else { ProxyError::Broken(error) }.into_error()
    }
}

/// Returns whether a value of `Host` is a host and a port, or empty: RFC 9112, 3.2.
fn is_host(value: &HeaderValue) -> bool {
    value.as_bytes().iter().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_~!$&'()*+;=%".contains(byte))
}

/// Returns the URL for the client, which connects to the origin whatever the host is.
fn target(path: PathAndQuery) -> Result<Uri, ProxyError> {
    let mut parts = Parts::default();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(Authority::from_static("o"));
    parts.path_and_query = Some(path);
    Uri::from_parts(parts).map_err(|_| ProxyError::Malformed("the target has no path"))
}

/// Lets the client connect for this request, and not use the connection again: the pool has none to this host.
fn use_new_connection(request: &mut Request<Body>) {
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.authority = Some(Authority::from_static("n"));
    *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    request.headers_mut().append(CONNECTION, HeaderValue::from_static("close"));
}

/// Sets the length of a request's body. Without one it is sent in chunks, which the client does for a GET or a HEAD
/// only if the header asks for it.
fn frame(request: &mut Request<Body>) {
    let length = request.body().size_hint().exact();
    let headers = request.headers_mut();
    headers.remove(TRANSFER_ENCODING);
    match (length, headers.contains_key(CONTENT_LENGTH)) {
        // A layer may have read or changed the body.
        (Some(length), true) => _ = headers.insert(CONTENT_LENGTH, HeaderValue::from(length)),
        (None, false) => _ = headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked")),
        (Some(_), false) | (None, true) => {}
    }
}

/// Returns why a response cannot be passed on.
fn problem(headers: &HeaderMap, present: Present) -> Option<&'static str> {
    if present.transfer_encoding && has_unknown_coding(headers) {
        return Some("the response has a transfer coding other than `chunked`");
    }
    (!has_valid_length(headers)).then_some("the response has a `Content-Length` that is not one number")
}

/// Returns a copy of a request that can be sent twice, because its method is idempotent and its body is buffered.
fn repeatable(request: &mut Request<Body>) -> Option<Request<Body>> {
    if !request.method().is_idempotent() {
        return None;
    }
    let bytes = request.body_mut().take_bytes()?;
    *request.body_mut() = Body::from(bytes.clone());
    let mut copy = Request::new(Body::from(bytes));
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    copy.headers_mut().clone_from(request.headers());
    Some(copy)
}

/// Returns whether a reused connection was closed without a byte of a response.
fn was_closed(error: &ClientError) -> bool {
    let mut extensions = Extensions::new();
    if let Some(connection) = error.connect_info() {
        connection.get_extras(&mut extensions);
    }
    if !extensions.get::<Usage>().is_some_and(Usage::is_silent) {
        return false;
    }
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
                return true;
            }
        }
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
            return matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset);
        }
        cause = error.source();
    }
    false
}

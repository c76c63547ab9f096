//! Sends a request to the origin, and returns its response.

use super::ProxyError;
use super::forwarded::{self, Client};
use super::headers::{has_token, has_unknown_coding, join_cookies, remove_hop_by_hop};
use super::service::Settings;
use super::timeout::{Upload, limited};
use super::upgrade::Upgrade;
use crate::body::Body;
use crate::client::Reused;
use crate::error::Error;
use crate::response::Result;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TE};
use http::uri::{PathAndQuery, Scheme};
use http::{Extensions, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;

type ClientError = hyper_util::client::legacy::Error;

impl Settings {
    /// Sends a request to the origin and returns its response, both without hop-by-hop headers.
    pub(super) async fn exchange(&self, mut request: Request<Body>) -> Result<Response<Body>> {
        self.check(&request).map_err(ProxyError::into_error)?;
        let upgrade = Upgrade::take(&mut request);
        self.prepare(&mut request, upgrade.as_ref())?;
        let upload = observe(&mut request);
        let sent = limited(self.send_twice(request), self.timeout, upload.as_ref()).await;
        let response = match sent {
            Some(Ok(response)) => response,
            Some(Err(error)) => return Err(failed(error, upload.as_ref())),
            None => return Err(ProxyError::Timeout(self.timeout).into_error()),
        };
        self.finish(response, upgrade).map_err(ProxyError::into_error)
    }

    /// Rejects a request that cannot be forwarded.
    fn check(&self, request: &Request<Body>) -> Result<(), ProxyError> {
        if request.method() == Method::CONNECT {
            return Err(ProxyError::Unsupported("the method `CONNECT` is not supported"));
        }
        if has_unknown_coding(request.headers()) {
            return Err(ProxyError::Unsupported("the request has a transfer coding other than `chunked`"));
        }
        if self.pseudonym.is_in(request.headers()) {
            return Err(ProxyError::Loop);
        }
        Ok(())
    }

    /// Rewrites the client's request into the proxy's request to the origin.
    fn prepare(&self, request: &mut Request<Body>, upgrade: Option<&Upgrade>) -> Result<()> {
        let (uri, version) = (request.uri(), request.version());
        // Over HTTP/2, and in an absolute target, the host is in the target.
        let host = match uri.authority() {
            Some(authority) => HeaderValue::from_str(host_and_port(authority.as_str())).ok(),
            None => request.headers().get(HOST).cloned(),
        };
        let client = Client {
            address: forwarded::address(request.extensions()),
            host,
            https: uri.scheme() == Some(&Scheme::HTTPS),
        };
        let path = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let target = self.origin.join(path).map_err(|_| Error::new(400, "Bad Request"))?;
        let length = request.body().size_hint().exact();

        *request.uri_mut() = target;
        *request.version_mut() = Version::HTTP_11;
        // The extensions belong to the server and its layers, and may hold values that the client's connection
        // waits for.
        *request.extensions_mut() = Extensions::new();
        let headers = request.headers_mut();
        let takes_trailers = has_token(headers, &TE, "trailers");
        remove_hop_by_hop(headers);
        join_cookies(headers);
        // Without a `Host` header, the HTTP client sends the origin's.
        headers.remove(HOST);
        if let Some(host) = client.host.as_ref().filter(|_| self.preserve_host) {
            headers.insert(HOST, host.clone());
        }
        if let (Some(length), true) = (length, headers.contains_key(CONTENT_LENGTH)) {
            // An outer layer may have read or changed the body.
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        self.forwarded.write(headers, &client);
        self.pseudonym.append(headers, version);
        if takes_trailers {
            headers.insert(TE, HeaderValue::from_static("trailers"));
            headers.append(CONNECTION, HeaderValue::from_static("te"));
        }
        if let Some(upgrade) = upgrade {
            upgrade.ask(headers);
        }
        Ok(())
    }

    /// Repeats a request once if the origin has closed an idle connection. The HTTP client itself repeats requests
    /// of any method that it has not started to write.
    async fn send_twice(&self, mut request: Request<Body>) -> Result<Response<Incoming>, ClientError> {
        let again = repeatable(&mut request);
        let sent = self.client.request(request).await;
        let sent = match (sent, again) {
            (Err(error), Some(again)) if was_closed(&error) => self.client.request(again).await,
            (sent, _) => sent,
        };
        if let Some(reused) = sent.as_ref().ok().and_then(|response| response.extensions().get::<Reused>()) {
            reused.set();
        }
        sent
    }

    /// Rewrites the origin's response into the proxy's response.
    fn finish(
        &self,
        response: Response<Incoming>,
        upgrade: Option<Upgrade>,
    ) -> Result<Response<Body>, ProxyError> {
        if has_unknown_coding(response.headers()) {
            let problem = "the response has a transfer coding other than `chunked`";
            return Err(ProxyError::Broken(problem.into()));
        }
        let version = response.version();
        let mut response = match (response.status(), upgrade) {
            (StatusCode::SWITCHING_PROTOCOLS, Some(upgrade)) => upgrade.tunnel(response)?,
            (StatusCode::SWITCHING_PROTOCOLS, None) => {
                let problem = "the origin switched to a protocol that was not asked for";
                return Err(ProxyError::Broken(problem.into()));
            }
            _ => {
                let mut response = response;
                remove_hop_by_hop(response.headers_mut());
                response
            }
        };
        self.pseudonym.append(response.headers_mut(), version);
        *response.version_mut() = Version::HTTP_11;
        let reason = response.extensions_mut().remove::<ReasonPhrase>();
        *response.extensions_mut() = Extensions::new();
        if let Some(reason) = reason {
            response.extensions_mut().insert(reason);
        }
        Ok(response.map(Body::new))
    }
}

/// Observes a request's body.
fn observe(request: &mut Request<Body>) -> Option<Upload> {
    let (upload, body) = Upload::observe(std::mem::take(request.body_mut()));
    *request.body_mut() = body;
    upload
}

/// Returns an authority without its user information.
fn host_and_port(authority: &str) -> &str {
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
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

/// Returns whether a reused connection was closed without a response.
fn was_closed(error: &ClientError) -> bool {
    let mut extensions = Extensions::new();
    if let Some(connection) = error.connect_info() {
        connection.get_extras(&mut extensions);
    }
    if !extensions.get::<Reused>().is_some_and(Reused::get) {
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

/// Returns the error for a request without a response.
fn failed(error: ClientError, upload: Option<&Upload>) -> Error {
    if upload.is_some_and(Upload::failed) {
        // An error of the client's own body becomes a 400 or 413; it is not an error of the origin.
        return Error::from_boxed(error.into());
    }
    let unreachable = error.is_connect();
    let error = error.into();
    if unreachable { ProxyError::Unreachable(error) } else { ProxyError::Broken(error) }.into_error()
}

//! What the program changes in requests to the origin, and in its responses.

use crate::body::Body;
use crate::error::{IntoHeaderValue, header_name};
use http::{HeaderName, HeaderValue, Request, Response};
use std::sync::Arc;

type OnRequest = dyn Fn(&mut Request<Body>) + Send + Sync;
type OnResponse = dyn Fn(&mut Response<Body>) + Send + Sync;

/// Changes of requests and responses.
#[derive(Clone, Default)]
pub(super) struct Edits {
    /// Headers of requests, in the order of the calls. `None`: the header is removed.
    headers: Vec<(HeaderName, Option<HeaderValue>)>,
    on_request: Option<Arc<OnRequest>>,
    on_response: Option<Arc<OnResponse>>,
}

impl Edits {
    #[track_caller]
    pub(super) fn set(
        &mut self,
        name: impl TryInto<HeaderName, Error: Into<http::Error>>,
        value: impl IntoHeaderValue,
    ) {
        match (header_name(name), value.into_header_value()) {
            (Ok(name), Ok(value)) => self.headers.push((name, Some(value))),
            (Err(error), _) | (_, Err(error)) => panic!("a header of the proxy is not valid: {error}"),
        }
    }

    #[track_caller]
    pub(super) fn remove(&mut self, name: impl TryInto<HeaderName, Error: Into<http::Error>>) {
        match header_name(name) {
            Ok(name) => self.headers.push((name, None)),
            Err(error) => panic!("a header of the proxy is not valid: {error}"),
        }
    }

    pub(super) fn on_request(&mut self, change: impl Fn(&mut Request<Body>) + Send + Sync + 'static) {
        self.on_request = Some(Arc::new(change));
    }

    pub(super) fn on_response(&mut self, change: impl Fn(&mut Response<Body>) + Send + Sync + 'static) {
        self.on_response = Some(Arc::new(change));
    }

    pub(super) fn request(&self, request: &mut Request<Body>) {
        for (name, value) in &self.headers {
            match value {
                Some(value) => _ = request.headers_mut().insert(name, value.clone()),
                None => _ = request.headers_mut().remove(name),
            }
        }
        if let Some(change) = &self.on_request {
            change(request);
        }
    }

    pub(super) fn response(&self, response: &mut Response<Body>) {
        if let Some(change) = &self.on_response {
            change(response);
        }
    }
}

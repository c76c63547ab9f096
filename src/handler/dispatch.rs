//! Calls the handler of a request's method.

use super::endpoint::Endpoint;
use super::future::{BoxFuture, RouteFuture};
use crate::body::Body;
use crate::context::{RequestHead, RouteContext};
use crate::error::Error;
use crate::request::ApiRequest;
use crate::response::{ApiResponse, Result};
use crate::routing::MatchedPath;
use http::header::ALLOW;
use http::{HeaderValue, Method, StatusCode};
use std::sync::Arc;

/// The handlers of a route by method.
pub(super) struct Dispatch {
    pub(super) endpoints: Vec<(Method, Arc<dyn Endpoint>)>,
    pub(super) fallback: Option<Arc<dyn Endpoint>>,
    pub(super) allow: HeaderValue,
    pub(super) context: Arc<RouteContext>,
}

impl Endpoint for Dispatch {
    fn call(self: Arc<Self>, request: http::Request<Body>, path: MatchedPath) -> RouteFuture {
        match self.endpoint(request.method()) {
            Some(endpoint) => Arc::clone(endpoint).call(request, path),
            None => self.refuse(&request),
        }
    }

    fn run(self: Arc<Self>, req: ApiRequest<Body>, res: ApiResponse) -> BoxFuture {
        match self.endpoint(req.method()) {
            Some(endpoint) => Arc::clone(endpoint).run(req, res),
            None => {
                Box::pin(async move { self.refusal(req.method()).and_then(|response| res.forward(response)) })
            }
        }
    }
}

impl Dispatch {
    fn endpoint(&self, method: &Method) -> Option<&Arc<dyn Endpoint>> {
        let find = |method: &Method| self.endpoints.iter().find(|(known, _)| known == method);
        // HEAD is a GET without a body.
        let found = find(method).or_else(|| if *method == Method::HEAD { find(&Method::GET) } else { None });
        let fallback = self.fallback.as_ref().filter(|_| *method != Method::OPTIONS);
        found.map(|(_, endpoint)| endpoint).or(fallback)
    }

    /// Returns the response to a method that has no handler.
    fn refuse(&self, request: &http::Request<Body>) -> RouteFuture {
        let result = self.refusal(request.method());
        RouteFuture::ready(result, Arc::new(RequestHead::for_service(request, Arc::clone(&self.context))))
    }

    fn refusal(&self, method: &Method) -> Result<http::Response<Body>> {
        if *method == Method::OPTIONS {
            let mut response = http::Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            response.headers_mut().insert(ALLOW, self.allow.clone());
            Ok(response)
        } else {
            Err(Error::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
                .append_header(ALLOW, &self.allow))
        }
    }
}

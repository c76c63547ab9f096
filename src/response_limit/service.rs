use super::future::ResponseFuture;
use super::layer::Setting;
use super::{ResponseBody, ResponseLimitLayer};
use crate::config::{Outer, RequestLine};
use crate::size::{DEFAULT_RESPONSE_LIMIT, SizeLimit};
use bytes::Bytes;
use http::{Extensions, Request, Response};
use std::task::{Context, Poll};
use tower_service::Service;

/// Measures the responses of the inner service; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
pub struct ResponseLimit<S> {
    inner: S,
    layer: ResponseLimitLayer,
}

impl<S> ResponseLimit<S> {
    /// Creates a service that logs a warning for responses of 4 MB or more, or of the limit that an outer layer or
    /// router sets.
    pub fn new(inner: S) -> Self {
        Self::from_layer(inner, ResponseLimitLayer::new())
    }

    pub(super) fn from_layer(inner: S, layer: ResponseLimitLayer) -> Self {
        Self { inner, layer }
    }

    define_inner_service_accessors!();
}

impl ResponseLimitLayer {
    /// Sets the limit for inner handlers, and returns this layer's limit and whether it is enforced.
    fn set(&self, extensions: &mut Extensions) -> (Option<SizeLimit>, bool) {
        if self.setting == Setting::Unset && self.enforce.is_none() {
            return (None, false);
        }
        let (mut limit, mut enforce) = (None, false);
        Outer::set(extensions, |outer| {
            outer.enforce_response_limit = self.enforce.or(outer.enforce_response_limit);
            enforce = outer.enforce_response_limit.unwrap_or(false);
            limit = match self.setting {
                Setting::Unset | Setting::Off => None,
                Setting::Inherited => outer.response_limit.unwrap_or(Some(DEFAULT_RESPONSE_LIMIT)),
                Setting::On => self.limit.or(outer.response_limit.flatten()).or(Some(DEFAULT_RESPONSE_LIMIT)),
            };
            if self.setting != Setting::Unset {
                outer.set_response_limit(limit);
            }
        });
        (limit, enforce)
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for ResponseLimit<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: http_body::Body<Data = Bytes>,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let (limit, enforce) = self.layer.set(request.extensions_mut());
        let limit = limit.map(|limit| (limit, RequestLine::of(&request)));
        ResponseFuture::new(self.inner.call(request), limit, enforce)
    }
}

use super::future::ResponseFuture;
use super::layer::Setting;
use super::{ResponseBody, ResponseLimitLayer};
use crate::config::Outer;
use crate::context::RequestLine;
use bytes::Bytes;
use http::{Request, Response};
use std::task::{Context, Poll};
use tower_service::Service;

/// Measures the answers of the service inside; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
pub struct ResponseLimit<S> {
    inner: S,
    layer: ResponseLimitLayer,
}

impl<S> ResponseLimit<S> {
    /// Warns from 4 MB on.
    pub fn new(inner: S) -> Self {
        Self::from_layer(inner, ResponseLimitLayer::default())
    }

    pub(super) fn from_layer(inner: S, layer: ResponseLimitLayer) -> Self {
        Self { inner, layer }
    }

    define_inner_service_accessors!();
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
        let limit = match self.layer.setting {
            Setting::Unset | Setting::Off => None,
            Setting::On(limit) => Some(limit),
        };
        if self.layer.setting != Setting::Unset {
            Outer::set(request.extensions_mut(), Outer::override_response_limit);
        }
        let limit = limit.map(|limit| (limit, RequestLine::of(&request)));
        ResponseFuture::new(self.inner.call(request), limit, self.layer.enforce)
    }
}

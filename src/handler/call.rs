//! The call of a handler: its request, its response, and the body that is read for it.

use super::binding::Binding;
use super::future::BoxFuture;
use crate::body::Body;
use crate::body_parser::Reading;
use crate::config::{InForce, Needs, Outer, Rules};
use crate::context::{RequestHead, RouteContext};
#[cfg(feature = "draft")]
use crate::draft::{Preview, PreviewOptions};
use crate::request::ApiRequest;
use crate::response::ApiResponse;
use crate::routing::MatchedPath;
use bytes::Bytes;
use http::Extensions;
use std::mem;
use std::sync::Arc;

/// The part of a handler's call that does not depend on the request.
#[derive(Clone)]
pub(crate) struct Setup {
    context: Arc<RouteContext>,
    needs: Needs,
    /// Whether it is a function around a service, whose deadline and limits are those of the service's own route.
    of_service: bool,
}

impl Setup {
    /// Creates the setup of a handler.
    pub(super) fn for_handler(binding: &Binding, needs: Needs) -> Self {
        Self { context: binding.context(binding.merged().rules), needs, of_service: false }
    }

    /// Creates the setup of a function around a service.
    pub(super) fn for_service(binding: &Binding) -> Self {
        let Rules { external_resolver, etag, .. } = binding.merged().rules;
        let rules = Rules { external_resolver, etag, response_limit: Some(None), ..Rules::UNSET };
        Self { context: binding.context(rules), needs: Needs::Stream, of_service: true }
    }

    /// Returns the setup of a function that wraps this handler.
    pub(super) fn with_needs(&self, needs: Needs) -> Self {
        Self { needs, ..self.clone() }
    }

    /// Resolves the settings again if an outer layer has set something for this request.
    fn resolve(&self, extensions: &Extensions) -> Option<Box<InForce>> {
        let outer = Outer::of(extensions)?;
        let own = self.context.rules;
        if own.max_duration.is_some() {
            outer.claim_deadline();
        }
        if own.response_limit.is_some() && !self.of_service {
            outer.claim_response_limit();
        }
        if let Some(enforce) = own.enforce_response_limit {
            outer.claim_enforcement(enforce);
        }
        Some(Box::new(InForce { rules: own.or(outer.rules), end: outer.end }))
    }
}

/// A handler or a wrapper whose types are erased.
pub(super) trait Start: Send + Sync {
    /// Returns a future that reads the body and then runs the handler.
    fn start(self: Arc<Self>, call: Call, reading: Reading) -> BoxFuture;
}

/// The arguments of a handler's call, apart from the body.
pub(crate) struct Call {
    pub(super) head: Arc<RequestHead>,
    pub(super) extensions: Extensions,
    /// The response that a wrapper has passed on.
    pub(super) response: Option<Box<ApiResponse>>,
    #[cfg(feature = "draft")]
    pub(super) preview: Preview,
}

impl Call {
    /// Splits a request, and starts to read its body.
    pub(super) fn begin(
        setup: &Setup,
        mut request: http::Request<Body>,
        path: MatchedPath,
    ) -> (Self, Reading) {
        let mut extensions = mem::take(request.extensions_mut());
        let in_force = setup.resolve(&extensions);
        let (parts, body) = request.into_parts();
        let head = Arc::new(RequestHead {
            is_service: setup.of_service,
            ..RequestHead::new(parts, Arc::clone(&setup.context), path, in_force)
        });
        let reading = Reading::start(setup.needs, &head.parts, &mut extensions, body, head.rules());
        let call = Self {
            head,
            extensions,
            response: None,
            #[cfg(feature = "draft")]
            preview: Preview::Off,
        };
        (call, reading)
    }

    /// Returns the arguments of a handler.
    pub(super) fn into_arguments<B>(self, body: B, raw: Bytes) -> (ApiRequest<B>, ApiResponse) {
        let response = self.response.map(|response| *response);
        let response = response.unwrap_or_else(|| ApiResponse::new(Arc::clone(&self.head)));
        let request = ApiRequest::new(self.head, self.extensions, body, raw);
        #[cfg(feature = "draft")]
        let (request, response) = hand_over(self.preview, request, response);
        (request, response)
    }

    /// Continues with the arguments that a wrapper passes on, and starts to read their body.
    pub(super) fn resume(setup: &Setup, request: ApiRequest<Body>, response: ApiResponse) -> (Self, Reading) {
        #[cfg(feature = "draft")]
        let preview = request.draft_preview().clone();
        let (head, mut extensions, body) = request.into_raw_parts();
        let reading = Reading::start(setup.needs, &head.parts, &mut extensions, body, head.rules());
        let call = Self {
            head,
            extensions,
            response: Some(Box::new(response)),
            #[cfg(feature = "draft")]
            preview,
        };
        (call, reading)
    }
}

/// Adds the preview to the request. The response deletes stale cookies before the handler adds its own.
#[cfg(feature = "draft")]
fn hand_over<B, T: ?Sized>(
    preview: Preview,
    request: ApiRequest<B>,
    response: ApiResponse<T>,
) -> (ApiRequest<B>, ApiResponse<T>) {
    let response = match preview {
        Preview::Stale => response.clear_preview_data(PreviewOptions::new()),
        _ => response,
    };
    (request.with_preview(preview), response)
}

//! Wraps handlers in functions.

use super::call::{Call, Setup, Start};
use super::endpoint::{Endpoint, Next, Wrapper};
use super::future::BoxFuture;
use super::handler_endpoint::HandlerEndpoint;
use crate::body::Body;
use crate::body_parser::{FromBody as _, Reading};
use crate::config::Needs;
use std::future::poll_fn;
use std::sync::Arc;

/// Wraps an endpoint in functions, the innermost one first. All run in one future, so that the deadline of a handler
/// includes its wrappers.
pub(super) fn wrapped(
    endpoint: Arc<dyn Endpoint>,
    setup: &Setup,
    wrappers: &[Arc<dyn Wrapper>],
) -> Arc<dyn Endpoint> {
    wrappers.iter().fold(endpoint, |next, wrapper| {
        let handler = Arc::new(Wrapped { wrapper: Arc::clone(wrapper), next });
        Arc::new(HandlerEndpoint { setup: setup.with_needs(Needs::Stream), handler })
    })
}

struct Wrapped {
    wrapper: Arc<dyn Wrapper>,
    next: Arc<dyn Endpoint>,
}

impl Start for Wrapped {
    fn start(self: Arc<Self>, call: Call, mut reading: Reading) -> BoxFuture {
        Box::pin(async move {
            // The body is passed on as a stream, so this is ready at once.
            let (input, raw) = poll_fn(|cx| reading.poll(cx)).await?;
            let (req, res) = call.into_arguments(Body::from_input(input, &raw)?, raw);
            self.wrapper.call(req, res, Next { endpoint: Arc::clone(&self.next) }).await
        })
    }
}

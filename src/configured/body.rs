use crate::body::LayeredBody;
use crate::{max_duration, response_limit};

/// The response body of a [`ConfiguredService`](super::ConfiguredService).
pub type ConfiguredBody<B> = max_duration::ResponseBody<response_limit::ResponseBody<LayeredBody<B>>>;

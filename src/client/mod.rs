//! The HTTP/1.1 client that `proxy`, `shadow` and `revalidate` share.

mod connector;
mod origin;

#[cfg(feature = "proxy")]
pub(crate) use connector::Reused;
pub(crate) use origin::Origin;
pub use origin::OriginError;

use crate::body::Body;
use connector::Connector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::time::Duration;

/// How long an idle connection is kept. Node closes it after five seconds, and a request that is sent at that moment
/// fails.
const IDLE: Duration = Duration::from_secs(4);

/// A client with a pool of connections, which its clones share.
pub(crate) type Client = hyper_util::client::legacy::Client<Connector, Body>;

/// Creates a client for these servers.
pub(crate) fn client(origins: &[Origin]) -> Result<Client, OriginError> {
    Ok(hyper_util::client::legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .build(Connector::new(origins)?))
}

//! The HTTP/1.1 client that `proxy`, `shadow` and `revalidate` share.

mod connector;
mod origin;

#[cfg(not(feature = "proxy"))]
use connector::Connector;
#[cfg(feature = "proxy")]
pub(crate) use connector::{Connector, Usage};
pub(crate) use origin::Origin;
pub use origin::OriginError;

use crate::body::Body;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::time::Duration;

/// How long an idle connection is kept. Node closes it after five seconds, and a request that is sent at that moment
/// fails.
const IDLE: Duration = Duration::from_secs(4);

/// A client with a pool of connections, which its clones share.
pub(crate) type Client = hyper_util::client::legacy::Client<Connector, Body>;

/// Creates a client for the servers of a revalidation.
#[cfg(feature = "revalidate")]
pub(crate) fn client(origins: &[Origin]) -> Result<Client, OriginError> {
    Ok(builder().build(Connector::new(origins)?))
}

/// Creates a client for one server, whose responses have at most this number of headers.
///
/// It connects to that server whatever the host of a URL is. With a host of one byte, looking for a connection in the
/// pool costs least.
#[cfg(feature = "proxy")]
pub(crate) fn client_of(connector: Connector, max_headers: usize) -> Client {
    builder().http1_max_headers(max_headers).build(connector)
}

fn builder() -> hyper_util::client::legacy::Builder {
    let mut builder = hyper_util::client::legacy::Client::builder(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE);
    builder
}

//! What is counted.

use std::sync::atomic::{AtomicBool, AtomicU64};

pub(crate) struct Counts {
    pub(crate) completed: AtomicU64,
    /// Of these, over HTTP/2.
    pub(crate) over_http2: AtomicU64,
    pub(crate) cut: AtomicU64,
    pub(crate) reopened: AtomicU64,
    pub(crate) lost: AtomicU64,
    /// Clients that have half-closed right behind their request, and those of them that got no response.
    pub(crate) half_closed: AtomicU64,
    pub(crate) half_closed_in_vain: AtomicU64,
    pub(crate) tunnels: AtomicU64,
    pub(crate) tunnels_ended: AtomicU64,
    /// Bytes that came back through a tunnel.
    pub(crate) tunnelled: AtomicU64,
    /// Responses that a slow client has read to their end.
    pub(crate) read_slowly: AtomicU64,
    /// Clients that read nothing, and were cut off.
    pub(crate) cut_off: AtomicU64,
}

pub(crate) static COUNTS: Counts = Counts {
    completed: AtomicU64::new(0),
    over_http2: AtomicU64::new(0),
    cut: AtomicU64::new(0),
    reopened: AtomicU64::new(0),
    lost: AtomicU64::new(0),
    half_closed: AtomicU64::new(0),
    half_closed_in_vain: AtomicU64::new(0),
    tunnels: AtomicU64::new(0),
    tunnels_ended: AtomicU64::new(0),
    tunnelled: AtomicU64::new(0),
    read_slowly: AtomicU64::new(0),
    cut_off: AtomicU64::new(0),
};
pub(crate) static STOP: AtomicBool = AtomicBool::new(false);
/// Errors that were logged; each must be one of `/api/fail`, and have the client's address.
pub(crate) static LOGGED: AtomicU64 = AtomicU64::new(0);
pub(crate) static LOGGED_WITHOUT_ADDRESS: AtomicU64 = AtomicU64::new(0);
pub(crate) static FAILED: AtomicU64 = AtomicU64::new(0);
/// Requests that a handler has begun, and those of them whose response has arrived. A difference is a request that
/// the server has taken and lost, whatever the client makes of it.
pub(crate) static BEGUN: AtomicU64 = AtomicU64::new(0);
pub(crate) static ARRIVED: AtomicU64 = AtomicU64::new(0);

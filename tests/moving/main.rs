//! What helps a move: the proxy and the shadow layer, between real sockets, and the types for a front end.

#[path = "../common/log.rs"]
#[allow(dead_code)] // shared with other tests
mod log;
mod proxy;
mod replay;
mod shadow;
mod support;
mod typescript;

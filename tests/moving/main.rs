//! The proxy and the shadow layer, between real sockets.

#[path = "../common/log.rs"]
#[allow(dead_code)] // shared with other tests
mod log;
mod proxy;
mod replay;
mod shadow;
mod support;

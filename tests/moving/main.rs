//! What helps a move: the proxy and the shadow layer, between real sockets.

#[path = "../common/mod.rs"]
mod common;
mod proxy;
mod shadow;
mod support;

//! What helps a move: the proxy and the shadow layer, between real sockets, and the types for a front end.

#[path = "../common/mod.rs"]
mod common;
mod proxy;
mod replay;
mod shadow;
mod support;
mod typescript;

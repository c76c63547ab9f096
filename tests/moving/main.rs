//! The proxy and the shadow layer, between real sockets.

mod proxy;
mod support;

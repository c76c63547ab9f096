//! HTTP over sockets: servers, a client that sends and sees the bytes of HTTP/1.1, and hyper's clients.

pub(crate) mod blocking;
mod client;
mod http2;
mod response;
mod server;
pub(crate) mod tls;

pub(crate) use client::{Client, SOON, soon};
pub(crate) use http2::{data, http2, http2_get};
pub(crate) use response::Response;
pub(crate) use server::{Server, serve, serve_in_background};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

impl Protocol {
    pub(crate) const BOTH: [Self; 2] = [Self::Http1, Self::Http2];
}

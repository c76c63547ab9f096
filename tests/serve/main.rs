//! The server, over real sockets.

#[path = "../common/mod.rs"]
mod common;
mod connection;
mod defaults;
mod descriptors;
mod early;
mod examples;
mod graceful;
mod half_close;
mod lengths;
mod linger;
mod listener;
mod listening;
mod llhttp;
mod memory;
mod pipelines;
mod refusals;
mod remote_addr;
mod stop;
mod stopping;
mod stops;
mod time_limits;
mod tunnel;
mod unread;
mod writer;

//! The server, over real sockets.

#[path = "../common/mod.rs"]
mod common;
mod connection;
mod graceful;

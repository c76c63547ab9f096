//! Streamed bodies in both directions, and server-sent events.

#[path = "../common/mod.rs"]
mod common;
mod dropped;
mod events;
mod examples;
mod flow;
mod head;
mod heavy;
mod request;
mod writer;

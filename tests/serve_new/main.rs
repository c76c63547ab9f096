//! The server: what hyper's own parts lack, and that nothing else is changed.

#[path = "../common/log.rs"]
#[allow(dead_code)]
mod log;
#[path = "../wire/mod.rs"]
mod wire;

mod descriptors;
mod examples;
mod half_close;
mod linger;
mod listener;
mod memory;
mod pipelines;
mod remote_addr;
mod stop;
mod stops;
mod time_limits;
mod tunnel;
mod writer;

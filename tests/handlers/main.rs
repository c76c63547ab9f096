//! Handlers, methods, state and errors, in process.

#[path = "../common/mod.rs"]
mod common;
mod conversions;
mod errors;
mod handlers;
mod head;
mod panics;
mod payload;
mod refusals;
mod request;
mod response;
mod routers;
mod table;
mod unit;
mod wrappers;

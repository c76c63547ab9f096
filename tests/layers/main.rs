//! The layers: each alone, all together, in every order, and in axum.

#![allow(clippy::items_after_statements)] // a handler stands where its cases begin

mod attach;
mod behaviour;
mod bodies;
mod body_parser;
mod broken_bodies;
#[path = "../common/mod.rs"]
mod common;
mod compose;
mod config;
mod cors;
mod deadlines;
mod elsewhere;
mod external_resolver;
mod hooks;
mod max_duration;
mod model;
mod nested;
mod precedence;
mod probe;
mod readiness;
mod response_limit;
mod settings;
mod stack;
mod stream_limit;
mod typed_bodies;
mod ways;
mod windows;

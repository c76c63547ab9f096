//! The layers: each alone, all together, in every order, and in axum.

mod behaviour;
mod body_parser;
#[path = "../common/mod.rs"]
mod common;
mod compose;
mod config;
mod cors;
mod elsewhere;
mod external_resolver;
mod max_duration;
mod precedence;
mod probe;
mod readiness;
mod response_limit;
mod settings;
mod stack;

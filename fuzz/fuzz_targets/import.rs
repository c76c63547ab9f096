#![no_main]
#![allow(dead_code, unused_imports)] // an import uses a part of these modules

// `cargo api-routes` is a binary: its modules are taken as they are.
#[path = "../../cli/src/app/mod.rs"]
mod app;
#[path = "../../cli/src/checks.rs"]
mod checks;
#[path = "../../cli/src/counterpart.rs"]
mod counterpart;
#[path = "../../cli/src/plan.rs"]
mod plan;
#[path = "../../cli/src/read/mod.rs"]
mod read;
#[path = "../../cli/src/types/mod.rs"]
mod types;
#[path = "../../cli/src/write/mod.rs"]
mod write;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::import(bytes));

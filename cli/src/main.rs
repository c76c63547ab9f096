//! `cargo api-routes`: the API routes of a Next.js app become a Rust crate that serves at once, and move one at a time.

mod app;
#[cfg(test)]
mod checks;
mod cli;
mod counterpart;
mod dev;
mod import;
mod manifest;
mod new;
mod plan;
mod read;
mod replay;
mod status;
mod terminal;
mod types;
mod write;

use clap::Parser as _;
use cli::{Cargo, Command};
use std::process::ExitCode;

/// Whoever reads a syntax tree goes as deep as it is: `a + b + c` is a level for each `+`, and so is `else if`.
const STACK: usize = 1 << 30;

fn main() -> ExitCode {
    // Only what is used of it is taken. A system that has no room for it has the stack of every program.
    let deep = std::thread::Builder::new().stack_size(STACK).spawn(run);
    deep.map_or_else(|_| run(), |thread| thread.join().unwrap_or(ExitCode::from(101)))
}

fn run() -> ExitCode {
    let Cargo::ApiRoutes(arguments) = Cargo::parse();
    terminal::set_color(arguments.color);
    let done = match &arguments.command {
        Command::Import(import) => import::run(import),
        Command::New(new) => new::run(new),
        Command::Status(status) => status::run(status),
        Command::Replay(replay) => replay::run(replay),
        Command::Dev(dev) => dev::run(dev),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            terminal::error(&error);
            ExitCode::from(2)
        }
    }
}

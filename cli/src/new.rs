//! `cargo api-routes new`

use crate::cli::New;
use crate::import::{dependency, real};
use crate::types::is_keyword;
use crate::write::{starter, write};
use anstream::println;
use anyhow::{Result, bail};
use std::path::Path;

/// Returns whether a name is made of what a crate's is made of.
pub(crate) fn is_crate_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Returns whether a name is that of a dependency of what is written, of the standard library, of a folder of cargo's, or a
/// keyword.
pub(crate) fn is_taken(name: &str) -> bool {
    const TAKEN: &[&str] = &[
        "alloc",
        "build",
        "core",
        "deps",
        "examples",
        "http-body-util",
        "incremental",
        "proc-macro",
        "proc_macro",
        "serde",
        "serde_json",
        "std",
        "test",
        "tokio",
        "tower",
        "tower-api-routes",
        "tracing",
        "tracing-subscriber",
    ];
    TAKEN.contains(&name) || is_keyword(name)
}

/// Writes the crate.
pub(crate) fn run(new: &New) -> Result<bool> {
    if !is_crate_name(&new.name) {
        bail!("`{}` is no name of a crate: letters, digits, `-` and `_`, with a letter first", new.name);
    }
    if is_taken(&new.name) {
        bail!("`{}` is a name of Rust, of cargo or of a dependency: take another name", new.name);
    }
    let folder = Path::new(&new.name);
    if folder.exists() {
        bail!("`{}` exists already: take another name", new.name);
    }
    let files = starter(&new.name, &dependency(&new.source, &real(folder)?)?);
    let created = write(folder, &files, new.dry_run)?;
    for path in &created {
        println!("  {}{path}", if new.dry_run { "would write " } else { "" });
    }
    println!("\nNext: cd {} && cargo run, or cargo api-routes dev", new.name);
    Ok(true)
}

//! `cargo api-routes new`

use crate::cli::New;
use crate::import::{dependency, real};
use crate::write::{starter, write};
use anstream::println;
use anyhow::{Result, bail};
use std::path::Path;

/// Writes the crate.
pub(crate) fn run(new: &New) -> Result<bool> {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    if !is_name(&new.name) {
        bail!("`{}` is no name of a crate: letters, digits, `-` and `_`, with a letter first", new.name);
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

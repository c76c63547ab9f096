//! Sets `cfg(loom)` for this crate alone: as a flag of the whole build it would change Tokio, too.

fn main() {
    println!("cargo::rustc-cfg=loom");
    println!("cargo::rerun-if-changed=build.rs");
}

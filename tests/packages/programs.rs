//! Programs as a new user writes them, from an empty package: they compile without a warning, and do what they assert.

use crate::package::Package;
use std::fs;

#[test]
fn programs_of_the_guides_compile_and_run() {
    let package = Package::new("programs");
    package.remove("src/main.rs");
    package.remove("build.rs");
    let manifest = fs::read_to_string(package.folder.join("Cargo.toml")).unwrap();
    let more = "\nanyhow = \"1\"\neyre = \"0.6\"\nserde_json = \"1\"\nthiserror = \"2\"\n";
    let manifest = manifest
        .replace("tokio = \"1\"", "tokio = { version = \"1\", features = [\"macros\", \"rt\"] }")
        .replace("serde = \"1\"", "serde = { version = \"1\", features = [\"derive\"] }")
        .replace("[\"load-shed\"]", "[\"load-shed\", \"util\"]")
        .replace("\n[build-dependencies]", &format!("{more}\n[build-dependencies]"));
    package.write("Cargo.toml", &manifest);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/packages/programs");
    let programs: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let names: Vec<_> = programs.iter().map(|path| path.file_stem().unwrap().to_str().unwrap()).collect();
    for (path, name) in programs.iter().zip(&names) {
        package.write(&format!("src/bin/{name}.rs"), &fs::read_to_string(path).unwrap());
    }
    let built = package.cargo(&["build", "--bins"]);
    assert!(built.success && !built.stderr.contains("warning"), "{}", built.stderr);
    for name in names {
        let run = package.cargo(&["run", "--bin", name]);
        assert!(run.success, "{name}: {}", run.stderr);
    }
}

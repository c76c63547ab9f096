//! `docs/reliability.md` names the test of each promise: each of them is there.

use std::fs;
use std::path::{Path, PathBuf};

/// Every Rust file below a folder, or the file itself.
fn files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_file() {
        found.push(path.to_owned());
    }
    for entry in fs::read_dir(path).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "rs") {
            files(&path, found);
        }
    }
}

/// The code of a test binary, or of a module of the library.
fn code(of: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["tests", "src"] {
        files(&root.join(folder).join(of), &mut found);
        files(&root.join(folder).join(format!("{of}.rs")), &mut found);
    }
    found.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn every_test_that_the_promises_name_is_there() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reliability.md");
    let page = fs::read_to_string(page).unwrap();
    let lines = page.lines().filter(|line| line.starts_with('|'));
    let names = lines.flat_map(|line| line.split('`').skip(1).step_by(2));
    let is_test = |name: &&str| {
        name.contains("::")
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_:*".contains(c))
    };
    let mut missing = Vec::new();
    let mut number = 0;
    for name in names.filter(is_test) {
        number += 1;
        let (binary, rest) = name.split_once("::").unwrap();
        let code = code(binary);
        let mut parts: Vec<_> = rest.split("::").collect();
        let test = parts.pop().unwrap();
        let has_test = match test.strip_suffix('*') {
            Some(start) => code.contains(&format!("fn {start}")) || start.is_empty() && !code.is_empty(),
            // Properties are made by a macro.
            None => code.contains(&format!("fn {test}(")) || code.contains(&format!("    {test}: ")),
        };
        if !has_test || !parts.iter().all(|module| code.contains(&format!("mod {module}"))) {
            missing.push(name);
        }
    }
    assert!(number > 40, "only {number} tests are named");
    assert!(missing.is_empty(), "not there: {missing:#?}");
}

//! Modules import from lower floors, or one way within their own: the table of floors is the one in CONTRIBUTING.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

type Imports = BTreeMap<String, BTreeSet<String>>;

/// Returns the floor of each module, from the rows `| 1 … | modules | … |` of the table in CONTRIBUTING.
fn floors() -> BTreeMap<String, usize> {
    let text = include_str!("../CONTRIBUTING.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| "));
    let rows = rows.filter_map(|row| Some((row.get(..1)?.parse().ok()?, row.split(" | ").nth(1)?)));
    let modules = |row: &str| row.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    rows.flat_map(|(floor, row)| modules(row).into_iter().map(move |module| (module, floor))).collect()
}

/// Adds the paths of a `use` tree such as `a::{b, c::d}` below `prefix`, or the one path of an expression.
fn first_names(path: &str, out: &mut BTreeSet<String>) {
    let Some(group) = path.strip_prefix('{') else {
        let name = path.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        out.insert(name.to_owned());
        return;
    };
    let mut depth = 0;
    for part in group.split_inclusive(['{', '}', ',']) {
        if depth == 0 && part.trim_start().starts_with(char::is_alphabetic) {
            first_names(part.trim(), out);
        }
        match part.chars().last() {
            Some('{') => depth += 1,
            Some('}') if depth == 0 => return,
            Some('}') => depth -= 1,
            _ => {}
        }
    }
}

/// Returns what a module's source imports from the root of the crate. `depth` is the number of modules it is in.
fn imports(source: &str, depth: usize) -> BTreeSet<String> {
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = code.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code: String = lines.map(|line| format!("{line}\n")).collect();
    let mut out = BTreeSet::new();
    for root in ["crate::".to_owned(), "super::".repeat(depth)] {
        for (at, _) in code.match_indices(&root) {
            let before = code[..at].chars().next_back().unwrap_or(' ');
            if !before.is_alphanumeric() && !":$_".contains(before) {
                first_names(&code[at + root.len()..], &mut out);
            }
        }
    }
    out.remove("self");
    out.remove("super");
    out
}

fn read(folder: &Path, inside: &[String], all: &mut Imports) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut path = inside.to_vec();
        if name != "mod" {
            path.push(name);
        }
        if entry.is_dir() {
            read(&entry, &path, all);
        } else if path[0] != "lib" && path[0] != "guide" {
            let found = imports(&fs::read_to_string(&entry).unwrap(), path.len());
            all.entry(path[0].clone()).or_default().extend(found);
        }
    }
}

#[test]
fn no_module_imports_from_a_floor_above() {
    let (floors, mut all) = (floors(), Imports::new());
    read(Path::new("src"), &[], &mut all);
    for (module, imported) in &mut all {
        let floor = floors.get(module).unwrap_or_else(|| panic!("`{module}` is not in CONTRIBUTING's table"));
        imported.remove(module);
        for name in imported.iter() {
            let below = floors.get(name);
            let below =
                below.unwrap_or_else(|| panic!("`{module}` imports `crate::{name}`, not from its module"));
            assert!(below <= floor, "`{module}` on floor {floor} imports `{name}` on floor {below}");
        }
    }
    // Without the modules that import nothing, again and again: a circle is what is left.
    while let Some(free) = all.iter().find(|(_, imported)| imported.is_empty()).map(|(name, _)| name.clone())
    {
        all.remove(&free);
        for imported in all.values_mut() {
            imported.remove(&free);
        }
    }
    assert!(all.is_empty(), "these modules import each other in a circle: {all:#?}");
}

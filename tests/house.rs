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

/// The files of one folder, each with those that it imports from. A folder within counts as a file.
type Files = BTreeMap<String, BTreeSet<String>>;

/// Returns the names that a `mod.rs` passes on with `pub use`, each with the file that defines it.
fn passed_on(code: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for statement in code.split(';').filter_map(|text| text.split_once("pub").map(|(_, rest)| rest)) {
        let statement = statement.trim_start_matches("(crate)").trim_start_matches("(super)").trim_start();
        let Some((file, names)) = statement.strip_prefix("use ").and_then(|path| path.split_once("::"))
        else {
            continue;
        };
        let names = names.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty());
        all.extend(names.map(|name| (name.to_owned(), file.to_owned())));
    }
    all
}

/// Returns the source without its unit tests and comments.
fn code(path: &Path) -> String {
    let source = fs::read_to_string(path).unwrap_or_default();
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    code.lines().map(|line| format!("{}\n", line.split("//").next().unwrap_or_default())).collect()
}

/// Returns what the files of a folder import from each other.
fn files(folder: &Path) -> Files {
    let passed_on = passed_on(&code(&folder.join("mod.rs")));
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let names: BTreeSet<_> =
        entries.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let place = folder.iter().skip(1).map(|name| name.to_str().unwrap()).collect::<Vec<_>>().join("::");
    let mut all = Files::new();
    for name in &names {
        let (file, inner) = (folder.join(format!("{name}.rs")), folder.join(name));
        let mut found = BTreeSet::new();
        let sources = if file.exists() { vec![(file, 1)] } else { sources(&inner, 2) };
        for (source, up) in sources {
            let code = code(&source);
            let roots = ["super::".repeat(up), format!("crate::{place}::")];
            for root in roots.iter().filter(|_| name != "mod") {
                for (at, _) in code.match_indices(root.as_str()) {
                    let before = code[..at].chars().next_back().unwrap_or(' ');
                    if !before.is_alphanumeric() && !":$_".contains(before) {
                        first_names(&code[at + root.len()..], &mut found);
                    }
                }
            }
            if name == "mod" {
                // What `mod.rs` only passes on is defined elsewhere.
                let imports = code.match_indices("\nuse ").map(|(at, found)| &code[at + found.len()..]);
                found.extend(imports.filter_map(|path| Some(path.split_once("::")?.0.to_owned())));
            }
        }
        let defined = |found: String| {
            let file = passed_on.get(&found).cloned().unwrap_or(found);
            if names.contains(&file) { file } else { "mod".to_owned() }
        };
        let imported = found.into_iter().filter(|name| name != "super" && name != "self").map(defined);
        all.insert(name.clone(), imported.filter(|file| file != name).collect());
    }
    all
}

/// Returns the source files of a folder within a folder, each with the number of `super` to the outer one.
fn sources(folder: &Path, up: usize) -> Vec<(std::path::PathBuf, usize)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            all.extend(sources(&entry, up + 1));
        } else {
            let is_mod = entry.file_stem().unwrap() == "mod";
            all.push((entry, if is_mod { up - 1 } else { up }));
        }
    }
    all
}

/// Returns which files are in a circle with `file`, itself included.
fn circle(files: &Files, file: &str) -> BTreeSet<String> {
    let reach = |from: &str| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(file) = next.pop() {
            for imported in &files[&file] {
                if seen.insert(imported.clone()) {
                    next.push(imported.clone());
                }
            }
        }
        seen
    };
    let mut circle: BTreeSet<_> =
        reach(file).into_iter().filter(|other| reach(other).contains(file)).collect();
    circle.insert(file.to_owned());
    circle
}

#[test]
fn no_import_circles_within_a_folder() {
    let mut folders = vec![std::path::PathBuf::from("src")];
    let mut circles = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        folders.extend(entries.filter(|path| path.is_dir()));
        if folder == Path::new("src") {
            continue; // its modules are in the table
        }
        let files = files(&folder);
        for file in files.keys() {
            let circle = circle(&files, file);
            if circle.len() > 1 {
                circles.insert((folder.clone(), circle));
            }
        }
    }
    // A `layer.rs` and its `service.rs` may know each other, as in tower-http, and so may two other files.
    circles.retain(|(_, circle)| circle.len() > 2);
    assert!(circles.is_empty(), "these files import each other in a circle: {circles:#?}");
}

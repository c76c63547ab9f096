//! What is in the folder: routes, helpers, folders.

use super::BuildError;
use super::module::is_identifier;
use std::fs;
use std::path::Path;

/// A folder of routes, with what counts in it, sorted by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Folder {
    pub(super) name: String,
    pub(super) routes: Vec<File>,
    pub(super) helpers: Vec<File>,
    pub(super) folders: Vec<Folder>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct File {
    /// The name without its extension.
    pub(super) stem: String,
    /// Where the compiler finds it, as the system writes paths.
    pub(super) absolute: String,
    /// How people write it: from the package's folder on, with slashes.
    pub(super) shown: String,
}

/// What a name in the folder stands for.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Route(String),
    Helper(String),
    HelperFolder(String),
    Folder,
    Nothing,
}

impl Folder {
    /// Reads the folder and all below it; `shown` is its path as messages write it.
    pub(super) fn read(path: &Path, shown: &str, extensions: &[String]) -> Result<Self, BuildError> {
        let fail = |error| BuildError::io("read the folder", path, &error);
        let mut entries = Vec::new();
        for entry in fs::read_dir(path).map_err(fail)? {
            entries.push(entry.map_err(fail)?.file_name());
        }
        entries.sort();

        let mut folder = Self::default();
        for name in entries {
            let path = path.join(&name);
            // Hidden ones first: editors leave links there that lead nowhere.
            if name.to_string_lossy().starts_with('.') {
                continue;
            }
            let is_folder =
                fs::metadata(&path).map_err(|error| BuildError::io("read", &path, &error))?.is_dir();
            let kind = kind(&name.to_string_lossy(), is_folder, extensions);
            if kind == Kind::Nothing {
                continue;
            }
            // From here on the name goes into Rust's text, and into a route.
            let (Some(name), Some(absolute)) = (name.to_str(), path.to_str()) else {
                return Err(BuildError::new(format!(
                    "the path `{}` is not Unicode, and a route is: rename it",
                    path.display()
                )));
            };
            let shown = format!("{shown}/{name}");
            if shown.contains(char::is_control) {
                return Err(BuildError::new(format!(
                    "the name of the file {shown:?} has a control character: rename it"
                )));
            }
            let file = |stem| File { stem, absolute: absolute.to_owned(), shown: shown.clone() };
            match kind {
                Kind::Route(stem) => folder.routes.push(file(stem)),
                Kind::Helper(stem) => folder.helpers.push(file(stem)),
                Kind::HelperFolder(stem) => {
                    let (module, shown) = (path.join("mod.rs"), format!("{shown}/mod.rs"));
                    if let (true, Some(absolute)) = (module.is_file(), module.to_str()) {
                        folder.helpers.push(File { stem, absolute: absolute.to_owned(), shown });
                    }
                }
                Kind::Folder => {
                    let inner = Self { name: name.to_owned(), ..Self::read(&path, &shown, extensions)? };
                    if !inner.is_empty() {
                        folder.folders.push(inner);
                    }
                }
                Kind::Nothing => {}
            }
        }
        Ok(folder)
    }

    fn is_empty(&self) -> bool {
        self.routes.is_empty() && self.helpers.is_empty() && self.folders.is_empty()
    }
}

/// The documented rule. A folder's `index.rs` is a route like the others here.
fn kind(name: &str, is_folder: bool, extensions: &[String]) -> Kind {
    if name.starts_with('.') || name == "mod.rs" {
        return Kind::Nothing;
    }
    if name.starts_with('_') {
        return match name.strip_suffix(".rs") {
            _ if is_folder && is_identifier(name) => Kind::HelperFolder(name.to_owned()),
            Some(stem) if !is_folder && is_identifier(stem) => Kind::Helper(stem.to_owned()),
            _ => Kind::Nothing,
        };
    }
    if is_folder {
        return Kind::Folder;
    }
    // The longest extension counts, as in Next.js: of `rs` and `route.rs` the second.
    let stem = |extension: &String| name.strip_suffix(extension.as_str())?.strip_suffix('.');
    match extensions.iter().filter_map(stem).min_by_key(|stem| stem.len()) {
        Some(stem) => Kind::Route(stem.to_owned()),
        None => Kind::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_a_file_is() {
        let route = |stem: &str| Kind::Route(stem.into());
        let cases: &[(&str, bool, &[&str], Kind)] = &[
            ("hello.rs", false, &["rs"], route("hello")),
            ("index.rs", false, &["rs"], route("index")),
            ("[id].rs", false, &["rs"], route("[id]")),
            ("[[...slug]].rs", false, &["rs"], route("[[...slug]]")),
            ("feed.json.rs", false, &["rs"], route("feed.json")),
            ("with space.rs", false, &["rs"], route("with space")),
            ("mod.rs", false, &["rs"], Kind::Nothing),
            (".hidden.rs", false, &["rs"], Kind::Nothing),
            (".git", true, &["rs"], Kind::Nothing),
            ("README.md", false, &["rs"], Kind::Nothing),
            ("rs", false, &["rs"], Kind::Nothing),
            ("hellors", false, &["rs"], Kind::Nothing),
            ("_auth.rs", false, &["rs"], Kind::Helper("_auth".into())),
            ("_auth", true, &["rs"], Kind::HelperFolder("_auth".into())),
            ("_not-a-name.rs", false, &["rs"], Kind::Nothing),
            ("_.rs", false, &["rs"], Kind::Nothing),
            ("_notes.md", false, &["rs"], Kind::Nothing),
            ("_drafts and more", true, &["rs"], Kind::Nothing),
            ("post", true, &["rs"], Kind::Folder),
            ("a.rs", true, &["rs"], Kind::Folder),
            ("hello.rs", false, &["route.rs"], Kind::Nothing),
            ("hello.route.rs", false, &["route.rs"], route("hello")),
            ("hello.route.rs", false, &["rs", "route.rs"], route("hello")),
            ("hello.rs", false, &["rs", "route.rs"], route("hello")),
            ("_auth.rs", false, &["route.rs"], Kind::Helper("_auth".into())),
        ];
        for (name, is_folder, extensions, expected) in cases {
            let extensions: Vec<String> = extensions.iter().map(ToString::to_string).collect();
            assert_eq!(kind(name, *is_folder, &extensions), *expected, "{name} with {extensions:?}");
        }
    }
}

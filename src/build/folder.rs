//! Reads a folder: its routes, helpers and subfolders, and the files that are ignored.

use super::error::BuildError;
use super::module::{is_identifier, snake_case};
use std::fs;
use std::path::Path;

/// A folder, with its routes, helpers and subfolders, each sorted by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Folder {
    pub(super) name: String,
    /// The path for messages: relative to the package, with slashes.
    pub(super) shown: String,
    pub(super) routes: Vec<File>,
    pub(super) helpers: Vec<File>,
    pub(super) folders: Vec<Folder>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct File {
    /// The name without its extension.
    pub(super) stem: String,
    /// The absolute path, in the format of the system.
    pub(super) absolute: String,
    /// The path for messages.
    pub(super) shown: String,
}

/// What a file or a folder is, by its name.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Route(String),
    Helper(String),
    HelperFolder,
    Folder,
    /// Resembles a route or a helper, but is neither. The text is the warning.
    PassedOver(String),
    Nothing,
}

/// Reads folders, and collects a warning for each file that is ignored because of its name.
pub(super) struct Reader<'a> {
    pub(super) extensions: &'a [String],
    pub(super) warnings: Vec<String>,
}

impl Reader<'_> {
    /// Reads the folder and its subfolders. `shown` is the path for messages.
    pub(super) fn read(&mut self, path: &Path, shown: &str) -> Result<Folder, BuildError> {
        let fail = |error| BuildError::io("read the folder", path, &error);
        let mut entries = Vec::new();
        for entry in fs::read_dir(path).map_err(fail)? {
            entries.push(entry.map_err(fail)?.file_name());
        }
        entries.sort();

        let mut folder = Folder { shown: shown.to_owned(), ..Folder::default() };
        for name in entries {
            let path = path.join(&name);
            let is_folder = match fs::metadata(&path) {
                Ok(metadata) => metadata.is_dir(),
                // Editors create hidden links whose target does not exist.
                Err(_) if name.to_string_lossy().starts_with('.') => continue,
                Err(error) => return Err(BuildError::io("read", &path, &error)),
            };
            let kind = kind(&name.to_string_lossy(), is_folder, self.extensions);
            if let Kind::PassedOver(advice) = kind {
                self.pass_over(shown, &name.to_string_lossy(), &advice);
                continue;
            }
            if kind == Kind::Nothing {
                continue;
            }
            // Both go into Rust code, so they have to be Unicode.
            let (Some(name), Some(absolute)) = (name.to_str(), path.to_str()) else {
                return Err(BuildError::new(format!(
                    "the path `{}` is not Unicode: rename it",
                    path.display()
                )));
            };
            let shown_file = format!("{shown}/{name}");
            if shown_file.contains(char::is_control) {
                return Err(BuildError::new(format!(
                    "the name of the file {shown_file:?} has a control character: rename it"
                )));
            }
            let file = |stem| File { stem, absolute: absolute.to_owned(), shown: shown_file.clone() };
            match kind {
                Kind::Route(stem) => folder.routes.push(file(stem)),
                Kind::Helper(stem) => folder.helpers.push(file(stem)),
                Kind::HelperFolder => folder.helpers.extend(self.helper_folder(&path, shown, name)),
                Kind::Folder => {
                    let inner = Folder { name: name.to_owned(), ..self.read(&path, &shown_file)? };
                    if !inner.is_empty() {
                        folder.folders.push(inner);
                    }
                }
                Kind::PassedOver(_) | Kind::Nothing => {}
            }
        }
        Ok(folder)
    }

    /// Returns the `mod.rs` of a folder whose name starts with an underscore.
    fn helper_folder(&mut self, path: &Path, shown: &str, name: &str) -> Option<File> {
        let module = path.join("mod.rs");
        match module.to_str() {
            Some(absolute) if is_identifier(name) && module.is_file() => {
                let shown = format!("{shown}/{name}/mod.rs");
                return Some(File { stem: name.to_owned(), absolute: absolute.to_owned(), shown });
            }
            _ => {}
        }
        let mut entries = fs::read_dir(path).into_iter().flatten().flatten();
        if entries.any(|entry| entry.path().extension().is_some_and(|extension| extension == "rs")) {
            let advice = if is_identifier(name) {
                format!("not compiled: a folder of helpers has a file `{name}/mod.rs`")
            } else {
                let name = helper_name(name);
                format!("not compiled: a folder of helpers has a Rust name, such as `{name}`, and a `mod.rs`")
            };
            self.pass_over(shown, name, &advice);
        }
        None
    }

    fn pass_over(&mut self, shown: &str, name: &str, advice: &str) {
        // Cargo takes a warning of one line.
        let name = name.replace(char::is_control, "\u{fffd}");
        self.warnings.push(format!("`{shown}/{name}` is {advice}"));
    }
}

impl Folder {
    /// Returns the file that wraps the routes of the folder and of the folders in it.
    pub(super) fn middleware(&self) -> Option<&File> {
        self.helpers.iter().find(|helper| helper.stem == "_middleware")
    }

    fn is_empty(&self) -> bool {
        self.routes.is_empty() && self.helpers.is_empty() && self.folders.is_empty()
    }
}

/// Applies the rules that the module documents. `index.rs` is a route like any other here.
fn kind(name: &str, is_folder: bool, extensions: &[String]) -> Kind {
    if is_folder {
        return if name.starts_with('_') { Kind::HelperFolder } else { Kind::Folder };
    }
    if let Some(stem) = name.strip_suffix(".rs").filter(|_| name.starts_with('_')) {
        if is_identifier(stem) {
            return Kind::Helper(stem.to_owned());
        }
        return Kind::PassedOver(format!(
            "neither a route nor a helper: a helper has a Rust name, such as `{}.rs`",
            helper_name(stem)
        ));
    }
    if name == "mod.rs" {
        return Kind::PassedOver(
            "not a route: the route of a folder is `index.rs`, and the name of a helper starts with `_`"
                .into(),
        );
    }
    // As in Next.js the longest extension counts: of `rs` and `route.rs`, it is `route.rs`.
    let stem = |extension: &String| name.strip_suffix(extension.as_str())?.strip_suffix('.');
    match extensions.iter().filter_map(stem).min_by_key(|stem| stem.len()) {
        None => Kind::Nothing,
        Some(_) if name.starts_with('_') => Kind::Nothing,
        // Emacs (`.#`) and macOS (`._`) create such files beside a file.
        Some(stem) if stem.is_empty() || name.starts_with(".#") || name.starts_with("._") => Kind::Nothing,
        Some(stem) if name.starts_with('.') => Kind::PassedOver(format!(
            "not a route, because its name starts with a dot: to make it a route, rename it to `{stem}/index{}`",
            &name[stem.len()..]
        )),
        Some(stem) => Kind::Route(stem.to_owned()),
    }
}

/// Returns a valid helper name that resembles an invalid one.
fn helper_name(name: &str) -> String {
    format!("_{}", snake_case(name).trim_matches('_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_a_file_is() {
        let route = |stem: &str| Kind::Route(stem.into());
        let helper = |stem: &str| Kind::Helper(stem.into());
        let passed_over = |advice: &str| Kind::PassedOver(advice.into());
        let cases: &[(&str, bool, &[&str], Kind)] = &[
            ("hello.rs", false, &["rs"], route("hello")),
            ("index.rs", false, &["rs"], route("index")),
            ("[id].rs", false, &["rs"], route("[id]")),
            ("[[...slug]].rs", false, &["rs"], route("[[...slug]]")),
            ("feed.json.rs", false, &["rs"], route("feed.json")),
            ("with space.rs", false, &["rs"], route("with space")),
            (
                "mod.rs",
                false,
                &["rs"],
                passed_over(
                    "not a route: the route of a folder is `index.rs`, and the name of a helper starts with `_`",
                ),
            ),
            (
                ".hidden.rs",
                false,
                &["rs"],
                passed_over(
                    "not a route, because its name starts with a dot: to make it a route, rename it to \
                     `.hidden/index.rs`",
                ),
            ),
            (
                ".hidden.route.rs",
                false,
                &["rs", "route.rs"],
                passed_over(
                    "not a route, because its name starts with a dot: to make it a route, rename it to \
                     `.hidden/index.route.rs`",
                ),
            ),
            (".rs", false, &["rs"], Kind::Nothing),
            (".#hello.rs", false, &["rs"], Kind::Nothing),
            ("._hello.rs", false, &["rs"], Kind::Nothing),
            (".hello.rs.swp", false, &["rs"], Kind::Nothing),
            (".well-known", true, &["rs"], Kind::Folder),
            ("README.md", false, &["rs"], Kind::Nothing),
            ("rs", false, &["rs"], Kind::Nothing),
            ("hellors", false, &["rs"], Kind::Nothing),
            ("_auth.rs", false, &["rs"], helper("_auth")),
            ("_auth", true, &["rs"], Kind::HelperFolder),
            (
                "_not-a-name.rs",
                false,
                &["rs"],
                passed_over(
                    "neither a route nor a helper: a helper has a Rust name, such as `_not_a_name.rs`",
                ),
            ),
            (
                "_.rs",
                false,
                &["rs"],
                passed_over("neither a route nor a helper: a helper has a Rust name, such as `_file.rs`"),
            ),
            ("_notes.md", false, &["rs"], Kind::Nothing),
            ("_notes.md", false, &["md"], Kind::Nothing),
            ("_drafts and more", true, &["rs"], Kind::HelperFolder),
            ("post", true, &["rs"], Kind::Folder),
            ("a.rs", true, &["rs"], Kind::Folder),
            ("hello.rs", false, &["route.rs"], Kind::Nothing),
            ("hello.route.rs", false, &["route.rs"], route("hello")),
            ("hello.route.rs", false, &["rs", "route.rs"], route("hello")),
            ("hello.rs", false, &["rs", "route.rs"], route("hello")),
            ("_auth.rs", false, &["route.rs"], helper("_auth")),
        ];
        for (name, is_folder, extensions, expected) in cases {
            let extensions: Vec<String> = extensions.iter().map(ToString::to_string).collect();
            assert_eq!(kind(name, *is_folder, &extensions), *expected, "{name} with {extensions:?}");
        }
    }

    #[test]
    #[cfg(unix)] // a name of Windows has no such characters
    fn a_folder_is_read_or_refused() {
        use std::ffi::OsStr;
        use std::os::unix::{ffi::OsStrExt as _, fs::symlink};
        let top = std::env::temp_dir().join(format!("tower-api-routes-folder-{}", std::process::id()));
        for file in ["b.rs", "a.rs", "c/index.rs", "empty/README.md", "_helpers/mod.rs", "_drafts/notes.md"] {
            let file = top.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        // The lock of an editor.
        symlink("nowhere", top.join(".#a.rs")).unwrap();
        let read = || Reader { extensions: &["rs".to_owned()], warnings: Vec::new() }.read(&top, "pages");
        let folder = read().unwrap();
        let stems = |files: &[File]| files.iter().map(|file| file.stem.clone()).collect::<Vec<_>>();
        assert_eq!(
            (stems(&folder.routes), stems(&folder.helpers)),
            (vec!["a".into(), "b".into()], vec!["_helpers".into()])
        );
        let folders: Vec<_> = folder.folders.iter().map(|folder| (&*folder.name, &*folder.shown)).collect();
        assert_eq!(folders, [("c", "pages/c")]);
        let refused: [(&[u8], &str); 3] = [
            (b"a\tb.rs", "the name of the file \"pages/a\\tb.rs\" has a control character"),
            (b"\xff.rs", "is not Unicode: rename it"),
            (b"dead.rs", "cannot read"),
        ];
        for (name, sentence) in refused {
            let path = top.join(OsStr::from_bytes(name));
            if name == b"dead.rs" {
                symlink("nowhere", &path).unwrap();
            } else {
                fs::write(&path, "").unwrap();
            }
            let error = read().unwrap_err().to_string();
            assert!(error.contains(sentence), "{error}");
            fs::remove_file(path).unwrap();
        }
        fs::remove_dir_all(top).unwrap();
    }
}

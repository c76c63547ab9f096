use super::advice::advice;
use super::error::BuildError;
use super::folder::{Folder, Reader};
use super::route::{Files, RouteFile};
use super::source::{source, table};
use crate::routing::Pattern;
use std::env;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Turns the files of a folder into routes. The path of the folder is relative to the package, for example
/// `"src/pages"`.
///
/// Problems with the files are reported as errors of cargo, and fail the build. [`Builder`] has settings.
///
/// ```no_run
/// // build.rs
/// fn main() {
///     tower_api_routes::build::routes("src/pages");
/// }
/// ```
pub fn routes(folder: impl AsRef<Path>) {
    Builder::new(folder).routes();
}

/// Turns the files of a folder into routes, with settings.
///
/// ```no_run
/// // build.rs: `src/api/user.route.rs` is the route `/api/user`, and `src/api/user.rs` is left alone.
/// use tower_api_routes::build::Builder;
///
/// fn main() {
///     Builder::new("src/api").prefix("/api").page_extensions(["route.rs"]).routes();
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `routes` is called"]
pub struct Builder {
    folder: PathBuf,
    prefix: Option<String>,
    extensions: Vec<String>,
    allow_empty: bool,
}

impl Builder {
    /// Creates a builder for the files of a folder, whose path is relative to the package.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        let folder = folder.as_ref().to_owned();
        Self { folder, prefix: None, extensions: vec!["rs".into()], allow_empty: false }
    }

    /// Sets a prefix of every route. Default: none, so that `src/pages/api/hello.rs` is `/api/hello`.
    ///
    /// Without a prefix, a folder that is not called `pages` and has no route below `/api` causes a warning: with
    /// `build::routes("src/pages/api")`, the file `src/pages/api/hello.rs` is the route `/hello`. If that is intended,
    /// write `.prefix("")`.
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = Some(prefix.trim_end_matches('/').into());
        self
    }

    /// Sets the extensions of route files, without the first dot. Default: `["rs"]`.
    ///
    /// If a name has two of the extensions, the longer one counts. Files with another extension are not routes.
    ///
    /// Source: [`pageExtensions`](https://nextjs.org/docs/pages/api-reference/config/next-config-js/pageExtensions).
    pub fn page_extensions<E: Into<String>>(mut self, extensions: impl IntoIterator<Item = E>) -> Self {
        let plain = |extension: E| extension.into().trim_start_matches('.').to_owned();
        self.extensions = extensions.into_iter().map(plain).collect();
        self
    }

    /// Sets whether the folder may be without a route. Default: no, it is an error.
    ///
    /// A build that finds no route is most often one without the sources, such as the layer of a container image that
    /// compiles the dependencies only. If it succeeded, cargo would keep its empty router for sources that are older
    /// than the build. The folder itself has to exist in any case.
    ///
    /// ```no_run
    /// // build.rs
    /// fn main() {
    ///     tower_api_routes::build::Builder::new("src/pages").allow_empty(true).routes();
    /// }
    /// ```
    pub fn allow_empty(mut self, allow: bool) -> Self {
        self.allow_empty = allow;
        self
    }

    /// Generates the routes, and reports problems as errors of cargo. [`try_routes`](Self::try_routes) returns them
    /// instead.
    pub fn routes(&self) {
        if let Err(error) = self.try_routes() {
            for problem in error.problems() {
                println!("cargo::error={problem}");
            }
        }
    }

    /// Generates the routes in cargo's `OUT_DIR`.
    ///
    /// Cargo runs the build script again when the folder changes. Probable mistakes are reported as warnings: a file
    /// that is ignored because of its name, a literal name such as `[id.rs`, and a misspelt or private export. The
    /// table of the routes is in the documentation of `router()` and in the output of `cargo build -vv`.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder cannot be read or has no route, if the files contradict each other, or if this
    /// is not a build script.
    pub fn try_routes(&self) -> Result<(), BuildError> {
        let shown = shown(&self.folder)?;
        // For a folder, cargo looks at everything in it, including new, renamed and deleted files.
        println!("cargo::rerun-if-changed={shown}");
        let package = variable("CARGO_MANIFEST_DIR")?;
        let mut path = package.clone();
        // Component by component, so that the path has the separators of the system.
        path.extend(self.folder.components().filter(|part| *part != Component::CurDir));
        if !path.is_dir() {
            return Err(BuildError::new(format!(
                "the folder `{shown}` does not exist: create it, with a file such as `{shown}/api/hello.rs`, \
                 or pass another folder to `build::routes`"
            )));
        }
        let prefix = self.prefix.as_deref().unwrap_or_default();
        if !prefix.is_empty() {
            let parsed = Pattern::parse(prefix);
            parsed.map_err(|error| BuildError::new(format!("the prefix of the routes: {error}")))?;
        }
        let mut reader = Reader { extensions: &self.extensions, warnings: Vec::new() };
        let mut folder = reader.read(&path, &shown)?;
        folder.name = path.file_name().unwrap_or_default().to_string_lossy().into();
        warn(&reader.warnings);
        let files = Files::new(&folder, prefix)?;
        warn(&files.warnings);
        if files.routes.is_empty() {
            if !self.allow_empty {
                return Err(BuildError::new(format!(
                    "no file in `{shown}` is a route: their names end with .{}. A layer of a container image that \
                     compiles the dependencies only has no `build.rs`; if an empty router is intended, write \
                     `Builder::new(\"{shown}\").allow_empty(true)`",
                    self.extensions.join(", .")
                )));
            }
        } else if self.prefix.is_none() {
            warn(starts_elsewhere(&folder, &files).as_slice());
        }
        for RouteFile { shown, .. } in &files.routes {
            // A file that is not UTF-8 is an error of the compiler's.
            let text = fs::read_to_string(package.join(shown)).unwrap_or_default();
            for (line, sentence) in advice(&text) {
                println!("cargo::warning={shown}:{line}: {sentence}");
            }
        }

        let generated = source(&files, &shown, &variable("OUT_DIR")?)?;
        for file in &generated {
            write(&file.path, &file.text)?;
        }
        print!("{}", table(&files).map_err(|_| BuildError::new("the routes cannot be printed"))?);
        if let Some(included) = generated.first() {
            println!("cargo::rustc-env=TOWER_API_ROUTES={}", included.path.display());
        }
        Ok(())
    }
}

fn warn(warnings: &[String]) {
    for warning in warnings {
        println!("cargo::warning={warning}");
    }
}

/// Returns a warning if no route starts with `/api`, as it would in Next.js.
fn starts_elsewhere(folder: &Folder, files: &Files) -> Option<String> {
    let is_api = |route: &RouteFile| route.pattern.as_str().split('/').nth(1) == Some("api");
    if folder.name == "pages" || files.routes.iter().any(is_api) {
        return None;
    }
    let RouteFile { pattern, shown, .. } = files.routes.first()?;
    let route = pattern.as_str().trim_end_matches('/');
    let path = &folder.shown;
    let builder = format!("`Builder::new(\"{path}\").prefix(\"/api\")`");
    let instead = match path.strip_suffix("/api") {
        Some(parent) if parent == "pages" || parent.ends_with("/pages") => {
            format!("`build::routes(\"{parent}\")` or {builder}")
        }
        _ => builder,
    };
    Some(format!(
        "`{shown}` is the route `{pattern}`: for `/api{route}` write {instead}; if this is intended, write `.prefix(\"\")`"
    ))
}

/// Returns the path with slashes, for cargo, messages and the generated code.
fn shown(folder: &Path) -> Result<String, BuildError> {
    let text = folder.to_str().filter(|text| !text.contains(char::is_control));
    let Some(text) = text else {
        return Err(BuildError::new(format!("the path `{}` is not plain text", folder.display())));
    };
    if folder.components().any(|part| matches!(part, Component::Prefix(_))) {
        return Ok(text.to_owned());
    }
    let parts = folder.components().filter(|part| !matches!(part, Component::CurDir | Component::RootDir));
    let parts: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy()).collect();
    let path = format!("{}{}", if folder.has_root() { "/" } else { "" }, parts.join("/"));
    Ok(if path.is_empty() { ".".into() } else { path })
}

/// Returns a variable that cargo sets for build scripts.
fn variable(name: &str) -> Result<PathBuf, BuildError> {
    env::var_os(name)
        .map(PathBuf::from)
        .ok_or_else(|| BuildError::new(format!("{name} is not set: call this function in a build script")))
}

/// Writes a file, and creates its folder. A file that is up to date is not written, so that it is not compiled again.
fn write(path: &Path, text: &str) -> Result<(), BuildError> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| BuildError::io("create the folder", folder, &error))?;
    }
    fs::write(path, text).map_err(|error| BuildError::io("write", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_is_shown_with_slashes() {
        let cases = [
            ("src/pages", "src/pages"),
            ("./src//pages/", "src/pages"),
            ("../shared pages", "../shared pages"),
            (".", "."),
            ("", "."),
            ("/srv/pages/", "/srv/pages"),
        ];
        for (folder, text) in cases {
            assert_eq!(shown(Path::new(folder)).unwrap(), text, "{folder:?}");
        }
        assert!(shown(Path::new("src/pa\nges")).unwrap_err().to_string().contains("not plain text"));
    }

    #[test]
    #[cfg(windows)]
    fn a_folder_of_windows_is_shown_with_slashes() {
        for (folder, text) in
            [(r"src\pages", "src/pages"), (r".\src\pages\", "src/pages"), (r"C:\x", r"C:\x")]
        {
            assert_eq!(shown(Path::new(folder)).unwrap(), text, "{folder:?}");
        }
    }
}

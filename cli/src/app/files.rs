//! The files of an app that are API routes.

use anyhow::{Context as _, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// A file that is a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RouteFile {
    /// The route, such as `/api/post/[pid]`.
    pub(crate) route: String,
    /// The file, relative to the app, with slashes.
    pub(crate) file: String,
}

/// Reads `pages/api.ts` and everything below `pages/api`.
pub(super) fn find(
    root: &Path,
    pages: &str,
    extensions: &[String],
    routes: &mut Vec<RouteFile>,
    others: &mut Vec<(String, String)>,
) -> Result<()> {
    let mut add = |file: String| {
        let path = file.strip_prefix(pages).unwrap_or(&file);
        match stem(path, extensions) {
            Some(stem) => routes.push(RouteFile { route: route(stem), file }),
            None if is_source(path) => {
                let reason = "Next.js does not serve it: its extension is not one of pageExtensions";
                others.push((file, reason.into()));
            }
            None => {}
        }
    };
    for name in entries(&root.join(pages))? {
        if stem(&name, extensions) == Some("api") && root.join(pages).join(&name).is_file() {
            add(format!("{pages}/{name}"));
        }
    }
    walk(root, &format!("{pages}/api"), &mut Vec::new(), &mut add)?;
    routes.sort_by(|a, b| a.route.cmp(&b.route));
    Ok(())
}

/// Returns the `route` files of the App Router.
pub(super) fn route_handlers(root: &Path, extensions: &[String]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for folder in ["app", "src/app"] {
        walk(root, folder, &mut Vec::new(), &mut |file| {
            let name = file.rsplit('/').next().unwrap_or_default();
            if stem(name, extensions) == Some("route") {
                found.push(file);
            }
        })?;
    }
    Ok(found)
}

/// Returns the routes of a crate with their files, relative to it.
pub(crate) fn rust_routes(folder: &Path) -> Result<Vec<(String, String)>> {
    let extensions = ["rs".to_owned()];
    let (mut routes, mut others) = (Vec::new(), Vec::new());
    if !folder.join("src/pages").is_dir() {
        return Ok(Vec::new());
    }
    find(folder, "src/pages", &extensions, &mut routes, &mut others)?;
    let routes = routes.into_iter().filter(|route| rust_file(&route.file, &extensions).is_ok());
    Ok(routes.map(|route| (route.route, route.file)).collect())
}

/// Returns the path of the Rust file of a route file, or why there can be none.
///
/// `pages/api/post/[pid].ts` is `src/pages/api/post/[pid].rs`: the folders and brackets are the same.
pub(crate) fn rust_file(file: &str, extensions: &[String]) -> Result<String, &'static str> {
    let path = file.strip_prefix("src/").unwrap_or(file);
    let stem = stem(path, extensions).unwrap_or(path);
    let name = stem.rsplit('/').next().unwrap_or_default();
    if stem.split('/').any(|part| part.starts_with('_')) {
        return Err("in Rust, a file or folder that begins with `_` is a helper and no route");
    }
    if stem.contains(char::is_control) {
        return Err("in Rust, the path of a route has no control characters");
    }
    if name.starts_with('.') || name == "mod" {
        return Err("in Rust, a file of this name is no route");
    }
    Ok(format!("src/{stem}.rs"))
}

/// Returns the name without the longest extension that fits. A `.d.ts` has no code.
fn stem<'f>(file: &'f str, extensions: &[String]) -> Option<&'f str> {
    let stems = extensions.iter().filter_map(|extension| file.strip_suffix(&**extension)?.strip_suffix('.'));
    stems.min_by_key(|stem| stem.len()).filter(|stem| !stem.ends_with(".d") && !stem.ends_with('/'))
}

fn is_source(path: &str) -> bool {
    let extension = path.rsplit('.').next().unwrap_or_default();
    matches!(extension, "js" | "jsx" | "ts" | "tsx" | "mjs" | "cjs" | "mts" | "cts")
        && !path.ends_with(".d.ts")
}

fn route(stem: &str) -> String {
    stem.strip_suffix("/index").unwrap_or(stem).to_owned()
}

/// Calls a function with each file below a folder, sorted by name. `above` has the folders that this one is in: a link
/// to one of them leads nowhere new.
fn walk(root: &Path, folder: &str, above: &mut Vec<PathBuf>, add: &mut impl FnMut(String)) -> Result<()> {
    let path = root.join(folder);
    if !path.is_dir() {
        return Ok(());
    }
    let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
    if above.contains(&real) {
        return Ok(());
    }
    above.push(real);
    for name in entries(&path)? {
        let inner = format!("{folder}/{name}");
        if !path.join(&name).is_dir() {
            add(inner);
        } else if name != "node_modules" {
            walk(root, &inner, above, add)?;
        }
    }
    above.pop();
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<String>> {
    let read = || -> std::io::Result<Vec<String>> {
        let entries = fs::read_dir(folder)?;
        let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        let mut names = names.collect::<std::io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    };
    read().with_context(|| format!("cannot read the folder `{}`", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_as_in_nextjs() {
        let extensions = ["tsx", "ts", "api.ts"].map(str::to_owned);
        let cases = [
            ("/api/hello.ts", Some("/api/hello")),
            ("/api/index.tsx", Some("/api")),
            ("/api/post/[pid].api.ts", Some("/api/post/[pid]")),
            ("/api/feed.json.ts", Some("/api/feed.json")),
            ("/api/types.d.ts", None),
            ("/api/readme.md", None),
            ("/api/.ts", None),
        ];
        for (file, expected) in cases {
            assert_eq!(stem(file, &extensions).map(route).as_deref(), expected, "{file}");
        }
    }

    #[test]
    fn a_rust_file_has_the_same_folders() {
        let extensions = ["ts".to_owned()];
        let cases = [
            ("pages/api/post/[pid].ts", Some("src/pages/api/post/[pid].rs")),
            ("src/pages/api/index.ts", Some("src/pages/api/index.rs")),
            ("pages/api/_get.ts", None),
            ("pages/api/_lib/x.ts", None),
            ("pages/api/mod.ts", None),
        ];
        for (file, expected) in cases {
            assert_eq!(rust_file(file, &extensions).ok().as_deref(), expected, "{file}");
        }
    }
}

//! The routes of the files of a folder, and the checks on them.

use super::error::BuildError;
use super::folder::{File, Folder};
use super::module::Names;
use crate::routing::{Pattern, RouteErrorKind, Tree, meant};

/// A folder as a module. Modules are nested as the folders are.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) name: String,
    /// The name and the absolute path of each file.
    pub(super) files: Vec<(String, String)>,
    pub(super) modules: Vec<Module>,
}

/// A file that is a route.
#[derive(Clone, Debug)]
pub(super) struct RouteFile {
    pub(super) pattern: Pattern,
    pub(super) shown: String,
    /// The path of its module, such as `pages::api::hello`.
    pub(super) module: String,
    /// The innermost middleware around it, as an index of [`Files::middleware`].
    pub(super) inside: Option<usize>,
}

/// A file `_middleware.rs`.
#[derive(Clone, Debug)]
pub(super) struct MiddlewareFile {
    pub(super) shown: String,
    pub(super) module: String,
    /// The next one around it.
    pub(super) inside: Option<usize>,
}

/// All files of a folder.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) root: Module,
    /// The routes, in the order in which they are tried.
    pub(super) routes: Vec<RouteFile>,
    pub(super) middleware: Vec<MiddlewareFile>,
    /// Probable mistakes.
    pub(super) warnings: Vec<String>,
}

impl Files {
    /// Names the modules, and checks the routes. Reports all problems at once.
    pub(super) fn new(folder: &Folder, prefix: &str) -> Result<Self, BuildError> {
        let mut collector = Collector::default();
        let root = Names::default().name(&folder.name);
        let root = collector.folder(folder, root.clone(), prefix, &root);
        collector.warn_of_idle_middleware();
        let Collector { tree, routes, middleware, problems, warnings, .. } = collector;
        if !problems.is_empty() {
            return Err(BuildError::all(problems));
        }
        let routes = tree.sorted().into_iter().filter_map(|id| routes.get(id).cloned()).collect();
        Ok(Self { root, routes, middleware, warnings })
    }

    /// Returns the middleware around a route, the innermost one first.
    pub(super) fn around(&self, route: &RouteFile) -> impl Iterator<Item = &MiddlewareFile> {
        around(&self.middleware, route.inside)
    }
}

fn around(all: &[MiddlewareFile], inside: Option<usize>) -> impl Iterator<Item = &MiddlewareFile> {
    let get = |at: Option<usize>| all.get(at?);
    std::iter::successors(get(inside), move |file| get(file.inside))
}

#[derive(Default)]
struct Collector {
    tree: Tree,
    /// Indexed by the ids of the tree.
    routes: Vec<RouteFile>,
    middleware: Vec<MiddlewareFile>,
    /// The innermost middleware around the folder that is being added.
    inside: Option<usize>,
    problems: Vec<String>,
    warnings: Vec<String>,
}

impl Collector {
    /// Adds a folder. `route` is the route of the folder, and `path` is the path of its module.
    fn folder(&mut self, folder: &Folder, name: String, route: &str, path: &str) -> Module {
        let mut names = Names::default();
        let mut module = Module { name, ..Module::default() };
        // Helpers come first, because route files refer to them by name.
        for helper in &folder.helpers {
            if names.reserve(&helper.stem) {
                module.files.push((helper.stem.clone(), helper.absolute.clone()));
            } else if let Some(other) = folder.helpers.iter().find(|other| other.stem == helper.stem) {
                self.problems.push(format!(
                    "`{}` and `{}` are both the module `{}`: keep one of them",
                    other.shown, helper.shown, helper.stem
                ));
            }
        }
        let outside = self.inside;
        if let Some(file) = folder.middleware() {
            let (shown, module) = (file.shown.clone(), format!("{path}::{}", file.stem));
            self.middleware.push(MiddlewareFile { shown, module, inside: outside });
            self.inside = Some(self.middleware.len() - 1);
        }
        for file in &folder.routes {
            let name = names.name(&file.stem);
            self.route(file, route, format!("{path}::{name}"));
            module.files.push((name, file.absolute.clone()));
        }
        for inner in &folder.folders {
            let name = names.name(&inner.name);
            let path = format!("{path}::{name}");
            if let Some(meant) = meant(&inner.name, false) {
                self.warnings.push(format!(
                    "`{}` is a literal segment of its routes: for a parameter rename it to `{meant}`",
                    inner.shown
                ));
            }
            module.modules.push(self.folder(inner, name, &format!("{route}/{}", inner.name), &path));
        }
        self.inside = outside;
        module
    }

    /// Adds a warning for each middleware without a route.
    fn warn_of_idle_middleware(&mut self) {
        for file in &self.middleware {
            let wraps =
                |route: &RouteFile| around(&self.middleware, route.inside).any(|it| std::ptr::eq(it, file));
            if !self.routes.iter().any(wraps) {
                let shown = &file.shown;
                self.warnings.push(format!("`{shown}` wraps nothing: there is no route in its folder"));
            }
        }
    }

    fn route(&mut self, file: &File, folder: &str, module: String) {
        let route = match file.stem.as_str() {
            "index" if folder.is_empty() => "/".to_owned(),
            "index" => folder.to_owned(),
            stem => format!("{folder}/{stem}"),
        };
        let shown = file.shown.clone();
        if let Some(meant) = meant(&file.stem, true) {
            let name = shown.rsplit('/').next().unwrap_or_default();
            let extension = name.strip_prefix(&*file.stem).unwrap_or_default();
            self.warnings.push(format!(
                "`{shown}` is the literal route `{route}`: for a parameter rename it to `{meant}{extension}`"
            ));
        }
        let pattern = match Pattern::parse(&route) {
            Ok(pattern) => pattern,
            Err(error) => return self.problems.push(format!("`{shown}`: {error}")),
        };
        let new = RouteFile { pattern, shown, module, inside: self.inside };
        match self.tree.insert(new.pattern.clone()) {
            Ok(_) => self.routes.push(new),
            Err(error) => self.problems.push(self.contradiction(&new, error.kind(), &error.to_string())),
        }
    }

    /// Adds the earlier file to a message. Every rule is about two routes, so a single earlier route contradicts the
    /// new one.
    fn contradiction(&self, new: &RouteFile, kind: RouteErrorKind, message: &str) -> String {
        let contradicts = |earlier: &&RouteFile| {
            let mut pair = Tree::default();
            pair.insert(earlier.pattern.clone()).is_ok() && pair.insert(new.pattern.clone()).is_err()
        };
        let new_file = &new.shown;
        let Some(earlier) = self.routes.iter().find(contradicts) else {
            return format!("`{new_file}`: {message}");
        };
        let (file, route) = (&earlier.shown, &new.pattern);
        match kind {
            RouteErrorKind::Duplicate => {
                format!("`{file}` and `{new_file}` are both the route `{route}`: keep one of them")
            }
            RouteErrorKind::DifferentSlugNames => {
                format!(
                    "`{file}` and `{new_file}`: {message}, and rename the file or the folder with the other name"
                )
            }
            _ => format!("`{file}` and `{new_file}`: {message}"),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Creates a tree of files with the path separator of a system.
    pub(in crate::build) fn folder(root: &str, separator: char, files: &[&str]) -> Folder {
        let mut top = Folder { name: "pages".into(), shown: "src/pages".into(), ..Folder::default() };
        for path in files {
            let mut at = &mut top;
            let mut parts: Vec<&str> = path.split('/').collect();
            let name = parts.pop().unwrap_or_default();
            for part in parts {
                let found = at.folders.iter().position(|folder| folder.name == part).unwrap_or_else(|| {
                    let shown = format!("{}/{part}", at.shown);
                    at.folders.push(Folder { name: part.into(), shown, ..Folder::default() });
                    at.folders.len() - 1
                });
                at = &mut at.folders[found];
            }
            let file = File {
                stem: name.trim_end_matches(".rs").into(),
                absolute: format!("{root}{separator}{}", path.replace('/', &separator.to_string())),
                shown: format!("src/pages/{path}"),
            };
            if name.starts_with('_') { &mut at.helpers } else { &mut at.routes }.push(file);
        }
        top
    }

    #[test]
    fn a_files_place_is_its_route() {
        let cases = [
            ("index.rs", "", "/"),
            ("index.rs", "/v1", "/v1"),
            ("api/index.rs", "", "/api"),
            ("api/index/index.rs", "", "/api/index"),
            ("api/index/a.rs", "", "/api/index/a"),
            ("api/hello.rs", "", "/api/hello"),
            ("api/hello.rs", "/v1", "/v1/api/hello"),
            ("api/file.json.rs", "", "/api/file.json"),
            ("api/with-dash_under.rs", "", "/api/with-dash_under"),
            ("api/post/[pid].rs", "", "/api/post/[pid]"),
            ("api/[user]/[[...rest]].rs", "", "/api/[user]/[[...rest]]"),
            ("api/[[...rest]]/index.rs", "", "/api/[[...rest]]"),
            ("api/v-[x].rs", "", "/api/v-[x]"),
            ("api/type/fn.rs", "", "/api/type/fn"),
            ("api/caf\u{e9} au lait.rs", "", "/api/caf\u{e9} au lait"),
            ("api/\u{e9}/{a}.rs", "", "/api/\u{e9}/{a}"),
            (".well-known/openid.rs", "", "/.well-known/openid"),
            ("api/100%25.rs", "", "/api/100%25"),
            ("api/[caf\u{e9}].rs", "", "/api/[caf\u{e9}]"),
        ];
        for (file, prefix, route) in cases {
            let files = Files::new(&folder("/app/src/pages", '/', &[file]), prefix).unwrap();
            let found: Vec<_> = files.routes.iter().map(|route| route.pattern.as_str()).collect();
            assert_eq!(found, [route], "{file} below {prefix:?}");
        }
    }

    #[test]
    fn parameter_like_literal_gets_a_warning() {
        let cases: &[(&str, &[&str])] = &[
            ("api/[id].rs", &[]),
            (
                "api/[pid.rs",
                &[
                    "`src/pages/api/[pid.rs` is the literal route `/api/[pid`: for a parameter rename it to `[pid].rs`",
                ],
            ),
            (
                "api/[id]x.rs",
                &[
                    "`src/pages/api/[id]x.rs` is the literal route `/api/[id]x`: for a parameter rename it to `[id].rs`",
                ],
            ),
            (
                "api/{id}/:x.rs",
                &[
                    "`src/pages/api/{id}` is a literal segment of its routes: for a parameter rename it to `[id]`",
                    "`src/pages/api/{id}/:x.rs` is the literal route `/api/{id}/:x`: for a parameter rename it to `[x].rs`",
                ],
            ),
        ];
        for (file, warnings) in cases {
            let files = Files::new(&folder("/app/src/pages", '/', &[file]), "").unwrap();
            assert_eq!(files.warnings, *warnings, "{file}");
        }
    }

    #[test]
    fn illegal_tree_names_both_files() {
        let cases: &[(&[&str], &str)] = &[
            (
                &["a/[id].rs", "a/[slug]/edit.rs"],
                "`src/pages/a/[id].rs` and `src/pages/a/[slug]/edit.rs`: the routes `/a/[id]` and `/a/[slug]/edit` have two \
                 names for one parameter, `[id]` and `[slug]`: use the same name in both, and rename the file or the folder \
                 with the other name",
            ),
            (
                &["a/[...x].rs", "a/[[...x]].rs"],
                "`src/pages/a/[...x].rs` and `src/pages/a/[[...x]].rs`: the routes `/a/[...x]` and `/a/[[...x]]` have a \
                 required and an optional catch-all at one level: keep one of them",
            ),
            (
                &["a.rs", "b.rs", "a/[[...x]].rs"],
                "`src/pages/a.rs` and `src/pages/a/[[...x]].rs`: the routes `/a` and `/a/[[...x]]` both match `/a`: remove \
                 `/a`, or make the catch-all required with single brackets",
            ),
            (
                &["b.rs", "a.rs", "a/index.rs"],
                "`src/pages/a.rs` and `src/pages/a/index.rs` are both the route `/a`: keep one of them",
            ),
            (
                &["[[id]].rs"],
                "`src/pages/[[id]].rs`: the route `/[[id]]` is not valid: `[[id]]` is an optional parameter, which does not \
                 exist: write `[id]`, or `[[...id]]` for an optional catch-all",
            ),
            (
                &["[...a]/b.rs"],
                "`src/pages/[...a]/b.rs`: the route `/[...a]/b` is not valid: the catch-all `a` must be the last segment: \
                 remove what follows it",
            ),
            (
                &["[a]/[a].rs"],
                "`src/pages/[a]/[a].rs`: the route `/[a]/[a]` is not valid: the name `a` is used twice: give each parameter \
                 a name of its own",
            ),
        ];
        for (files, message) in cases {
            let error = Files::new(&folder("/app/src/pages", '/', files), "").unwrap_err();
            assert_eq!(error.problems(), [*message], "{files:?}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let files = ["[].rs", "a/[x].rs", "a/[y].rs", "b.rs", "b/index.rs"];
        let error = Files::new(&folder("/app/src/pages", '/', &files), "").unwrap_err();
        assert_eq!(error.problems().len(), 3, "{error}");
    }
}

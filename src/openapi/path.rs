//! Routes as the path templates of OpenAPI.

use crate::routing::{Pattern, Segment};
use std::collections::BTreeSet;

/// A path template, with its parameters.
#[derive(Debug, PartialEq)]
pub(super) struct Template {
    pub(super) path: String,
    pub(super) parameters: Vec<PathParameter>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct PathParameter {
    /// The name in the template.
    pub(super) name: String,
    /// The name in the route. `None` for one of the first segments of a catch-all.
    pub(super) original: Option<String>,
    pub(super) catch_all: bool,
}

/// The templates that routes have so far, without the names of their parameters, which do not tell them apart.
#[derive(Default)]
pub(super) struct Templates(BTreeSet<String>);

impl Templates {
    /// Returns the templates of a route. Call it in the order in which routes are tried.
    ///
    /// OpenAPI has no catch-alls. Here they are a parameter that is a list, after as many single segments as it takes for a path
    /// that no earlier route has. An optional one has the path without it, too.
    pub(super) fn of(&mut self, base_path: &str, pattern: &Pattern) -> Vec<Template> {
        let (mut path, mut id) = (base_path.to_owned(), base_path.to_owned());
        let mut parameters: Vec<PathParameter> = Vec::new();
        let mut templates = Vec::new();
        let parameter = |parameters: &[PathParameter], original: &str, catch_all| PathParameter {
            name: unique(parameters, original),
            original: Some(original.to_owned()),
            catch_all,
        };
        for segment in pattern.segments() {
            match segment {
                Segment::Static(text) => {
                    path.extend(["/", text]);
                    id.extend(["/", text]);
                }
                Segment::Param(name) => {
                    let parameter = parameter(&parameters, name, false);
                    path.extend(["/{", &parameter.name, "}"]);
                    id.push_str("/{}");
                    parameters.push(parameter);
                }
                Segment::CatchAll(name) | Segment::OptionalCatchAll(name) => {
                    if matches!(segment, Segment::OptionalCatchAll(_)) {
                        self.add(&path, &id, &parameters, &mut templates);
                    }
                    let rest = parameter(&parameters, name, true);
                    id.push_str("/{}");
                    while self.0.contains(&id) {
                        let used = [&parameters[..], std::slice::from_ref(&rest)].concat();
                        let first =
                            PathParameter { name: unique(&used, name), original: None, catch_all: false };
                        path.extend(["/{", &first.name, "}"]);
                        id.push_str("/{}");
                        parameters.push(first);
                    }
                    path.extend(["/{", &rest.name, "}"]);
                    parameters.push(rest);
                }
            }
        }
        self.add(&path, &id, &parameters, &mut templates);
        templates
    }

    fn add(&mut self, path: &str, id: &str, parameters: &[PathParameter], templates: &mut Vec<Template>) {
        if self.0.insert(id.to_owned()) {
            let path = if path.is_empty() { "/".to_owned() } else { path.to_owned() };
            templates.push(Template { path, parameters: parameters.to_vec() });
        }
    }
}

/// Returns a name for a parameter that is valid in a template, and that no other one has.
fn unique(parameters: &[PathParameter], original: &str) -> String {
    let name: String =
        original.chars().map(|c| if c.is_alphanumeric() || "_-.~".contains(c) { c } else { '_' }).collect();
    let is_free = |name: &String| parameters.iter().all(|known| known.name != *name);
    let numbered = (2..).map(|number| format!("{name}{number}"));
    std::iter::once(name.clone()).chain(numbered).find(is_free).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_become_templates_that_differ() {
        let cases: &[(&str, &[&str])] = &[
            ("/", &["/docs"]),
            ("/api/caf\u{e9}", &["/docs/api/caf%C3%A9"]),
            ("/api/post/[pid]", &["/docs/api/post/{pid}"]),
            ("/api/post/[...slug]", &["/docs/api/post/{slug2}/{slug}"]),
            ("/api/may/[[...slug]]", &["/docs/api/may", "/docs/api/may/{slug}"]),
            ("/api/odd/[{x}]/[x]", &["/docs/api/odd/{_x_}/{x}"]),
            ("/api/same/[a?]/[a!]", &[]),
        ];
        let mut templates = Templates::default();
        for (route, paths) in cases {
            let Ok(pattern) = Pattern::parse(route) else {
                assert!(paths.is_empty(), "{route}");
                continue;
            };
            let found = templates.of("/docs", &pattern);
            assert_eq!(found.iter().map(|template| &*template.path).collect::<Vec<_>>(), *paths, "{route}");
        }
        let root = Templates::default().of("", &Pattern::parse("/").unwrap());
        assert_eq!(root, [Template { path: "/".into(), parameters: Vec::new() }]);
    }

    #[test]
    fn a_catch_all_begins_where_earlier_routes_end() {
        let mut templates = Templates::default();
        for route in ["/a/[x]", "/a/[x]/[y]", "/a/[...z]"] {
            let found = templates.of("", &Pattern::parse(route).unwrap());
            if route == "/a/[...z]" {
                let names: Vec<_> = found[0].parameters.iter().map(|known| &*known.name).collect();
                assert_eq!((&*found[0].path, names), ("/a/{z2}/{z3}/{z}", vec!["z2", "z3", "z"]));
            }
        }
    }
}

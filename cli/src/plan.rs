//! What becomes of each file below `pages/api`, from what was read.

use crate::app::{App, RouteFile, Rule, rust_file};
use crate::counterpart::{Use, uses};
use crate::read::{Config, Source};
use crate::types::{Modules, Types};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What an import does with an app.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The routes that become a Rust file.
    pub(crate) routes: Vec<Planned>,
    /// Files that Next.js lists as routes, without a handler, with the reason.
    pub(crate) left_out: Vec<(String, String)>,
    /// Routes that are served by Next.js for good, with the reason.
    pub(crate) staying: Vec<(String, String)>,
    /// Files that could not be read or parsed, each with its place and the reason.
    pub(crate) errors: Vec<String>,
}

/// A route, and what its file says.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) route: String,
    /// The file in the app.
    pub(crate) file: String,
    /// The file in the crate.
    pub(crate) rust: String,
    pub(crate) methods: Vec<String>,
    pub(crate) wrappers: Vec<String>,
    pub(crate) config: Config,
    /// The Rust types of the response and the body.
    pub(crate) response: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) types: Types,
    pub(crate) uses: Vec<Use>,
    /// Rules of `next.config` that are about this route's path.
    pub(crate) rules: Vec<Rule>,
    /// What could not be read.
    pub(crate) unread: Vec<String>,
}

impl Plan {
    /// Reads every route file. `step` is called after each.
    pub(crate) fn of(app: &App, step: impl Fn()) -> Self {
        let (mut plan, mut modules) = (Self::default(), Modules::new(&app.aliases));
        for file in &app.routes {
            plan.add(app, &mut modules, file);
            step();
        }
        plan.left_out.extend(app.others.iter().cloned());
        let stays = |file: &String| (file.clone(), "a route handler of the App Router".to_owned());
        plan.staying.extend(app.route_handlers.iter().map(stays));
        plan
    }

    /// The features of the crate that the routes need.
    pub(crate) fn features(&self) -> BTreeSet<&'static str> {
        let uses = self.routes.iter().flat_map(|route| &route.uses);
        let mut features: BTreeSet<_> = uses.filter_map(|found| found.feature).collect();
        if features.contains("revalidate") {
            // Next.js knows a revalidation by a key of draft mode.
            features.insert("draft");
        }
        features
    }

    fn add(&mut self, app: &App, modules: &mut Modules<'_>, file: &RouteFile) {
        let path = app.root.join(&file.file);
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", file.file));
        let source = text
            .and_then(|text| modules.read(&path, &text).map_err(|error| format!("{}:{error}", file.file)));
        let source = match source {
            Ok(source) => source,
            Err(error) => return self.errors.push(error),
        };
        let same = self.routes.iter().find(|route| route.route == file.route);
        if let Some(same) = same {
            self.left_out.push((file.file.clone(), format!("the same route as {}", same.file)));
        } else if source.handler.is_none() {
            self.left_out.push((
                file.file.clone(),
                "no function as its default export: a helper or a test, no route".into(),
            ));
        } else if source.config.is_edge() {
            self.staying.push((file.file.clone(), "runtime: \"edge\"".into()));
        } else {
            match rust_file(&file.file, &app.settings.page_extensions) {
                Ok(rust) => self.routes.push(planned(app, modules, file, rust, &path, &source)),
                Err(reason) => self.staying.push((file.file.clone(), reason.into())),
            }
        }
    }
}

fn planned(
    app: &App,
    modules: &mut Modules<'_>,
    file: &RouteFile,
    rust: String,
    path: &Path,
    source: &Source,
) -> Planned {
    let handler = source.handler.clone().unwrap_or_default();
    let (mut methods, mut uses, mut unread) = (source.methods.clone(), uses(source), source.unread.clone());
    let (mut response, mut body) = (source.response.clone(), source.body.clone());
    let mut typed_in = path.to_owned();
    // What the file hands the whole request to is the handler: an import as the default export, or `return handle(req, res)`.
    let alone = usize::from(handler.from.is_some()) + source.delegates.len() == 1;
    for from in handler.from.iter().chain(&source.delegates) {
        let Some((file, inner)) = modules.imported(path, &from.module) else {
            unread
                .push(format!("the handler comes from \"{}\", which is not a file of the app", from.module));
            continue;
        };
        if source.methods.is_empty() {
            methods.extend(
                inner.methods.iter().filter(|method| !methods.contains(method)).cloned().collect::<Vec<_>>(),
            );
        }
        for found in crate::counterpart::uses(&inner) {
            if !uses.iter().any(|known| known.here == found.here) {
                uses.push(Use { name: format!("{} in {}", found.name, from.module), ..found });
            }
        }
        if alone && response.is_none() && body.is_none() {
            (response, body) = (inner.response.clone(), inner.body.clone());
            typed_in = file;
        }
    }
    let mut types = Types::default();
    let mut rust_type = |ty: Option<crate::read::Type>, hint: &str| {
        ty.map(|ty| types.add(modules, &typed_in, &ty, hint))
            .filter(|rust| rust != "()" && rust != "serde_json::Value")
    };
    let response = rust_type(response, "Reply");
    let body = rust_type(body, "NewBody");
    unread.append(&mut types.unread);
    let rules = app.settings.rules.iter().filter(|rule| fits(&rule.source, &file.route)).cloned().collect();
    Planned {
        route: file.route.clone(),
        file: file.file.clone(),
        rust,
        methods,
        wrappers: handler.wrappers,
        config: source.config.clone(),
        response,
        body,
        types,
        uses,
        rules,
        unread,
    }
}

/// Returns whether the paths of a rule may be those of a route: segment by segment, a parameter fits everything.
fn fits(source: &str, route: &str) -> bool {
    let (mut rule, mut path) = (source.split('/').skip(1), route.split('/').skip(1));
    loop {
        match (rule.next(), path.next()) {
            (None, None) => return true,
            (Some(part), _) if part.contains('*') || part.contains('(') || part.ends_with('+') => {
                return true;
            }
            (_, Some(part)) if part.starts_with("[...") || part.starts_with("[[") => return true,
            (Some(rule), Some(path)) if rule == path || rule.starts_with(':') || path.starts_with('[') => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn rewrite_rule_covers_the_routes_it_matches() {
        let cases = [
            ("/api/hello", "/api/hello", true),
            ("/api/hello", "/api/post", false),
            ("/api/:path*", "/api/post/[pid]", true),
            ("/:path*", "/api/post", true),
            ("/api/post/:id", "/api/post/[pid]", true),
            ("/api/post/1", "/api/post/[pid]", true),
            ("/api/post/1", "/api/post/[...rest]", true),
            ("/api/post", "/api/post/[pid]", false),
            ("/blog/:path*", "/api/post", false),
            ("/api/(.*)", "/api/post", true),
        ];
        for (rule, route, expected) in cases {
            assert_eq!(super::fits(rule, route), expected, "{rule} {route}");
        }
    }
}

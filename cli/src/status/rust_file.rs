//! What a route file in Rust says: its methods, and which of them still forward.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use syn::visit::{self, Visit};
use syn::{Expr, File, Item, ItemFn, Path};

/// How far a route has moved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "state", content = "proxied", rename_all = "lowercase")]
pub(crate) enum State {
    /// Every request goes to Next.js.
    #[default]
    Proxied,
    /// These methods go to Next.js.
    Partly(Vec<String>),
    Moved,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proxied => f.write_str("proxied"),
            Self::Partly(methods) => write!(f, "moved, but {}", methods.join(" ")),
            Self::Moved => f.write_str("moved"),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct RustFile {
    pub(super) methods: Vec<String>,
    pub(super) state: State,
}

/// Reads a route file. A handler forwards if `next::forward` is in its body.
pub(super) fn read(text: &str) -> syn::Result<RustFile> {
    let file: File = syn::parse_str(text)?;
    let functions: BTreeMap<String, &ItemFn> = file
        .items
        .iter()
        .filter_map(|item| {
            if let Item::Fn(function) = item {
                Some((function.sig.ident.to_string(), function))
            } else {
                None
            }
        })
        .collect();
    let forwards = |name: &str| functions.get(name).is_some_and(|function| mentions(function, "forward"));
    let Some(route) = functions.get("route") else {
        let state = if forwards("handler") { State::Proxied } else { State::Moved };
        return Ok(RustFile { methods: Vec::new(), state });
    };
    let mut calls = Calls(Vec::new());
    calls.visit_item_fn(route);
    let (mut methods, mut proxied) = (Vec::new(), Vec::new());
    for (method, handler) in calls.0 {
        if handler == "other_methods" {
            continue; // not the file's own
        }
        if forwards(&handler) || handler == "forward" {
            proxied.push(method.clone());
        }
        methods.push(method);
    }
    let state = if proxied.is_empty() {
        State::Moved
    } else if proxied.len() == methods.len() {
        State::Proxied
    } else {
        State::Partly(proxied)
    };
    Ok(RustFile { methods, state })
}

/// The calls `.get(handler)` of `methods()`, from the first to the last.
struct Calls(Vec<(String, String)>);

impl<'ast> Visit<'ast> for Calls {
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        // The receiver of a chain is what stands before it.
        visit::visit_expr_method_call(self, call);
        let method = call.method.to_string();
        if matches!(&*method, "get" | "head" | "post" | "put" | "patch" | "delete" | "options")
            && let Some(handler) = call.args.first().and_then(root)
        {
            self.0.push((method.to_ascii_uppercase(), handler));
        }
    }
}

/// Returns the name of a handler: `show` of `show`, `show.config(CONFIG)` and `super::show`.
fn root(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Expr::MethodCall(call) => root(&call.receiver),
        _ => None,
    }
}

fn mentions(function: &ItemFn, name: &str) -> bool {
    struct Paths<'n>(&'n str, bool);
    impl<'ast> Visit<'ast> for Paths<'_> {
        fn visit_path(&mut self, path: &'ast Path) {
            let mut last = path.segments.iter().rev();
            let is = |segment: Option<&syn::PathSegment>, name: &str| {
                segment.is_some_and(|segment| segment.ident == name)
            };
            self.1 |= is(last.next(), self.0) && is(last.next(), "next");
            visit::visit_path(self, path);
        }
    }
    let mut paths = Paths(name, false);
    paths.visit_item_fn(function);
    paths.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_has_moved() {
        let forward = "(req: ApiRequest<Body>, res: ApiResponse) -> Result { next::forward(req, res).await }";
        let written = "(req: ApiRequest, res: ApiResponse) -> Result { /* next::forward */ res.end() }";
        let cases: [(String, &[&str], State); 7] = [
            (format!("pub async fn handler{forward}"), &[], State::Proxied),
            (format!("pub async fn handler{written}"), &[], State::Moved),
            // Another function of this name, and another of this module.
            (
                "pub async fn handler() -> Result { queue::forward().await; next::origin() }".into(),
                &[],
                State::Moved,
            ),
            (
                format!(
                    "pub fn route() -> Methods {{ methods().get(get).put(put).post(next::other_methods) }} async fn get{forward} async fn put{forward}"
                ),
                &["GET", "PUT"],
                State::Proxied,
            ),
            (
                format!(
                    "pub fn route() -> Methods {{ methods().get(get).put(put.config(C)) }} async fn get{written} async fn put{forward}"
                ),
                &["GET", "PUT"],
                State::Partly(vec!["PUT".into()]),
            ),
            (
                format!(
                    "pub fn route() -> Methods {{ methods().get(show).fallback(next::other_methods) }} async fn show{written}"
                ),
                &["GET"],
                State::Moved,
            ),
            (
                "pub fn route() -> Route { crate::posts::show.into_service().into() }".into(),
                &[],
                State::Moved,
            ),
        ];
        for (text, methods, state) in cases {
            let found = read(&text).unwrap();
            assert_eq!(
                (found.methods.iter().map(String::as_str).collect::<Vec<_>>(), found.state),
                (methods.to_vec(), state),
                "{text}"
            );
        }
        assert!(read("pub fn route( {").is_err());
    }
}

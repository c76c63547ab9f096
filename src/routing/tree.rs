//! The routes as a tree of segments, which applies the rules of Next.js and sorts the routes.
//!
//! Uses the standard library only, because build scripts use this module too.

use super::pattern::{Pattern, Segment};
use super::{RouteError, RouteErrorKind};
use std::collections::BTreeMap;

/// The position of a route in the order of its registration.
pub(crate) type RouteId = usize;

#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    root: Node,
    routes: Vec<Pattern>,
}

/// What follows a prefix of segments.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    pub(crate) route: Option<RouteId>,
    pub(crate) statics: BTreeMap<Box<str>, Node>,
    pub(crate) param: Option<Box<Param>>,
    pub(crate) catch_all: Option<CatchAll>,
}

#[derive(Clone, Debug)]
pub(crate) struct Param {
    name: Box<str>,
    /// The first route with this name, for the message about a route with another name.
    first: RouteId,
    pub(crate) node: Node,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct CatchAll {
    pub(crate) route: RouteId,
    pub(crate) optional: bool,
}

impl Tree {
    #[cfg(feature = "runtime")]
    pub(crate) fn root(&self) -> &Node {
        &self.root
    }

    pub(crate) fn pattern(&self, id: RouteId) -> &Pattern {
        &self.routes[id]
    }

    /// Adds a route. If it contradicts an earlier one, returns an error, and leaves the tree unchanged.
    pub(crate) fn insert(&mut self, pattern: Pattern) -> Result<RouteId, RouteError> {
        let id = self.routes.len();
        self.check(&pattern)?;
        let mut node = &mut self.root;
        for segment in pattern.segments() {
            node = match segment {
                Segment::Static(text) => node.statics.entry(text.clone()).or_default(),
                Segment::Param(name) => {
                    let new = || Box::new(Param { name: name.clone(), first: id, node: Node::default() });
                    &mut node.param.get_or_insert_with(new).node
                }
                // A catch-all is always the last segment.
                Segment::CatchAll(_) | Segment::OptionalCatchAll(_) => {
                    let optional = matches!(segment, Segment::OptionalCatchAll(_));
                    node.catch_all = Some(CatchAll { route: id, optional });
                    self.routes.push(pattern);
                    return Ok(id);
                }
            };
        }
        node.route = Some(id);
        self.routes.push(pattern);
        Ok(id)
    }

    fn check(&self, pattern: &Pattern) -> Result<(), RouteError> {
        let mut node = Some(&self.root);
        for (i, segment) in pattern.segments().iter().enumerate() {
            let here = node.take();
            match (segment, here) {
                (Segment::Static(text), Some(here)) => node = here.statics.get(text),
                (Segment::Param(name), Some(Node { param: Some(param), .. })) => {
                    if param.name != *name {
                        let (a, b) = (format!("[{}]", param.name), format!("[{name}]"));
                        return Err(self.different(param.first, pattern, &a, &b));
                    }
                    node = Some(&param.node);
                }
                (Segment::CatchAll(_) | Segment::OptionalCatchAll(_), Some(here)) => {
                    self.check_catch_all(here, pattern, segment)?;
                }
                _ => {}
            }
            pattern.check_repeated(i)?;
        }
        match node.map(|node| (node.route, node.catch_all)) {
            Some((Some(route), _)) => Err(duplicate(pattern, self.pattern(route))),
            Some((None, Some(CatchAll { route, optional: true }))) => {
                Err(same_specificity(pattern, self.pattern(route)))
            }
            _ => Ok(()),
        }
    }

    fn check_catch_all(&self, node: &Node, pattern: &Pattern, segment: &Segment) -> Result<(), RouteError> {
        let optional = matches!(segment, Segment::OptionalCatchAll(_));
        if let Some(earlier) = node.catch_all {
            let other = self.pattern(earlier.route);
            if earlier.optional != optional {
                return Err(RouteError::new(
                    RouteErrorKind::RequiredAndOptional,
                    format!(
                        "the routes `{other}` and `{pattern}` have a required and an optional catch-all at one level: \
                         keep one of them"
                    ),
                ));
            }
            let name = |pattern: &Pattern| pattern.as_str().rsplit('/').next().unwrap_or_default().to_owned();
            if other.segments() == pattern.segments() {
                return Err(duplicate(pattern, other));
            }
            return Err(self.different(earlier.route, pattern, &name(other), &name(pattern)));
        }
        match node.route {
            Some(route) if optional => Err(same_specificity(self.pattern(route), pattern)),
            _ => Ok(()),
        }
    }

    fn different(&self, first: RouteId, pattern: &Pattern, a: &str, b: &str) -> RouteError {
        let other = self.pattern(first);
        RouteError::new(
            RouteErrorKind::DifferentSlugNames,
            format!(
                "the routes `{other}` and `{pattern}` have two names for one parameter, `{a}` and `{b}`: \
                 use the same name in both"
            ),
        )
    }

    /// Returns the routes in the order in which they are tried, as Next.js sorts them.
    pub(crate) fn sorted(&self) -> Vec<RouteId> {
        fn walk(node: &Node, out: &mut Vec<RouteId>) {
            out.extend(node.route);
            node.statics.values().for_each(|child| walk(child, out));
            if let Some(param) = &node.param {
                walk(&param.node, out);
            }
            out.extend(node.catch_all.map(|catch_all| catch_all.route));
        }
        let mut out = Vec::with_capacity(self.routes.len());
        walk(&self.root, &mut out);
        out
    }
}

fn duplicate(pattern: &Pattern, other: &Pattern) -> RouteError {
    // The same route can be written in two ways: `/é` and `/%C3%A9`.
    let written = if other == pattern { String::new() } else { format!(", written `{other}`") };
    RouteError::new(
        RouteErrorKind::Duplicate,
        format!(
            "the route `{pattern}` is registered already{written}: remove one, or give both methods to one `methods()`"
        ),
    )
}

fn same_specificity(plain: &Pattern, optional: &Pattern) -> RouteError {
    RouteError::new(
        RouteErrorKind::SameSpecificity,
        format!(
            "the routes `{plain}` and `{optional}` both match `{plain}`: remove `{plain}`, or make the catch-all \
             required with single brackets"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(routes: &[&str]) -> Result<Tree, RouteError> {
        let mut tree = Tree::default();
        for route in routes {
            tree.insert(Pattern::parse(route)?)?;
        }
        Ok(tree)
    }

    #[test]
    fn the_order_is_static_param_catch_all() {
        let routes = ["/a/[[...o]]", "/[...c]", "/[p]/x", "/b", "/a/b", "/[p]", "/"];
        let tree = tree(&routes).unwrap();
        let sorted: Vec<_> = tree.sorted().into_iter().map(|id| tree.pattern(id).as_str()).collect();
        assert_eq!(sorted, ["/", "/a/b", "/a/[[...o]]", "/b", "/[p]", "/[p]/x", "/[...c]"]);
    }

    #[test]
    fn a_contradiction_names_both_routes() {
        use RouteErrorKind::{
            DifferentSlugNames, Duplicate, RepeatedSlug, RequiredAndOptional, SameSpecificity,
        };
        let cases: &[(&[&str], RouteErrorKind)] = &[
            (&["/a/[x]", "/a/[y]/b"], DifferentSlugNames),
            (&["/a/[...x]", "/a/[...y]"], DifferentSlugNames),
            (&["/a/[...x]", "/a/[[...x]]"], RequiredAndOptional),
            (&["/a/[[...x]]", "/a/[...y]"], RequiredAndOptional),
            (&["/a", "/a/[[...x]]"], SameSpecificity),
            (&["/a/[[...x]]", "/a"], SameSpecificity),
            (&["/a", "/a"], Duplicate),
            (&["/[...a]", "/[...a]"], Duplicate),
            (&["/é/[...a]", "/%C3%A9/[...a]"], Duplicate),
            (&["/%C3%A9", "/é"], Duplicate),
            (&["/a%20b/[...x]", "/a b/[...x]"], Duplicate),
            (&["/é/[a]", "/%C3%A9/[b]"], DifferentSlugNames),
            (&["/[a]/[a]"], RepeatedSlug),
            (&["/[a]/[...a]"], RepeatedSlug),
            (&["/[a-b]/[ab]"], RepeatedSlug),
            (&["/[a]/[b]", "/[a]/[a]"], DifferentSlugNames),
        ];
        for (routes, kind) in cases {
            let error = tree(routes).unwrap_err();
            assert_eq!(error.kind(), *kind, "{routes:?}");
            assert!(routes.iter().all(|route| error.to_string().contains(route)), "{error}");
        }
        for routes in [&["/[a]", "/[...b]"][..], &["/x/[a]", "/y/[b]"], &["/a", "/a/[...x]"]] {
            assert!(tree(routes).is_ok(), "{routes:?}");
        }
    }
}

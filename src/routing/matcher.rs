//! A matchit router, created from the tree of routes.

use super::literal::encode;
use super::tree::{Node, RouteId, Tree};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Finds the route of a path. It is created once, when a router is built.
#[derive(Clone)]
pub(crate) struct Matcher {
    matcher: matchit::Router<RouteId>,
    /// Whether a literal has an escape. Only then is the path encoded before it is matched.
    has_escapes: bool,
}

impl Matcher {
    /// Creates the table. matchit's order (static before parameter before catch-all, with backtracking) is then that of
    /// Next.js.
    ///
    /// matchit rejects a catch-all beside a parameter. So if both follow one node, the catch-all is moved down into the
    /// parameter's node: it becomes the route of that node if there is none, its catch-all one level deeper, and so on.
    /// Below a static sibling matchit backtracks by itself.
    pub(crate) fn new(tree: &Tree) -> Result<Self, matchit::InsertError> {
        let mut table = Self { matcher: matchit::Router::new(), has_escapes: false };
        table.enter(tree.root(), &mut String::new(), 0, None)?;
        Ok(table)
    }

    /// Returns the route for a normalized path, which starts with a slash.
    pub(crate) fn find(&self, path: &str) -> Option<RouteId> {
        let path = if self.has_escapes { encode(path) } else { Cow::Borrowed(path) };
        self.matcher.at(&path).ok().map(|found| *found.value)
    }

    fn enter(
        &mut self,
        node: &Node,
        prefix: &mut String,
        depth: usize,
        inherited: Option<RouteId>,
    ) -> Result<(), matchit::InsertError> {
        let own = node.catch_all;
        let optional = own.filter(|catch_all| catch_all.optional).map(|catch_all| catch_all.route);
        if let Some(route) = node.route.or(optional).or(inherited) {
            self.matcher.insert(if prefix.is_empty() { "/" } else { prefix.as_str() }, route)?;
        }
        let length = prefix.len();
        for (text, child) in &node.statics {
            prefix.push('/');
            // `encode` has percent-encoded any braces, which are matchit's syntax.
            prefix.push_str(text);
            self.has_escapes |= text.contains('%');
            self.enter(child, prefix, depth + 1, None)?;
            prefix.truncate(length);
        }
        let catch_all = own.map(|catch_all| catch_all.route).or(inherited);
        if let Some(param) = &node.param {
            // The name is the depth, because matchit takes one name for each position. The values come from
            // `params::cut`.
            _ = write!(prefix, "/{{{depth}}}"); // writing to a `String` cannot fail
            self.enter(&param.node, prefix, depth + 1, catch_all)?;
        } else if let Some(route) = catch_all {
            prefix.push_str("/{*rest}");
            self.matcher.insert(prefix.as_str(), route)?;
        }
        prefix.truncate(length);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::Pattern;

    #[test]
    fn the_more_specific_route_wins_at_every_level() {
        let routes = [
            "/api/a/[...rest]",
            "/api/[x]/b",
            "/api/[x]/[...deep]",
            "/api/[[...all]]",
            "/api/{x}",
            "/api/{x}/{y}}",
            "/api/v-[x]",
            "/api/café au lait",
        ];
        let mut tree = Tree::default();
        for route in routes {
            tree.insert(Pattern::parse(route).unwrap()).unwrap();
        }
        let table = Matcher::new(&tree).unwrap();
        let cases = [
            ("/api/a/b", Some("/api/a/[...rest]")),
            ("/api/c/b", Some("/api/[x]/b")),
            ("/api/c/d", Some("/api/[x]/[...deep]")),
            ("/api/c", Some("/api/[[...all]]")),
            ("/api", Some("/api/[[...all]]")),
            ("/api/a", Some("/api/[[...all]]")),
            ("/api/{x}", Some("/api/{x}")),
            ("/api/%7Bx%7D", Some("/api/{x}")),
            ("/api/{x%7d", Some("/api/{x}")),
            ("/api/%7B%78%7D", Some("/api/[[...all]]")),
            ("/api/{x}/{y}}", Some("/api/{x}/{y}}")),
            ("/api/{x}/b", Some("/api/[x]/b")),
            ("/api/v-[x]", Some("/api/v-[x]")),
            ("/api/%7Bx%7D/%7By%7D%7D", Some("/api/{x}/{y}}")),
            ("/api/%7Bx%7D/b", Some("/api/[x]/b")),
            ("/api/caf%C3%A9%20au%20lait", Some("/api/café au lait")),
            ("/api/caf%c3%a9 au%20lait", Some("/api/café au lait")),
            ("/api/café au lait", Some("/api/café au lait")),
            ("/", None),
            ("/other", None),
        ];
        for (path, route) in cases {
            assert_eq!(table.find(path).map(|id| tree.pattern(id).as_str()), route, "{path}");
        }
    }
}

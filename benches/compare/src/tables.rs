//! Tables of routes for the router alone.

use std::fmt::Write as _;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

/// A route in the three syntaxes, and a path that it matches.
pub struct Entry {
    pub ours: String,
    pub matchit: String,
    pub path: String,
}

/// The kinds of routes that are looked up.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Static,
    Param,
    CatchAll,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Static, Self::Param, Self::CatchAll];

    pub fn parse(name: &str) -> Self {
        let known = Self::ALL.into_iter().find(|kind| kind.name() == name);
        known.unwrap_or_else(|| panic!("`{name}` is not a kind of route"))
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Param => "param",
            Self::CatchAll => "catch-all",
        }
    }
}

/// A table of so many routes, a third of each kind, and one path of each kind from its middle. 130 is the GitHub API.
pub fn table(routes: usize) -> Vec<Entry> {
    if routes == 130 {
        return github();
    }
    let entry = |i: usize| match i % 3 {
        0 => entry(&format!("/api/section{i}/list")),
        1 => entry(&format!("/api/section{i}/:id/edit")),
        _ => entry(&format!("/api/section{i}/files/*path")),
    };
    (0..routes).map(entry).collect()
}

/// The path to look up: one from the middle of the table.
pub fn path(routes: usize, kind: Kind) -> String {
    let table = table(routes);
    let mark = match kind {
        Kind::Static => |route: &str| !route.contains('{'),
        Kind::Param => |route: &str| route.matches('{').count() == 1 && !route.contains('*'),
        Kind::CatchAll => |route: &str| route.contains('*'),
    };
    let of_kind: Vec<&Entry> = table.iter().filter(|entry| mark(&entry.matchit)).collect();
    of_kind[of_kind.len() / 2].path.clone()
}

pub fn matchit(routes: usize) -> matchit::Router<usize> {
    let mut router = matchit::Router::new();
    for (i, entry) in table(routes).iter().enumerate() {
        router.insert(&*entry.matchit, i).expect("the table is good");
    }
    router
}

pub fn ours(routes: usize) -> ApiRouter {
    add_ours(ApiRouter::new(), routes)
}

/// The table beside what is in the router already.
pub fn add_ours(router: ApiRouter, routes: usize) -> ApiRouter {
    async fn end(_: ApiRequest, res: ApiResponse) -> Result {
        res.end()
    }
    table(routes).iter().fold(router, |router, entry| router.route(&entry.ours, end))
}

pub fn axum(routes: usize) -> axum::Router {
    add_axum(axum::Router::new(), routes)
}

/// The table beside what is in the router already.
pub fn add_axum(router: axum::Router, routes: usize) -> axum::Router {
    let route =
        |router: axum::Router, entry: &Entry| router.route(&entry.matchit, axum::routing::get(|| async {}));
    table(routes).iter().fold(router, route)
}

/// `:name` is a parameter, `*name` a catch-all. Names follow from the position, since one place has one name.
fn entry(route: &str) -> Entry {
    let mut entry = Entry { ours: String::new(), matchit: String::new(), path: String::new() };
    for (depth, segment) in route.split('/').skip(1).enumerate() {
        let (ours, matchit, path) = match segment.as_bytes()[0] {
            b':' => (format!("[p{depth}]"), format!("{{p{depth}}}"), format!("value{depth}")),
            b'*' => (format!("[...p{depth}]"), format!("{{*p{depth}}}"), "a/b/c".into()),
            _ => (segment.into(), segment.into(), segment.into()),
        };
        for (out, segment) in
            [(&mut entry.ours, ours), (&mut entry.matchit, matchit), (&mut entry.path, path)]
        {
            write!(out, "/{segment}").expect("a string takes all");
        }
    }
    entry
}

/// The routes of the GitHub API, as the benches of matchit and of httprouter have them, and one catch-all.
fn github() -> Vec<Entry> {
    GITHUB.trim().lines().map(entry).collect()
}

const GITHUB: &str = include_str!("github.txt");

//! The route table, against a search that goes depth first.

use super::Data;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

async fn probe(_req: ApiRequest, res: ApiResponse) -> Result {
    res.end()
}

const SEGMENTS: &[&str] =
    &["a", "b", "ab", "x-y", "[p]", "[p]", "[q]", "{p}", "v-[p]", "[...r]", "[[...r]]", "{*x}", "%61", "é"];
const PATHS: &[&str] = &[
    "a", "b", "ab", "x-y", "abc", "{p}", "v-[p]", "%61", "[p]", "{*x}", "%7B*x%7d", "%C3%A9", "%c3%A9",
    "[...r]",
];

pub(crate) fn check(bytes: &[u8]) {
    let mut data = Data::new(bytes);
    let (mut legal, mut router) = (Vec::new(), ApiRouter::new());
    for _ in 0..data.below(16) {
        let route = if data.below(8) == 0 {
            data.text(&["/", "[", "]", "...", ".", "a", "[a]", "[[", "…", "//", "\\"], 12)
        } else {
            joined(&mut data, SEGMENTS)
        };
        match router.clone().try_route(&route, probe) {
            Ok(next) => {
                router = next;
                legal.push(route);
            }
            Err(error) => assert!(error.to_string().contains(&*route), "{error} does not name {route}"),
        }
    }
    let mut shown: Vec<_> = router.routes().iter().map(|route| route.pattern().to_owned()).collect();
    shown.sort_unstable();
    let mut expected = legal.clone();
    expected.sort_unstable();
    assert_eq!(shown, expected);
    let encoded: Vec<_> = legal.iter().map(|route| encode(route)).collect();
    let table: Vec<_> =
        legal.iter().zip(&encoded).map(|(route, encoded)| (route.as_str(), split(encoded))).collect();
    while !data.is_empty() {
        let path = joined(&mut data, PATHS);
        let Ok(uri) = path.parse() else { continue };
        assert_eq!(router.route_for(&uri), search(&table, &split(&encode(&path))), "{path} in {legal:?}");
    }
}

fn joined(data: &mut Data<'_>, from: &[&str]) -> String {
    let segments: Vec<_> = (0..data.below(6)).map(|_| data.pick(from)).collect();
    format!("/{}", segments.join("/"))
}

/// One spelling of every literal: escapes in upper case, for what the URL standard encodes in a path.
fn encode(path: &str) -> String {
    let path = path.replace("%7B", "{").replace("%7d", "}").replace("%c3%A9", "\u{e9}");
    let byte = |byte: u8| match byte {
        b'{' | b'}' | 128.. => format!("%{byte:02X}"),
        _ => char::from(byte).to_string(),
    };
    path.bytes().map(byte).collect()
}

fn split(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

type Route<'r> = (&'r str, Vec<&'r str>);

/// At every level static, then parameter, then catch-all, with backtracking.
fn search<'r>(routes: &[Route<'r>], path: &[&str]) -> Option<&'r str> {
    let is_param = |segment: &str| segment.starts_with('[') && segment.ends_with(']');
    let is_catch_all =
        |segment: &str| is_param(segment) && (segment.starts_with("[...") || segment.starts_with("[[..."));
    let starting = |keep: &dyn Fn(&str) -> bool| -> Vec<Route<'r>> {
        let kept = routes.iter().filter(|(_, segments)| segments.first().is_some_and(|first| keep(first)));
        kept.map(|(route, segments)| (*route, segments[1..].to_vec())).collect()
    };
    let Some((first, after)) = path.split_first() else {
        let here = routes.iter().find(|(_, segments)| segments.is_empty());
        let optional = || {
            routes.iter().find(|(_, segments)| {
                segments.first().is_some_and(|s| s.starts_with("[[") && is_catch_all(s))
            })
        };
        return here.or_else(optional).map(|(route, _)| *route);
    };
    search(&starting(&|segment| segment == *first && !is_param(segment)), after)
        .or_else(|| search(&starting(&|segment| is_param(segment) && !is_catch_all(segment)), after))
        .or_else(|| {
            let found = routes.iter().find(|(_, segments)| segments.first().is_some_and(|s| is_catch_all(s)));
            found.map(|(route, _)| *route)
        })
}

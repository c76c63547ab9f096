//! The order of routes, against Next.js's own matcher and against a reference that searches depth first.

use crate::common::log::Log;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Result, RouteError, RouteErrorKind, RouteInfo,
};

async fn probe(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&json!([req.route(), req.query()]))
}

fn router(routes: &[String]) -> std::result::Result<ApiRouter, RouteError> {
    routes.iter().try_fold(ApiRouter::new(), |router, route| router.try_route(route, probe))
}

/// The route and the parameters that the router finds, through a real call.
fn ask(router: &ApiRouter, path: &str) -> Option<(String, Map<String, Value>)> {
    let request = http::Request::get(path).body(Body::empty()).unwrap();
    let response = futures_util::FutureExt::now_or_never(router.clone().oneshot(request)).unwrap().unwrap();
    if response.status() == 404 {
        return None;
    }
    assert_eq!(response.status(), 200, "{path}");
    Some(serde_json::from_slice(response.into_body().as_bytes().unwrap()).unwrap())
}

#[derive(Deserialize)]
struct RouteSet {
    routes: Vec<String>,
    error: Option<String>,
    #[serde(default)]
    cases: Vec<(String, Option<String>, Map<String, Value>)>,
}

#[test]
fn four_hundred_route_sets_match_next() {
    let (mut sets, mut cases) = (0, 0);
    for line in include_str!("../vectors/routes.jsonl").lines() {
        let set: RouteSet = serde_json::from_str(line).unwrap();
        sets += 1;
        let router = match (router(&set.routes), set.error.as_deref()) {
            (Ok(router), None) => router,
            (Err(error), Some(kind)) => {
                let expected = match kind {
                    "different-slug-names" => RouteErrorKind::DifferentSlugNames,
                    "repeated-slug" => RouteErrorKind::RepeatedSlug,
                    "same-specificity" => RouteErrorKind::SameSpecificity,
                    "required-and-optional" => RouteErrorKind::RequiredAndOptional,
                    kind => panic!("unknown kind {kind}"),
                };
                assert_eq!(error.kind(), expected, "{:?}: {error}", set.routes);
                continue;
            }
            (Ok(_), Some(kind)) => panic!("{:?} was accepted; Next.js says {kind}", set.routes),
            (Err(error), None) => panic!("{:?} was refused: {error}", set.routes),
        };
        for (path, route, params) in set.cases {
            cases += 1;
            assert_eq!(ask(&router, &path), route.map(|route| (route, params)), "{path} in {:?}", set.routes);
        }
    }
    assert_eq!(sets, 400);
    assert!(cases > 5_000, "{cases} cases");
}

#[test]
fn a_literal_is_matched_in_every_spelling() {
    let literals: Vec<_> =
        ["{x}", "caf\u{e9} au lait", "a^b|\"c\"", "100%25", "%61", "a"].map(|s| format!("/api/{s}")).into();
    let router =
        router(&[literals, vec!["/api/[p]".to_owned(), "/api/[p]/{y}".to_owned()]].concat()).unwrap();
    let cases = [
        ("/api/{x}", "/api/{x}"),
        ("/api/%7Bx%7D", "/api/{x}"),
        ("/api/%7bx}", "/api/{x}"),
        ("/api/caf%C3%A9%20au%20lait", "/api/caf\u{e9} au lait"),
        ("/api/caf%c3%a9%20au%20lait", "/api/caf\u{e9} au lait"),
        ("/api/caf\u{e9}%20au%20lait", "/api/caf\u{e9} au lait"),
        ("/api/a^b|\"c\"", "/api/a^b|\"c\""),
        ("/api/a%5Eb|%22c%22", "/api/a^b|\"c\""),
        // What the URL standard does not encode is not decoded either, as in Next.js.
        ("/api/a%5Eb%7C%22c%22", "/api/[p]"),
        ("/api/%7B%78%7D", "/api/[p]"),
        ("/api/100%25", "/api/100%25"),
        ("/api/%61", "/api/%61"),
        ("/api/a", "/api/a"),
        ("/api/1/%7By%7D", "/api/[p]/{y}"),
        ("/api/{x}/{y}", "/api/[p]/{y}"),
    ];
    for (path, route) in cases {
        let found = ask(&router, path);
        assert_eq!(found.as_ref().map(|(route, _)| route.as_str()), Some(route), "{path}");
        assert_eq!(router.route_for(&path.parse().unwrap()), Some(route), "{path}");
    }
    // The parameters are cut from the path as it came.
    let (_, params) = ask(&router, "/api/%7bz%7D/{y}").unwrap();
    assert_eq!(Value::from(params), json!({ "p": "{z}" }));
    // Two spellings of one route are one route.
    let error = router.try_route("/api/%7bx%7d", probe).unwrap_err();
    assert_eq!(error.kind(), RouteErrorKind::Duplicate, "{error}");
}

#[test]
fn foreign_route_syntax_is_logged_once() {
    let log = Log::capture();
    let router = ApiRouter::new()
        .route("/api/{id}", probe)
        .route("/api/a/:id", probe)
        .route("/api/b/*rest", probe)
        .route("/api/c/[id]/%7Bid%7D", probe);
    assert_eq!(ask(&router, "/api/{id}").unwrap().0, "/api/{id}");
    let warnings = log.warnings();
    let logged: Vec<_> = warnings
        .iter()
        .map(|event| ["message", "http.route", "meant"].map(|name| event.field(name)))
        .collect();
    let expected =
        [("/api/{id}", "/api/[id]"), ("/api/a/:id", "/api/a/[id]"), ("/api/b/*rest", "/api/b/[...rest]")];
    let message = "API route is a literal, which only matches itself: write a parameter as `[name]`";
    let expected = expected.map(|(route, meant)| [message, route, meant]);
    assert_eq!(logged, expected);
}

/// Depth first: at every level static, then parameter, then catch-all, with backtracking.
fn reference<'r>(routes: &'r [String], path: &str) -> Option<&'r str> {
    fn search<'r>(routes: &[(&'r str, Vec<&'r str>)], path: &[&str]) -> Option<&'r str> {
        let rest = |keep: &dyn Fn(&str) -> bool| -> Vec<(&'r str, Vec<&'r str>)> {
            let kept =
                routes.iter().filter(|(_, segments)| segments.first().is_some_and(|first| keep(first)));
            kept.map(|(route, segments)| (*route, segments[1..].to_vec())).collect()
        };
        let is_param = |segment: &str| segment.starts_with('[') && segment.ends_with(']');
        let is_catch_all = |segment: &str| is_param(segment) && segment.contains("...");
        let Some((first, after)) = path.split_first() else {
            let here = routes.iter().find(|(_, segments)| segments.is_empty());
            let optional =
                || routes.iter().find(|(_, segments)| segments.first().is_some_and(|s| s.starts_with("[[")));
            return here.or_else(optional).map(|(route, _)| *route);
        };
        search(&rest(&|segment| segment == *first && !is_param(segment)), after)
            .or_else(|| search(&rest(&|segment| is_param(segment) && !is_catch_all(segment)), after))
            .or_else(|| {
                let catch_all =
                    |(_, segments): &&(&str, Vec<&str>)| segments.first().is_some_and(|s| is_catch_all(s));
                routes.iter().find(catch_all).map(|(route, _)| *route)
            })
    }
    let split =
        |path: &'r str| path.split('/').skip(1).filter(|segment| !segment.is_empty()).collect::<Vec<_>>();
    let all: Vec<_> = routes.iter().map(|route| (route.as_str(), split(route))).collect();
    search(&all, &path.split('/').skip(1).filter(|segment| !segment.is_empty()).collect::<Vec<_>>())
}

fn segments() -> impl Strategy<Value = String> {
    let one = prop::sample::select(&["a", "b", "ab", "x-y", "[p]", "[q]", "{p}", "v-[p]"][..]);
    let last = prop::sample::select(&["", "/[...r]", "/[[...r]]", "/[s]", "/a"][..]);
    (prop::collection::vec(one, 0..4), last)
        .prop_map(|(segments, last)| format!("/{}{last}", segments.join("/")).replace("//", "/"))
}

fn paths() -> impl Strategy<Value = String> {
    let one = prop::sample::select(&["a", "b", "ab", "x-y", "abc", "{p}", "v-[p]", "%61", "[p]"][..]);
    prop::collection::vec(one, 0..6).prop_map(|segments| format!("/{}", segments.join("/")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn table_matches_a_depth_first_search(
        routes in prop::collection::vec(segments(), 1..12),
        paths in prop::collection::vec(paths(), 24),
    ) {
        // Keep what fits: each contradiction takes one route out.
        let (mut legal, mut router) = (Vec::new(), ApiRouter::new());
        for route in routes {
            if let Ok(next) = router.clone().try_route(&route, probe) {
                router = next;
                legal.push(route);
            }
        }
        for path in paths {
            let found = ask(&router, &path).map(|(route, _)| route);
            prop_assert_eq!(found.as_deref(), reference(&legal, &path), "{} in {:?}", path, legal);
        }
    }
}

#[test]
fn the_table_prints_as_a_tree() {
    let router = ApiRouter::new().route("/b/[x]", probe).route("/a", probe).route("/b/[[...y]]", probe);
    let table = router.routes();
    assert_eq!(table.iter().map(RouteInfo::pattern).collect::<Vec<_>>(), ["/a", "/b/[x]", "/b/[[...y]]"]);
}

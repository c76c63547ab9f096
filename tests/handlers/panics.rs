//! A wrong route or setting panics at the line that wrote it.

use crate::common::get;
use crate::common::log::Log;
use crate::common::panics::panic_of;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use tower_api_routes::cors::{AllowCredentials, Any, ApiCors, ApiCorsLayer, CorsLayer};
use tower_api_routes::openapi::Info;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, BodyParserLayer, DescribeExt as _, HandlerExt as _, HandlerInput,
    Proxy, ResponseLimitLayer, Result, RouteConfig, Sessions, ShadowLayer, SizeLimit, TrustedProxies,
    methods,
};

async fn end(_req: ApiRequest, res: ApiResponse) -> Result {
    res.end()
}

async fn typed(_req: ApiRequest<String>, res: ApiResponse) -> Result {
    res.end()
}

/// The method, what its message has, a wrong call, and the line of the call.
type Case<'a> = (&'a str, &'a str, &'a dyn Fn(), u32);

fn cases(check: impl FnOnce(&[Case<'_>])) {
    let bad = "1 megabyte";
    let off = || RouteConfig::new().body_parser(false);
    let cors = || CorsLayer::new().allow_origin(Any).allow_credentials(AllowCredentials::yes());
    let proxy = || Proxy::new("http://127.0.0.1:1").unwrap();
    let shadow = || ShadowLayer::new(Proxy::new("http://127.0.0.1:1").unwrap());
    let one_id = || ApiRouter::new().route("/b", end.operation_id("x"));
    let info = || Info::new("Test", "1");
    let one = || ApiRouter::new().route("/a", end);
    let nameless = || Sessions::iron("a password of at least 32 characters").unwrap();
    let (clash, credentials) =
        ("registered already", "Cannot combine `Access-Control-Allow-Credentials: true`");
    let size = "not a size";
    let parser = "its body parser is off";
    check(&[
        ("new", size, &|| _ = SizeLimit::new(bad), line!()),
        ("size_limit", size, &|| drop(RouteConfig::new().size_limit(bad)), line!()),
        ("size_limit", size, &|| _ = BodyParserLayer::new().size_limit(bad), line!()),
        ("response_limit", size, &|| drop(RouteConfig::new().response_limit(bad)), line!()),
        ("response_limit", size, &|| _ = ResponseLimitLayer::new().response_limit(bad), line!()),
        ("stream_limit", size, &|| drop(RouteConfig::new().stream_limit(bad)), line!()),
        ("stream_limit", size, &|| _ = BodyParserLayer::new().stream_limit(bad), line!()),
        ("body_limit", size, &|| drop(shadow().body_limit(bad)), line!()),
        ("sample_rate", "from 0 to 1", &|| drop(shadow().sample_rate(2.0)), line!()),
        ("pseudonym", "is a token", &|| drop(proxy().pseudonym("a b")), line!()),
        ("strip_prefix", "prefix", &|| drop(proxy().strip_prefix("a")), line!()),
        ("add_prefix", "prefix", &|| drop(proxy().add_prefix("/a/")), line!()),
        ("replace_prefix", "prefix", &|| drop(proxy().replace_prefix("/a", "b")), line!()),
        ("set_header", "header", &|| drop(proxy().set_header("a b", "c")), line!()),
        ("remove_header", "header", &|| drop(proxy().remove_header("a b")), line!()),
        ("networks", "network", &|| drop(TrustedProxies::networks(["10.0.0.0/40"])), line!()),
        ("cors", credentials, &|| drop(RouteConfig::new().cors(cors())), line!()),
        ("new", credentials, &|| drop(ApiCorsLayer::new(cors())), line!()),
        ("new", credentials, &|| drop(ApiCorsLayer::from(cors())), line!()),
        ("new", credentials, &|| drop(ApiCors::new((), &cors())), line!()),
        ("$name", "GET is registered twice", &|| drop(methods().get(end).get(end)), line!()),
        ("on", "GET is registered twice", &|| drop(methods().get(end).on(http::Method::GET, end)), line!()),
        ("into_service", parser, &|| drop(typed.config(off()).into_service()), line!()),
        ("route", "starts with a slash", &|| drop(one().route("b", end)), line!()),
        ("route", parser, &|| drop(one().route("/b", typed.config(off()))), line!()),
        ("route", "does not match", &|| drop(HandlerInput::new(get("/b")).route("/a")), line!()),
        ("route", "starts with a slash", &|| drop(HandlerInput::new(get("/b")).route("b")), line!()),
        ("fallback", "a fallback already", &|| drop(one().fallback(end).fallback(end)), line!()),
        ("fallback", "a fallback already", &|| drop(methods().fallback(end).fallback(end)), line!()),
        ("config", parser, &|| drop(ApiRouter::new().route("/b", typed).config(off())), line!()),
        ("merge", clash, &|| drop(one().merge(one())), line!()),
        ("nest", "use `merge`", &|| drop(one().nest("/", one())), line!()),
        ("nest_service", "use `fallback`", &|| drop(one().nest_service("/", end.into_service())), line!()),
        ("status", "from 100 to 999", &|| drop(end.status(99)), line!()),
        ("response", "from 100 to 999", &|| drop(end.response::<u32>(1000)), line!()),
        ("content", "from 100 to 999", &|| drop(end.content(99, "text/csv")), line!()),
        ("empty", "from 100 to 999", &|| drop(end.empty(99)), line!()),
        ("openapi", "have the id `x`", &|| _ = one_id().openapi(info()), line!()),
        ("or_secret", "secret", &|| drop(Sessions::next_auth("a secret").unwrap().or_secret("")), line!()),
        ("sessions", "cookie", &|| drop(ApiRouter::new().sessions(nameless())), line!()),
        ("sessions", "cookie", &|| drop(HandlerInput::new(get("/b")).sessions(nameless())), line!()),
        ("base_path", "no empty segments", &|| drop(one().base_path("/b/")), line!()),
    ]);
}

#[test]
fn every_panic_names_the_callers_line() {
    cases(|cases| {
        for (method, sentence, run, line) in cases {
            let panic = panic_of(run).unwrap_or_else(|| panic!("{method} in line {line} does not panic"));
            assert!(panic.message.contains(sentence), "{method}: {}", panic.message);
            assert_eq!(panic.place, (file!().to_owned(), *line), "{method}: {}", panic.message);
        }
    });
}

/// The names of the functions below `folder` whose docs have a section *Panics*.
fn documented(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            documented(&path, names);
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        for rest in source.split("/// # Panics\n").skip(1) {
            let item =
                rest.lines().map(str::trim).find(|line| !line.starts_with("///") && !line.starts_with("#["));
            let name = item.filter(|line| !line.starts_with("pub(crate)"));
            let name = name.and_then(|line| line.split_once("fn ")).map(|(_, rest)| rest);
            // A macro has no line of its own: `include_routes!` names the file.
            if let Some(name) = name {
                names.insert(name.split(['(', '<']).next().unwrap().to_owned());
            }
        }
    }
}

#[test]
fn every_documented_panic_has_a_case() {
    let mut names = BTreeSet::new();
    documented(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut names);
    assert!(names.len() > 10, "{names:?}");
    cases(|cases| {
        for (method, ..) in cases {
            names.remove(*method);
        }
    });
    assert!(names.is_empty(), "without a case: {names:?}");
}

/// Such a prefix matches only itself, which is legal and probably a mistake.
#[test]
fn patterns_of_other_routers_are_logged() {
    let log = Log::capture();
    let cases: [(&dyn Fn() -> ApiRouter, &str, &str); 4] = [
        (&|| ApiRouter::new().route("/api/{id}", end), "/api/{id}", "/api/[id]"),
        (&|| ApiRouter::new().nest("/api/{id}", ApiRouter::new().route("/x", end)), "/api/{id}", "/api/[id]"),
        (&|| ApiRouter::new().nest("/api/:id", ApiRouter::new().route("/x", end)), "/api/:id", "/api/[id]"),
        (&|| ApiRouter::new().base_path("/{id}"), "/{id}", "/[id]"),
    ];
    for (build, written, meant) in cases {
        drop(build());
        let warnings = log.warnings();
        let [warning] = &warnings[..] else { panic!("{written}: {warnings:?}") };
        assert_eq!((warning.field("http.route"), warning.field("meant")), (written, meant));
    }
}

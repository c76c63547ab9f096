//! What the files are called, and what they export.

use crate::package::Package;
use std::fs;

#[test]
fn every_form_of_file_name_is_served() {
    let package = Package::new("forms");
    for path in [
        "src/pages/index.rs",
        "src/pages/api/index.rs",
        "src/pages/api/hello.rs",
        "src/pages/api/index/index.rs",
        "src/pages/api/with-dash_under.rs",
        "src/pages/api/with_dash_under/x.rs",
        "src/pages/api/file.json.rs",
        "src/pages/api/v1.2/a.b.c.rs",
        "src/pages/api/404.rs",
        "src/pages/api/type.rs",
        "src/pages/api/self/crate.rs",
        "src/pages/api/createUser.rs",
        "src/pages/api/create_user.rs",
        "src/pages/api/post/[pid].rs",
        "src/pages/api/post/pid.rs",
        "src/pages/api/post/[pid]/comments.rs",
        "src/pages/api/post/[pid]/comments/[cid].rs",
        "src/pages/api/[user-name]/posts.rs",
        "src/pages/api/must/[...slug].rs",
        "src/pages/api/may/[[...slug]].rs",
        "src/pages/.well-known/openid.rs",
        "src/pages/api/.dot.dir/index.rs",
        "src/pages/api/caf\u{e9} au lait.rs",
    ] {
        package.route(path);
    }
    let not_routes = [
        ("src/pages/api/README.md", "not Rust"),
        ("src/pages/api/hello.ts", "not Rust"),
        ("src/pages/api/empty/only.txt", "not Rust"),
        ("src/pages/api/_notes/draft.md", "not Rust"),
        ("src/pages/api/.DS_Store", "not Rust"),
        ("src/pages/api/._hello.rs", "not Rust"),
    ];
    for (path, text) in not_routes {
        package.write(path, text);
    }
    package.serves(&[
        ("/", r#"200 ["src/pages/index.rs",{}]"#),
        ("/api", r#"200 ["src/pages/api/index.rs",{}]"#),
        ("/api/hello", r#"200 ["src/pages/api/hello.rs",{}]"#),
        ("/api/hello?a=1&a=2", r#"200 ["src/pages/api/hello.rs",{"a":["1","2"]}]"#),
        ("/api/index", r#"200 ["src/pages/api/index/index.rs",{}]"#),
        ("/api/with-dash_under", r#"200 ["src/pages/api/with-dash_under.rs",{}]"#),
        ("/api/with_dash_under/x", r#"200 ["src/pages/api/with_dash_under/x.rs",{}]"#),
        ("/api/file.json", r#"200 ["src/pages/api/file.json.rs",{}]"#),
        ("/api/v1.2/a.b.c", r#"200 ["src/pages/api/v1.2/a.b.c.rs",{}]"#),
        ("/api/404", r#"200 ["src/pages/api/404.rs",{}]"#),
        ("/api/type", r#"200 ["src/pages/api/type.rs",{}]"#),
        ("/api/self/crate", r#"200 ["src/pages/api/self/crate.rs",{}]"#),
        ("/api/createUser", r#"200 ["src/pages/api/createUser.rs",{}]"#),
        ("/api/create_user", r#"200 ["src/pages/api/create_user.rs",{}]"#),
        ("/api/post/7", r#"200 ["src/pages/api/post/[pid].rs",{"pid":"7"}]"#),
        ("/api/post/pid", r#"200 ["src/pages/api/post/pid.rs",{}]"#),
        ("/api/post/7/comments", r#"200 ["src/pages/api/post/[pid]/comments.rs",{"pid":"7"}]"#),
        (
            "/api/post/7/comments/8",
            r#"200 ["src/pages/api/post/[pid]/comments/[cid].rs",{"pid":"7","cid":"8"}]"#,
        ),
        ("/api/someone/posts", r#"200 ["src/pages/api/[user-name]/posts.rs",{"user-name":"someone"}]"#),
        ("/api/must/a/b", r#"200 ["src/pages/api/must/[...slug].rs",{"slug":["a","b"]}]"#),
        ("/api/may", r#"200 ["src/pages/api/may/[[...slug]].rs",{}]"#),
        ("/api/may/a", r#"200 ["src/pages/api/may/[[...slug]].rs",{"slug":["a"]}]"#),
        ("/.well-known/openid", r#"200 ["src/pages/.well-known/openid.rs",{}]"#),
        ("/api/.dot.dir", r#"200 ["src/pages/api/.dot.dir/index.rs",{}]"#),
        ("/api/caf%C3%A9%20au%20lait", "200 [\"src/pages/api/caf\u{e9} au lait.rs\",{}]"),
        ("/api/must", "404 Not Found"),
        ("/api/README.md", "404 Not Found"),
    ]);
}

#[test]
fn misleading_name_gets_a_warning() {
    let package = Package::new("passed_over");
    package.route("src/pages/api/hello.rs");
    let passed_over = [
        (
            "src/pages/.hidden.rs",
            "`src/pages/.hidden.rs` is not a route, because its name starts with a dot: to make it a route, rename it to `.hidden/index.rs`",
        ),
        (
            "src/pages/api/_notes/draft.rs",
            "`src/pages/api/_notes` is not compiled: a folder of helpers has a file `_notes/mod.rs`",
        ),
        (
            "src/pages/api/_my notes/draft.rs",
            "`src/pages/api/_my notes` is not compiled: a folder of helpers has a Rust name, such as `_my_notes`, and a `mod.rs`",
        ),
        (
            "src/pages/api/_not-a-name.rs",
            "`src/pages/api/_not-a-name.rs` is neither a route nor a helper: a helper has a Rust name, such as `_not_a_name.rs`",
        ),
        (
            "src/pages/api/mod.rs",
            "`src/pages/api/mod.rs` is not a route: the route of a folder is `index.rs`, and the name of a helper starts with `_`",
        ),
    ];
    for (path, _) in passed_over {
        package.write(path, "not Rust");
    }
    let literals = [
        (
            "src/pages/api/[pid.rs",
            "`src/pages/api/[pid.rs` is the literal route `/api/[pid`: for a parameter rename it to `[pid].rs`",
        ),
        (
            "src/pages/api/v-[x].rs",
            "`src/pages/api/v-[x].rs` is the literal route `/api/v-[x]`: for a parameter rename it to `[x].rs`",
        ),
        (
            "src/pages/api/{x}.rs",
            "`src/pages/api/{x}.rs` is the literal route `/api/{x}`: for a parameter rename it to `[x].rs`",
        ),
        (
            "src/pages/api/{y}/z.rs",
            "`src/pages/api/{y}` is a literal segment of its routes: for a parameter rename it to `[y]`",
        ),
    ];
    for (path, _) in literals {
        package.route(path);
    }
    let mut warnings = package.warnings();
    warnings.sort();
    let mut expected: Vec<_> = passed_over.iter().chain(&literals).map(|(_, warning)| *warning).collect();
    expected.sort_unstable();
    assert_eq!(warnings, expected);
    // The literals are routes all the same, and match as those of `.route` do: encoded or not.
    package.built_serves(&[
        ("/api/hello", r#"200 ["src/pages/api/hello.rs",{}]"#),
        ("/api/[pid", r#"200 ["src/pages/api/[pid.rs",{}]"#),
        ("/api/v-[x]", r#"200 ["src/pages/api/v-[x].rs",{}]"#),
        ("/api/{x}", r#"200 ["src/pages/api/{x}.rs",{}]"#),
        ("/api/%7Bx%7D", r#"200 ["src/pages/api/{x}.rs",{}]"#),
        ("/api/%7by%7d/z", r#"200 ["src/pages/api/{y}/z.rs",{}]"#),
        ("/.hidden", "404 Not Found"),
        ("/api/mod", "404 Not Found"),
        ("/api/_notes/draft", "404 Not Found"),
        ("/api/_not-a-name", "404 Not Found"),
    ]);
}

#[test]
fn other_folder_is_told_its_prefix() {
    let package = Package::new("elsewhere");
    package.route("src/pages/api/hello.rs");
    package.route("web/api/hello.rs");
    package.route("routes/api/hello.rs");
    let cases = [
        (
            "routes(\"src/pages/api\")",
            "/hello",
            Some(
                "`src/pages/api/hello.rs` is the route `/hello`: for `/api/hello` write `build::routes(\"src/pages\")` or \
                 `Builder::new(\"src/pages/api\").prefix(\"/api\")`; if this is intended, write `.prefix(\"\")`",
            ),
        ),
        (
            "routes(\"web/api\")",
            "/hello",
            Some(
                "`web/api/hello.rs` is the route `/hello`: for `/api/hello` write `Builder::new(\"web/api\").prefix(\"/api\")`; \
                 if this is intended, write `.prefix(\"\")`",
            ),
        ),
        ("Builder::new(\"src/pages/api\").prefix(\"/api\").routes()", "/api/hello", None),
        ("Builder::new(\"web/api\").prefix(\"\").routes()", "/hello", None),
        ("routes(\"routes\")", "/api/hello", None),
        ("routes(\"src/pages\")", "/api/hello", None),
    ];
    for (call, path, warning) in cases {
        package.write("build.rs", &format!("fn main() {{ tower_api_routes::build::{call}; }}"));
        assert_eq!(package.warnings(), Vec::from_iter(warning), "{call}");
        let table = package.run_built(&[]);
        assert!(table.lines().any(|line| line.trim_end().ends_with(&format!(" {path}"))), "{call}: {table}");
    }
}

#[test]
fn file_exports_only_what_it_needs() {
    let package = Package::new("exports");
    let handler =
        "pub async fn handler(_req: ApiRequest, res: ApiResponse) -> Result { res.send(\"handler\") }";
    let file = |name: &str, texts: &[&str]| {
        let texts = texts.join("\n");
        let text = format!("use ::tower_api_routes::*;\n{texts}\n");
        package.write(&format!("src/pages/api/{name}.rs"), &text);
    };
    let constant =
        "pub const CONFIG: RouteConfig = RouteConfig::new().size_limit(\"2mb\").no_response_limit();";
    let function = "pub fn config() -> RouteConfig { RouteConfig::new().response_limit(\"5mb\") }";
    file("const", &[constant, handler]);
    file("fn", &[function, handler]);
    file("both", &[constant, function, handler]);
    file(
        "methods",
        &[
            "pub const CONFIG: RouteConfig = RouteConfig::new().body_parser(false);",
            "pub fn route() -> Methods { methods().get(get) }",
            "async fn get(_req: ApiRequest<Body>, res: ApiResponse) -> Result { res.send(\"get\") }",
        ],
    );
    file(
        "configured",
        &[
            "pub fn route() -> Route { get.config(RouteConfig::new().external_resolver(true)) }",
            "async fn get(_req: ApiRequest, res: ApiResponse) -> Result { res.send(\"configured\") }",
        ],
    );
    file("crate_only", &[&handler.replace("pub", "pub(crate)")]);
    file(
        "typed",
        &[
            "pub async fn handler(req: ApiRequest<String>, res: ApiResponse<str>) -> Result { res.json(req.body()) }",
        ],
    );
    package.write("src/pages/api/again.rs", "pub use super::const_::handler;");
    // Names that the generated text uses itself, or could.
    file(
        "names",
        &[
            "#[allow(dead_code)] pub struct RouteFile;",
            "#[allow(dead_code)] pub struct NoHandler;",
            "#[allow(dead_code)] pub trait AddToRouter<H> { fn add_to(&self) {} }",
            "impl<T> AddToRouter<T> for T {}",
            "pub mod tower_api_routes {}",
            "pub mod std {}",
            "pub mod pages {}",
            "#[allow(dead_code)] pub fn api() {}",
            "#[allow(dead_code)] pub fn exports() {}",
            "#[allow(dead_code)] pub fn router() {}",
            handler,
        ],
    );

    package.serves(&[
        ("/api/const", "200 handler"),
        ("/api/fn", "200 handler"),
        ("/api/both", "200 handler"),
        ("/api/methods", "200 get"),
        ("/api/configured", "200 configured"),
        ("/api/again", "200 handler"),
        ("/api/crate_only", "200 handler"),
        ("/api/typed", r#"200 """#),
        ("/api/names", "200 handler"),
    ]);
    let table = package.run(&[]);
    for line in [
        "├ ○ /api/both        { sizeLimit: 2mb, responseLimit: 5mb }",
        "├ ○ /api/configured  { externalResolver: true }",
        "├ ○ /api/const       { sizeLimit: 2mb, responseLimit: false }",
        "├ ○ /api/fn          { responseLimit: 5mb }",
        "├ ○ /api/methods     GET, HEAD, OPTIONS  { bodyParser: false }",
    ] {
        assert!(table.lines().any(|found| found == line), "{line} is not in {table}");
    }
}

#[test]
fn helpers_live_beside_the_routes() {
    let package = Package::new("helpers");
    package.write("src/pages/api/_words.rs", "pub fn one() -> &'static str { \"one\" }");
    package.write("src/pages/api/_more/mod.rs", "mod inner;\npub use inner::two;");
    package.write("src/pages/api/_more/inner.rs", "pub fn two() -> &'static str { \"two\" }");
    package.write("src/shared.rs", "pub fn three() -> &'static str { \"three\" }");
    package.write(
        "src/pages/api/deep/[id]/helped.rs",
        "use crate::{pages::api::_words, shared};\nuse super::super::super::_more;\nuse tower_api_routes::*;\n\
         pub async fn handler(_req: ApiRequest, res: ApiResponse) -> Result {\n\
         res.send([_words::one(), _more::two(), shared::three()].join(\" \")) }",
    );
    let main = fs::read_to_string(package.folder.join("src/main.rs")).unwrap();
    package.write("src/main.rs", &format!("mod shared;\n{main}"));

    package.serves(&[("/api/deep/1/helped", "200 one two three"), ("/api/_words", "404 Not Found")]);
}

#[test]
fn the_settings_and_another_place_for_the_routes() {
    let package = Package::new("settings");
    package.write(
        "build.rs",
        "fn main() { tower_api_routes::build::Builder::new(\"./api routes/\").prefix(\"/v1/\")\
         .page_extensions([\"rs.txt\", \"route.rs\", \".api.rs\"]).routes(); }",
    );
    package.route("api routes/user.route.rs");
    package.route("api routes/post/index.api.rs");
    package.route("api routes/post/[pid].rs.txt");
    package.write("api routes/user.rs", "not a route");
    package.write("api routes/_helper.rs", "");
    // In a module of the user's, and an older edition.
    let main = fs::read_to_string(package.folder.join("src/main.rs")).unwrap();
    package.write("src/main.rs", &main.replace(
        "tower_api_routes::include_routes!();",
        "#![deny(warnings)]\nmod web { pub mod routes { tower_api_routes::include_routes!(); } }\nuse web::routes::router;",
    ));
    let manifest = fs::read_to_string(package.folder.join("Cargo.toml")).unwrap();
    package.write("Cargo.toml", &manifest.replace("2024", "2021"));
    package.serves(&[
        ("/v1/user", r#"200 ["api routes/user.route.rs",{}]"#),
        ("/v1/post", r#"200 ["api routes/post/index.api.rs",{}]"#),
        ("/v1/post/1", r#"200 ["api routes/post/[pid].rs.txt",{"pid":"1"}]"#),
        ("/user", "404 Not Found"),
    ]);
}

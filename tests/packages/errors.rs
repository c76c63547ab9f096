//! What is wrong is said with the files' paths and the way out.

use crate::package::{BUILD, Package};

#[test]
fn illegal_tree_fails_the_build() {
    let package = Package::new("illegal");
    package.route("src/pages/api/fine.rs");
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["src/pages/api/a.rs", "src/pages/api/a/index.rs"],
            &[
                "error: illegal@0.1.0: `src/pages/api/a.rs` and `src/pages/api/a/index.rs` are both the route `/api/a`: keep \
               one of them",
            ],
        ),
        (
            &["src/pages/api/[id].rs", "src/pages/api/[slug]/edit.rs"],
            &[
                "`src/pages/api/[id].rs` and `src/pages/api/[slug]/edit.rs`: the routes",
                "use the same name in both, and rename the file or the folder",
            ],
        ),
        (
            &["src/pages/api/[...a].rs", "src/pages/api/[[...a]].rs"],
            &["`src/pages/api/[...a].rs` and `src/pages/api/[[...a]].rs`: the routes", "keep one of them"],
        ),
        (
            &["src/pages/api/[...a].rs", "src/pages/api/[...b].rs"],
            &[
                "`src/pages/api/[...a].rs` and `src/pages/api/[...b].rs`: the routes",
                "use the same name in both",
            ],
        ),
        (
            &["src/pages/api/a.rs", "src/pages/api/a/[[...b]].rs"],
            &[
                "`src/pages/api/a.rs` and `src/pages/api/a/[[...b]].rs`: the routes",
                "make the catch-all required",
            ],
        ),
        (
            &["src/pages/api/[[id]].rs"],
            &["`src/pages/api/[[id]].rs`: the route `/api/[[id]]`", "write `[id]`"],
        ),
        (
            &["src/pages/api/[id]/[id].rs"],
            &["`src/pages/api/[id]/[id].rs`: the route", "give each parameter a name of its own"],
        ),
        (
            &["src/pages/api/[...a]/b.rs"],
            &["`src/pages/api/[...a]/b.rs`: the route", "must be the last segment"],
        ),
        (&["src/pages/api/[].rs"], &["`src/pages/api/[].rs`: the route", "write one between the brackets"]),
        (
            &["src/pages/api/[..a].rs"],
            &["`src/pages/api/[..a].rs`: the route", "a catch-all is written `[...name]`"],
        ),
        (
            &["src/pages/api/_x.rs", "src/pages/api/_x/mod.rs"],
            &[
                "`src/pages/api/_x/mod.rs` and `src/pages/api/_x.rs` are both the module `_x`: keep one of them",
            ],
        ),
        // All of them at once.
        (
            &["src/pages/api/[].rs", "src/pages/api/b.rs", "src/pages/api/b/index.rs"],
            &["`src/pages/api/[].rs`: the route", "are both the route `/api/b`"],
        ),
    ];
    for (files, sentences) in cases {
        for file in *files {
            package.route(file);
        }
        package.fails(sentences);
        package.remove("src/pages");
        package.route("src/pages/api/fine.rs");
    }
    package.serves(&[("/api/fine", r#"200 ["src/pages/api/fine.rs",{}]"#)]);
}

#[test]
fn wrong_file_is_named_with_advice() {
    let package = Package::new("wrong");
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "nothing",
            "fn handler() {}",
            &[
                "this route file exports no `handler`",
                "write `pub async fn handler(req: ApiRequest, res: ApiResponse) -> Result` into the file that this line names",
                "if it exists, it needs `pub`",
            ],
        ),
        (
            "not_async",
            "pub fn handler(_req: ApiRequest, res: ApiResponse) -> Result { res.end() }",
            &["this handler is not async", "write `async fn`"],
        ),
        (
            "swapped",
            "pub async fn handler(res: ApiResponse, _req: ApiRequest) -> Result { res.end() }",
            &["is not an API route", "with both arguments in this order"],
        ),
        (
            "no_response",
            "pub async fn handler(_req: ApiRequest, _res: ApiResponse) {}",
            &["this handler does not return a `tower_api_routes::Result`"],
        ),
        (
            "both",
            "pub async fn handler(_req: ApiRequest, res: ApiResponse) -> Result { res.end() }\n\
             pub fn route() -> Methods { methods().get(handler) }",
            &["a route file exports `handler`, or a function `route` without arguments, and not both"],
        ),
        ("no_route", "pub fn route() -> u8 { 0 }", &["`u8` is not an API route"]),
        (
            "bad_const",
            "pub const CONFIG: bool = true;\n\
             pub async fn handler(_req: ApiRequest, res: ApiResponse) -> Result { res.end() }",
            &["the `CONFIG` of a route file is a `RouteConfig`, and this one is a `bool`"],
        ),
        (
            "lower_case_const",
            "#[allow(non_upper_case_globals)] pub const config: RouteConfig = RouteConfig::new();\n\
             pub async fn handler(_req: ApiRequest, res: ApiResponse) -> Result { res.end() }",
            &[
                "the `config` of a route file is a function that returns a `RouteConfig`; a constant is called `CONFIG`",
                "write `pub const CONFIG: RouteConfig = RouteConfig::new()`, or `pub fn config() -> RouteConfig`",
            ],
        ),
        (
            "config_of_another_type",
            "pub fn config() -> bool { true }\n\
             pub async fn handler(_req: ApiRequest, res: ApiResponse) -> Result { res.end() }",
            &["the `config` of a route file is a function that returns a `RouteConfig`"],
        ),
        (
            "bad_size",
            "pub const CONFIG: RouteConfig = RouteConfig::new().size_limit(\"lots\");\n\
             pub async fn handler(_req: ApiRequest, res: ApiResponse) -> Result { res.end() }",
            &["not a size: write a number of bytes"],
        ),
    ];
    for (name, text, _) in cases {
        package.write(&format!("src/pages/api/{name}.rs"), &format!("use tower_api_routes::*;\n{text}"));
    }
    let output = package.cargo(&["build"]);
    assert!(!output.success);
    // The compiler's errors are parted by empty lines; ours names its file.
    let errors: Vec<&str> = output.stderr.split("\n\nerror").collect();
    for (name, _, sentences) in cases {
        let file = format!("src/pages/api/{name}.rs");
        let about = errors.iter().filter(|error| error.contains(&file)).copied().collect::<String>();
        for sentence in *sentences {
            assert!(about.contains(sentence), "{file} is not told {sentence:?}: {}", output.stderr);
        }
    }

    // A contradiction of types and configuration is found when the router is made, and names the file, too.
    package.remove("src/pages");
    package.write(
        "src/pages/api/typed.rs",
        "use tower_api_routes::*;\npub const CONFIG: RouteConfig = RouteConfig::new().body_parser(false);\n\
         pub async fn handler(_req: ApiRequest<Vec<u8>>, res: ApiResponse) -> Result { res.end() }",
    );
    let run = package.cargo(&["run"]);
    assert!(!run.success);
    let sentence =
        "src/pages/api/typed.rs: the route `/api/typed` cannot work: its handler takes a parsed body";
    assert!(run.stderr.contains(sentence), "{}", run.stderr);
}

#[test]
fn missing_build_script_is_explained() {
    let package = Package::new("script");
    package.fails(&[
        "the folder `src/pages` does not exist: create it, with a file such as `src/pages/api/hello.rs`",
    ]);
    package.write("src/pages/notes.txt", "no route");
    package.fails(&[
        "no file in `src/pages` is a route: their names end with .rs",
        "`Builder::new(\"src/pages\").allow_empty(true)`",
    ]);
    let allowed =
        BUILD.replace("routes(\"src/pages\")", "Builder::new(\"src/pages\").allow_empty(true).routes()");
    package.write("build.rs", &allowed);
    package.serves(&[("/api/hello", "404 Not Found")]);

    package.route("src/pages/api/hello.rs");
    package.write("build.rs", "fn main() {}");
    let message = "no build script has found the routes: write `fn main() { tower_api_routes::build::routes(\"src/pages\"); }`";
    package.fails(&[message]);
    package.remove("build.rs");
    package.fails(&[message, "[build-dependencies]"]);

    // As a value: what `main` returns is printed as it is.
    package.write(
        "build.rs",
        "fn main() -> Result<(), tower_api_routes::build::BuildError> {\n\
         tower_api_routes::build::Builder::new(\"src/page\").try_routes() }",
    );
    package.fails(&["Error: the folder `src/page` does not exist"]);
    package.write(
        "build.rs",
        &BUILD.replace("routes(\"src/pages\")", "Builder::new(\"src/pages\").prefix(\"v1\").routes()"),
    );
    package.fails(&["error: script@0.1.0: the prefix of the routes: the route `v1` is not valid: a route starts with a slash"]);
}

#[test]
fn unused_export_is_a_warning() {
    let package = Package::new("unused");
    let handler = "pub async fn handler(_req: ApiRequest, res: ApiResponse) -> Result { res.end() }";
    let cases = [
        ("misspelt", "pub const CONFG: RouteConfig = RouteConfig::new();", "`CONFG` is not used"),
        (
            "private",
            "const CONFIG: RouteConfig = RouteConfig::new();",
            "`CONFIG` is not `pub`, so it is not used",
        ),
        ("comment", "/* const CONFIG: RouteConfig = 1; */", ""),
    ];
    for (name, line, _) in cases {
        package.write(
            &format!("src/pages/api/{name}.rs"),
            &format!("use tower_api_routes::*;\n{line}\n{handler}"),
        );
    }
    let warnings = package.warnings();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    for (name, _, sentence) in cases.iter().filter(|(.., sentence)| !sentence.is_empty()) {
        let start = format!("src/pages/api/{name}.rs:2: {sentence}");
        assert!(warnings.iter().any(|warning| warning.starts_with(&start)), "{start}: {warnings:?}");
    }
}

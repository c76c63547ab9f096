//! `_middleware.rs` around the routes of a folder.

use crate::package::Package;

/// Sends a request for each `METHOD path` on the command line, and prints what comes back.
const MAIN: &str = r#"
tower_api_routes::include_routes!();

use std::future::Future;
use std::task::{Context, Poll, Waker};
use tower_service::Service;

fn ready<F: Future>(future: F) -> F::Output {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!(),
    }
}

fn main() {
    let mut api = router();
    print!("{}", api.routes());
    for line in std::env::args().skip(1) {
        let (method, path) = line.split_once(' ').unwrap();
        let request = http::Request::builder().method(method).uri(path).body("too long".to_owned()).unwrap();
        let request = request.map(tower_api_routes::Body::from);
        let response = ready(api.call(request)).unwrap();
        let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (status, through, allow) = (response.status().as_u16(), header("x-through"), header("allow"));
        let (mut body, mut text) = (response.into_body(), Vec::new());
        while let Some(piece) = ready(body.chunk()).unwrap() {
            text.extend_from_slice(&piece);
        }
        println!("{line}: {status} {through:?} {allow:?} {}", String::from_utf8(text).unwrap());
    }
}
"#;

/// A middleware that adds its name to what has wrapped the response, and rejects a path.
fn wraps(name: &str) -> String {
    format!(
        r#"
use tower_api_routes::*;

pub async fn middleware(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {{
    if req.uri().path().ends_with("/no") {{
        return Err(Error::new(401, "no from {name}").append_header("www-authenticate", "Bearer"));
    }}
    let mut response = next.run(req, res).await?;
    response.headers_mut().append("x-through", "{name}".parse()?);
    let all: Vec<_> = response.headers().get_all("x-through").iter().map(|it| it.to_str().unwrap()).collect();
    let all = all.join("<").parse()?;
    response.headers_mut().insert("x-through", all);
    Ok(response)
}}
"#
    )
}

#[test]
fn folders_nest_and_wrap_every_response() {
    let package = Package::new("middleware");
    package.write("src/main.rs", MAIN);
    let outer = wraps("outer")
        + "pub fn map_error(error: Error, request: &ErrorContext<'_>) -> Error {\n\
               Error::new(error.status(), format!(\"outer: {} {:?}\", error.message().unwrap_or_default(), request.route))\n\
           }\n";
    package.write("src/pages/api/_middleware.rs", &outer);
    package.write("src/pages/api/deep/_middleware.rs", &wraps("inner"));
    package.write(
        "src/pages/api/small/_middleware.rs",
        "use tower_api_routes::*;\n\
         pub const CONFIG: RouteConfig = RouteConfig::new().size_limit(\"4b\");\n\
         pub fn map_error(error: Error, _request: &ErrorContext<'_>) -> Error {\n\
             Error::json(error.status(), &error.message())\n\
         }\n\
         pub fn on_error(error: &Error, request: &ErrorContext<'_>) {\n\
             println!(\"seen {} {}\", error.status(), request.path());\n\
         }\n",
    );
    let posts = "use tower_api_routes::*;\n\
                 pub fn route() -> Methods { methods().post(create) }\n\
                 async fn create(req: ApiRequest<String>, res: ApiResponse) -> Result { res.send(req.into_body()) }\n";
    package.write("src/pages/api/posts.rs", posts);
    package.write("src/pages/api/deep/posts.rs", posts);
    package.write("src/pages/api/small/posts.rs", posts);
    package.route("src/pages/api/no.rs");
    package.route("src/pages/api/deep/no.rs");
    package.route("src/pages/api/deep/er/[id].rs");
    package.route("src/pages/open.rs");
    package.run(&[]);
    let cases = [
        ("POST /api/posts", r#"200 Some("outer") None too long"#),
        (
            "GET /api/posts",
            r#"405 Some("outer") Some("POST, OPTIONS") outer: Method Not Allowed Some("/api/posts")"#,
        ),
        ("OPTIONS /api/posts", r#"204 Some("outer") Some("POST, OPTIONS") "#),
        ("GET /api/no", r#"401 None None outer: no from outer Some("/api/no")"#),
        ("POST /api/deep/posts", r#"200 Some("inner<outer") None too long"#),
        ("OPTIONS /api/deep/posts", r#"204 Some("inner<outer") Some("POST, OPTIONS") "#),
        (
            "GET /api/deep/er/1",
            r#"200 Some("inner<outer") None ["src/pages/api/deep/er/[id].rs",{"id":"1"}]"#,
        ),
        ("GET /api/deep/no", r#"401 None None outer: no from outer Some("/api/deep/no")"#),
        ("POST /api/small/posts", r#"413 Some("outer") None "Body exceeded 4b limit""#),
        ("GET /api/small/posts", r#"405 Some("outer") Some("POST, OPTIONS") "Method Not Allowed""#),
        ("GET /open", r#"200 None None ["src/pages/open.rs",{}]"#),
        ("GET /api/nothing", "404 None None Not Found"),
    ];
    let requests: Vec<&str> = cases.iter().map(|(request, _)| *request).collect();
    let output = package.run_built(&requests);
    for (request, expected) in cases {
        let line = format!("{request}: {expected}");
        assert!(output.lines().any(|found| found == line), "{line}\n{output}");
    }
    let seen: Vec<_> = output.lines().filter(|line| line.starts_with("seen ")).collect();
    assert_eq!(
        seen,
        ["seen 413 Payload Too Large /api/small/posts", "seen 405 Method Not Allowed /api/small/posts"]
    );
    for row in [
        "├ ○ /api/posts         POST, OPTIONS  in src/pages/api/_middleware.rs",
        "├ ○ /api/deep/posts    POST, OPTIONS  in src/pages/api/deep/_middleware.rs  in src/pages/api/_middleware.rs",
        "└ ○ /open",
    ] {
        assert!(output.lines().any(|line| line.starts_with(row)), "{row}\n{output}");
    }
    package.write("src/pages/idle/_middleware.rs", &wraps("idle"));
    let warning = "`src/pages/idle/_middleware.rs` wraps nothing: there is no route in its folder";
    assert_eq!(package.warnings(), [warning]);
}

#[test]
fn a_wrong_middleware_is_explained() {
    let package = Package::new("wrong-middleware");
    let cases = [
        (
            "none",
            "pub fn helper() {}",
            "this `_middleware.rs` exports neither `middleware` nor `CONFIG` nor `map_error`",
        ),
        (
            "private",
            "async fn middleware(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result { next.run(req, res).await }",
            "if it exists, it needs `pub`",
        ),
        (
            "two_arguments",
            "pub async fn middleware(_req: ApiRequest, res: ApiResponse) -> Result { res.end() }",
            "write `pub async fn middleware(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result",
        ),
        (
            "map_error",
            "pub fn map_error(error: Error) -> Error { error }",
            "the `map_error` of a `_middleware.rs` is a `fn(error: Error, request: &ErrorContext<'_>) -> Error`",
        ),
        (
            "on_error",
            "pub fn on_error() {}",
            "the `on_error` of a `_middleware.rs` is a `fn(error: &Error, request: &ErrorContext<'_>)`",
        ),
        ("config", "pub const CONFIG: bool = true;", "is a `RouteConfig`, and this one is a `bool`"),
    ];
    for (name, text, _) in cases {
        package.route(&format!("src/pages/api/{name}/index.rs"));
        package.write(
            &format!("src/pages/api/{name}/_middleware.rs"),
            &format!("use tower_api_routes::*;\n{text}"),
        );
    }
    let output = package.cargo(&["build"]);
    assert!(!output.success);
    let errors: Vec<&str> = output.stderr.split("\n\nerror").collect();
    for (name, _, sentence) in cases {
        let file = format!("src/pages/api/{name}/_middleware.rs");
        let about: String = errors.iter().filter(|error| error.contains(&file)).copied().collect();
        assert!(about.contains(sentence), "{file} is not told {sentence:?}: {}", output.stderr);
    }
    package.remove("src/pages");
    package.write(
        "src/pages/api/_middleware.rs",
        "use tower_api_routes::*;\npub const CONFIG: RouteConfig = RouteConfig::new().body_parser(false);",
    );
    package.write(
        "src/pages/api/typed.rs",
        "use tower_api_routes::*;\n\
         pub async fn handler(_req: ApiRequest<Vec<u8>>, res: ApiResponse) -> Result { res.end() }",
    );
    let run = package.cargo(&["run"]);
    let sentence = "src/pages/api/_middleware.rs: the route `/api/typed` cannot work";
    assert!(!run.success && run.stderr.contains(sentence), "{}", run.stderr);
}

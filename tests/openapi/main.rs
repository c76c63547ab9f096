//! The OpenAPI document: what is in it, what validators and clients make of it, and whether the server keeps to it.

mod api;
mod compiler;
mod front_end;
mod schemas;
mod sizes;

use api::api;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tower::ServiceExt as _;
use tower_api_routes::openapi::{Info, SecurityScheme};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, DescribeExt as _, HandlerExt as _, Next, Result, RouteConfig,
    methods,
};

pub(crate) fn document(api: &ApiRouter) -> Value {
    api.openapi(Info::new("Test", "1.0.0")).into_value()
}

#[test]
fn the_document_has_what_handlers_read_and_write() {
    let document = document(&api());
    let cases = [
        ("/openapi", json!("3.1.1")),
        ("/info", json!({ "title": "Test", "version": "1.0.0" })),
        // The list: a query, a header by hand, a generic response.
        ("/paths/~1docs~1api~1post/get/summary", json!("Lists posts")),
        ("/paths/~1docs~1api~1post/get/tags", json!(["posts"])),
        (
            "/paths/~1docs~1api~1post/get/parameters",
            json!([
                { "name": "page", "in": "query", "required": false, "description": "The number of the page, from 1.",
                  "schema": { "type": "integer", "format": "uint32", "minimum": 0 } },
                { "name": "tag", "in": "query", "required": false,
                  "schema": { "type": "array", "items": { "type": "string" }, "default": [] } },
                { "name": "x-trace", "in": "header", "description": "An id for the log.", "schema": { "type": "string" } },
            ]),
        ),
        (
            "/paths/~1docs~1api~1post/get/responses/200/content/application~1json/schema",
            json!({ "$ref": "#/components/schemas/PostPage" }),
        ),
        ("/paths/~1docs~1api~1post/get/requestBody", Value::Null),
        // The creation: JSON or a form, another status, the session.
        ("/paths/~1docs~1api~1post/post/requestBody/required", json!(true)),
        (
            "/paths/~1docs~1api~1post/post/requestBody/content",
            json!({
                "application/json": { "schema": { "$ref": "#/components/schemas/NewPost" } },
                "application/x-www-form-urlencoded": { "schema": { "$ref": "#/components/schemas/NewPost" } },
            }),
        ),
        ("/paths/~1docs~1api~1post/post/operationId", json!("createPost")),
        ("/paths/~1docs~1api~1post/post/security", json!([{ "session": [] }])),
        ("/paths/~1docs~1api~1post/post/responses/200", Value::Null),
        ("/paths/~1docs~1api~1post/post/responses/201/description", json!("Created")),
        (
            "/paths/~1docs~1api~1post/post/responses/422",
            json!({ "$ref": "#/components/responses/UnprocessableEntity" }),
        ),
        (
            "/components/securitySchemes",
            json!({ "session": { "type": "apiKey", "in": "cookie", "name": "next-auth.session-token" } }),
        ),
        // A type of the path and the query, and an error of its own.
        (
            "/paths/~1docs~1api~1post~1{pid}/get/parameters/0",
            json!({ "name": "pid", "in": "path", "required": true,
                    "schema": { "type": "integer", "format": "uint64", "minimum": 0 } }),
        ),
        ("/paths/~1docs~1api~1post~1{pid}/get/parameters/1/schema", json!({ "type": "boolean" })),
        ("/paths/~1docs~1api~1post~1{pid}/get/deprecated", json!(true)),
        (
            "/paths/~1docs~1api~1post~1{pid}/get/responses/404/content/application~1json/schema/$ref",
            json!("#/components/schemas/NoSuchPost"),
        ),
        ("/paths/~1docs~1api~1post~1{pid}/get/responses/422", Value::Null),
        // Bodies that may be missing, or of any type.
        ("/paths/~1docs~1api~1optional/put/requestBody/required", json!(false)),
        ("/paths/~1docs~1api~1files~1{path}/put/requestBody/content", json!({ "*/*": {} })),
        (
            "/paths/~1docs~1api~1files~1{path}/put/parameters/0/schema",
            json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 }),
        ),
        ("/paths/~1docs~1api~1report/get/responses/200/content", json!({ "application/pdf": {} })),
        ("/components/schemas/NewPost/required", json!(["title"])),
        ("/components/schemas/Post/required", json!(["id", "title", "readingList", "state", "created"])),
        ("/components/schemas/Post/description", json!("What everybody reads.")),
    ];
    for (pointer, expected) in cases {
        assert_eq!(document.pointer(pointer).unwrap_or(&Value::Null), &expected, "{pointer}");
    }
}

async fn text(_: ApiRequest, res: ApiResponse<str>) -> Result {
    res.json("text")
}

async fn anything(_: ApiRequest, res: ApiResponse) -> Result {
    res.end()
}

#[test]
fn routes_without_a_response_are_undescribed() {
    let posts = ApiRouter::new()
        .route("/a", text)
        .route("/b", methods().get(text.describe()).post(text))
        .route("/c", anything.describe())
        .route("/d", anything.describe().empty(204))
        .route("/e", anything.hidden())
        .route("/f", methods().get(anything).delete(anything).response::<u32>(200));
    let api = ApiRouter::new().base_path("/docs").nest("/api", posts);
    assert_eq!(api.undescribed(), ["* /docs/api/a", "POST /docs/api/b", "* /docs/api/c"]);
    assert_eq!(self::api().undescribed(), [""; 0]);
    let document = document(&api);
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, ["/docs/api/a", "/docs/api/b", "/docs/api/c", "/docs/api/d", "/docs/api/f"]);
    let methods: Vec<_> = document["paths"]["/docs/api/a"].as_object().unwrap().keys().collect();
    assert_eq!(methods, ["get", "post", "put", "patch", "delete"]);
    let responses = &document["paths"]["/docs/api/a"]["get"]["responses"];
    assert_eq!(responses["default"]["content"], json!({ "*/*": {} }));
    assert_eq!(
        document["paths"]["/docs/api/d"]["get"]["responses"]["204"],
        json!({ "description": "No Content" })
    );
}

#[test]
fn configuration_wrappers_and_merged_routers_keep_descriptions() {
    async fn around(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
        next.run(req, res).await
    }
    let config = RouteConfig::new().size_limit("2mb");
    let cases = [
        ("configured", text.describe().config(config.clone())),
        ("wrapped", text.describe().wrap(around)),
        ("methods", methods().get(text.describe()).config(config)),
        ("wrapped methods", methods().get(text.describe()).wrap(around)),
    ];
    for (what, route) in cases {
        let document = document(&ApiRouter::new().merge(ApiRouter::new().route("/x", route)));
        let schema =
            &document["paths"]["/x"]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        assert_eq!(schema["type"], "string", "{what}");
    }
}

#[test]
fn catch_alls_are_lists_with_unique_paths() {
    let routes = ["/a/[x]", "/a/[...rest]", "/b", "/c/[[...rest]]", "/d/[{x}]/[_x_]"];
    let api = routes.iter().fold(ApiRouter::new(), |api, route| api.route(route, methods().get(text)));
    let document = document(&api);
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    let expected = ["/a/{x}", "/a/{rest2}/{rest}", "/b", "/c", "/c/{rest}", "/d/{_x_}/{_x_2}"];
    let (mut paths, mut expected) = (paths, expected.to_vec());
    paths.sort();
    expected.sort_unstable();
    assert_eq!(paths, expected);
    let parameters = &document["paths"]["/a/{rest2}/{rest}"]["get"]["parameters"];
    assert_eq!(
        (&parameters[0]["schema"]["type"], &parameters[1]["x-catch-all"]),
        (&json!("string"), &json!(true))
    );
}

#[test]
fn errors_have_the_type_that_map_error_sends() {
    #[derive(schemars::JsonSchema)]
    #[allow(dead_code)] // for its schema
    struct Problem {
        error: String,
    }
    let content =
        |document: &Value| document["components"]["responses"]["PayloadTooLarge"]["content"].clone();
    assert_eq!(content(&document(&api())), json!({ "text/plain": { "schema": { "type": "string" } } }));
    let json = api().openapi(Info::new("Test", "1").errors::<Problem>()).into_value();
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    assert_eq!(content(&json), json!({ "application/json": { "schema": schema } }));
    let names: Vec<_> = json["components"]["responses"].as_object().unwrap().values().collect();
    assert_eq!(names.len(), 6);
}

/// Returns the message of the panic, and the file that it names.
fn panic(build: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let error = std::panic::catch_unwind(build).unwrap_err();
    error
        .downcast_ref::<String>()
        .cloned()
        .unwrap_or_else(|| (*error.downcast_ref::<&str>().unwrap()).to_owned())
}

#[test]
fn undescribable_types_panic_with_a_remedy() {
    let get = |route| methods().get(route);
    let cases: [(&str, Box<dyn FnOnce() + std::panic::UnwindSafe>); 4] = [
        (
            "two operations have the id `x`",
            Box::new(move || {
                let route = || get(text.operation_id("x"));
                drop(document(&ApiRouter::new().route("/a", route()).route("/b", route())));
            }),
        ),
        (
            "two operations have the id `x`",
            Box::new(|| drop(document(&ApiRouter::new().route("/", text.operation_id("x"))))),
        ),
        (
            "two security schemes are called `key`",
            Box::new(move || {
                let schemes = [SecurityScheme::bearer("key"), SecurityScheme::header("key", "x-key")];
                let [a, b] = schemes.map(|scheme| get(text.security(scheme)));
                drop(document(&ApiRouter::new().route("/a", a).route("/b", b)));
            }),
        ),
        ("a status is a number from 100 to 999", Box::new(|| drop(text.empty(99)))),
    ];
    for (message, build) in cases {
        let found = panic(build);
        assert!(found.starts_with(message), "{found}");
    }
}

/// A file that is a route.
mod file {
    use super::*;

    pub(crate) fn route() -> tower_api_routes::Methods {
        methods().get(text.describe())
    }
}

#[test]
fn files_that_are_routes_are_described() {
    let api = ApiRouter::new();
    let api = tower_api_routes::__route_file!(api, "/api/file", "pages/api/file.rs", file);
    assert_eq!(api.undescribed(), [""; 0]);
    assert!(document(&api)["paths"]["/api/file"]["get"].is_object());
}

async fn respond(api: ApiRouter, target: &str) -> (u16, Vec<u8>) {
    let request = http::Request::get(target).body(Body::empty()).unwrap();
    let response = api.oneshot(request).await.unwrap();
    (response.status().as_u16(), response.into_body().as_bytes().unwrap().to_vec())
}

#[tokio::test]
async fn the_document_is_served_without_its_own_route() {
    let document = api().openapi(Info::new("Test", "1.0.0"));
    let api = api().route("/api/openapi.json", document.clone().into_handler());
    assert_eq!(api.undescribed(), [""; 0]);
    let (status, body) = respond(api.clone(), "/docs/api/openapi.json").await;
    assert_eq!((status, serde_json::from_slice::<Value>(&body).unwrap()), (200, document.value().clone()));
    assert_eq!(api.openapi(Info::new("Test", "1.0.0")), document);
    assert_eq!(serde_json::from_str::<Value>(&document.to_string()).unwrap(), document.into_value());
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Other {
    pid: Option<u32>,
}

async fn other(req: ApiRequest, res: ApiResponse<u32>) -> Result {
    res.json(&req.query_as::<Other>()?.pid.unwrap_or(0))
}

#[tokio::test]
async fn undescribed_query_fails_in_tests() {
    let cases = [
        ("described", other.describe().query::<Other>(), true),
        ("not described at all", methods().get(other).config(RouteConfig::new()), true),
        ("by another type", methods().get(other.describe()).query::<api::Pid>(), false),
        ("without a type", other.describe(), false),
    ];
    for (what, route, fits) in cases {
        let api = ApiRouter::new().merge(ApiRouter::new().route("/api/[pid]", route));
        assert_eq!(respond(api.clone(), "/api/7").await.0, 200, "{what}");
        let seen = Arc::new(Mutex::new(String::new()));
        let errors = Arc::clone(&seen);
        let checked = api.check_queries().on_error(move |error, _| {
            *errors.lock().unwrap() = format!("{error} {error:?}");
        });
        assert_eq!(respond(checked.clone(), "/api/7").await.0, if fits { 200 } else { 500 }, "{what}");
        // HEAD calls the handler of GET.
        let head = http::Request::head("/api/7").body(Body::empty()).unwrap();
        let head = tower::ServiceExt::oneshot(checked, head).await.unwrap();
        assert_eq!(head.status(), if fits { 200 } else { 500 }, "{what}");
        let message = "/api/[pid] reads the query as `openapi::Other`, which its description does not name";
        assert_eq!(seen.lock().unwrap().contains(message), !fits, "{what}: {seen:?}");
    }
}

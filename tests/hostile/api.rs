//! The routes that are attacked.

use crate::common::net::blocking::Server;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Cookie, Error, HandlerExt as _, RawBody, Result, RouteConfig,
};

async fn healthy(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("healthy")
}

async fn echo(req: ApiRequest, res: ApiResponse) -> Result {
    let header = req.headers().get("x").map(|value| value.as_bytes().escape_ascii().to_string());
    res.json(&json!({ "query": req.query(), "cookies": req.cookies(), "body": req.body(), "x": header }))
}

async fn count(req: ApiRequest, res: ApiResponse) -> Result {
    let form = req.body().as_form().map_or(0, tower_api_routes::Query::len);
    res.json(&[req.query().len(), req.cookies().len(), form])
}

async fn length(req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
    res.json(&req.body().len())
}

#[derive(Deserialize)]
struct Nested {
    #[allow(dead_code)] // only its depth counts
    next: Option<Box<Nested>>,
}

async fn nested(_req: ApiRequest<Nested>, res: ApiResponse) -> Result {
    res.end()
}

/// Puts what the client says into the place that it names.
async fn put(req: ApiRequest, res: ApiResponse) -> Result {
    let text = |name: &str| req.query().get(name).unwrap_or_default().to_owned();
    let value = text("value");
    match &*text("place") {
        "redirect" => res.redirect(value),
        "local" => res.redirect_local(value),
        "header" => res.set_header("x-put", value).end(),
        "append" => res.append_header("x-put", value).end(),
        "name" => res.set_header(value, "x").end(),
        "head" => res.write_head(200, [("x-put", value)]).send("x"),
        "type" => res.set_header("content-type", value).send("x"),
        "cookie" => res.cookie(("c", value)).end(),
        "cookie-name" => res.cookie((value, "v")).end(),
        "cookie-path" => res.cookie(Cookie::build(("c", "v")).path(value)).end(),
        "cookie-domain" => res.cookie(Cookie::build(("c", "v")).domain(value)).end(),
        "status" => res.status(value.parse::<u16>().unwrap_or(0)).send("x"),
        "error" => Err(Error::new(400, value)),
        "json" => res.json(&value),
        place => Err(Error::new(404, place.to_owned())),
    }
}

/// Says something else about its body than is true.
async fn lie(req: ApiRequest, res: ApiResponse) -> Result {
    let (name, value) =
        (req.query().get("name").unwrap_or_default(), req.query().get("value").unwrap_or_default());
    let res =
        res.status(req.query().get("status").and_then(|status| status.parse::<u16>().ok()).unwrap_or(200));
    let res = res.set_header(name, value);
    match req.query().get("how").unwrap_or_default() {
        "send" => res.send("hello"),
        "end" => res.end_with("hello"),
        "empty" => res.end(),
        "redirect" => res.redirect("/hello"),
        "stream" => res.stream(|mut body| async move { Ok(body.write("hello").await?) }),
        "forward" => {
            let mut response = http::Response::new(Body::from("hello"));
            *response.status_mut() = http::StatusCode::from_u16(103)?;
            res.forward(response)
        }
        _ => Err(res.fail(Error::new(400, "hello"))),
    }
}

async fn panics(_req: ApiRequest, _res: ApiResponse) -> Result {
    panic!("as it was asked to")
}

async fn which(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&(req.route(), req.query()))
}

pub(crate) fn api() -> ApiRouter {
    ApiRouter::new()
        .route("/api/healthy", healthy)
        .route("/api/echo", echo)
        .route("/api/count", count.config(RouteConfig::new().size_limit("64mb")))
        .route("/api/length", length)
        .route("/api/nested", nested)
        .route("/api/put", put)
        .route("/api/lie", lie)
        .route("/api/panics", panics)
        .route("/api/admin", which)
        .route("/api/open/[x]", which)
        .route("/api/files/[...path]", which)
}

/// One that soon closes a connection on which nothing comes.
pub(crate) fn server() -> Server {
    Server::with(api(), |serve| serve.header_read_timeout(Duration::from_millis(300)))
}

//! Sessions of NextAuth, Auth.js and iron-session through a router.

mod cookies;
mod csrf;
mod exchange;
mod forgeries;
mod guard;
mod reading;
mod vectors;

#[path = "../common/log.rs"]
#[allow(dead_code)]
mod log;

use http::header::{COOKIE, SET_COOKIE};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Result, Sessions};

const SECRET: &str = "a-secret-of-the-tests-0123456789abcdef";
const OTHER: &str = "another-secret-of-the-tests-0123456789";

/// The three formats, each with its usual cookie.
fn formats() -> [Sessions; 3] {
    [
        Sessions::next_auth(SECRET).unwrap(),
        Sessions::auth_js(SECRET).unwrap(),
        Sessions::iron(SECRET).unwrap().cookie_name("app-session"),
    ]
}

async fn session(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&req.session::<Value>()?)
}

async fn set(req: ApiRequest<Value>, res: ApiResponse) -> Result {
    res.set_session(req.body()).end()
}

fn api(sessions: Sessions) -> ApiRouter {
    ApiRouter::new()
        .sessions(sessions)
        .route("/api/session", session)
        .route("/api/token", async |req: ApiRequest, res: ApiResponse| res.json(&req.session_token()))
        .route("/api/set", set)
        .route("/api/clear", async |_: ApiRequest, res: ApiResponse| res.clear_session().end())
}

async fn send(api: &ApiRouter, path: &str, cookie: &str, body: Option<&Value>) -> Response<Body> {
    let mut request = Request::post(path).header("content-type", "application/json");
    if !cookie.is_empty() {
        request = request.header(COOKIE, cookie);
    }
    let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
    api.clone().oneshot(request.body(body).unwrap()).await.unwrap()
}

/// Returns the status and the JSON of a response; its text if it is none.
async fn read(response: Response<Body>) -> (u16, Value) {
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let text = || Value::from(String::from_utf8_lossy(&bytes).into_owned());
    (status, serde_json::from_slice(&bytes).unwrap_or_else(|_| text()))
}

/// Returns the lines of `Set-Cookie`.
fn lines(response: &Response<Body>) -> Vec<String> {
    let lines = response.headers().get_all(SET_COOKIE).iter();
    lines.map(|line| line.to_str().unwrap().to_owned()).collect()
}

/// Returns the `Cookie` of the next request: what a browser keeps of these lines.
fn kept(lines: &[String]) -> String {
    let pairs = lines.iter().filter(|line| !line.contains("Max-Age=0"));
    pairs.map(|line| line.split(';').next().unwrap()).collect::<Vec<_>>().join("; ")
}

/// Sets a session, and returns the `Cookie` of the next request.
async fn sealed(api: &ApiRouter, session: &Value) -> String {
    let response = send(api, "/api/set", "", Some(session)).await;
    assert_eq!(response.status(), 200);
    kept(&lines(&response))
}

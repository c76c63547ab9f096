//! `signed_in()` as a layer and in a function.

use super::{api, formats, read, sealed, send};
use http_body_util::StreamBody;
use serde::Deserialize;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::Poll;
use tower::{ServiceBuilder, ServiceExt as _};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Error, HandlerExt as _, Next, Result, SignedIn, methods,
    signed_in,
};

#[derive(Deserialize)]
struct User {
    #[serde(default)]
    admin: bool,
}

async fn ok(_: ApiRequest<Value>, res: ApiResponse) -> Result {
    res.send("ok")
}

async fn middleware(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
    admins().run(req, res, next).await
}

fn admins() -> SignedIn {
    signed_in().when(|user: &User| user.admin)
}

/// Adds the guarded routes in every way that there is.
fn guarded(api: ApiRouter) -> ApiRouter {
    let layered = ApiRouter::new().route("/api/layer", ok).layer(admins());
    let routes = ApiRouter::new().route("/api/route-layer", ok).route_layer(admins());
    api.route("/api/handler", ok.layer(admins()))
        .route("/api/methods", methods().post(ok).layer(admins()))
        .route("/api/function", ok.wrap(middleware))
        .route("/api/service", ServiceBuilder::new().layer(admins()).service(ok.into_service()))
        .merge(layered)
        .merge(routes)
}

const WAYS: [&str; 6] =
    ["/api/handler", "/api/methods", "/api/function", "/api/service", "/api/layer", "/api/route-layer"];

#[tokio::test]
async fn requests_without_a_session_are_refused() {
    for sessions in formats() {
        let api = guarded(api(sessions));
        let user = sealed(&api, &json!({ "sub": "42" })).await;
        let admin = sealed(&api, &json!({ "sub": "1", "admin": true })).await;
        let forged = format!("{}x", &admin[..admin.len() - 3]);
        for path in WAYS {
            for (cookie, status, text) in [
                ("", 401, "Unauthorized"),
                (&*forged, 401, "Unauthorized"),
                (&*user, 403, "Forbidden"),
                (&*admin, 200, "ok"),
            ] {
                let got = read(send(&api, path, cookie, Some(&json!({}))).await).await;
                assert_eq!(got, (status, Value::from(text)), "{path} {cookie}");
            }
        }
    }
}

#[tokio::test]
async fn a_refused_body_is_not_read() {
    let polled = Arc::new(AtomicU32::new(0));
    let [sessions, ..] = formats();
    let api = guarded(api(sessions));
    for path in WAYS {
        let count = Arc::clone(&polled);
        let frames = futures_util::stream::poll_fn(move |_| {
            count.fetch_add(1, Relaxed);
            Poll::Ready(None::<Result<http_body::Frame<bytes::Bytes>, Infallible>>)
        });
        let request = http::Request::post(path).header("content-type", "application/json");
        let request = request.body(StreamBody::new(frames)).unwrap();
        assert_eq!(api.clone().oneshot(request).await.unwrap().status(), 401);
    }
    assert_eq!(polled.load(Relaxed), 0);
}

#[tokio::test]
async fn a_refusal_has_the_body_of_the_program() {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Session {
        is_logged_in: bool,
        admin: bool,
    }
    let message = json!({ "error": "You must be signed in." });
    let users =
        signed_in().by(|session: &Session| session.is_logged_in).when(|session: &Session| session.admin);
    let [_, _, sessions] = formats();
    let api = api(sessions)
        .route("/api/json", ok.layer(users.clone().json(message.clone())))
        .route("/api/mapped", ok.layer(users))
        .map_error(|error, _| match error.message() {
            Some(message) => Error::json(error.status(), &json!({ "mapped": message })),
            None => error,
        });
    let visitor = sealed(&api, &json!({ "theme": "dark" })).await;
    let user = sealed(&api, &json!({ "isLoggedIn": true })).await;
    let admin = sealed(&api, &json!({ "isLoggedIn": true, "admin": true })).await;
    let cases = [
        ("/api/json", "", (401, message.clone())),
        ("/api/json", &visitor, (401, message.clone())),
        ("/api/json", &user, (403, message)),
        ("/api/json", &admin, (200, json!("ok"))),
        ("/api/mapped", &visitor, (401, json!({ "mapped": "Unauthorized" }))),
        ("/api/mapped", &user, (403, json!({ "mapped": "Forbidden" }))),
    ];
    for (path, cookie, expected) in cases {
        assert_eq!(read(send(&api, path, cookie, Some(&json!({}))).await).await, expected, "{path} {cookie}");
    }
}

#[tokio::test]
async fn a_guard_without_sessions_is_a_500() {
    let api = ApiRouter::new().route("/api/me", ok.layer(signed_in()));
    assert_eq!(send(&api, "/api/me", "", Some(&json!({}))).await.status(), 500);
}

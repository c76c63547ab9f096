//! Routes that read the session of a Next.js app with NextAuth 4, and `GET /api/auth/session` itself.
//!
//! ```sh
//! NEXTAUTH_SECRET=secret cargo run --example sessions --features session
//! curl -i localhost:4000/api/me                       # 401
//! curl -i -X POST localhost:4000/api/sign-in          # in a Next.js app NextAuth does this
//! curl localhost:4000/api/me -H 'cookie: next-auth.session-token=…'
//! curl -i localhost:4000/api/auth/session -H 'cookie: next-auth.session-token=…'
//! ```
//!
//! With Auth.js 5 it is `Sessions::auth_js_from_env()`, and a visitor gets `null` in place of `{}`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tower_api_routes::cookie::time::{Duration, OffsetDateTime};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, HandlerExt as _, OrStatus as _, Result, Sessions, methods, serve,
    shutdown_signal, signed_in,
};

/// What the handlers need of the token: `name` and `sub` are NextAuth's, `admin` is from the callback `jwt`.
#[derive(Deserialize)]
struct User {
    sub: String,
    name: String,
    #[serde(default)]
    admin: bool,
}

async fn me(req: ApiRequest, res: ApiResponse) -> Result {
    let user: User = req.session()?.or_status(401)?;
    res.json(&json!({ "name": user.name }))
}

#[derive(Deserialize, Serialize)]
struct Post {
    title: String,
}

async fn create(req: ApiRequest<Post>, res: ApiResponse) -> Result {
    // `signed_in` has refused everybody else, before the body was read.
    let author = req.session::<User>()?.map(|user| user.sub);
    res.status(201).json(&json!({ "author": author, "title": req.body().title }))
}

async fn delete(_req: ApiRequest, res: ApiResponse) -> Result {
    res.status(204).end()
}

/// What `useSession()` of a page asks: who is signed in. Like NextAuth's own it seals the session anew, so that it ends
/// 30 days after the last visit.
async fn session(req: ApiRequest, res: ApiResponse) -> Result {
    let res = res.set_header("cache-control", "private, no-cache, no-store");
    let res = res.set_header("pragma", "no-cache").set_header("expires", "0");
    let Some(token) = req.session::<Map<String, Value>>()? else {
        return res.clear_session().json(&json!({})); // Auth.js 5: `null`
    };
    let mut user = Map::new();
    for (claim, name) in [("name", "name"), ("email", "email"), ("picture", "image")] {
        user.extend(token.get(claim).map(|value| (name.to_owned(), value.clone())));
    }
    let at = OffsetDateTime::now_utc() + Duration::days(30);
    let (hour, minute, second, milli) = at.time().as_hms_milli();
    let expires = format!("{}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z", at.date());
    res.set_session(&token).json(&json!({ "user": user, "expires": expires }))
}

async fn sign_in(_req: ApiRequest, res: ApiResponse) -> Result {
    res.set_session(&json!({ "sub": "42", "name": "Ada", "email": "ada@example.com" })).end()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignOut {
    csrf_token: String,
}

async fn sign_out(req: ApiRequest<SignOut>, res: ApiResponse) -> Result {
    req.check_csrf(&req.body().csrf_token)?;
    res.clear_session().json(&json!({ "url": "/" }))
}

/// The routes.
pub fn router(sessions: Sessions) -> ApiRouter {
    ApiRouter::new()
        .sessions(sessions)
        .route("/api/me", methods().get(me))
        .route("/api/posts", methods().post(create.layer(signed_in())))
        .route("/api/posts/[id]", methods().delete(delete.layer(signed_in().when(|user: &User| user.admin))))
        .route("/api/auth/session", methods().get(session))
        .route("/api/auth/signout", methods().post(sign_out))
        .route("/api/sign-in", methods().post(sign_in))
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let api = router(Sessions::next_auth_from_env()?);
    let listener = TcpListener::bind("127.0.0.1:4000").await?;
    serve(listener, api).with_graceful_shutdown(shutdown_signal()).await?;
    Ok(())
}

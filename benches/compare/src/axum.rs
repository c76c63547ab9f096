//! The routes with axum, as its documentation writes them.

use super::model::{Files, Form, FormResponse, HELLO, Hello, NewPost, OTHER_ORIGIN, Post, Track, file};
use axum::extract::{Form as FormBody, Json, Path, Query};
use axum::response::{IntoResponse, Response};
use axum::routing::{Router, get, post as post_to};
use axum_extra::extract::CookieJar;
use http::HeaderValue;
use serde::Deserialize;
use tower_http::cors::{AllowOrigin, CorsLayer};

#[derive(Deserialize)]
struct Point {
    x: String,
    y: String,
}

async fn hello() -> Json<Hello> {
    Json(HELLO)
}

async fn post(Path(pid): Path<String>, Query(Point { x, y }): Query<Point>, jar: CookieJar) -> Response {
    let theme = jar.get("theme").map(cookie::Cookie::value).unwrap_or_default();
    Json(Post { pid: &pid, x: &x, y: &y, theme }).into_response()
}

async fn echo(Json(post): Json<NewPost>) -> Json<NewPost> {
    Json(post)
}

async fn track(Json(track): Json<Track>) -> Json<Track> {
    Json(track)
}

async fn form(FormBody(Form { name, age, comment, .. }): FormBody<Form>) -> Response {
    Json(FormResponse { name: &name, age, comment: &comment }).into_response()
}

async fn files(Path(path): Path<String>) -> Response {
    let path: Vec<&str> = path.split('/').collect();
    Json(Files { path }).into_response()
}

async fn bytes() -> bytes::Bytes {
    file()
}

pub fn router() -> Router {
    let router = Router::new()
        .route("/api/hello", get(hello))
        .route("/api/post/{pid}", get(post))
        .route("/api/echo", post_to(echo))
        .route("/api/track", post_to(track))
        .route("/api/form", post_to(form))
        .route("/api/bytes", get(bytes))
        .route("/api/files/{*path}", get(files));
    // A router that has its state builds its routes once, and not at each request.
    super::tables::add_axum(router, 130).with_state(())
}

/// R1 with CORS of its own.
pub fn router_with_cors() -> Router {
    let cors = CorsLayer::new().allow_origin(AllowOrigin::exact(HeaderValue::from_static(OTHER_ORIGIN)));
    let router = Router::new().route("/api/hello", get(hello).layer(cors));
    super::tables::add_axum(router, 130).with_state(())
}

/// Our router, in axum's.
pub fn router_around_ours() -> Router {
    Router::new().fallback_service(super::ours::router()).with_state(())
}

//! The routes with actix-web, which has an HTTP stack of its own.

use crate::model::{Files, Form, FormResponse, HELLO, NewPost, Post};
use crate::serve::BoxError;
use crate::tables::table;
use actix_web::web::{self, Json, Path, Query};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use serde::Deserialize;
use std::net::TcpListener;

#[derive(Deserialize)]
struct Point {
    x: String,
    y: String,
}

async fn hello() -> HttpResponse {
    HttpResponse::Ok().json(&HELLO)
}

async fn post(pid: Path<String>, point: Query<Point>, request: HttpRequest) -> HttpResponse {
    let theme = request.cookie("theme");
    let theme = theme.as_ref().map(|cookie| cookie.value()).unwrap_or_default();
    HttpResponse::Ok().json(Post { pid: &pid, x: &point.x, y: &point.y, theme })
}

async fn echo(post: Json<NewPost>) -> Json<NewPost> {
    post
}

async fn form(form: web::Form<Form>) -> HttpResponse {
    let Form { name, age, comment, .. } = &*form;
    HttpResponse::Ok().json(FormResponse { name, age: *age, comment })
}

async fn files(path: Path<String>) -> HttpResponse {
    let path: Vec<&str> = path.split('/').collect();
    HttpResponse::Ok().json(Files { path })
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/api/hello", web::get().to(hello))
        .route("/api/post/{pid}", web::get().to(post))
        .route("/api/echo", web::post().to(echo))
        .route("/api/form", web::post().to(form))
        .route("/api/files/{path:.*}", web::get().to(files));
    for entry in table(130) {
        let path = match entry.matchit.strip_suffix('}').and_then(|path| path.split_once("{*")) {
            Some((start, name)) => format!("{start}{{{name}:.*}}"),
            None => entry.matchit,
        };
        config.route(&path, web::get().to(HttpResponse::Ok));
    }
}

pub async fn serve(listener: TcpListener) -> Result<(), BoxError> {
    let server = HttpServer::new(|| App::new().configure(routes)).workers(1).disable_signals();
    server.listen(listener)?.run().await?;
    Ok(())
}

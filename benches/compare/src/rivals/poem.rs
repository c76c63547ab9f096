//! The routes with poem.

use crate::model::{Files, Form, FormResponse, HELLO, Hello, NewPost, Post};
use crate::serve::BoxError;
use crate::tables::table;
use poem::listener::TcpAcceptor;
use poem::middleware::CookieJarManager;
use poem::web::cookie::CookieJar;
use poem::web::{self, Json, Path, Query};
use poem::{EndpointExt as _, IntoResponse as _, Response, Route, Server, get, handler, post as post_to};
use serde::Deserialize;
use std::net::TcpListener;

#[derive(Deserialize)]
struct Point {
    x: String,
    y: String,
}

#[handler]
async fn hello() -> Json<Hello> {
    Json(HELLO)
}

#[handler]
async fn post(Path(pid): Path<String>, Query(Point { x, y }): Query<Point>, jar: &CookieJar) -> Response {
    let theme = jar.get("theme");
    let theme = theme.as_ref().map(|cookie| cookie.value_str()).unwrap_or_default();
    Json(Post { pid: &pid, x: &x, y: &y, theme }).into_response()
}

#[handler]
async fn echo(body: Json<NewPost>) -> Json<NewPost> {
    body
}

#[handler]
async fn form(web::Form(Form { name, age, comment, .. }): web::Form<Form>) -> Response {
    Json(FormResponse { name: &name, age, comment: &comment }).into_response()
}

#[handler]
async fn files(Path(path): Path<String>) -> Response {
    let path: Vec<&str> = path.split('/').collect();
    Json(Files { path }).into_response()
}

#[handler]
async fn end() {}

fn routes() -> Route {
    let routes = Route::new()
        .at("/api/hello", get(hello))
        .at("/api/post/:pid", get(post).with(CookieJarManager::new()))
        .at("/api/echo", post_to(echo))
        .at("/api/form", post_to(form))
        .at("/api/files/*path", get(files));
    table(130).iter().fold(routes, |routes, entry| {
        routes.at(entry.matchit.replace("{*", "*").replace('{', ":").replace('}', ""), get(end))
    })
}

pub async fn serve(listener: TcpListener) -> Result<(), BoxError> {
    Server::new_with_acceptor(TcpAcceptor::from_std(listener)?).run(routes()).await?;
    Ok(())
}

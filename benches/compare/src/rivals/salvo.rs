//! The routes with salvo.

use crate::model::{Files, Form, FormResponse, HELLO, NewPost, Post};
use crate::serve::BoxError;
use crate::tables::table;
use salvo::conn::tcp::TcpAcceptor;
use salvo::prelude::*;

#[handler]
async fn hello(res: &mut Response) {
    res.render(Json(HELLO));
}

#[handler]
async fn post(req: &mut Request, res: &mut Response) {
    let get = |name| req.query::<&str>(name).unwrap_or_default();
    let pid = req.param::<&str>("pid").unwrap_or_default();
    let theme = req.cookie("theme").map(|cookie| cookie.value()).unwrap_or_default();
    res.render(Json(Post { pid, x: get("x"), y: get("y"), theme }));
}

#[handler]
async fn echo(req: &mut Request) -> Result<Json<NewPost>, StatusError> {
    req.parse_json().await.map(Json).map_err(|_| StatusError::bad_request())
}

#[handler]
async fn form(req: &mut Request, res: &mut Response) -> Result<(), StatusError> {
    let Form { name, age, comment, .. } = req.parse_form().await.map_err(|_| StatusError::bad_request())?;
    res.render(Json(FormResponse { name: &name, age, comment: &comment }));
    Ok(())
}

#[handler]
async fn files(req: &mut Request, res: &mut Response) {
    let path = req.param::<&str>("path").unwrap_or_default();
    res.render(Json(Files { path: path.split('/').collect::<Vec<_>>() }));
}

#[handler]
async fn end() {}

fn routes() -> Router {
    let routes = Router::new()
        .push(Router::with_path("api/hello").get(hello))
        .push(Router::with_path("api/post/{pid}").get(post))
        .push(Router::with_path("api/echo").post(echo))
        .push(Router::with_path("api/form").post(form))
        .push(Router::with_path("api/files/{**path}").get(files));
    table(130).iter().fold(routes, |routes, entry| {
        let path = entry.matchit.trim_start_matches('/').replace("{*", "{**");
        routes.push(Router::with_path(path).get(end))
    })
}

pub async fn serve(listener: tokio::net::TcpListener) -> Result<(), BoxError> {
    Server::new(TcpAcceptor::try_from(listener)?).serve(routes()).await;
    Ok(())
}

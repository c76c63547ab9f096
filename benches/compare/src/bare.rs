//! The routes by hand: what a service on hyper costs that does the same work and nothing else.

use super::model::{Files, Form, FormResponse, HELLO, NewPost, Post, Track, file};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::convert::Infallible;

pub async fn service<B>(request: Request<B>) -> Result<Response<Full<Bytes>>, Infallible>
where
    B: http_body::Body<Error: std::fmt::Debug>,
{
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    Ok(match (&parts.method, path) {
        (&Method::GET, "/api/hello") => json(&HELLO),
        (&Method::POST, "/api/echo") => echo::<NewPost, B>(body).await,
        (&Method::POST, "/api/track") => echo::<Track, B>(body).await,
        (&Method::GET, "/api/bytes") => bytes(),
        (&Method::POST, "/api/form") => {
            let Ok(body) = body.collect().await else { return Ok(status(StatusCode::BAD_REQUEST)) };
            match serde_urlencoded::from_bytes::<Form>(&body.to_bytes()) {
                Ok(Form { name, age, comment, .. }) => {
                    json(&FormResponse { name: &name, age, comment: &comment })
                }
                Err(_) => status(StatusCode::BAD_REQUEST),
            }
        }
        (&Method::GET, path) => {
            if let Some(pid) = path.strip_prefix("/api/post/") {
                post(&parts, pid)
            } else if let Some(path) = path.strip_prefix("/api/files/") {
                let path: Vec<&str> = path.split('/').collect();
                json(&Files { path })
            } else {
                status(StatusCode::NOT_FOUND)
            }
        }
        _ => status(StatusCode::NOT_FOUND),
    })
}

async fn echo<T: DeserializeOwned + Serialize, B>(body: B) -> Response<Full<Bytes>>
where
    B: http_body::Body<Error: std::fmt::Debug>,
{
    let Ok(body) = body.collect().await else { return status(StatusCode::BAD_REQUEST) };
    match serde_json::from_slice::<T>(&body.to_bytes()) {
        Ok(value) => json(&value),
        Err(_) => status(StatusCode::BAD_REQUEST),
    }
}

fn bytes() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(file()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    response
}

fn post(parts: &http::request::Parts, pid: &str) -> Response<Full<Bytes>> {
    let (mut x, mut y) = (String::new(), String::new());
    for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
        match &*name {
            "x" => x = value.into_owned(),
            "y" => y = value.into_owned(),
            _ => {}
        }
    }
    let header = parts.headers.get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let cookies = cookie::Cookie::split_parse_encoded(header).filter_map(Result::ok);
    let theme = cookies.filter(|cookie| cookie.name() == "theme").last();
    let theme = theme.as_ref().map(cookie::Cookie::value).unwrap_or_default();
    json(&Post { pid, x: &x, y: &y, theme })
}

fn json<T: Serialize>(value: &T) -> Response<Full<Bytes>> {
    let Ok(text) = serde_json::to_vec(value) else { return status(StatusCode::INTERNAL_SERVER_ERROR) };
    let mut response = Response::new(Full::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

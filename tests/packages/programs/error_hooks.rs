//! `map_error` and `on_error` on a route, its methods and a router, and what an error holds.

use std::sync::{Arc, Mutex};
use tower::ServiceExt as _;
use tower_api_routes::http::HeaderValue;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Error, ErrorContext, HandlerExt as _, Result, TryBody, methods,
};

async fn guarded(_req: ApiRequest, _res: ApiResponse) -> Result {
    let mut error = Error::new(401, "Sign in");
    error.headers_mut().insert("www-authenticate", HeaderValue::from_static("Bearer"));
    assert_eq!(error.headers().len(), 1);
    Err(error)
}

async fn takes(req: ApiRequest<TryBody<u32>>, res: ApiResponse) -> Result {
    match req.into_body().0 {
        Ok(number) => res.json(&number),
        Err(error) => res.status(200).json(&error.message()),
    }
}

async fn old(req: ApiRequest, res: ApiResponse) -> Result {
    req.call(guarded, res).await
}

fn text(error: Error, request: &ErrorContext<'_>) -> Error {
    Error::new(error.status(), format!("{} {}", request.path(), error.message().unwrap_or("-")))
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (near, far) = (seen.clone(), seen.clone());
    let api = ApiRouter::new()
        .on_error(move |error, _request| far.lock().unwrap().push(format!("router {error}")))
        .map_error(|error, _request| Error::json(error.status(), &error.message()))
        .route("/guarded", guarded)
        .route("/route", guarded.map_error(text).on_error(move |_, _| near.lock().unwrap().push("route".into())))
        .route("/methods", methods().post(takes).map_error(text))
        .route("/old", old);
    for (method, path, body, status, text, header) in [
        ("GET", "/guarded", "", 401, r#""Sign in""#, Some("www-authenticate")),
        ("GET", "/route", "", 401, "/route Sign in", Some("www-authenticate")),
        ("GET", "/methods", "", 405, "/methods Method Not Allowed", Some("allow")),
        ("POST", "/methods", "x", 200, r#""Invalid JSON""#, None),
        ("POST", "/methods", "1", 200, "1", None),
        ("GET", "/old", "", 401, r#""Sign in""#, Some("www-authenticate")),
    ] {
        let request = http::Request::builder().method(method).uri(path).header("content-type", "application/json");
        let response = api.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        assert!(header.is_none_or(|name| response.headers().contains_key(name)), "{path}");
        assert_eq!(response.into_body().as_bytes(), Some(text.as_bytes()), "{path}");
    }
    let seen = seen.lock().unwrap().join(", ");
    let once = "router 401 Unauthorized: Sign in, route, router 401 Unauthorized: Sign in, \
                router 405 Method Not Allowed: Method Not Allowed, router 401 Unauthorized: Sign in";
    assert_eq!(seen, once);
}

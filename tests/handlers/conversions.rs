//! What `?` and `.or_status` make of the errors that people have.

use crate::common::log::Log;
use anyhow::Context as _;
use http::Request;
use http_body_util::{BodyExt as _, Limited};
use std::io;
use tower::ServiceExt as _;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BoxError, Error, HandlerExt as _, OrStatus as _, Result,
    RouteConfig, handler,
};
use tracing::Level;

/// An enum of a user that is no `std::error::Error`.
enum Plain {
    Missing,
    Taken(&'static str),
}

impl From<Plain> for Error {
    fn from(error: Plain) -> Self {
        match error {
            Plain::Missing => Error::new(404, "no such post"),
            Plain::Taken(name) => Error::json(409, &[name]),
        }
    }
}

/// One that is.
#[derive(Debug, thiserror::Error)]
enum Derived {
    #[error("no such post")]
    Missing,
    #[error("the disk")]
    Disk(#[from] io::Error),
}

fn disk() -> io::Error {
    io::Error::other("disk full")
}

fn of_anyhow() -> anyhow::Result<()> {
    Err(disk()).context("writing the post")
}

fn of_eyre() -> eyre::Result<()> {
    eyre::WrapErr::wrap_err(Err(disk()), "writing the post")
}

fn boxed() -> Result<(), BoxError> {
    Err("no room")?
}

fn boxed_alone() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Err(disk().into())
}

#[tokio::test]
async fn every_error_converts_by_question_mark() {
    type Fails = fn() -> Result<()>;
    let cases: &[(Fails, u16, &str, Option<&str>)] = &[
        (|| Ok(of_anyhow()?), 500, "Internal Server Error", Some("writing the post: disk full")),
        (|| Ok(of_eyre()?), 500, "Internal Server Error", Some("writing the post: disk full")),
        (|| Ok(boxed()?), 500, "Internal Server Error", Some("no room")),
        (|| Ok(boxed_alone()?), 500, "Internal Server Error", Some("disk full")),
        (|| Ok(Err(disk())?), 500, "Internal Server Error", Some("disk full")),
        (|| Ok(Err("a text")?), 500, "Internal Server Error", Some("a text")),
        (|| Ok(Err(String::from("a text"))?), 500, "Internal Server Error", Some("a text")),
        (|| Ok(Err(fmt_error())?), 500, "Internal Server Error", Some("invalid digit found in string")),
        (|| Err("boom".into()), 500, "Internal Server Error", Some("boom")),
        (|| Err(format!("boom {}", 7).into()), 500, "Internal Server Error", Some("boom 7")),
        (|| Err(anyhow::anyhow!("boom").into()), 500, "Internal Server Error", Some("boom")),
        (|| Err(Plain::Missing.into()), 404, "no such post", None),
        (|| Ok(Err(Plain::Taken("a"))?), 409, r#"["a"]"#, None),
        (|| Ok(Err(Derived::Missing)?), 500, "Internal Server Error", Some("no such post")),
        (|| Ok(Err(Derived::from(disk()))?), 500, "Internal Server Error", Some("the disk: disk full")),
        (|| of_anyhow().or_status(503), 503, "Service Unavailable", None),
        (|| of_eyre().or_status(404), 404, "Not Found", None),
        (|| boxed().or_status(400), 400, "Bad Request", None),
        (|| Err(Plain::Missing).or_status(410), 410, "Gone", None),
        (|| Err(Derived::Missing).or_status(404), 404, "Not Found", None),
        (|| None.or_status(401), 401, "Unauthorized", None),
        (|| "x".parse::<u64>().or_status(400).map(drop), 400, "Bad Request", None),
    ];
    let log = Log::capture();
    for (i, (fails, status, text, cause)) in cases.iter().enumerate() {
        let fails = *fails;
        let api = ApiRouter::new().fallback(handler(move |_req: ApiRequest, res| async move {
            fails()?;
            res.end()
        }));
        let response = api.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), *status, "case {i}");
        assert_eq!(response.into_body().as_bytes(), Some(text.as_bytes()), "case {i}");
        let errors = log.take(Level::ERROR);
        if let Some(cause) = cause {
            assert_eq!(errors.len(), 1, "case {i}");
            assert_eq!(errors[0].field("error"), *cause, "case {i}");
        }
        assert_eq!(errors.is_empty(), *status < 500, "case {i}: {errors:?}");
    }
}

fn fmt_error() -> std::num::ParseIntError {
    "x".parse::<u8>().unwrap_err()
}

/// Reads a body with the errors of `anyhow` and `eyre`.
#[tokio::test]
async fn a_cut_body_stays_the_clients_fault() {
    async fn plain(req: ApiRequest<Body>, res: ApiResponse) -> Result {
        req.into_body().collect().await?;
        res.end()
    }
    async fn by_anyhow(req: ApiRequest<Body>, res: ApiResponse) -> Result {
        async fn read(body: Body) -> anyhow::Result<()> {
            body.collect().await?;
            Ok(())
        }
        read(req.into_body()).await?;
        res.end()
    }
    async fn by_anyhow_in_context(req: ApiRequest<Body>, res: ApiResponse) -> Result {
        req.into_body().collect().await.context("reading the upload").context("storing it")?;
        res.end()
    }
    async fn by_eyre(req: ApiRequest<Body>, res: ApiResponse) -> Result {
        async fn read(body: Body) -> eyre::Result<()> {
            body.collect().await?;
            Ok(())
        }
        eyre::WrapErr::wrap_err(read(req.into_body()).await, "storing it")?;
        res.end()
    }
    async fn by_multer(req: ApiRequest<Body>, res: ApiResponse) -> Result {
        let mut form = multer::Multipart::new(req.into_body().into_stream(), "x");
        while form.next_field().await?.is_some() {}
        res.end()
    }
    let api = ApiRouter::new()
        .route("/plain", plain)
        .route("/anyhow", by_anyhow)
        .route("/context", by_anyhow_in_context)
        .route("/eyre", by_eyre)
        .route("/multer", by_multer);
    for path in ["/plain", "/anyhow", "/context", "/eyre", "/multer"] {
        let pieces = || [Ok("--x\r\n"), Err(BoxError::from("reset"))];
        let cut = Body::from_stream(futures_util::stream::iter(pieces()));
        let large = Body::new(Limited::new(Body::from("too much"), 3));
        for (body, status, text) in [(cut, 400, "Invalid body"), (large, 413, "Payload Too Large")] {
            let response = api.clone().oneshot(Request::post(path).body(body).unwrap()).await.unwrap();
            assert_eq!(response.status(), status, "{path}");
            assert_eq!(response.into_body().as_bytes(), Some(text.as_bytes()), "{path}");
        }
    }
    // That of another body is not.
    let upstream = handler(|_req: ApiRequest, res| async move {
        let cut = Body::from_stream(futures_util::stream::iter([Err::<&str, _>(BoxError::from("reset"))]));
        cut.collect().await.context("asking the upstream")?;
        res.end()
    });
    let response = ApiRouter::new().fallback(upstream).oneshot(Request::new(Body::empty())).await.unwrap();
    assert_eq!(response.status(), 500);
}

#[tokio::test]
async fn a_handler_decides_about_a_bad_body() {
    use tower_api_routes::TryBody;
    async fn takes(req: ApiRequest<TryBody<Vec<u32>>>, res: ApiResponse) -> Result {
        let raw = req.raw_body().len();
        match req.into_body().0 {
            Ok(numbers) => res.json(&(numbers, raw)),
            Err(error) => res.json(&(error.status().as_u16(), error.message(), raw)),
        }
    }
    async fn passes_on(req: ApiRequest<TryBody<u32>>, res: ApiResponse) -> Result {
        res.json(&req.into_body().0?)
    }
    async fn any_value(req: ApiRequest<TryBody<tower_api_routes::ParsedBody>>, res: ApiResponse) -> Result {
        res.json(&req.into_body().0.map_err(|error| error.status().as_u16()).is_ok())
    }
    let config = || RouteConfig::new().size_limit("10b");
    let api = ApiRouter::new()
        .route("/takes", takes.config(config()))
        .route("/passes-on", passes_on.config(config()))
        .route("/any", any_value.config(config()));
    let json = "application/json";
    let cut = || Body::from_stream(futures_util::stream::iter([Err::<&str, _>(BoxError::from("reset"))]));
    let cases = [
        ("/takes", json, Body::from("[1]"), 200, "[[1],3]"),
        ("/takes", json, Body::from("["), 200, r#"[400,"Invalid JSON",1]"#),
        (
            "/takes",
            "text/plain",
            Body::from("x"),
            200,
            r#"[415,"Unsupported media type: send `application/json` or `application/x-www-form-urlencoded`",1]"#,
        ),
        ("/takes", json, Body::from("[1,2,3,4,5]"), 200, r#"[413,"Body exceeded 10b limit",0]"#),
        ("/takes", json, cut(), 200, r#"[400,"Invalid body",0]"#),
        ("/takes", "text/plain; charset=none", Body::from("x"), 200, r#"[400,"Invalid body",0]"#),
        ("/passes-on", json, Body::from("1"), 200, "1"),
        ("/passes-on", json, Body::from("{"), 400, "Invalid JSON"),
        ("/any", json, Body::from("{"), 200, "false"),
        ("/any", json, Body::from("{}"), 200, "true"),
    ];
    for (i, (path, content_type, body, status, text)) in cases.into_iter().enumerate() {
        let request = Request::post(path).header("content-type", content_type).body(body).unwrap();
        let response = api.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "case {i}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, text, "case {i}");
    }
}

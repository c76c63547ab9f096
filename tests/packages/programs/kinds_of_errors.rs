//! Errors of every kind by `?`.

use tower::ServiceExt as _;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Error, OrStatus as _, Result};

/// No `std::error::Error`, with statuses of its own.
enum Plain {
    Missing,
}

impl From<Plain> for Error {
    fn from(Plain::Missing: Plain) -> Self {
        Error::json(404, &["no such post"])
    }
}

/// One that derives it.
#[derive(Debug, thiserror::Error)]
enum AppError {
    #[error("no such post")]
    Missing,
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl AppError {
    fn status(&self) -> http::StatusCode {
        match self {
            Self::Missing => http::StatusCode::NOT_FOUND,
            Self::Io(_) => http::StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

type Boxed = Box<dyn std::error::Error + Send + Sync>;

async fn fails(req: ApiRequest, _res: ApiResponse) -> Result {
    match req.query().get("by").or_status(400)? {
        "anyhow" => Err(anyhow::anyhow!("secret"))?,
        "eyre" => Err(eyre::eyre!("secret"))?,
        "boxed" => Err(Boxed::from("secret"))?,
        "text" => Err("secret".into()),
        "string" => Err(format!("secret {}", 1).into()),
        "plain" => Err(Plain::Missing)?,
        "derived" => Err(AppError::Missing)?,
        "from" => Err(AppError::from(std::io::Error::other("secret")))?,
        "option" => None.or_status(410)?,
        "result" => Err(anyhow::anyhow!("secret")).or_status(409)?,
        _ => Err(Error::new(418, "no tea").with_source("secret")),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let api = ApiRouter::new()
        .map_error_of(|e: &AppError, _request| Error::new(e.status(), e.to_string()))
        .route("/", fails);
    for (by, status, text) in [
        ("by=anyhow", 500, "Internal Server Error"),
        ("by=eyre", 500, "Internal Server Error"),
        ("by=boxed", 500, "Internal Server Error"),
        ("by=text", 500, "Internal Server Error"),
        ("by=string", 500, "Internal Server Error"),
        ("by=plain", 404, r#"["no such post"]"#),
        ("by=derived", 404, "no such post"),
        ("by=from", 503, "secret"),
        ("by=option", 410, "Gone"),
        ("by=result", 409, "Conflict"),
        ("by=tea", 418, "no tea"),
        ("", 400, "Bad Request"),
    ] {
        let request = http::Request::get(format!("/?{by}")).body(Body::empty()).unwrap();
        let response = api.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{by}");
        assert_eq!(response.into_body().as_bytes(), Some(text.as_bytes()), "{by}");
    }
}

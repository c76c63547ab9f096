//! Errors in an envelope of the user's own: what the client sees, and what the log keeps.

use crate::common::log::Log;
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Error, Result, methods};
use tracing::Level;

async fn takes_number(req: ApiRequest<u32>, res: ApiResponse) -> Result {
    res.json(req.body())
}

async fn no_row(_req: ApiRequest, _res: ApiResponse) -> Result {
    Err(std::io::Error::from(std::io::ErrorKind::NotFound).into())
}

async fn down(_req: ApiRequest, _res: ApiResponse) -> Result {
    Err(std::io::Error::other("the disk is gone").into())
}

async fn own(_req: ApiRequest, _res: ApiResponse) -> Result {
    Err(Error::json(409, &json!({ "code": "taken" })))
}

fn envelope(error: &Error) -> Error {
    let missing =
        error.downcast_ref::<std::io::Error>().map(|error| error.kind() == std::io::ErrorKind::NotFound);
    match (missing, error.message()) {
        (Some(true), _) => Error::json(404, &json!({ "error": "no such row" })),
        (Some(false), _) => Error::json(503, &json!({ "error": "try again later" })),
        (None, Some(message)) => Error::json(error.status(), &json!({ "error": message })),
        (None, None) => Error::json(error.status(), &json!({ "error": "in JSON already" })),
    }
}

#[tokio::test]
async fn every_error_gets_the_envelope_and_a_500s_cause_is_logged() {
    let log = Log::capture();
    let api = ApiRouter::new()
        .map_error(|error, _| envelope(&error))
        .route("/number", methods().post(takes_number))
        .route("/no-row", no_row)
        .route("/down", down)
        .route("/own", own);
    let wrong = "Invalid body: invalid type: string \"x\", expected u32 at line 1 column 3";
    let cases = [
        ("POST", "/number", "{", 400, "Invalid JSON", None),
        ("POST", "/number", r#""x""#, 422, wrong, None),
        ("GET", "/number", "", 405, "Method Not Allowed", None),
        ("GET", "/no-row", "", 404, "no such row", None),
        ("GET", "/down", "", 503, "try again later", Some("the disk is gone")),
        ("GET", "/own", "", 409, "in JSON already", None),
    ];
    for (method, path, body, status, message, cause) in cases {
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let response = api.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        let answer: Value = serde_json::from_slice(response.into_body().as_bytes().unwrap()).unwrap();
        assert_eq!(answer, json!({ "error": message }), "{path}");
        let logged = log.take(Level::ERROR);
        assert_eq!(logged.first().map(|event| event.field("error")), cause, "{path}: {logged:?}");
        assert_eq!(logged.first().map(|event| event.field("http.route")), cause.map(|_| path), "{path}");
    }
}

//! The errors of this crate, as responses that the operations share.

use super::schemas::Schemas;
use super::types::{Described, Type};
use http::StatusCode;
use serde_json::{Map, Value, json};

/// The statuses of the errors, with the names of their components.
const ERRORS: [(StatusCode, &str, &str); 6] = [
    (StatusCode::BAD_REQUEST, "BadRequest", "The body, the query or a parameter is malformed."),
    (
        StatusCode::METHOD_NOT_ALLOWED,
        "MethodNotAllowed",
        "The route has no handler for the method; `Allow` has those that it has.",
    ),
    (StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLarge", "The body is larger than the limit."),
    (
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UnsupportedMediaType",
        "The charset or the encoding of the body is not supported.",
    ),
    (
        StatusCode::UNPROCESSABLE_ENTITY,
        "UnprocessableEntity",
        "The body is well-formed, and not of the type that is expected.",
    ),
    (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "The server has failed."),
];

/// Returns the components of the errors, which are JSON of this type, or text.
#[track_caller]
pub(super) fn components(error: Option<Type>, schemas: &mut Schemas) -> Value {
    let content = match error {
        Some(error) => json!({ "application/json": { "schema": schemas.written(error) } }),
        None => json!({ "text/plain": { "schema": { "type": "string" } } }),
    };
    let component = |(_, name, description): (StatusCode, &str, &str)| {
        (name.to_owned(), json!({ "description": description, "content": content }))
    };
    Value::Object(ERRORS.map(component).into_iter().collect())
}

/// Adds the errors that a handler with this body can have, unless it describes them itself.
pub(super) fn add(responses: &mut Map<String, Value>, body: Option<Described>) {
    let possible = |status: StatusCode| match status {
        StatusCode::BAD_REQUEST | StatusCode::INTERNAL_SERVER_ERROR => true,
        StatusCode::PAYLOAD_TOO_LARGE => {
            matches!(body, Some(Described::Type(_) | Described::Parsed | Described::Bytes))
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => matches!(body, Some(Described::Type(_) | Described::Parsed)),
        StatusCode::UNPROCESSABLE_ENTITY => matches!(body, Some(Described::Type(_))),
        _ => false,
    };
    for (status, name, _) in ERRORS.into_iter().filter(|(status, ..)| possible(*status)) {
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        responses.entry(status.as_str()).or_insert(reference);
    }
}

//! One method of one path.

use super::description::{BodyType, Content, Description};
use super::errors;
use super::parameters::Fields;
use super::path::PathParameter;
use super::schemas::Schemas;
use super::types::{Described, Type};
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

/// Returns the operation that a handler responds to.
#[track_caller]
pub(super) fn operation(
    method: &Method,
    description: &Description,
    path: &[PathParameter],
    schemas: &mut Schemas,
) -> Value {
    let mut operation = description.fields.clone();
    let mut fields = Fields::default();
    for query in &description.queries {
        let schema = schemas.fields(*query);
        fields.add(&schema, schemas);
    }
    let by_hand = description.parameters.iter().map(|known| {
        let schema = json!({ "type": "string" });
        json!({ "name": known.name, "in": known.place, "description": known.description, "schema": schema })
    });
    let path_parameters = path.iter().map(|parameter| fields.path_parameter(parameter));
    let parameters: Vec<_> = path_parameters.chain(fields.query(path)).chain(by_hand).collect();
    if !parameters.is_empty() {
        operation.insert("parameters".to_owned(), parameters.into());
    }
    // HTTP gives the body of these no meaning, and `fetch` refuses to send one.
    let body = description.body.filter(|_| !matches!(*method, Method::GET | Method::HEAD));
    if let Some(body) = body.and_then(|body| request_body(body, schemas)) {
        operation.insert("requestBody".to_owned(), body);
    }
    operation.insert("responses".to_owned(), responses(description, body, schemas).into());
    if !description.security.is_empty() {
        // A list of alternatives.
        let schemes = description.security.iter().map(|scheme| json!({ &scheme.name: [] }));
        operation.insert("security".to_owned(), schemes.collect());
    }
    let mut operation = Value::Object(operation);
    description.edits.iter().for_each(|edit| edit(&mut operation));
    operation
}

#[track_caller]
fn request_body(BodyType { described, required }: BodyType, schemas: &mut Schemas) -> Option<Value> {
    let content = match described {
        Described::Anything => return None,
        Described::Parsed | Described::Bytes | Described::Stream => json!({ "*/*": {} }),
        Described::Type(ty) => {
            let schema = schemas.read(ty);
            let mut content = json!({ "application/json": { "schema": schema } });
            if is_form(&schema, schemas) {
                content["application/x-www-form-urlencoded"] = content["application/json"].clone();
            }
            if schemas.resolved(&schema)["type"] == "string" {
                content["text/plain"] = content["application/json"].clone();
            }
            content
        }
    };
    Some(json!({ "required": required, "content": content }))
}

/// Returns whether a form can have this type: an object whose fields are texts, numbers, booleans, or lists of these.
fn is_form(schema: &Value, schemas: &Schemas) -> bool {
    let schema = schemas.resolved(schema);
    let alternatives = |name: &str| schema.get(name).and_then(Value::as_array);
    if let Some(parts) = alternatives("anyOf") {
        // An `Option` of an object.
        return parts.iter().any(|part| part["type"] == "null")
            && parts.iter().any(|part| is_form(part, schemas));
    }
    let is_flat = |name: &str| alternatives(name).is_none();
    let fields = schema.get("properties").and_then(Value::as_object);
    is_flat("oneOf")
        && is_flat("allOf")
        && fields.is_some_and(|fields| fields.values().all(|field| is_scalar(field, schemas, true)))
}

fn is_scalar(schema: &Value, schemas: &Schemas, or_list: bool) -> bool {
    let schema = schemas.resolved(schema);
    let is_simple =
        |name: &Value| matches!(name.as_str(), Some("string" | "number" | "integer" | "boolean" | "null"));
    match &schema["type"] {
        Value::Array(types) => types.iter().all(is_simple),
        Value::String(text) if text == "array" => or_list && is_scalar(&schema["items"], schemas, false),
        Value::Null => {
            let parts = ["anyOf", "oneOf"].into_iter().filter_map(|name| schema.get(name)?.as_array());
            let mut parts = parts.flatten().peekable();
            // An enum without fields is a list of constants.
            schema.get("const").is_some_and(Value::is_string)
                || parts.peek().is_some() && parts.all(|part| is_scalar(part, schemas, or_list))
        }
        name => is_simple(name),
    }
}

#[track_caller]
fn responses(description: &Description, body: Option<BodyType>, schemas: &mut Schemas) -> Map<String, Value> {
    let mut responses = Map::new();
    let in_signature = description
        .response
        .map(|response| (description.status.unwrap_or(StatusCode::OK), Content::Json(response)));
    // What is described by hand comes first: it can be of a status that the signature has, too.
    for (status, content) in description.responses.iter().copied().chain(in_signature) {
        if responses.contains_key(status.as_str()) {
            continue;
        }
        let mut response = json!({ "description": status.canonical_reason().unwrap_or("Response") });
        if let Some(content) = response_content(content, schemas) {
            response["content"] = content;
        }
        responses.insert(status.as_str().to_owned(), response);
    }
    if responses.is_empty() {
        let anything = json!({ "description": "Not described", "content": { "*/*": {} } });
        responses.insert("default".to_owned(), anything);
    }
    errors::add(&mut responses, body.map(|body| body.described));
    responses
}

#[track_caller]
fn response_content(content: Content, schemas: &mut Schemas) -> Option<Value> {
    let json =
        |ty: Type, schemas: &mut Schemas| json!({ "application/json": { "schema": schemas.written(ty) } });
    match content {
        Content::Json(ty) => Some(json(ty, schemas)),
        Content::Media(media) if media.starts_with("text/") => {
            Some(json!({ media: { "schema": { "type": "string" } } }))
        }
        // Bytes have no schema.
        Content::Media(media) => Some(json!({ media: {} })),
        Content::Empty => None,
    }
}

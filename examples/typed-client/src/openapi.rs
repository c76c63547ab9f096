//! An OpenAPI 3.1 document from the table of routes and the schemas of the types.

use schemars::Schema;
use serde_json::{Map, Value, json};
use tower_api_routes::Routes;

/// The types of one method of one route.
pub struct Operation {
    route: &'static str,
    method: &'static str,
    takes: Option<Schema>,
    answers: Option<Schema>,
}

impl Operation {
    pub fn get(route: &'static str) -> Self {
        Self { route, method: "get", takes: None, answers: None }
    }

    pub fn post(route: &'static str) -> Self {
        Self { method: "post", ..Self::get(route) }
    }

    pub fn takes(self, schema: Schema) -> Self {
        Self { takes: Some(schema), ..self }
    }

    pub fn answers(self, schema: Schema) -> Self {
        Self { answers: Some(schema), ..self }
    }
}

/// Every route of the table, with its types where they are known. (HEAD and OPTIONS are answered by themselves.)
pub fn document(title: &str, version: &str, routes: &Routes, operations: &[Operation]) -> Value {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    for route in routes {
        let mut methods = Map::new();
        for method in route.methods().iter().filter(|method| !matches!(method.as_str(), "HEAD" | "OPTIONS")) {
            let method = method.as_str().to_lowercase();
            let known =
                operations.iter().find(|known| known.route == route.pattern() && known.method == method);
            let mut operation = json!({ "responses": { "200": { "description": "The answer" } } });
            if let Some(schema) = known.and_then(|known| known.answers.as_ref()) {
                operation["responses"]["200"]["content"] = content(schema, &mut schemas);
            }
            if let Some(schema) = known.and_then(|known| known.takes.as_ref()) {
                operation["requestBody"] =
                    json!({ "required": true, "content": content(schema, &mut schemas) });
            }
            methods.insert(method, operation);
        }
        let (path, parameters) = path(route.pattern());
        if !parameters.is_empty() {
            methods.insert("parameters".into(), parameters.into());
        }
        paths.insert(path, methods.into());
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": title, "version": version },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

/// The schema as a JSON body; the types it refers to move to the document's components.
fn content(schema: &Schema, schemas: &mut Map<String, Value>) -> Value {
    let mut schema = schema.clone();
    schema.remove("$schema");
    if let Some(Value::Object(definitions)) = schema.remove("$defs") {
        schemas.extend(definitions.into_iter().map(|(name, definition)| (name, moved(definition))));
    }
    json!({ "application/json": { "schema": moved(schema.to_value()) } })
}

fn moved(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(target) if name == "$ref" => {
                        *target = target.replace("#/$defs/", "#/components/schemas/");
                    }
                    value => *value = moved(value.take()),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| *value = moved(value.take())),
        _ => {}
    }
    schema
}

/// `/api/post/[pid]` is `/api/post/{pid}` there. OpenAPI has no catch-alls: theirs is written as one parameter.
fn path(pattern: &str) -> (String, Vec<Value>) {
    let mut parameters = Vec::new();
    let segments = pattern.split('/').map(|segment| {
        let name = segment.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        name.map_or(segment.to_owned(), |name| {
            let name = name.trim_start_matches(['[', '.']).trim_end_matches(']');
            parameters.push(
                json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }),
            );
            format!("{{{name}}}")
        })
    });
    (segments.collect::<Vec<_>>().join("/"), parameters)
}

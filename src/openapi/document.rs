//! The document.

use super::description::{Description, Operation};
use super::info::{Info, SecurityScheme};
use super::path::{Template, Templates};
use super::schemas::Schemas;
use super::{errors, operation::operation};
use crate::routing::Pattern;
use http::Method;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::fmt;

/// The methods that a path of a document can have. A route with one handler for all methods has the first five.
const METHODS: [Method; 8] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::HEAD,
    Method::OPTIONS,
    Method::TRACE,
];

/// An OpenAPI 3.1 document, from [`ApiRouter::openapi`](crate::ApiRouter::openapi).
///
/// It is a JSON value that can be changed, or converted into the types of another crate (`serde_json::from_value`). It
/// serializes as that value, and displays as JSON text with a line break at its end, for a file.
///
/// ```
/// use tower_api_routes::{ApiRouter, openapi::Info};
///
/// let mut document = ApiRouter::new().openapi(Info::new("Posts", "1.0.0"));
/// document.value_mut()["servers"] = serde_json::json!([{ "url": "https://api.example.com" }]);
///
/// assert_eq!(document.value()["openapi"], "3.1.1");
/// assert!(document.to_string().ends_with("}\n"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Document(Value);

impl Document {
    /// Returns the document of routes that are sorted in the order in which they are tried.
    #[track_caller]
    pub(crate) fn new(info: Info, base_path: &str, routes: &[(&Pattern, Vec<Operation>)]) -> Self {
        let Info { fields: info, error } = info;
        let (mut schemas, mut templates) = (Schemas::new(), Templates::default());
        let (mut paths, mut security, mut ids) = (Map::new(), Map::new(), Vec::new());
        for (pattern, operations) in routes {
            let of_route = templates.of(base_path, pattern);
            let last = of_route.len().saturating_sub(1);
            for (number, Template { path, parameters }) in of_route.into_iter().enumerate() {
                let mut item = Map::new();
                for (method, description) in each_method(operations) {
                    add_schemes(&mut security, &description.security);
                    let mut operation = operation(&method, description, &parameters, &mut schemas);
                    if number == last {
                        add_id(&mut ids, &operation);
                    } else if let Some(operation) = operation.as_object_mut() {
                        // The path of an optional catch-all without it: an id is there once.
                        operation.remove("operationId");
                    }
                    item.insert(method.as_str().to_ascii_lowercase(), operation);
                }
                if !item.is_empty() {
                    paths.insert(path, item.into());
                }
            }
        }
        let responses = errors::components(error, &mut schemas);
        let mut document = json!({ "openapi": "3.1.1", "info": info, "paths": paths, "components": { "responses": responses } });
        document["components"]["schemas"] = schemas.finish(&mut document).into();
        if !security.is_empty() {
            document["components"]["securitySchemes"] = security.into();
        }
        Self(document)
    }

    /// Returns the document as a value.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// Returns the document for editing.
    pub fn value_mut(&mut self) -> &mut Value {
        &mut self.0
    }

    /// Consumes `self`, returning the value.
    pub fn into_value(self) -> Value {
        self.0
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:#}", self.0)
    }
}

/// Returns the methods of a route whose handlers are not described, such as `GET /api/post`.
pub(crate) fn undescribed(base_path: &str, routes: &[(&Pattern, Vec<Operation>)]) -> Vec<String> {
    let of_route = |(pattern, operations): &(&Pattern, Vec<Operation>)| {
        let missing = operations.iter().filter(|(_, description)| !description.is_complete());
        let name = |method: &Option<Method>| method.as_ref().map_or("*", Method::as_str).to_owned();
        missing.map(|(method, _)| format!("{} {base_path}{pattern}", name(method))).collect::<Vec<_>>()
    };
    routes.iter().flat_map(of_route).collect()
}

/// Panics if a handler reads a type of the query that its description does not name.
#[track_caller]
pub(crate) fn check_query(
    routes: &[(String, Vec<Operation>)],
    method: &Method,
    route: Option<&str>,
    read: &'static str,
) {
    let operations = routes.iter().find(|(pattern, _)| Some(&**pattern) == route).map(|(_, known)| known);
    let find = |method: &Method| {
        operations?.iter().find(|(known, _)| known.as_ref().is_none_or(|known| known == method))
    };
    // HEAD calls the handler of GET.
    let found = find(method).or_else(|| if *method == Method::HEAD { find(&Method::GET) } else { None });
    let Some((_, description)) = found.filter(|(_, description)| description.is_visible()) else { return };
    assert!(
        description.queries.iter().any(|known| known.is(read)),
        "{method} {} reads the query as `{read}`, which its description does not name: add `.query::<{read}>()`",
        route.unwrap_or_default()
    );
}

/// Returns the methods of a path, each with its description.
fn each_method(operations: &[Operation]) -> Vec<(Method, &Description)> {
    let visible = operations.iter().filter(|(_, description)| !description.hidden);
    let of = |method: &Option<Method>| match method {
        Some(method) => METHODS.iter().filter(|known| *known == method).cloned().collect(),
        None => METHODS[..5].to_vec(),
    };
    visible
        .flat_map(|(known, description)| of(known).into_iter().map(move |method| (method, description)))
        .collect()
}

#[track_caller]
fn add_schemes(known: &mut Map<String, Value>, schemes: &[SecurityScheme]) {
    for SecurityScheme { name, scheme } in schemes {
        let first = known.entry(name.as_str()).or_insert_with(|| scheme.clone());
        assert!(first == scheme, "two security schemes are called `{name}`: give one of them another name");
    }
}

/// Panics if two operations have one id, with which a generated client would call one of them only.
#[track_caller]
fn add_id(ids: &mut Vec<String>, operation: &Value) {
    if let Some(id) = operation["operationId"].as_str() {
        assert!(
            !ids.iter().any(|known| known == id),
            "two operations have the id `{id}`: give one of them another id; for a handler of all methods, register it by \
             `methods()`"
        );
        ids.push(id.to_owned());
    }
}

//! Queries and path parameters.

use super::path::PathParameter;
use super::schemas::Schemas;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The fields of the types that a handler reads with `query_as`.
#[derive(Default)]
pub(super) struct Fields {
    /// The schema of each, and whether it is required.
    named: Map<String, Value>,
    required: BTreeSet<String>,
    /// The schema of all others, for a type that keeps them in a map.
    rest: Option<Value>,
}

impl Fields {
    /// Adds the fields of an object: its own, and those of the schemas that it is composed of.
    pub(super) fn add(&mut self, schema: &Value, schemas: &Schemas) {
        let required = self.add_to(schema, schemas, 0);
        self.required.extend(required);
    }

    /// Returns the names of the required ones.
    fn add_to(&mut self, schema: &Value, schemas: &Schemas, depth: usize) -> BTreeSet<String> {
        let mut required = BTreeSet::new();
        let resolved = schemas.resolved(schema);
        // A tag of an enum stands beside the reference to what the variant has.
        if !std::ptr::eq(resolved, schema) && depth < 8 {
            required.extend(self.add_to(resolved, schemas, depth + 1));
        }
        let list = |name: &str| schema.get(name).and_then(Value::as_array).into_iter().flatten();
        for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            self.add_field(name, without_null(field.clone()));
        }
        for rest in ["additionalProperties", "unevaluatedProperties"] {
            if let Some(rest @ (Value::Object(_) | Value::Bool(true))) = schema.get(rest) {
                self.rest = Some(rest.clone());
            }
        }
        required.extend(list("required").filter_map(Value::as_str).map(str::to_owned));
        // A type can contain itself, a query cannot.
        if depth < 8 {
            for part in list("allOf") {
                required.extend(self.add_to(part, schemas, depth + 1));
            }
            for alternatives in ["anyOf", "oneOf"] {
                // What each variant of an enum requires.
                let each = list(alternatives).map(|part| self.add_to(part, schemas, depth + 1));
                required.extend(each.reduce(|all, one| &all & &one).unwrap_or_default());
            }
        }
        required
    }

    /// Adds a field, or another form of one: the tag of an enum is another constant in each of its variants.
    fn add_field(&mut self, name: &str, schema: Value) {
        let Some(known) = self.named.get_mut(name) else {
            self.named.insert(name.to_owned(), schema);
            return;
        };
        if let Some(Value::Array(forms)) = known.get_mut("anyOf") {
            if !forms.contains(&schema) {
                forms.push(schema);
            }
        } else if *known != schema {
            *known = json!({ "anyOf": [known.take(), schema] });
        }
    }

    /// Takes the schema of a path parameter.
    pub(super) fn path_parameter(&self, parameter: &PathParameter) -> Value {
        let PathParameter { name, original, catch_all } = parameter;
        let known = original.as_deref().and_then(|original| self.named.get(original));
        let text = || json!({ "type": "string" });
        let mut value = json!({ "name": name, "in": "path", "required": true });
        value["schema"] = match known {
            Some(known) => known.clone(),
            None if *catch_all => json!({ "type": "array", "items": text(), "minItems": 1 }),
            None => text(),
        };
        if *catch_all {
            value["description"] = "The rest of the path: its segments, joined by `/`.".into();
            value["x-catch-all"] = true.into();
        }
        describe(&mut value);
        value
    }

    /// Returns the parameters of the query. A parameter of the path is none.
    pub(super) fn query(&self, path: &[PathParameter]) -> Vec<Value> {
        let is_path = |name: &str| path.iter().any(|known| known.original.as_deref() == Some(name));
        let named = self.named.iter().filter(|(name, _)| !is_path(name)).map(|(name, schema)| {
            let required = self.required.contains(name);
            let mut value = json!({ "name": name, "in": "query", "required": required, "schema": schema });
            describe(&mut value);
            value
        });
        let rest = self.rest.iter().map(|rest| {
            let schema = json!({ "type": "object", "additionalProperties": rest });
            json!({ "name": "*", "in": "query", "style": "form", "explode": true, "schema": schema })
        });
        named.chain(rest).collect()
    }
}

/// Moves the description of a schema to its parameter, where readers look for it.
fn describe(parameter: &mut Value) {
    if let Some(description) =
        parameter["schema"].as_object_mut().and_then(|schema| schema.remove("description"))
    {
        parameter["description"] = description;
    }
}

/// Returns a schema without `null`, which no query can have: what may be missing is not required.
fn without_null(mut schema: Value) -> Value {
    let Some(fields) = schema.as_object_mut() else { return schema };
    if fields.get("default").is_some_and(Value::is_null) {
        fields.remove("default");
    }
    for name in ["type", "enum", "anyOf"] {
        let Some(Value::Array(values)) = fields.get_mut(name) else { continue };
        values.retain(|value| !value.is_null() && value != "null" && value["type"] != "null");
        if let ([only], true) = (&values[..], name != "enum") {
            let only = only.clone();
            if name == "type" {
                fields.insert(name.to_owned(), only);
            } else if let Value::Object(only) = only {
                fields.remove(name);
                fields.extend(only);
            }
        }
    }
    schema
}

//! The schemas of the document.
//!
//! schemars has one contract for what is read and one for what is written, and calls a type by one name in both. Here each
//! has a generator of its own, and a place of its own in the references, until [`Schemas::finish`] knows which of the
//! two are the same.

use super::types::Type;
use percent_encoding::percent_decode_str;
use schemars::generate::{Contract, SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Where the schemas of the document are.
const COMPONENTS: &str = "#/components/schemas/";

/// A generator of one contract.
struct Side {
    generator: SchemaGenerator,
    /// Where its references point to.
    path: &'static str,
}

impl Side {
    fn new(contract: Contract, path: &'static str) -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.contract = contract;
            settings.definitions_path = path.into();
            settings.meta_schema = None;
        });
        Self { generator: settings.into_generator(), path }
    }

    /// Returns the name that a reference has, if it is one of this side.
    fn name<'a>(&self, reference: &'a str) -> Option<Cow<'a, str>> {
        let name = reference.strip_prefix(self.path)?.strip_prefix('/')?;
        let name = percent_decode_str(name).decode_utf8_lossy();
        Some(if name.contains('~') { name.replace("~1", "/").replace("~0", "~").into() } else { name })
    }

    /// Returns a schema by its name.
    fn definition(&self, name: &str) -> Value {
        let mut schema = self.generator.definitions().get(name).cloned().unwrap_or_default();
        without_defaults(&mut schema);
        without_siblings(&mut schema);
        schema
    }

    fn names(&self, value: &mut Value) -> Vec<String> {
        let mut names = Vec::new();
        each_reference(value, &mut |reference| {
            names.extend(self.name(reference).map(Cow::into_owned));
        });
        names
    }

    /// Returns the names of the schemas that the document needs, directly or through others.
    fn reachable(&self, document: &mut Value) -> BTreeSet<String> {
        let (mut todo, mut found) = (self.names(document), BTreeSet::new());
        while let Some(name) = todo.pop() {
            if let Some(mut schema) = self.generator.definitions().get(&name).cloned() {
                if found.insert(name) {
                    todo.extend(self.names(&mut schema));
                }
            }
        }
        found
    }
}

pub(super) struct Schemas {
    /// What is read: bodies, queries, parameters.
    read: Side,
    /// What is written: responses.
    written: Side,
    /// The types with a name, by the id that schemars has for them, with the name in Rust and the schema.
    known: BTreeMap<Cow<'static, str>, (&'static str, Value)>,
}

impl Schemas {
    pub(super) fn new() -> Self {
        Self {
            read: Side::new(Contract::Deserialize, "#/components/read"),
            written: Side::new(Contract::Serialize, "#/components/written"),
            known: BTreeMap::new(),
        }
    }

    /// Returns the schema of a type that is read.
    #[track_caller]
    pub(super) fn read(&mut self, ty: Type) -> Value {
        self.both(ty).0
    }

    /// Returns the schema of a type that is written.
    #[track_caller]
    pub(super) fn written(&mut self, ty: Type) -> Value {
        self.both(ty).1
    }

    /// Adds the type to both generators, so that both give it the same number if it shares its name with another type.
    #[track_caller]
    fn both(&mut self, ty: Type) -> (Value, Value) {
        self.check(ty);
        (
            (ty.schema)(&mut self.read.generator).to_value(),
            (ty.schema)(&mut self.written.generator).to_value(),
        )
    }

    /// Returns the schema of an object that is read, not a reference to it.
    pub(super) fn fields(&mut self, ty: Type) -> Value {
        // For the numbers of the types in it: see `both`.
        (ty.fields)(&mut self.written.generator);
        (ty.fields)(&mut self.read.generator).to_value()
    }

    /// Returns what a schema that is read refers to, or the schema itself if it is no reference.
    pub(super) fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let reference = schema.get("$ref").and_then(Value::as_str);
        let name = reference.and_then(|reference| self.read.name(reference));
        name.and_then(|name| self.read.generator.definitions().get(&*name)).unwrap_or(schema)
    }

    /// Panics if schemars confuses this type with another: it knows the module of a type, and not the function.
    #[track_caller]
    fn check(&mut self, ty: Type) {
        let (name, mut generator) = ((ty.name)(), SchemaSettings::draft2020_12().into_generator());
        let schema = (ty.fields)(&mut generator).to_value();
        let (first, known) = self.known.entry((ty.id)()).or_insert_with(|| (name, schema.clone()));
        assert!(
            *known == schema,
            "`{first}` and `{name}` are one type for schemars, which looks at the module and the name only: move one of them \
             into another module, or rename it with `#[schemars(rename = \"..\")]`"
        );
    }

    /// Makes the references of the document final, and returns the schemas that they need.
    pub(super) fn finish(self, document: &mut Value) -> Map<String, Value> {
        let read = self.read.reachable(document);
        let written = self.written.reachable(document);
        let differ = self.differ(&read, &written);
        let mut taken = BTreeSet::new();
        let mut unique = |name: String| {
            let mut found = name.clone();
            let mut number = 2;
            while !taken.insert(found.clone()) {
                found = format!("{name}{number}");
                number += 1;
            }
            found
        };
        let new = written.iter().map(|name| (name.clone(), unique(valid(name))));
        let new_written: BTreeMap<_, _> = new.collect();
        // First those that keep their name.
        let (inputs, plain): (Vec<_>, Vec<_>) = read.iter().partition(|name| differ.contains(*name));
        let plain = plain.into_iter().map(|name| {
            let same = new_written.get(name).cloned();
            (name.clone(), same.unwrap_or_else(|| unique(valid(name))))
        });
        let mut new_read: BTreeMap<_, _> = plain.collect();
        new_read
            .extend(inputs.into_iter().map(|name| (name.clone(), unique(format!("{}Input", valid(name))))));

        let rename = |reference: &mut String| {
            for (side, new) in [(&self.read, &new_read), (&self.written, &new_written)] {
                if let Some(new) = side.name(reference).and_then(|name| new.get(&*name)) {
                    *reference = format!("{COMPONENTS}{new}");
                    return;
                }
            }
        };
        each_reference(document, &mut |reference| rename(reference));
        let mut schemas = Map::new();
        for (side, new) in [(&self.written, &new_written), (&self.read, &new_read)] {
            for (name, new) in new {
                let mut schema = side.definition(name);
                each_reference(&mut schema, &mut |reference| rename(reference));
                schemas.insert(new.clone(), schema);
            }
        }
        schemas
    }

    /// Returns the names whose schemas are not the same on both sides.
    fn differ(&self, read: &BTreeSet<String>, written: &BTreeSet<String>) -> BTreeSet<String> {
        let schema = |side: &Side, name: &String| {
            let mut schema = side.definition(name);
            let names: BTreeSet<_> = side.names(&mut schema).into_iter().collect();
            // Without the side.
            each_reference(&mut schema, &mut |reference| {
                *reference = side.name(reference).unwrap_or_default().into_owned();
            });
            (schema, names)
        };
        let both = read.intersection(written);
        let mut same: BTreeMap<_, _> = both
            .map(|name| (name.clone(), (schema(&self.read, name), schema(&self.written, name))))
            .collect();
        let mut differ = BTreeSet::new();
        // A schema that refers to one that differs, differs. What is left at the end is the same, circles included.
        loop {
            let found: Vec<_> = same
                .iter()
                .filter(|(_, (read, written))| read.0 != written.0 || !read.1.is_disjoint(&differ))
                .map(|(name, _)| name.clone())
                .collect();
            if found.is_empty() {
                return differ;
            }
            for name in found {
                same.remove(&name);
                differ.insert(name);
            }
        }
    }
}

/// Removes the defaults of fields that can be left out. `openapi-typescript` takes a field with a default for one that is always
/// there, which is true of what a server has read, and not of what a client sends.
fn without_defaults(schema: &mut Value) {
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(without_defaults),
        Value::Object(fields) => {
            for (name, part) in fields {
                match part {
                    // The names in here are those of fields, not keywords.
                    Value::Object(properties) if name == "properties" => {
                        for property in properties.values_mut() {
                            property.as_object_mut().map(|property| property.remove("default"));
                            without_defaults(property);
                        }
                    }
                    part => without_defaults(part),
                }
            }
        }
        _ => {}
    }
}

/// Moves what is required beside a reference into an `allOf` with it, which means the same. `openapi-typescript` reads the
/// reference only: a variant `Moved(Position)` of a tagged enum would lose its tag.
fn without_siblings(schema: &mut Value) {
    const KEPT: [&str; 8] = [
        "title",
        "description",
        "default",
        "deprecated",
        "examples",
        "readOnly",
        "writeOnly",
        "unevaluatedProperties",
    ];
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(without_siblings),
        Value::Object(fields) => {
            fields.values_mut().for_each(without_siblings);
            if !fields.get("$ref").is_some_and(Value::is_string) {
                return;
            }
            let (kept, mut beside): (Map<_, _>, Map<_, _>) =
                std::mem::take(fields).into_iter().partition(|(name, _)| KEPT.contains(&&**name));
            *fields = kept;
            let reference = beside.remove("$ref").unwrap_or_default();
            if beside.is_empty() {
                fields.insert("$ref".to_owned(), reference);
            } else {
                fields.insert("allOf".to_owned(), json!([{ "$ref": reference }, beside]));
            }
        }
        _ => {}
    }
}

/// Calls a function with each reference in a schema or in a document.
fn each_reference(value: &mut Value, look: &mut impl FnMut(&mut String)) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| each_reference(value, look)),
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                match value {
                    Value::String(reference) if name == "$ref" => look(reference),
                    value => each_reference(value, look),
                }
            }
        }
        _ => {}
    }
}

/// Returns a name with the characters that a component can have.
fn valid(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect()
}

//! Schemas of types: names, and what serde makes of them. `examples/typed-client` validates values against them.

use super::document;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, DescribeExt as _, ParsedBody, RawBody, Result, methods,
};

/// Returns the document of a route that reads `B` and writes `T`.
fn described<B, T>() -> Value
where
    B: for<'de> Deserialize<'de> + JsonSchema + Send + 'static,
    T: Serialize + JsonSchema + 'static,
{
    async fn handler<B, T: Serialize>(_: ApiRequest<B>, res: ApiResponse<T>) -> Result {
        res.end()
    }
    document(&ApiRouter::new().route("/x", methods().post(handler::<B, T>.describe())))
}

fn names(document: &Value) -> Vec<&str> {
    document["components"]["schemas"].as_object().unwrap().keys().map(String::as_str).collect()
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Same {
    id: u64,
    next: Vec<Same>,
}

/// Optional to read, there to write.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Differs {
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Contains {
    inner: Differs,
    same: Same,
    around: Vec<Contains>,
}

#[test]
fn types_that_differ_by_direction_have_two_names() {
    assert_eq!(names(&described::<Same, Same>()), ["Same"]);
    assert_eq!(names(&described::<Differs, u32>()), ["Differs"]);
    assert_eq!(names(&described::<u32, Differs>()), ["Differs"]);
    let mut both = described::<Contains, Contains>();
    let mut found = names(&both);
    found.sort_unstable();
    assert_eq!(found, ["Contains", "ContainsInput", "Differs", "DiffersInput", "Same"]);
    let operation = &mut both["paths"]["/x"]["post"];
    assert_eq!(
        operation["requestBody"]["content"]["application/json"]["schema"],
        json!({ "$ref": "#/components/schemas/ContainsInput" })
    );
    let schemas = &both["components"]["schemas"];
    assert_eq!(schemas["ContainsInput"]["properties"]["inner"]["$ref"], "#/components/schemas/DiffersInput");
    assert_eq!(schemas["ContainsInput"]["properties"]["same"]["$ref"], "#/components/schemas/Same");
    assert_eq!(schemas["DiffersInput"]["required"], Value::Null);
    assert_eq!(schemas["Differs"]["required"], json!(["tags"]));
}

mod other {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(crate) struct Same {
        pub(crate) text: String,
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct DiffersInput {
    taken: u32,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Pair<{A},{B}>")]
struct Pair<A, B> {
    first: A,
    second: B,
}

#[test]
fn each_type_has_a_valid_unique_name() {
    assert_eq!(names(&described::<other::Same, Same>()).len(), 2);
    let document = described::<Pair<Differs, DiffersInput>, Pair<Differs, DiffersInput>>();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut found = names(&document);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "Differs",
            "DiffersInput",
            "DiffersInput2",
            "Pair_Differs_DiffersInput_",
            "Pair_Differs_DiffersInput_Input"
        ]
    );
    let read = &schemas["Pair_Differs_DiffersInput_Input"]["properties"];
    assert_eq!(read["first"]["$ref"], "#/components/schemas/DiffersInput2");
    assert_eq!(schemas["DiffersInput2"]["properties"]["tags"]["type"], "array");
}

/// A type that only a query has, with the name of one that only a response has.
#[test]
fn types_of_queries_count_among_the_names() {
    mod first {
        #[derive(serde::Deserialize, schemars::JsonSchema)]
        pub(crate) enum Kind {
            A,
        }
    }
    mod second {
        #[derive(serde::Serialize, schemars::JsonSchema)]
        pub(crate) struct Kind {
            pub(crate) properties: Settings,
        }

        #[derive(serde::Serialize, schemars::JsonSchema)]
        pub(crate) struct Settings {
            pub(crate) default: u32,
        }
    }
    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code)] // for its schema
    struct Filter {
        kind: first::Kind,
    }
    async fn list(_: ApiRequest, res: ApiResponse<second::Kind>) -> Result {
        res.json(&second::Kind { properties: second::Settings { default: 1 } })
    }
    let route = methods().get(list.describe().query::<Filter>().header("x-a", "a"));
    let document = document(&ApiRouter::new().route("/x", route.header("x-a", "b")));
    let mut found = names(&document);
    found.sort_unstable();
    assert_eq!(found, ["Kind", "Kind2", "Settings"]);
    assert_eq!(document["components"]["schemas"]["Settings"]["required"], json!(["default"]));
    let parameters = document["paths"]["/x"]["get"]["parameters"].as_array().unwrap();
    assert_eq!(parameters.len(), 2, "{parameters:?}");
    assert_eq!(parameters[0]["schema"]["$ref"], "#/components/schemas/Kind");
}

#[test]
fn two_types_of_one_name_are_refused() {
    fn one() -> tower_api_routes::Methods {
        #[derive(Serialize, JsonSchema)]
        struct Local {
            text: String,
        }
        async fn handler(_: ApiRequest, res: ApiResponse<Local>) -> Result {
            res.json(&Local { text: String::new() })
        }
        methods().get(handler.describe())
    }
    fn two() -> tower_api_routes::Methods {
        #[derive(Serialize, JsonSchema)]
        struct Local {
            number: u32,
        }
        async fn handler(_: ApiRequest, res: ApiResponse<Local>) -> Result {
            res.json(&Local { number: 1 })
        }
        methods().get(handler.describe())
    }
    let message = super::panic(|| drop(document(&ApiRouter::new().route("/a", one()).route("/b", two()))));
    assert!(message.contains("one::Local` and `") && message.contains("rename"), "{message}");
    document(&ApiRouter::new().route("/a", one()).route("/b", one()));
}

#[derive(Serialize, Deserialize, JsonSchema)]
enum External {
    Unit,
    New(u32),
    Fields { text: String },
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Plain {
    A,
    B,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)] // for its schema
struct Flat {
    a: u32,
    b: Option<String>,
    c: Vec<Plain>,
    d: Plain,
    e: Option<Plain>,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)] // for its schema
struct Nested<T> {
    a: T,
}

#[test]
fn openapi_offers_forms_for_flat_types() {
    let offered = |document: Value| {
        let content = &document["paths"]["/x"]["post"]["requestBody"]["content"];
        content
            .as_object()
            .unwrap()
            .keys()
            .map(|media| media.split_once('/').unwrap().1.to_owned())
            .collect::<Vec<_>>()
    };
    let form = ["json", "x-www-form-urlencoded"];
    assert_eq!(offered(described::<Flat, u32>()), form);
    assert_eq!(offered(described::<Option<Flat>, u32>()), form);
    assert_eq!(offered(described::<String, u32>()), ["json", "plain"]);
    assert_eq!(offered(described::<Nested<Option<u32>>, u32>()), form);
    assert_eq!(offered(described::<Nested<Same>, u32>()), ["json"]);
    assert_eq!(offered(described::<Nested<Option<Same>>, u32>()), ["json"]);
    assert_eq!(offered(described::<Nested<Value>, u32>()), ["json"]);
    assert_eq!(offered(described::<Vec<Flat>, u32>()), ["json"]);
    assert_eq!(offered(described::<External, u32>()), ["json"]);
}

#[test]
fn bodies_that_are_read_have_no_defaults() {
    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code)] // for its schema
    enum Choice {
        Fields {
            #[serde(default)]
            tags: Vec<String>,
        },
        Both(Vec<Differs>),
    }
    for (what, document) in [
        ("a struct", described::<Differs, u32>()),
        ("a field", described::<Pair<Differs, Vec<Differs>>, u32>()),
        ("an alternative", described::<Choice, u32>()),
    ] {
        let schemas = document["components"]["schemas"].to_string();
        assert!(schemas.contains("\"tags\"") && !schemas.contains("\"default\""), "{what}: {schemas}");
    }
}

#[test]
fn an_operation_has_the_errors_of_its_body() {
    async fn handler<B>(_: ApiRequest<B>, res: ApiResponse<u32>) -> Result {
        res.json(&1)
    }
    let cases = [
        ("none", methods().get(handler::<ParsedBody>.describe()), "200 400 500"),
        ("parsed", methods().post(handler::<ParsedBody>.describe()), "200 400 413 415 500"),
        ("typed", methods().post(handler::<Flat>.describe()), "200 400 413 415 422 500"),
        ("bytes", methods().post(handler::<RawBody>.describe()), "200 400 413 500"),
        ("a stream", methods().post(handler::<Body>.describe()), "200 400 500"),
    ];
    for (what, route, expected) in cases {
        let document = document(&ApiRouter::new().route("/x", route));
        let operation = document["paths"]["/x"].as_object().unwrap().values().next().unwrap();
        let mut statuses: Vec<_> = operation["responses"].as_object().unwrap().keys().cloned().collect();
        statuses.sort();
        assert_eq!(statuses.join(" "), expected, "{what}");
    }
}

#[test]
fn get_and_head_describe_no_request_body() {
    async fn handler(_: ApiRequest<Flat>, res: ApiResponse<u32>) -> Result {
        res.json(&1)
    }
    let any = || handler.describe();
    let methods = methods().get(any()).head(any()).post(any()).put(any()).patch(any());
    let document = document(&ApiRouter::new().route("/x", methods.delete(any()).options(any())));
    let operations = document["paths"]["/x"].as_object().unwrap();
    assert_eq!(operations.len(), 7);
    for (method, operation) in operations {
        let responses = &operation["responses"];
        let found = (operation["requestBody"].is_object(), responses["422"].is_object());
        let has_body = !["get", "head"].contains(&method.as_str());
        assert_eq!(found, (has_body, has_body), "{method}: {operation}");
    }
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)] // for its schema
struct Inner {
    size: Option<u8>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "lowercase")]
#[allow(dead_code)] // for its schema
enum Order {
    Date { newest: bool },
    Name,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)] // for its schema
struct Search {
    q: String,
    kind: Option<Plain>,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    order: Order,
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Position {
    x: u8,
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Event {
    Moved(Position),
    Closed,
}

#[test]
fn a_tag_stands_beside_no_reference() {
    let document = described::<Event, Event>();
    let moved = &document["components"]["schemas"]["Event"]["oneOf"][0];
    let tag = json!({
        "type": "object",
        "properties": { "type": { "type": "string", "const": "moved" } },
        "required": ["type"],
    });
    assert_eq!(*moved, json!({ "allOf": [{ "$ref": "#/components/schemas/Position" }, tag] }));
}

#[test]
fn a_query_has_the_tag_of_a_variant() {
    async fn search(_: ApiRequest, res: ApiResponse<u32>) -> Result {
        res.json(&1)
    }
    let route = methods().get(search.describe().query::<Event>());
    let document = self::document(&ApiRouter::new().route("/x", route));
    let parameters = document["paths"]["/x"]["get"]["parameters"].as_array().unwrap();
    let mut found: Vec<_> =
        parameters.iter().map(|known| (known["name"].as_str().unwrap(), &known["required"])).collect();
    found.sort_by_key(|(name, _)| *name);
    assert_eq!(found, [("type", &json!(true)), ("x", &json!(false))]);
    let tags = &parameters.iter().find(|known| known["name"] == "type").unwrap()["schema"]["anyOf"];
    assert_eq!(tags.as_array().map(Vec::len), Some(2), "{tags}");
}

#[test]
fn a_query_has_the_fields_of_flattened_types() {
    async fn search(_: ApiRequest, res: ApiResponse<u32>) -> Result {
        res.json(&1)
    }
    let route = methods().get(search.describe().query::<Search>());
    let document = document(&ApiRouter::new().route("/x", route));
    let parameters = document["paths"]["/x"]["get"]["parameters"].as_array().unwrap();
    let mut found: Vec<_> = parameters
        .iter()
        .map(|known| (known["name"].as_str().unwrap(), known["required"] == true, &known["schema"]))
        .collect();
    found.sort_by_key(|(name, ..)| *name);
    let kind = json!({ "$ref": "#/components/schemas/Plain" });
    let expected = json!([
        ["*", false, { "type": "object", "additionalProperties": { "type": "string" } }],
        ["by", true, { "anyOf": [{ "type": "string", "const": "date" }, { "type": "string", "const": "name" }] }],
        ["kind", false, kind],
        ["newest", false, { "type": "boolean" }],
        ["q", true, { "type": "string" }],
        ["size", false, { "type": "integer", "format": "uint8", "minimum": 0, "maximum": 255 }],
    ]);
    assert_eq!(json!(found), expected);
}

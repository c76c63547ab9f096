//! Schemas and serde agree: what serde writes validates, and what validates is read.

#![allow(clippy::option_option)] // absent, `null` and a value: what these tests are about

use chrono::{DateTime, NaiveDate, Utc};
use jsonschema::Validator;
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::time::{Duration, SystemTime};
use tower_api_routes::openapi::Info;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, DescribeExt as _, JsDate, OptionalJsDate, Result, methods,
};
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
enum External {
    Unit,
    New(u32),
    Pair(bool, String),
    Fields { text: String, more: Option<i64> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Internal {
    Unit,
    New(Inner),
    SomeFields { text: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    New(u64),
    Fields { text: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Number(i32),
    Text(String),
    Fields { flag: bool },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Inner {
    size: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Page<T> {
    items: Vec<T>,
    next: Option<Box<Page<T>>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Fields {
    big_number: u64,
    letter: char,
    ratio: f64,
    pair: (u8, String),
    #[serde(flatten)]
    inner: Inner,
    by_name: HashMap<String, i16>,
    by_number: BTreeMap<u64, bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(default = "seven")]
    with_default: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    maybe: Option<String>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    patch: Option<Option<u32>>,
    anything: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Dates {
    id: Uuid,
    day: NaiveDate,
    at: DateTime<Utc>,
    #[serde(with = "JsDate")]
    chrono: DateTime<Utc>,
    #[serde(with = "JsDate")]
    time: time::OffsetDateTime,
    #[serde(with = "JsDate")]
    jiff: jiff::Timestamp,
    #[serde(with = "OptionalJsDate", default)]
    maybe: Option<DateTime<Utc>>,
}

fn seven() -> u32 {
    7
}

/// `null` is `Some(None)`, and a missing field is `None`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Option<u32>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn inner() -> impl Strategy<Value = Inner> {
    any::<Option<u8>>().prop_map(|size| Inner { size })
}

fn external() -> impl Strategy<Value = External> {
    prop_oneof![
        Just(External::Unit),
        any::<u32>().prop_map(External::New),
        (any::<bool>(), ".{0,3}").prop_map(|(flag, text)| External::Pair(flag, text)),
        (".{0,3}", any::<Option<i64>>()).prop_map(|(text, more)| External::Fields { text, more }),
    ]
}

fn internal() -> impl Strategy<Value = Internal> {
    prop_oneof![
        Just(Internal::Unit),
        inner().prop_map(Internal::New),
        ".{0,3}".prop_map(|text| Internal::SomeFields { text }),
    ]
}

fn adjacent() -> impl Strategy<Value = Adjacent> {
    prop_oneof![
        Just(Adjacent::Unit),
        any::<u64>().prop_map(Adjacent::New),
        ".{0,3}".prop_map(|text| Adjacent::Fields { text }),
    ]
}

fn untagged() -> impl Strategy<Value = Untagged> {
    prop_oneof![
        any::<i32>().prop_map(Untagged::Number),
        ".{0,3}".prop_map(Untagged::Text),
        any::<bool>().prop_map(|flag| Untagged::Fields { flag }),
    ]
}

fn page() -> impl Strategy<Value = Page<Untagged>> {
    let leaf = prop::collection::vec(untagged(), 0..3).prop_map(|items| Page { items, next: None });
    leaf.prop_recursive(3, 8, 1, |inner| {
        (prop::collection::vec(untagged(), 0..3), inner)
            .prop_map(|(items, next)| Page { items, next: Some(Box::new(next)) })
    })
}

fn fields() -> impl Strategy<Value = Fields> {
    let maps = (
        prop::collection::hash_map("[a-z]{1,3}", any::<i16>(), 0..3),
        prop::collection::btree_map(any::<u64>(), any::<bool>(), 0..3),
    );
    let optional =
        (prop::collection::vec(".{0,2}", 0..2), any::<Option<String>>(), any::<Option<Option<u32>>>());
    let plain = (any::<u64>(), any::<char>(), -1e9..1e9_f64, any::<(u8, String)>(), inner(), any::<u32>());
    (plain, maps, optional).prop_map(|(plain, (by_name, by_number), (tags, maybe, patch))| {
        let (big_number, letter, ratio, pair, inner, with_default) = plain;
        let anything = json!([null, ratio]);
        Fields {
            big_number,
            letter,
            ratio,
            pair,
            inner,
            by_name,
            by_number,
            tags,
            with_default,
            maybe,
            patch,
            anything,
        }
    })
}

fn dates() -> impl Strategy<Value = Dates> {
    // From the year 1 to the last one of jiff; JavaScript has no finer part than a millisecond.
    let milliseconds = || -62_135_596_800_000..253_402_207_200_000_i64;
    (any::<u128>(), milliseconds(), milliseconds(), any::<bool>()).prop_map(|(id, one, two, there)| {
        let chrono = DateTime::from_timestamp_millis(two).unwrap();
        Dates {
            id: Uuid::from_u128(id),
            day: chrono.date_naive(),
            at: DateTime::from_timestamp_millis(one).unwrap(),
            chrono,
            time: time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(one) * 1_000_000).unwrap(),
            jiff: jiff::Timestamp::from_millisecond(one).unwrap(),
            maybe: there.then_some(chrono),
        }
    })
}

/// The schemas of a type that is read and written.
struct Schemas {
    read: Validator,
    written: Validator,
}

impl Schemas {
    fn of<T: Serialize + DeserializeOwned + JsonSchema + Send + 'static>() -> Self {
        async fn handler<T: Serialize>(_: ApiRequest<T>, res: ApiResponse<T>) -> Result {
            res.end()
        }
        let api = ApiRouter::new().route("/x", methods().post(handler::<T>.describe()));
        let document = api.openapi(Info::new("Test", "1")).into_value();
        let operation = &document["paths"]["/x"]["post"];
        let validator = |place: &Value| {
            let mut schema = place["content"]["application/json"]["schema"].clone();
            schema["components"] = document["components"].clone();
            jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
        };
        Self {
            read: validator(&operation["requestBody"]),
            written: validator(&operation["responses"]["200"]),
        }
    }
}

/// Another value in the place of one, or none.
#[derive(Clone, Debug)]
enum Change {
    Remove,
    Replace(Value),
    Add,
}

fn change() -> impl Strategy<Value = Change> {
    let values = [
        json!(null),
        json!(true),
        json!(3),
        json!(-3),
        json!(300),
        json!(1.5),
        json!(""),
        json!("ab"),
        json!("type"),
        json!([]),
        json!([1, "a"]),
        json!({}),
        json!({ "size": 2 }),
        json!({ "flag": true }),
        json!("2025-01-31"),
        json!("2025-01-31T08:05:00Z"),
        json!("2025-01-31T08:05:00.5+01:00"),
        json!("Unit"),
    ];
    let replace = prop::sample::select(values.to_vec()).prop_map(Change::Replace);
    prop_oneof![Just(Change::Remove), replace, Just(Change::Add)]
}

/// Changes one of the values in a value: the one with this number.
fn changed(value: &mut Value, number: &mut usize, change: &Change) {
    let at = |number: &mut usize| {
        *number = number.wrapping_sub(1);
        *number == usize::MAX
    };
    match (&mut *value, change) {
        (Value::Object(fields), _) => {
            if let (true, Change::Add) = (at(number), change) {
                fields.insert("added".to_owned(), json!(1));
            }
            let old: Map<String, Value> = std::mem::take(fields);
            for (name, mut field) in old {
                if at(number) {
                    match change {
                        Change::Remove => continue,
                        Change::Replace(new) => field = new.clone(),
                        Change::Add => {}
                    }
                } else {
                    changed(&mut field, number, change);
                }
                fields.insert(name, field);
            }
        }
        (Value::Array(values), _) => values.iter_mut().for_each(|value| changed(value, number, change)),
        (value, Change::Replace(new)) if at(number) => {
            *value = new.clone();
        }
        _ => {}
    }
}

fn holds<T>(schemas: &Schemas, value: &T, changes: &[(usize, Change)])
where
    T: Debug + PartialEq + Serialize + DeserializeOwned,
{
    let mut json = serde_json::to_value(value).unwrap();
    if let Err(error) = schemas.written.validate(&json) {
        panic!("{json} is written, and does not validate: {error}");
    }
    assert!(schemas.read.is_valid(&json), "{json}");
    assert_eq!(serde_json::from_value::<T>(json.clone()).unwrap(), *value, "{json}");
    for (number, change) in changes {
        let mut number = number % 24;
        changed(&mut json, &mut number, change);
        // A unit variant takes no content, and the schema does not say so: see the guide.
        let is_known = json["t"] == "Unit" && json.get("c").is_some_and(|content| !content.is_null());
        if schemas.read.is_valid(&json)
            && !is_known
            && let Err(error) = serde_json::from_str::<T>(&json.to_string())
        {
            panic!("{json} validates, and is not read: {error}");
        }
    }
}

macro_rules! properties {
    ($($name:ident $type:ty, $strategy:expr;)*) => {$(
        #[test]
        fn $name() {
            let schemas = Schemas::of::<$type>();
            let changes = prop::collection::vec((any::<usize>(), change()), 0..3);
            let mut runner = proptest::test_runner::TestRunner::default();
            runner
                .run(&($strategy, changes), |(value, changes)| {
                    holds(&schemas, &value, &changes);
                    Ok(())
                })
                .unwrap();
        }
    )*};
}
properties! {
    externally_tagged_enums_keep_to_their_schema External, external();
    internally_tagged_enums_keep_to_their_schema Internal, internal();
    adjacently_tagged_enums_keep_to_their_schema Adjacent, adjacent();
    untagged_enums_keep_to_their_schema Untagged, untagged();
    generic_and_recursive_types_keep_to_their_schema Page<Untagged>, page();
    structs_keep_to_their_schema Fields, fields();
    dates_keep_to_their_schema Dates, dates();
}

/// What `new Date(..).toJSON()` writes, by every crate of dates.
#[test]
fn dates_are_written_as_in_javascript() {
    let cases = [
        (1_738_310_700_000, "2025-01-31T08:05:00.000Z"),
        (1_738_310_700_120, "2025-01-31T08:05:00.120Z"),
        (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        (253_402_207_200_000, "9999-12-30T22:00:00.000Z"),
    ];
    for (milliseconds, text) in cases {
        let json = || serde_json::value::Serializer;
        let chrono = DateTime::<Utc>::from_timestamp_millis(milliseconds).unwrap();
        let jiff = jiff::Timestamp::from_millisecond(milliseconds).unwrap();
        let time =
            time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000).unwrap();
        let since = Duration::from_millis(milliseconds.unsigned_abs());
        let std =
            if milliseconds < 0 { SystemTime::UNIX_EPOCH - since } else { SystemTime::UNIX_EPOCH + since };
        let found = [
            JsDate::serialize(&chrono, json()).unwrap(),
            JsDate::serialize(&jiff, json()).unwrap(),
            JsDate::serialize(&time, json()).unwrap(),
            JsDate::serialize(&std, json()).unwrap(),
        ];
        assert_eq!(found, [text; 4]);
        assert_eq!(JsDate::deserialize::<DateTime<Utc>, _>(json!(text)).unwrap(), chrono);
        assert_eq!(JsDate::deserialize::<jiff::Timestamp, _>(json!(text)).unwrap(), jiff);
        assert_eq!(JsDate::deserialize::<time::OffsetDateTime, _>(json!(text)).unwrap(), time);
        assert_eq!(JsDate::deserialize::<SystemTime, _>(json!(text)).unwrap(), std);
    }
}

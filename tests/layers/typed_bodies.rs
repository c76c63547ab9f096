//! Typed bodies: what a body that does not fit is called, and that a parser further out changes nothing about it.

use crate::common::{call, post, read};
use http::Request;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::{Debug, Display};
use std::str::FromStr;
use tower::{Layer as _, ServiceBuilder};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyParserLayer, HandlerExt as _, ParsedBody, Result,
};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

async fn show<T: Debug + DeserializeOwned + Send + 'static>(req: ApiRequest<T>, res: ApiResponse) -> Result {
    res.send(format!("{:?}", req.body()))
}

/// Sends a body to a handler alone, behind a parser, and behind two: the same, but for the words of serde's.
async fn respond<T: Debug + DeserializeOwned + Send + 'static>(
    content_type: &str,
    body: &'static str,
) -> (u16, String) {
    let straight = read(call(show::<T>.into_service(), post(content_type, Body::from(body))).await).await;
    let layered = BodyParserLayer::new().layer(show::<T>.into_service());
    let twice = BodyParserLayer::new().layer(layered.clone());
    let in_router = ApiRouter::new().route("/", BodyParserLayer::new().layer(show::<T>.into_service()));
    assert_eq!(read(call(layered, post(content_type, Body::from(body))).await).await, straight, "{body}");
    assert_eq!(read(call(twice, post(content_type, Body::from(body))).await).await, straight, "{body}");
    assert_eq!(read(call(in_router, post(content_type, Body::from(body))).await).await, straight, "{body}");
    straight
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)] // read by `Debug`
struct Of<T> {
    v: T,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sort {
    Up,
    Down,
}

#[tokio::test]
async fn mistyped_json_is_422_with_field() {
    macro_rules! cases {
        ($($type:ty: $($body:literal => $status:literal $text:literal),+;)*) => {$($(
            let (status, text) = respond::<$type>(JSON, $body).await;
            assert_eq!((status, &*text), ($status, $text), "{} as {}", $body, stringify!($type));
        )+)*};
    }
    cases! {
        Of<Sort>:
            r#"{"v":"up"}"# => 200 "Of { v: Up }",
            r#"{"v":1}"# => 422 "Invalid body: v: invalid type: integer `1`, expected string or map",
            r#"{"v":[]}"# => 422 "Invalid body: v: invalid type: sequence, expected string or map",
            r#"{"v":{}}"# => 422 "Invalid body: v: invalid value: map, expected map with a single key",
            r#"{"v":{"up":null,"down":null}}"# => 422 "Invalid body: v: invalid value: map, expected map with a single key",
            r#"{"v":"sideways"}"# => 422 "Invalid body: v: unknown variant `sideways`, expected `up` or `down` at line 1 column 15",
            r#"{"v":1,}"# => 400 "Invalid JSON",
            r#"{"v":1"# => 400 "Invalid JSON";
        Of<[f64; 2]>:
            r#"{"v":[1,2]}"# => 200 "Of { v: [1.0, 2.0] }",
            r#"{"v":[1,2,3]}"# => 422 "Invalid body: v: invalid length 3, expected fewer elements in array",
            r#"{"v":[1]}"# => 422 "Invalid body: v: invalid length 1, expected an array of length 2 at line 1 column 8";
        Vec<(f64, f64)>:
            "[[1,2],[3,4,5]]" => 422 "Invalid body: [1]: invalid length 3, expected fewer elements in array",
            "[[1,2],[3,4,5]" => 400 "Invalid JSON";
        HashMap<u32, u32>:
            r#"{"1":2}"# => 200 "{1: 2}",
            r#"{"a":1}"# => 422 "Invalid body: invalid value: expected key to be a number in quotes";
        Of<HashMap<u32, u32>>:
            r#"{"v":{"a":1}}"# => 422 "Invalid body: v.?: invalid value: expected key to be a number in quotes";
        Of<f32>:
            r#"{"v":1e38}"# => 200 "Of { v: 1e38 }",
            r#"{"v":1e39}"# => 422 "Invalid body: v: number out of range at line 1 column 9";
        Of<i128>:
            r#"{"v":170141183460469231731687303715884105727}"# => 200 "Of { v: 170141183460469231731687303715884105727 }",
            r#"{"v":170141183460469231731687303715884105728}"# => 422 "Invalid body: v: invalid type: floating point `1.7014118346046923e+38`, expected i128";
        Of<u64>:
            r#"{"v":18446744073709551616}"# => 422 "Invalid body: v: invalid type: floating point `1.8446744073709552e+19`, expected u64 at line 1 column 25",
            r#"{"v":1,"v":2}"# => 422 "Invalid body: duplicate field `v` at line 1 column 10",
            r#"{"v":1,"v":2"# => 400 "Invalid JSON";
        Of<char>:
            r#"{"v":"ab"}"# => 422 "Invalid body: v: invalid value: string \"ab\", expected a character at line 1 column 9";
        Of<()>:
            r#"{"v":0}"# => 422 "Invalid body: v: invalid type: integer `0`, expected unit at line 1 column 6";
        Of<Value>:
            r#"{"v":1e999}"# => 400 "Invalid JSON";
    }
}

/// What a service between the parser and the handler has changed is what counts.
#[tokio::test]
async fn changed_layer_value_counts() {
    let service = |v: Value| {
        ServiceBuilder::new()
            .layer(BodyParserLayer::new())
            .map_request(move |mut request: Request<Body>| {
                if let Some(ParsedBody::Json(value)) = request.extensions_mut().get_mut() {
                    std::sync::Arc::make_mut(value)["v"] = v.clone();
                }
                request
            })
            .service(show::<Of<f32>>.into_service())
    };
    let cases = [
        (Value::from(2), 200, "Of { v: 2.0 }"),
        (Value::from(1e39), 422, "Invalid body: v: number out of range at line 1 column 10"),
        (Value::from("x"), 422, "Invalid body: v: invalid type: string \"x\", expected f32"),
    ];
    for (v, status, text) in cases {
        let response = read(call(service(v.clone()), post(JSON, Body::from(r#"{"v":1}"#))).await).await;
        assert_eq!(response, (status, text.into()), "{v}");
    }
}

#[tokio::test]
async fn an_option_is_none_for_every_empty_body() {
    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Newtype(Option<Of<u8>>);
    for content_type in [JSON, FORM, "application/ld+json", "text/plain", "nonsense"] {
        assert_eq!(respond::<Option<Of<u8>>>(content_type, "").await, (200, "None".into()), "{content_type}");
        assert_eq!(respond::<Option<String>>(content_type, "").await, (200, "None".into()), "{content_type}");
        assert_eq!(respond::<Option<Value>>(content_type, "").await, (200, "None".into()), "{content_type}");
        assert_eq!(
            respond::<Newtype>(content_type, "").await,
            (200, "Newtype(None)".into()),
            "{content_type}"
        );
        assert_eq!(respond::<()>(content_type, "").await, (200, "()".into()), "{content_type}");
    }
    assert_eq!(respond::<Value>(JSON, "").await, (200, "Object {}".into()), "as in Next.js");
    assert_eq!(respond::<Option<Of<u8>>>(JSON, "null").await, (200, "None".into()));
    assert_eq!(respond::<Option<Of<u8>>>(JSON, r#"{"v":1}"#).await, (200, "Some(Of { v: 1 })".into()));
    assert_eq!(respond::<Option<Of<u8>>>(FORM, "v=1").await, (200, "Some(Of { v: 1 })".into()));
    assert_eq!(respond::<Newtype>(FORM, "v=1").await, (200, "Newtype(Some(Of { v: 1 }))".into()));
    assert_eq!(respond::<Option<String>>("text/plain", "x").await, (200, "Some(\"x\")".into()));
    let (status, text) = respond::<Option<Of<u8>>>(FORM, "v=x").await;
    assert_eq!(
        (status, &*text),
        (422, "Invalid body: v: `x` is not a number: invalid digit found in string")
    );
    assert_eq!(respond::<Option<Of<u8>>>("text/plain", "x").await.0, 415);
}

/// A value as it is, or as the text of one: the documented way for flattened and tagged types.
fn or_text<'de, D, T>(deserializer: D) -> std::result::Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + FromStr<Err: Display>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either<'a, T> {
        Value(T),
        Text(Cow<'a, str>),
    }
    match Either::deserialize(deserializer)? {
        Either::Value(value) => Ok(value),
        Either::Text(text) => text.parse().map_err(D::Error::custom),
    }
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct List {
    #[serde(deserialize_with = "or_text")]
    page: u32,
    #[serde(deserialize_with = "or_text")]
    all: bool,
    title: String,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Flattened {
    limit: u8,
    #[serde(flatten)]
    page: List,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Tagged {
    Page(List),
}

#[tokio::test]
async fn flattened_numbers_come_from_text() {
    async fn query<T: Debug + DeserializeOwned>(req: ApiRequest, res: ApiResponse) -> Result {
        res.send(format!("{:?}", req.query_as::<T>()?))
    }
    let flattened = "Flattened { limit: 3, page: List { page: 2, all: true, title: \"2024\" } }";
    let tagged = "Page(List { page: 2, all: true, title: \"2024\" })";
    let text = "limit=3&page=2&all=true&title=2024";
    let get = |query| Request::get(format!("/?{query}")).body(Body::empty()).unwrap();
    let api = ApiRouter::new().route("/", query::<Flattened>);
    assert_eq!(read(call(api, get(text)).await).await, (200, flattened.into()));
    let api = ApiRouter::new().route("/", query::<Tagged>);
    assert_eq!(
        read(call(api, get("kind=page&page=2&all=true&title=2024")).await).await,
        (200, tagged.into())
    );
    assert_eq!(respond::<Flattened>(FORM, text).await, (200, flattened.into()));
    assert_eq!(respond::<Tagged>(FORM, "kind=page&page=2&all=true&title=2024").await, (200, tagged.into()));
    let json = r#"{"limit":3,"page":2,"all":true,"title":"2024","kind":"page"}"#;
    assert_eq!(respond::<Flattened>(JSON, json).await, (200, flattened.into()));
    assert_eq!(respond::<Tagged>(JSON, json).await, (200, tagged.into()));
    assert_eq!(respond::<Flattened>(FORM, "limit=3&page=x&all=true&title=a").await.0, 422);
}

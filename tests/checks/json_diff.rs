//! The differences of two JSON values, by a second reading that knows no paths.

use super::Data;
use bytes::Bytes;
use http::Response;
use serde_json::{Map, Number, Value};
use tower_api_routes::shadow::{Comparison, Difference};

const KEYS: [&str; 7] = ["a", "b", "", "a b", "0", "\u{e9}", "a\"]["];
const MOST: usize = 100;

fn value(data: &mut Data<'_>, depth: usize) -> Value {
    match data.below(if depth == 0 { 6 } else { 9 }) {
        0 => Value::Null,
        1 => Value::Bool(data.below(2) == 0),
        2 => Value::from(data.byte()),
        3 => Number::from_f64(f64::from(data.byte()) / 2.0).map_or(Value::Null, Value::Number),
        4 => Value::from(u64::MAX - u64::from(data.byte())),
        5 => Value::from(data.pick(&KEYS)),
        6 => (0..data.below(5)).map(|_| value(data, depth - 1)).collect(),
        _ => {
            let object: Map<_, _> =
                (0..data.below(5)).map(|_| (data.pick(&KEYS).to_owned(), value(data, depth - 1))).collect();
            Value::Object(object)
        }
    }
}

/// The same value with something else in a place, or in none.
fn changed(data: &mut Data<'_>, from: &Value) -> Value {
    match (from, data.below(4)) {
        (_, 0) => value(data, 1),
        (Value::Array(values), _) if !values.is_empty() => {
            let (at, mut values) = (data.below(values.len()), values.clone());
            values[at] = changed(data, &values[at]);
            Value::Array(values)
        }
        (Value::Object(object), _) if !object.is_empty() => {
            let (at, mut object) = (data.below(object.len()), object.clone());
            if let Some(value) = object.values_mut().nth(at) {
                *value = changed(data, value);
            }
            Value::Object(object)
        }
        _ => from.clone(),
    }
}

/// The number of values in which two differ.
#[allow(clippy::float_cmp)] // equal is what is asked
fn differences(ours: &Value, shadow: &Value) -> usize {
    match (ours, shadow) {
        (Value::Number(ours), Value::Number(shadow)) => {
            let same = match (ours.as_u64(), shadow.as_u64()) {
                (Some(ours), Some(shadow)) => ours == shadow,
                _ => ours.as_f64() == shadow.as_f64(),
            };
            usize::from(!same)
        }
        (Value::Array(ours), Value::Array(shadow)) => {
            let missing = ours.len().abs_diff(shadow.len());
            ours.iter().zip(shadow).map(|(ours, shadow)| differences(ours, shadow)).sum::<usize>() + missing
        }
        (Value::Object(ours), Value::Object(shadow)) => {
            let only_shadow = shadow.keys().filter(|key| !ours.contains_key(*key)).count();
            let of_ours =
                ours.iter().map(|(key, ours)| shadow.get(key).map_or(1, |shadow| differences(ours, shadow)));
            of_ours.sum::<usize>() + only_shadow
        }
        (ours, shadow) => usize::from(ours != shadow),
    }
}

fn compare(ours: &Value, shadow: &Value) -> Vec<(String, Option<Value>, Option<Value>)> {
    let response = |value: &Value| {
        let response = Response::builder().header("content-type", "application/json");
        response.body(Bytes::from(value.to_string())).expect("a response")
    };
    let compared = Comparison::new().compare(&response(ours), &response(shadow));
    assert!(compared.body_compared);
    let json = compared.differences.into_iter().map(|difference| match difference {
        Difference::Json { path, ours, shadow } => (path, ours, shadow),
        other => panic!("{other}"),
    });
    json.collect()
}

pub(crate) fn check(bytes: &[u8]) {
    let mut data = Data::new(bytes);
    let ours = value(&mut data, 4);
    let shadow = if data.below(4) == 0 { value(&mut data, 4) } else { changed(&mut data, &ours) };
    let found = compare(&ours, &shadow);
    assert_eq!(found.len(), differences(&ours, &shadow).min(MOST), "{ours} {shadow}");
    assert_eq!(compare(&ours, &ours), []);
    // Each place is told once, and what it has is not what the other has.
    let mut paths: Vec<_> = found.iter().map(|(path, ..)| path.clone()).collect();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), found.len(), "{ours} {shadow}");
    for (path, ours, shadow) in &found {
        assert!(ours != shadow && path.starts_with('$'), "{path}");
    }
    if found.len() < MOST {
        // From the other side the same.
        let mut other: Vec<_> =
            compare(&shadow, &ours).into_iter().map(|(path, shadow, ours)| (path, ours, shadow)).collect();
        let mut found = found;
        found.sort_by(|a, b| a.0.cmp(&b.0));
        other.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(found, other, "{ours} {shadow}");
    }
}

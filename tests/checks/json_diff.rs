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
fn differences(old: &Value, new: &Value) -> usize {
    match (old, new) {
        (Value::Number(old), Value::Number(new)) => {
            let same = match (old.as_u64(), new.as_u64()) {
                (Some(old), Some(new)) => old == new,
                _ => old.as_f64() == new.as_f64(),
            };
            usize::from(!same)
        }
        (Value::Array(old), Value::Array(new)) => {
            let missing = old.len().abs_diff(new.len());
            old.iter().zip(new).map(|(old, new)| differences(old, new)).sum::<usize>() + missing
        }
        (Value::Object(old), Value::Object(new)) => {
            let only_new = new.keys().filter(|key| !old.contains_key(*key)).count();
            let of_old = old.iter().map(|(key, old)| new.get(key).map_or(1, |new| differences(old, new)));
            of_old.sum::<usize>() + only_new
        }
        (old, new) => usize::from(old != new),
    }
}

fn compare(old: &Value, new: &Value) -> Vec<(String, Option<Value>, Option<Value>)> {
    let response = |value: &Value| {
        let response = Response::builder().header("content-type", "application/json");
        response.body(Bytes::from(value.to_string())).expect("a response")
    };
    let compared = Comparison::new().compare(&response(old), &response(new));
    assert!(compared.body_compared);
    let json = compared.differences.into_iter().map(|difference| match difference {
        Difference::Json { path, old, new } => (path, old, new),
        other => panic!("{other}"),
    });
    json.collect()
}

pub(crate) fn check(bytes: &[u8]) {
    let mut data = Data::new(bytes);
    let old = value(&mut data, 4);
    let new = if data.below(4) == 0 { value(&mut data, 4) } else { changed(&mut data, &old) };
    let found = compare(&old, &new);
    assert_eq!(found.len(), differences(&old, &new).min(MOST), "{old} {new}");
    assert_eq!(compare(&old, &old), []);
    // Each place is told once, and what it has is not what the other has.
    let mut paths: Vec<_> = found.iter().map(|(path, ..)| path.clone()).collect();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), found.len(), "{old} {new}");
    for (path, old, new) in &found {
        assert!(old != new && path.starts_with('$'), "{path}");
    }
    if found.len() < MOST {
        // From the other side the same.
        let mut other: Vec<_> =
            compare(&new, &old).into_iter().map(|(path, new, old)| (path, old, new)).collect();
        let mut found = found;
        found.sort_by(|a, b| a.0.cmp(&b.0));
        other.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(found, other, "{old} {new}");
    }
}

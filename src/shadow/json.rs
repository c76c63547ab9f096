//! Compares JSON by value.

use super::order::Keys;
use super::path::Path;
use super::{Difference, Form};
use cookie::time::OffsetDateTime;
use cookie::time::format_description::well_known::Rfc3339;
use serde_json::{Number, Value};
use std::collections::HashMap;
use std::fmt::Write as _;

/// The largest number of differences, and of forms, that a comparison collects.
const MAX_FOUND: usize = 100;

/// The paths with rules of their own, with `[*]` for any index.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    /// Values that are not compared.
    pub(super) ignored: Vec<Box<str>>,
    /// Arrays whose order does not count.
    pub(super) unordered: Vec<Box<str>>,
}

/// Collects the differences between two values.
pub(super) struct JsonDiff<'a> {
    rules: &'a Rules,
    path: Path,
    differences: Vec<Difference>,
    forms: Vec<Form>,
}

impl<'a> JsonDiff<'a> {
    /// Compares two values.
    pub(super) fn of(old: &Value, new: &Value, rules: &'a Rules) -> (Vec<Difference>, Vec<Form>) {
        let mut diff = Self { rules, path: Path::root(), differences: Vec::new(), forms: Vec::new() };
        diff.compare(Some(old), Some(new));
        (diff.differences, diff.forms)
    }

    /// Adds the objects of two documents whose keys are in another order.
    pub(super) fn key_orders(old: &[u8], new: &[u8], rules: &Rules, forms: &mut Vec<Form>) {
        let skips = |path: &Path| path.is_in(&rules.ignored) || path.is_in(&rules.unordered);
        let mut found = |path: &Path| {
            if forms.len() < MAX_FOUND {
                forms.push(Form::KeyOrder { path: path.text().into() });
            }
        };
        Keys::of(old).compare(&Keys::of(new), &mut Path::root(), &skips, &mut found);
    }

    /// Compares two values. The recursion is limited, because `serde_json` reads at most 128 levels.
    fn compare(&mut self, old: Option<&Value>, new: Option<&Value>) {
        if self.differences.len() >= MAX_FOUND || self.path.is_in(&self.rules.ignored) {
            return;
        }
        match (old, new) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => {
                for (key, value) in old {
                    self.at_key(key, |diff| diff.compare(Some(value), new.get(key)));
                }
                for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                    self.at_key(key, |diff| diff.compare(None, Some(value)));
                }
            }
            (Some(Value::Array(old)), Some(Value::Array(new))) if self.path.is_in(&self.rules.unordered) => {
                self.compare_sets(old, new);
            }
            (Some(Value::Array(old)), Some(Value::Array(new))) => {
                for index in 0..old.len().max(new.len()) {
                    self.at_index(index, |diff| diff.compare(old.get(index), new.get(index)));
                }
            }
            (Some(Value::Number(old)), Some(Value::Number(new))) if same_number(old, new) => {}
            (old, new) if old == new => {}
            (Some(Value::String(old)), Some(Value::String(new))) if same_instant(old, new) => {
                if self.forms.len() < MAX_FOUND {
                    let path = self.path.text().into();
                    self.forms.push(Form::Date { path, old: old.clone(), new: new.clone() });
                }
            }
            (old, new) => self.differences.push(Difference::Json {
                path: self.path.text().into(),
                old: old.cloned(),
                new: new.cloned(),
            }),
        }
    }

    /// Compares two arrays whose order does not count: first the elements that both have, then the rest in pairs.
    fn compare_sets(&mut self, old: &[Value], new: &[Value]) {
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, value) in new.iter().enumerate().rev() {
            let mut text = String::new();
            self.at_index(index, |diff| diff.normalize(value, &mut text));
            places.entry(text).or_default().push(index);
        }
        let mut only_old = Vec::new();
        for (index, value) in old.iter().enumerate() {
            let mut text = String::new();
            self.at_index(index, |diff| diff.normalize(value, &mut text));
            match places.get_mut(&text).and_then(Vec::pop) {
                // Their forms may differ.
                Some(place) => self.at_index(index, |diff| diff.compare(Some(value), new.get(place))),
                None => only_old.push(index),
            }
        }
        let mut only_new: Vec<_> = places.into_values().flatten().collect();
        only_new.sort_unstable();
        for number in 0..only_old.len().max(only_new.len()) {
            let (place, other) = (only_old.get(number), only_new.get(number));
            let values = (place.and_then(|at| old.get(*at)), other.and_then(|at| new.get(*at)));
            let index = place.or(other).copied().unwrap_or_default();
            self.at_index(index, |diff| diff.compare(values.0, values.1));
        }
    }

    /// Writes a text that is the same for equal values.
    fn normalize(&mut self, value: &Value, text: &mut String) {
        if self.path.is_in(&self.rules.ignored) {
            return;
        }
        match value {
            Value::Object(object) => {
                let mut keys: Vec<_> = object.iter().collect();
                keys.sort_by_key(|(key, _)| *key);
                text.push('{');
                for (key, value) in keys {
                    _ = write!(text, "{key:?}:");
                    self.at_key(key, |diff| diff.normalize(value, text));
                    text.push(',');
                }
                text.push('}');
            }
            Value::Array(values) => {
                let mut texts = Vec::new();
                for (index, value) in values.iter().enumerate() {
                    let mut text = String::new();
                    self.at_index(index, |diff| diff.normalize(value, &mut text));
                    texts.push(text);
                }
                if self.path.is_in(&self.rules.unordered) {
                    texts.sort_unstable();
                }
                _ = write!(text, "[{}]", texts.join(","));
            }
            Value::Number(number) => match (number.is_f64(), number.as_f64()) {
                (true, Some(number)) => text.push_str(&number.to_string()),
                _ => text.push_str(&number.to_string()),
            },
            Value::String(string) => match instant(string) {
                Some(instant) => _ = write!(text, "instant {}", instant.unix_timestamp_nanos()),
                None => _ = write!(text, "{string:?}"),
            },
            Value::Null | Value::Bool(_) => text.push_str(&value.to_string()),
        }
    }

    fn at_key(&mut self, key: &str, f: impl FnOnce(&mut Self)) {
        let mark = self.path.push_key(key);
        f(self);
        self.path.pop(&mark);
    }

    fn at_index(&mut self, index: usize, f: impl FnOnce(&mut Self)) {
        let mark = self.path.push_index(index);
        f(self);
        self.path.pop(&mark);
    }
}

/// Returns whether JavaScript reads the same number, such as `1` and `1.0`. Two integers are compared exactly.
#[allow(clippy::float_cmp)] // exact equality is intended
fn same_number(old: &Number, new: &Number) -> bool {
    let is_integer = |number: &Number| number.is_i64() || number.is_u64();
    if is_integer(old) && is_integer(new) {
        return old == new;
    }
    old == new || old.as_f64().is_some_and(|old| new.as_f64() == Some(old))
}

/// Returns the instant of a date with a time and an offset, as in RFC 3339.
fn instant(text: &str) -> Option<OffsetDateTime> {
    let may_be =
        text.len() >= "2026-01-01T00:00:00Z".len() && text.starts_with(|first: char| first.is_ascii_digit());
    may_be.then(|| OffsetDateTime::parse(text, &Rfc3339).ok()).flatten()
}

fn same_instant(old: &str, new: &str) -> bool {
    instant(old).is_some_and(|old| instant(new) == Some(old))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn diff(old: &Value, new: &Value, rules: &Rules) -> Vec<String> {
        let (differences, forms) = JsonDiff::of(old, new, rules);
        let differences = differences.iter().map(|difference| difference.subject().to_owned());
        differences.chain(forms.iter().map(ToString::to_string)).collect()
    }

    #[test]
    fn each_difference_has_its_path() {
        let cases: [(Value, Value, &[&str]); 20] = [
            (json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}), &[]),
            (json!({"a": 1}), json!({"a": 1.0}), &[]),
            (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992_u64), &["$"]),
            (json!({"a": 1}), json!({"a": "1"}), &["$.a"]),
            (json!({"a": null}), json!({}), &["$.a"]),
            (json!({}), json!({"a": {"b": 1}}), &["$.a"]),
            (json!([1, 2, 3]), json!([1, 5, 3, 4]), &["$[1]", "$[3]"]),
            (json!({"a": [{"b c": 1}]}), json!({"a": [{"b c": 2}]}), &["$.a[0][\"b c\"]"]),
            (json!({"0": 1}), json!({"0": 2}), &["$[\"0\"]"]),
            (json!({"a": {}}), json!({"a": []}), &["$.a"]),
            (json!({"id": 1, "items": [{"at": 1}]}), json!({"id": 2, "items": [{"at": 2}]}), &[]),
            (
                json!({"items": [{"at": 1, "id": 1}]}),
                json!({"items": [{"at": 2, "id": 2}]}),
                &["$.items[0].id"],
            ),
            (json!({"list": [1, 2]}), json!({"list": [2, 1]}), &["$.list[0]", "$.list[1]"]),
            (json!({"a": 1.5}), json!({"a": 2.5}), &["$.a"]),
            (json!({"a_b": 1, "$c": 1}), json!({"a_b": 2, "$c": 2}), &["$.a_b", "$.$c"]),
            // An array whose order does not count, with ignored values in it.
            (json!({"tags": ["a", "b", "a"]}), json!({"tags": ["a", "a", "b"]}), &[]),
            (json!({"tags": ["a", "b", "b"]}), json!({"tags": ["a", "a", "b"]}), &["$.tags[2]"]),
            (json!({"tags": ["b"]}), json!({"tags": ["a", "b", "c"]}), &["$.tags[0]", "$.tags[2]"]),
            (json!({"tags": [{"x": 1, "y": 2}, 1]}), json!({"tags": [1.0, {"x": 1, "y": 3}]}), &[]),
            (json!({"tags": {"a": 1}}), json!({"tags": {"a": 2}}), &["$.tags.a"]),
        ];
        let rules = Rules {
            ignored: vec!["$.id".into(), "$.items[*].at".into(), "$.tags[*].y".into()],
            unordered: vec!["$.tags".into()],
        };
        for (old, new, expected) in cases {
            assert_eq!(diff(&old, &new, &rules), expected, "{old} {new}");
        }
    }

    #[test]
    fn an_instant_has_many_forms() {
        let form = |old: &str, new: &str| format!("form of a date: $: old {old:?}, new {new:?}");
        let cases = [
            ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00Z", true),
            ("2026-01-01T00:00:00.100Z", "2026-01-01T00:00:00.1Z", true),
            ("2026-01-01T00:00:00Z", "2026-01-01T02:00:00+02:00", true),
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00+00:00", true),
            ("2026-01-01T00:00:00.001Z", "2026-01-01T00:00:00Z", false),
            ("2026-01-01T00:00:00", "2026-01-01T00:00:00Z", false),
            ("2026-01-01", "2026-01-01T00:00:00Z", false),
            ("20260101T000000000000Z", "20260101T000000000000z", false),
        ];
        for (old, new, is_form) in cases {
            let expected = if is_form { form(old, new) } else { "$".into() };
            assert_eq!(diff(&json!(old), &json!(new), &Rules::default()), [expected]);
        }
        // In an array whose order does not count, too.
        let rules = Rules { unordered: vec!["$".into()], ..Rules::default() };
        let (old, new) = (json!(["x", "2026-01-01T00:00:00.000Z"]), json!(["2026-01-01T00:00:00Z", "x"]));
        assert_eq!(diff(&old, &new, &rules).len(), 1);
        assert_eq!(JsonDiff::of(&old, &new, &rules).1.len(), 1);
    }

    #[test]
    fn the_order_of_keys_has_a_name() {
        let cases: [(&str, &str, &[&str]); 9] = [
            (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, &["order of keys: $"]),
            (r#"{"a":1,"b":2}"#, r#"{"a":1,"b":2}"#, &[]),
            (r#"{"a":1,"b":2}"#, r#"{"a":1,"c":3,"b":2}"#, &[]),
            (r#"{"a":{"x":1,"y":[]},"b":2}"#, r#"{"a":{"y":[],"x":1},"b":2}"#, &["order of keys: $.a"]),
            (r#"[{"a":1,"b":2}]"#, r#"[{"b":1,"a":2}]"#, &["order of keys: $[0]"]),
            (r#"{"skip":{"a":1,"b":2}}"#, r#"{"skip":{"b":1,"a":2}}"#, &[]),
            (r#"{"a":1,"a":2,"b":1}"#, r#"{"b":1,"a":2}"#, &[]),
            (r#"{"a":[1,true,null,"x",1.5,-1]}"#, r#"{"a":1}"#, &[]),
            ("not JSON", r#"{"b":1,"a":2}"#, &[]),
        ];
        let rules = Rules { ignored: vec!["$.skip".into()], ..Rules::default() };
        for (old, new, expected) in cases {
            let mut forms = Vec::new();
            JsonDiff::key_orders(old.as_bytes(), new.as_bytes(), &rules, &mut forms);
            let forms: Vec<_> = forms.iter().map(ToString::to_string).collect();
            assert_eq!(forms, expected, "{old} {new}");
        }
    }

    #[test]
    fn a_comparison_ends_after_many_differences() {
        let list = |value: u32| Value::from(vec![value; 1000]);
        assert_eq!(JsonDiff::of(&list(1), &list(2), &Rules::default()).0.len(), MAX_FOUND);
    }
}

//! Compares JSON by value.

use super::Difference;
use serde_json::{Number, Value};
use std::fmt::Write as _;

/// The largest number of differences that a comparison collects.
const MAX_DIFFERENCES: usize = 100;

/// Collects the differences between two values.
pub(super) struct JsonDiff<'a> {
    /// The paths to ignore, with `[*]` for any index.
    ignored: &'a [Box<str>],
    /// The current path; `pattern` is the same path with `[*]` for each index.
    path: String,
    pattern: String,
    found: Vec<Difference>,
}

impl<'a> JsonDiff<'a> {
    pub(super) fn of(ours: &Value, shadow: &Value, ignored: &'a [Box<str>]) -> Vec<Difference> {
        let mut diff = Self { ignored, path: "$".into(), pattern: "$".into(), found: Vec::new() };
        diff.compare(Some(ours), Some(shadow));
        diff.found
    }

    /// Compares two values. The recursion is limited, because `serde_json` reads at most 128 levels.
    fn compare(&mut self, ours: Option<&Value>, shadow: Option<&Value>) {
        if self.found.len() >= MAX_DIFFERENCES || self.is_ignored() {
            return;
        }
        match (ours, shadow) {
            (Some(Value::Object(ours)), Some(Value::Object(shadow))) => {
                for (key, value) in ours {
                    self.at_key(key, |diff| diff.compare(Some(value), shadow.get(key)));
                }
                for (key, value) in shadow.iter().filter(|(key, _)| !ours.contains_key(*key)) {
                    self.at_key(key, |diff| diff.compare(None, Some(value)));
                }
            }
            (Some(Value::Array(ours)), Some(Value::Array(shadow))) => {
                for index in 0..ours.len().max(shadow.len()) {
                    self.at_index(index, |diff| diff.compare(ours.get(index), shadow.get(index)));
                }
            }
            (Some(Value::Number(ours)), Some(Value::Number(shadow))) if same_number(ours, shadow) => {}
            (ours, shadow) if ours == shadow => {}
            (ours, shadow) => self.found.push(Difference::Json {
                path: self.path.clone(),
                ours: ours.cloned(),
                shadow: shadow.cloned(),
            }),
        }
    }

    fn is_ignored(&self) -> bool {
        self.ignored.iter().any(|path| **path == *self.path || **path == *self.pattern)
    }

    fn at_key(&mut self, key: &str, compare: impl FnOnce(&mut Self)) {
        let step = if is_name(key) { format!(".{key}") } else { format!("[{key:?}]") };
        self.at(&step, &step, compare);
    }

    fn at_index(&mut self, index: usize, compare: impl FnOnce(&mut Self)) {
        let mut step = String::new();
        _ = write!(step, "[{index}]");
        self.at(&step, "[*]", compare);
    }

    fn at(&mut self, step: &str, pattern: &str, compare: impl FnOnce(&mut Self)) {
        let lengths = (self.path.len(), self.pattern.len());
        self.path.push_str(step);
        self.pattern.push_str(pattern);
        compare(self);
        self.path.truncate(lengths.0);
        self.pattern.truncate(lengths.1);
    }
}

/// Returns whether a key can be written without quotes.
fn is_name(key: &str) -> bool {
    !key.is_empty()
        && !key.starts_with(|first: char| first.is_ascii_digit())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$')
}

/// Returns whether JavaScript reads the same number, such as `1` and `1.0`. Two integers are compared exactly.
#[allow(clippy::float_cmp)] // exact equality is intended
fn same_number(ours: &Number, shadow: &Number) -> bool {
    let is_integer = |number: &Number| number.is_i64() || number.is_u64();
    if is_integer(ours) && is_integer(shadow) {
        return ours == shadow;
    }
    ours == shadow || ours.as_f64().is_some_and(|ours| shadow.as_f64() == Some(ours))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_difference_has_its_path() {
        let cases: [(Value, Value, &[&str]); 12] = [
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
        ];
        let ignored = ["$.id".into(), "$.items[*].at".into()];
        for (ours, shadow, expected) in cases {
            let found = JsonDiff::of(&ours, &shadow, &ignored);
            let paths: Vec<_> = found.iter().map(Difference::subject).collect();
            assert_eq!(paths, expected, "{ours} {shadow}");
        }
    }

    #[test]
    fn a_comparison_ends_after_many_differences() {
        let list = |value: u32| Value::from(vec![value; 1000]);
        assert_eq!(JsonDiff::of(&list(1), &list(2), &[]).len(), MAX_DIFFERENCES);
    }
}

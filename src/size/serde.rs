//! Serializes and deserializes a size, a number or text, as `sizeLimit` and `responseLimit` of Next.js.

use super::{SizeLimit, Text};
use serde::de::{self, Deserialize, Deserializer, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};
use std::fmt;

impl Serialize for SizeLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.text {
            Text::Number => serializer.serialize_u64(self.bytes),
            Text::Written { .. } => serializer.collect_str(self),
        }
    }
}

/// Works with self-describing formats, such as JSON, TOML and YAML.
impl<'de> Deserialize<'de> for SizeLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrText;
        impl Visitor<'_> for NumberOrText {
            type Value = SizeLimit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size such as \"1mb\" or 500")
            }

            fn visit_u64<E>(self, bytes: u64) -> Result<SizeLimit, E> {
                Ok(SizeLimit::from_bytes(bytes))
            }

            fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<SizeLimit, E> {
                match u64::try_from(bytes) {
                    Ok(bytes) => Ok(SizeLimit::from_bytes(bytes)),
                    Err(_) => Err(E::invalid_value(Unexpected::Signed(bytes), &self)),
                }
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<SizeLimit, E> {
                SizeLimit::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(NumberOrText)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_written_as_it_was_read() {
        for json in ["500", r#""500""#, r#""1mb""#, r#""1.50 MB""#, r#""+1kb""#, "18446744073709551615"] {
            let size: SizeLimit = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&size).unwrap(), json);
        }
    }

    #[test]
    fn invalid_sizes_are_refused_with_reason() {
        let cases = [
            (r#""lots""#, "`lots` is not a size"),
            ("-1", "invalid value: integer `-1`, expected a size"),
            ("1.5", "invalid type: floating point `1.5`, expected a size"),
            ("null", "invalid type: null, expected a size"),
            ("true", "invalid type: boolean `true`, expected a size"),
        ];
        for (json, part) in cases {
            let error = serde_json::from_str::<SizeLimit>(json).unwrap_err().to_string();
            assert!(error.contains(part), "{json}: {error}");
        }
    }
}

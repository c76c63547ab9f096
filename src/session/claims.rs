//! The claims of a token ([RFC 7519](https://www.rfc-editor.org/rfc/rfc7519#section-4.1)), as the npm package `jose`
//! checks and sets them.

use super::error::Rejected;
use crate::error::Error;
use crate::random;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Checks the times in a content. All are optional, and in seconds.
pub(super) fn check(content: &str, now: u64, tolerance: u64) -> Result<(), Rejected> {
    let mut json = serde_json::Deserializer::from_str(content);
    let times = json.deserialize_map(Times::default()).and_then(|times| json.end().map(|()| times));
    let times = times.map_err(|_| match serde_json::from_str::<IgnoredAny>(content) {
        // Skipping takes every text that JavaScript takes.
        Ok(_) if content.trim_start().starts_with('{') => Rejected::Unreadable,
        _ => Rejected::Content,
    })?;
    let number = |claim: Option<Value>| match claim {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or(Rejected::Claims),
    };
    let (_, not_before, expires) = (number(times.iat)?, number(times.nbf)?, number(times.exp)?);
    #[allow(clippy::cast_precision_loss)] // seconds are exact in an `f64` for millions of years
    let (now, tolerance) = (now as f64, tolerance as f64);
    if not_before.is_some_and(|time| time > now + tolerance) {
        return Err(Rejected::NotYetValid);
    }
    if expires.is_some_and(|time| time <= now - tolerance) {
        return Err(Rejected::Expired);
    }
    Ok(())
}

/// Sets the claims of a new token, in place of those that it has.
pub(super) fn set(claims: &mut Map<String, Value>, now: u64, max_age: u64) -> Result<(), Error> {
    claims.insert("iat".into(), now.into());
    claims.insert("exp".into(), now.saturating_add(max_age).into());
    claims.insert("jti".into(), uuid()?.into());
    Ok(())
}

/// Returns a random UUID: [RFC 9562, section 5.4](https://www.rfc-editor.org/rfc/rfc9562#section-5.4).
fn uuid() -> Result<String, Error> {
    let bits = u128::from_be_bytes(random::bytes()?);
    let bits = bits & !(0xf << 76) & !(0b11 << 62) | 4 << 76 | 0b10 << 62;
    let digits = format!("{bits:032x}");
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    Ok(parts.join("-"))
}

/// The times among the claims. The rest is skipped, so that it may be what `serde_json` cannot read.
#[derive(Default)]
struct Times {
    iat: Option<Value>,
    nbf: Option<Value>,
    exp: Option<Value>,
}

impl<'de> Visitor<'de> for Times {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            let claim = match &*name {
                "iat" => &mut self.iat,
                "nbf" => &mut self.nbf,
                "exp" => &mut self.exp,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *claim = Some(map.next_value()?);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_checked_as_by_jose() {
        let now = 1_000_000;
        let cases = [
            ("{}", Ok(())),
            (r#"{"exp":1000000}"#, Ok(())),
            (r#"{"exp":999986}"#, Ok(())),
            (r#"{"exp":999985.5}"#, Ok(())),
            (r#"{"exp":999985}"#, Err(Rejected::Expired)),
            (r#"{"exp":1,"exp":1000000}"#, Ok(())),
            (r#"{"exp":null}"#, Err(Rejected::Claims)),
            (r#"{"exp":"4102444800"}"#, Err(Rejected::Claims)),
            (r#"{"nbf":1000015}"#, Ok(())),
            (r#"{"nbf":1000016}"#, Err(Rejected::NotYetValid)),
            (r#"{"nbf":true}"#, Err(Rejected::Claims)),
            (r#"{"iat":9999999999}"#, Ok(())),
            (r#"{"iat":"now"}"#, Err(Rejected::Claims)),
            (r#"{"name":"\ud800","exp":999985}"#, Err(Rejected::Expired)),
            (r#"{"\ud800":1}"#, Err(Rejected::Unreadable)),
            ("[]", Err(Rejected::Content)),
            ("null", Err(Rejected::Content)),
            ("{} {}", Err(Rejected::Content)),
            ("", Err(Rejected::Content)),
        ];
        for (content, expected) in cases {
            assert_eq!(check(content, now, 15), expected, "{content}");
        }
    }

    #[test]
    fn a_uuid_has_its_version_and_variant() {
        for _ in 0..100 {
            let uuid = uuid().unwrap();
            assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"), "{uuid}");
            assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"), "{uuid}");
        }
    }
}

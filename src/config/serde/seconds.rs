//! The number of seconds in `maxDuration`.

use serde::de::{self, Deserialize, Deserializer, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};
use std::fmt;
use std::time::Duration;

/// A number of seconds, with or without a fraction.
pub(super) struct Seconds(pub(super) Duration);

impl Seconds {
    /// The number of seconds from which an `f64` cannot represent nanoseconds.
    const WITHOUT_FRACTION: u64 = 1 << 23;
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Seconds;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of seconds, zero or more")
            }

            fn visit_u64<E>(self, seconds: u64) -> Result<Seconds, E> {
                Ok(Seconds(Duration::from_secs(seconds)))
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Seconds, E> {
                match u64::try_from(seconds) {
                    Ok(seconds) => self.visit_u64(seconds),
                    Err(_) => Err(E::invalid_value(Unexpected::Signed(seconds), &self)),
                }
            }

            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Seconds, E> {
                Duration::try_from_secs_f64(seconds)
                    .map(Seconds)
                    .map_err(|_| E::invalid_value(Unexpected::Float(seconds), &self))
            }
        }
        deserializer.deserialize_any(Number)
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let time = self.0;
        if time.subsec_nanos() == 0 || time.as_secs() >= Self::WITHOUT_FRACTION {
            return serializer.serialize_u64(time.as_secs());
        }
        serializer.serialize_f64(time.as_secs_f64())
    }
}

//! Dates as JavaScript writes them.

use cookie::time::OffsetDateTime;
use cookie::time::format_description::well_known::Rfc3339;
use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{self, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt::Display;
use std::time::{Duration, SystemTime};

/// Writes a date as `JSON.stringify(new Date())` does, `2025-01-31T08:05:00.000Z`; for `#[serde(with = "JsDate")]`.
///
/// A date that a route of Next.js has sent always has this form: UTC, and three digits of milliseconds. chrono, time and jiff
/// write as many digits as there are, and none for a whole second, so that the text of a moved route, and with it its `ETag`,
/// is another one.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use std::time::{Duration, SystemTime};
/// use tower_api_routes::{JsDate, OptionalJsDate};
///
/// #[derive(Serialize, Deserialize)]
/// struct Post {
///     #[serde(with = "JsDate")]
///     created: SystemTime, // or `chrono::DateTime<Utc>`, `time::OffsetDateTime`, `jiff::Timestamp`
///     #[serde(with = "OptionalJsDate", default)]
///     deleted: Option<SystemTime>,
/// }
///
/// let created = SystemTime::UNIX_EPOCH + Duration::from_millis(1_738_310_700_000);
/// let text = serde_json::to_string(&Post { created, deleted: None })?;
/// assert_eq!(text, r#"{"created":"2025-01-31T08:05:00.000Z","deleted":null}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// A field can have any type that converts into and from a [`SystemTime`]. What is finer than a millisecond is cut off, as
/// JavaScript has none. Any date of RFC 3339 is read, with any offset. A year before 0 or after 9999 is an error.
///
/// With the feature `openapi` it has a schema, too, so that schemars needs no attribute of its own for such a field.
///
/// Source: [`Date.prototype.toISOString`](https://tc39.es/ecma262/#sec-date.prototype.toisostring).
#[derive(Clone, Copy, Debug)]
pub struct JsDate;

/// Writes an optional date as [`JsDate`] does, and `None` as `null`; for `#[serde(with = "OptionalJsDate", default)]`.
#[derive(Clone, Copy, Debug)]
pub struct OptionalJsDate;

impl JsDate {
    /// Returns the current date as `new Date().toISOString()` does.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, JsDate, Result};
    ///
    /// async fn time(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.json(&serde_json::json!({ "at": JsDate::now() }))
    /// }
    /// ```
    pub fn now() -> String {
        text(SystemTime::now()).unwrap_or_default()
    }

    /// Writes a date.
    ///
    /// # Errors
    ///
    /// Returns an error if the year is before 0 or after 9999.
    pub fn serialize<T, S>(date: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Clone + TryInto<SystemTime, Error: Display>,
        S: Serializer,
    {
        match text(date.clone().try_into().map_err(ser::Error::custom)?) {
            Some(text) => serializer.serialize_str(&text),
            None => Err(ser::Error::custom("the date is not between the years 0 and 9999")),
        }
    }

    /// Reads a date.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not a text in the form of RFC 3339.
    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: TryFrom<SystemTime, Error: Display>,
        D: Deserializer<'de>,
    {
        let text = Cow::<str>::deserialize(deserializer)?;
        let date = OffsetDateTime::parse(&text, &Rfc3339).map_err(|error| {
            de::Error::custom(format_args!(
                "`{text}` is not a date such as 2025-01-31T08:05:00.000Z: {error}"
            ))
        })?;
        let date = system_time(date).ok_or_else(|| de::Error::custom("this system has no such date"))?;
        T::try_from(date).map_err(de::Error::custom)
    }
}

impl OptionalJsDate {
    /// Writes a date or `null`.
    ///
    /// # Errors
    ///
    /// Returns an error if the year is before 0 or after 9999.
    pub fn serialize<T, S>(date: &Option<T>, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Clone + TryInto<SystemTime, Error: Display>,
        S: Serializer,
    {
        struct Date<'a, T>(&'a T);

        impl<T: Clone + TryInto<SystemTime, Error: Display>> Serialize for Date<'_, T> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                JsDate::serialize(self.0, serializer)
            }
        }

        date.as_ref().map(Date).serialize(serializer)
    }

    /// Reads a date or `null`.
    ///
    /// # Errors
    ///
    /// Returns an error if it is neither `null` nor a text in the form of RFC 3339.
    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        T: TryFrom<SystemTime, Error: Display>,
        D: Deserializer<'de>,
    {
        struct Date<T>(T);

        impl<'de, T: TryFrom<SystemTime, Error: Display>> Deserialize<'de> for Date<T> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                JsDate::deserialize(deserializer).map(Self)
            }
        }

        Ok(Option::<Date<T>>::deserialize(deserializer)?.map(|Date(date)| date))
    }
}

/// Returns the date as JavaScript writes it.
fn text(date: SystemTime) -> Option<String> {
    let nanos = match date.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i128::try_from(since.as_nanos()).ok()?,
        Err(before) => -i128::try_from(before.duration().as_nanos()).ok()?,
    };
    let date = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()?;
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    let (hour, minute, second, milli) = (date.hour(), date.minute(), date.second(), date.millisecond());
    (0..=9999)
        .contains(&year)
        .then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z"))
}

fn system_time(date: OffsetDateTime) -> Option<SystemTime> {
    let nanos = date.unix_timestamp_nanos();
    let seconds = u64::try_from(nanos.unsigned_abs() / 1_000_000_000).ok()?;
    let rest = u32::try_from(nanos.unsigned_abs() % 1_000_000_000).ok()?;
    let since = Duration::new(seconds, rest);
    let epoch = SystemTime::UNIX_EPOCH;
    if nanos < 0 { epoch.checked_sub(since) } else { epoch.checked_add(since) }
}

#[cfg(feature = "openapi")]
impl schemars::JsonSchema for JsDate {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "JsDate".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

#[cfg(feature = "openapi")]
impl schemars::JsonSchema for OptionalJsDate {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "OptionalJsDate".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "null"], "format": "date-time" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(feature = "openapi")]
    fn a_date_has_a_schema_in_place() {
        use schemars::JsonSchema as _;

        #[derive(schemars::JsonSchema)]
        #[allow(dead_code)]
        struct Post {
            #[schemars(with = "JsDate")]
            created: SystemTime,
            #[schemars(with = "OptionalJsDate")]
            published: Option<SystemTime>,
        }
        let properties = schemars::schema_for!(Post).to_value()["properties"].take();
        let expected = serde_json::json!({
            "created": { "type": "string", "format": "date-time" },
            "published": { "type": ["string", "null"], "format": "date-time" },
        });
        assert_eq!(properties, expected);
        assert_eq!(
            (JsDate::schema_name(), OptionalJsDate::schema_name()),
            ("JsDate".into(), "OptionalJsDate".into())
        );
    }

    #[test]
    fn dates_are_written_as_in_javascript() {
        let cases = [
            (1_738_310_700_000, "2025-01-31T08:05:00.000Z"),
            (1_738_310_700_120, "2025-01-31T08:05:00.120Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ];
        for (milliseconds, expected) in cases {
            let date =
                system_time(OffsetDateTime::UNIX_EPOCH + cookie::time::Duration::milliseconds(milliseconds));
            assert_eq!(text(date.unwrap()).as_deref(), Some(expected));
        }
        let finer = SystemTime::UNIX_EPOCH - Duration::from_nanos(1);
        assert_eq!(text(finer).as_deref(), Some("1969-12-31T23:59:59.999Z"));
        let year_10000 = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_800);
        assert_eq!(text(year_10000), None);

        let (before, now, after) = (SystemTime::now(), JsDate::now(), SystemTime::now());
        let (before, after) = (text(before).unwrap(), text(after).unwrap());
        assert!(before <= now && now <= after, "{before} {now} {after}"); // a text of one length is in the order of time
    }

    #[test]
    fn dates_are_read_with_any_offset() {
        let read = |text: &str| OptionalJsDate::deserialize::<SystemTime, _>(serde_json::Value::from(text));
        let date = SystemTime::UNIX_EPOCH + Duration::from_millis(1_738_310_700_500);
        for text in ["2025-01-31T08:05:00.500Z", "2025-01-31T09:05:00.5+01:00", "2025-01-31t08:05:00.500000z"]
        {
            assert_eq!(read(text).unwrap(), Some(date), "{text}");
        }
        assert_eq!(OptionalJsDate::deserialize::<SystemTime, _>(serde_json::Value::Null).unwrap(), None);
        let error = read("yesterday").unwrap_err().to_string();
        assert!(error.starts_with("`yesterday` is not a date such as 2025-01-31T08:05:00.000Z"), "{error}");
    }
}

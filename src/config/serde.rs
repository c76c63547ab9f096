//! The configuration in Next.js's own shape: `{"api": {"bodyParser": {"sizeLimit": "1mb"}}, "maxDuration": 5}`.

use super::RouteConfig;
use crate::size::DEFAULT_RESPONSE_LIMIT;
use crate::size::SizeLimit;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use std::fmt;
use std::time::Duration;

impl<'de> Deserialize<'de> for RouteConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Config;
        impl<'de> Visitor<'de> for Config {
            type Value = RouteConfig;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a route configuration, such as {\"api\": {\"bodyParser\": false}, \"maxDuration\": 5}",
                )
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RouteConfig, A::Error> {
                let mut config = RouteConfig::new();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "api" => config = map.next_value::<Api>()?.0.or(&config),
                        "maxDuration" => config.max_duration = Some(seconds(map.next_value()?)?),
                        // In Next.js this is the whole application's, under the same name.
                        "generateEtags" => config.etag = Some(map.next_value()?),
                        // Next.js has further fields here that mean nothing to a route of ours.
                        "runtime" | "regions" | "unstable_allowDynamic" | "amp" => {
                            map.next_value::<IgnoredAny>()?;
                        }
                        _ => {
                            return Err(de::Error::unknown_field(
                                &key,
                                &["api", "maxDuration", "generateEtags"],
                            ));
                        }
                    }
                }
                Ok(config)
            }
        }
        deserializer.deserialize_map(Config)
    }
}

fn seconds<E: de::Error>(seconds: f64) -> Result<Duration, E> {
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if !time.is_zero() => Ok(time),
        _ => Err(E::custom("maxDuration is a number of seconds above zero")),
    }
}

struct Api(RouteConfig);

impl<'de> Deserialize<'de> for Api {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const FIELDS: &[&str] = &["bodyParser", "responseLimit", "externalResolver"];
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Api;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the fields bodyParser, responseLimit and externalResolver")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Api, A::Error> {
                let mut config = RouteConfig::new();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "bodyParser" => match map.next_value()? {
                            Setting::Switch(on) => config.body_parser = Some(on),
                            Setting::Limit(limit) => config.size_limit = Some(limit),
                        },
                        "responseLimit" => match map.next_value()? {
                            Setting::Switch(true) => {
                                config.response_limit = Some(Some(DEFAULT_RESPONSE_LIMIT));
                            }
                            Setting::Switch(false) => config.response_limit = Some(None),
                            Setting::Limit(limit) => config.response_limit = Some(Some(limit)),
                        },
                        "externalResolver" => config.external_resolver = Some(map.next_value()?),
                        _ => return Err(de::Error::unknown_field(&key, FIELDS)),
                    }
                }
                Ok(Api(config))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// `false`, `true`, `"1mb"`, `500`, or `{"sizeLimit": …}`.
enum Setting {
    Switch(bool),
    Limit(SizeLimit),
}

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Setting;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false, a size such as \"1mb\" or 500, or {\"sizeLimit\": \"1mb\"}")
            }

            fn visit_bool<E>(self, on: bool) -> Result<Setting, E> {
                Ok(Setting::Switch(on))
            }

            fn visit_u64<E>(self, bytes: u64) -> Result<Setting, E> {
                Ok(Setting::Limit(bytes.into()))
            }

            fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<Setting, E> {
                u64::try_from(bytes).map(|bytes| Setting::Limit(bytes.into())).map_err(E::custom)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Setting, E> {
                SizeLimit::parse(text).map(Setting::Limit).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Setting, A::Error> {
                let mut setting = Setting::Switch(true);
                while let Some(key) = map.next_key::<String>()? {
                    if key != "sizeLimit" {
                        return Err(de::Error::unknown_field(&key, &["sizeLimit"]));
                    }
                    setting = map.next_value()?;
                }
                Ok(setting)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl Serialize for RouteConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let api = ApiOut(self);
        if self.body_parser.is_some()
            || self.size_limit.is_some()
            || self.response_limit.is_some()
            || self.external_resolver.is_some()
        {
            map.serialize_entry("api", &api)?;
        }
        if let Some(time) = self.max_duration {
            map.serialize_entry("maxDuration", &time.as_secs_f64())?;
        }
        if let Some(etag) = self.etag {
            map.serialize_entry("generateEtags", &etag)?;
        }
        map.end()
    }
}

struct ApiOut<'a>(&'a RouteConfig);

impl Serialize for ApiOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let config = self.0;
        let mut map = serializer.serialize_map(None)?;
        match (config.body_parser, config.size_limit) {
            (Some(false), _) => map.serialize_entry("bodyParser", &false)?,
            (_, Some(limit)) => map.serialize_entry("bodyParser", &SizeOut(limit))?,
            (Some(true), None) => map.serialize_entry("bodyParser", &true)?,
            (None, None) => {}
        }
        match config.response_limit {
            Some(Some(limit)) => map.serialize_entry("responseLimit", &limit.to_string())?,
            Some(None) => map.serialize_entry("responseLimit", &false)?,
            None => {}
        }
        if let Some(external) = config.external_resolver {
            map.serialize_entry("externalResolver", &external)?;
        }
        map.end()
    }
}

struct SizeOut(SizeLimit);

impl Serialize for SizeOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("sizeLimit", &self.0.to_string())?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_next_is_read() {
        let cases = [
            (r"{}", RouteConfig::new()),
            (r#"{"api":{"bodyParser":false}}"#, RouteConfig::new().body_parser(false)),
            (r#"{"api":{"bodyParser":true}}"#, RouteConfig::new().body_parser(true)),
            (r#"{"api":{"bodyParser":{"sizeLimit":"2mb"}}}"#, RouteConfig::new().size_limit("2mb")),
            (r#"{"api":{"bodyParser":{"sizeLimit":500}}}"#, RouteConfig::new().size_limit("500")),
            (r#"{"api":{"responseLimit":false}}"#, RouteConfig::new().no_response_limit()),
            (
                r#"{"api":{"responseLimit":true}}"#,
                RouteConfig::new().response_limit(SizeLimit::from_bytes(4 << 20)),
            ),
            (r#"{"generateEtags":false}"#, RouteConfig::new().etag(false)),
            (r#"{"api":{"responseLimit":10}}"#, RouteConfig::new().response_limit(SizeLimit::from_bytes(10))),
            (r#"{"api":{"responseLimit":"8mb"}}"#, RouteConfig::new().response_limit(SizeLimit::new("8mb"))),
            (r#"{"api":{"externalResolver":true}}"#, RouteConfig::new().external_resolver(true)),
            (r#"{"maxDuration":5}"#, RouteConfig::new().max_duration(5)),
            (r#"{"runtime":"nodejs","maxDuration":1}"#, RouteConfig::new().max_duration(1)),
        ];
        for (json, config) in cases {
            let read: RouteConfig = serde_json::from_str(json).unwrap();
            assert_eq!(read, config, "{json}");
            let again: RouteConfig = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
            assert_eq!(again, config, "{json} written and read again");
        }
    }

    #[test]
    fn nonsense_is_refused_with_a_reason() {
        let cases = [
            (r#"{"api":{"bodyParser":{"sizeLimit":"lots"}}}"#, "not a size"),
            (r#"{"api":{"bodyParser":{"limit":"1mb"}}}"#, "unknown field `limit`"),
            (r#"{"api":{"bodyparser":false}}"#, "unknown field `bodyparser`"),
            (r#"{"bodyParser":false}"#, "unknown field `bodyParser`"),
            (r#"{"maxDuration":-1}"#, "above zero"),
            (r#"{"maxDuration":0}"#, "above zero"),
            (r#"{"api":{"responseLimit":null}}"#, "true, false, a size"),
        ];
        for (json, part) in cases {
            let error = serde_json::from_str::<RouteConfig>(json).unwrap_err().to_string();
            assert!(error.contains(part), "{json}: {error}");
        }
    }
}

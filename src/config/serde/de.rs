//! Deserializes a configuration.

use super::seconds::Seconds;
use crate::config::RouteConfig;
use crate::size::{DEFAULT_RESPONSE_LIMIT, SizeLimit};
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, IntoDeserializer as _, MapAccess, Visitor};
use std::fmt;

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
                        "maxDuration" => config.max_duration = Some(map.next_value::<Seconds>()?.0),
                        // In Next.js this is a setting of the whole application.
                        "generateEtags" => config.etag = Some(map.next_value()?),
                        // Fields of Next.js that have no meaning here.
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

struct Api(RouteConfig);

impl<'de> Deserialize<'de> for Api {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const FIELDS: &[&str] = &["bodyParser", "responseLimit", "enforceResponseLimit", "externalResolver"];
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Api;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the fields bodyParser, responseLimit, enforceResponseLimit and externalResolver")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Api, A::Error> {
                let mut config = RouteConfig::new();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "bodyParser" => {
                            let (on, limit) = match map.next_value()? {
                                BodyParser::Switch(on) => (Some(on), None),
                                BodyParser::Fields(on, limit) => (on, limit),
                            };
                            (config.body_parser, config.size_limit) = (on, limit);
                        }
                        "responseLimit" => {
                            config.response_limit = Some(match map.next_value()? {
                                ResponseLimit::Switch(on) => on.then_some(DEFAULT_RESPONSE_LIMIT),
                                ResponseLimit::Size(limit) => Some(limit),
                            });
                        }
                        "enforceResponseLimit" => config.enforce_response_limit = Some(map.next_value()?),
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

/// `false`, `true`, or `{"sizeLimit": …}`.
enum BodyParser {
    Switch(bool),
    Fields(Option<bool>, Option<SizeLimit>),
}

impl<'de> Deserialize<'de> for BodyParser {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = BodyParser;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false, or {\"sizeLimit\": \"1mb\"}")
            }

            fn visit_bool<E>(self, on: bool) -> Result<BodyParser, E> {
                Ok(BodyParser::Switch(on))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<BodyParser, A::Error> {
                let (mut on, mut limit) = (None, None);
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "sizeLimit" => limit = Some(map.next_value()?),
                        "enabled" => on = Some(map.next_value()?),
                        _ => return Err(de::Error::unknown_field(&key, &["sizeLimit", "enabled"])),
                    }
                }
                // As in Next.js, an empty object turns the parser on.
                Ok(BodyParser::Fields(on.or(limit.is_none().then_some(true)), limit))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// `false`, `true`, `"4mb"`, or `500`.
enum ResponseLimit {
    Switch(bool),
    Size(SizeLimit),
}

impl<'de> Deserialize<'de> for ResponseLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = ResponseLimit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false, or a size such as \"4mb\" or 500")
            }

            fn visit_bool<E>(self, on: bool) -> Result<ResponseLimit, E> {
                Ok(ResponseLimit::Switch(on))
            }

            fn visit_u64<E: de::Error>(self, bytes: u64) -> Result<ResponseLimit, E> {
                SizeLimit::deserialize(bytes.into_deserializer()).map(ResponseLimit::Size)
            }

            fn visit_i64<E: de::Error>(self, bytes: i64) -> Result<ResponseLimit, E> {
                SizeLimit::deserialize(bytes.into_deserializer()).map(ResponseLimit::Size)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<ResponseLimit, E> {
                SizeLimit::deserialize(text.into_deserializer()).map(ResponseLimit::Size)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

//! Serializes a configuration.

use super::seconds::Seconds;
use crate::config::RouteConfig;
use crate::size::SizeLimit;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

impl Serialize for RouteConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let api = ApiOut(self);
        if self.body_parser.is_some()
            || self.size_limit.is_some()
            || self.response_limit.is_some()
            || self.enforce_response_limit.is_some()
            || self.external_resolver.is_some()
        {
            map.serialize_entry("api", &api)?;
        }
        if let Some(time) = self.max_duration {
            map.serialize_entry("maxDuration", &Seconds(time))?;
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
            (on, Some(limit)) => map.serialize_entry("bodyParser", &FieldsOut(on, limit))?,
            (Some(on), None) => map.serialize_entry("bodyParser", &on)?,
            (None, None) => {}
        }
        match config.response_limit {
            Some(Some(limit)) => map.serialize_entry("responseLimit", &limit)?,
            Some(None) => map.serialize_entry("responseLimit", &false)?,
            None => {}
        }
        if let Some(enforce) = config.enforce_response_limit {
            map.serialize_entry("enforceResponseLimit", &enforce)?;
        }
        if let Some(external) = config.external_resolver {
            map.serialize_entry("externalResolver", &external)?;
        }
        map.end()
    }
}

struct FieldsOut(Option<bool>, SizeLimit);

impl Serialize for FieldsOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(on) = self.0 {
            map.serialize_entry("enabled", &on)?;
        }
        map.serialize_entry("sizeLimit", &self.1)?;
        map.end()
    }
}

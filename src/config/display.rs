//! `PartialEq`, `Display` and `Debug` of a configuration.

use super::RouteConfig;
use std::fmt;

/// Two configurations with CORS are never equal, because a `CorsLayer` cannot be compared.
impl PartialEq for RouteConfig {
    fn eq(&self, other: &Self) -> bool {
        self.body_parser == other.body_parser
            && self.size_limit == other.size_limit
            && self.response_limit == other.response_limit
            && self.enforce_response_limit == other.enforce_response_limit
            && self.external_resolver == other.external_resolver
            && self.max_duration == other.max_duration
            && self.etag == other.etag
            && !self.has_cors()
            && !other.has_cors()
    }
}

/// Writes the fields that are set, by Next.js's names: `bodyParser: false, maxDuration: 5s`.
impl fmt::Display for RouteConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        if let Some(on) = self.body_parser {
            parts.push(format!("bodyParser: {on}"));
        }
        if let Some(limit) = self.size_limit {
            parts.push(format!("sizeLimit: {limit}"));
        }
        match self.response_limit {
            Some(Some(limit)) => parts.push(format!("responseLimit: {limit}")),
            Some(None) => parts.push("responseLimit: false".into()),
            None => {}
        }
        if let Some(enforce) = self.enforce_response_limit {
            parts.push(format!("enforceResponseLimit: {enforce}"));
        }
        if let Some(external) = self.external_resolver {
            parts.push(format!("externalResolver: {external}"));
        }
        if let Some(time) = self.max_duration {
            parts.push(format!("maxDuration: {time:?}"));
        }
        if let Some(on) = self.etag {
            parts.push(format!("etag: {on}"));
        }
        if self.has_cors() {
            parts.push("cors".into());
        }
        f.write_str(&parts.join(", "))
    }
}

impl fmt::Debug for RouteConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RouteConfig {{ {self} }}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::size::SizeLimit;

    #[test]
    fn only_what_is_set_is_shown() {
        let config = RouteConfig::new()
            .size_limit("500kb")
            .no_response_limit()
            .enforce_response_limit(false)
            .max_duration_secs(5)
            .etag(false);
        assert_eq!(
            config.to_string(),
            "sizeLimit: 500kb, responseLimit: false, enforceResponseLimit: false, maxDuration: 5s, etag: false"
        );
        assert_eq!(RouteConfig::new().to_string(), "");
        let config = RouteConfig::new().body_parser(false).response_limit("8mb").external_resolver(true);
        assert_eq!(config.to_string(), "bodyParser: false, responseLimit: 8mb, externalResolver: true");
        #[cfg(feature = "cors")]
        assert_eq!(RouteConfig::new().cors(tower_http::cors::CorsLayer::new()).to_string(), "cors");
    }

    #[test]
    fn configurations_are_equal_in_every_field() {
        let new = RouteConfig::new;
        let all = [
            new(),
            new().body_parser(true),
            new().body_parser(false),
            new().size_limit("1kb"),
            new().size_limit("2kb"),
            new().response_limit("1kb"),
            new().no_response_limit(),
            new().enforce_response_limit(true),
            new().enforce_response_limit(false),
            new().external_resolver(true),
            new().external_resolver(false),
            new().max_duration_secs(1),
            new().max_duration_secs(2),
            new().etag(true),
            new().etag(false),
        ];
        for (i, one) in all.iter().enumerate() {
            for (j, other) in all.iter().enumerate() {
                assert_eq!(one == other, i == j, "{one:?} {other:?}");
            }
        }
        assert_eq!(new().size_limit_bytes(SizeLimit::from_bytes(1024)), new().size_limit("1kb"));
        assert_eq!(new().response_limit_bytes(SizeLimit::from_bytes(1024)), new().response_limit("1kb"));
        assert_eq!(new().max_duration(std::time::Duration::from_secs(1)), new().max_duration_secs(1));
        #[cfg(feature = "cors")]
        {
            let cors = || new().cors(tower_http::cors::CorsLayer::new());
            assert!(cors() != cors() && cors() != new() && new() != cors());
            assert!(cors().has_cors() && !new().has_cors());
        }
    }

    #[cfg(feature = "cors")]
    #[test]
    #[should_panic(expected = "Invalid CORS configuration")]
    fn cors_rules_that_contradict_each_other_are_refused_at_once() {
        use tower_http::cors::{Any, CorsLayer};
        drop(RouteConfig::new().cors(CorsLayer::new().allow_credentials(true).allow_origin(Any)));
    }
}

//! `Display` and `Debug` of a configuration.

use super::RouteConfig;
use std::fmt;

/// Writes the fields that are set, by Next.js's names: `bodyParser: false, maxDuration: 5s`.
impl fmt::Display for RouteConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        if let Some(on) = self.rules.body_parser {
            parts.push(format!("bodyParser: {on}"));
        }
        if let Some(limit) = self.rules.size_limit {
            parts.push(format!("sizeLimit: {limit}"));
        }
        if let Some(limit) = self.rules.stream_limit {
            parts.push(format!("streamLimit: {limit}"));
        }
        match self.rules.response_limit {
            Some(Some(limit)) => parts.push(format!("responseLimit: {limit}")),
            Some(None) => parts.push("responseLimit: false".into()),
            None => {}
        }
        if let Some(enforce) = self.rules.enforce_response_limit {
            parts.push(format!("enforceResponseLimit: {enforce}"));
        }
        if let Some(external) = self.rules.external_resolver {
            parts.push(format!("externalResolver: {external}"));
        }
        if let Some(time) = self.rules.max_duration {
            parts.push(format!("maxDuration: {time:?}"));
        }
        if let Some(on) = self.rules.etag {
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

    #[test]
    fn only_what_is_set_is_shown() {
        let config = RouteConfig::new()
            .size_limit("500kb")
            .stream_limit("1gb")
            .no_response_limit()
            .enforce_response_limit(false)
            .max_duration_secs(5)
            .etag(false);
        assert_eq!(
            config.to_string(),
            "sizeLimit: 500kb, streamLimit: 1gb, responseLimit: false, enforceResponseLimit: false, maxDuration: 5s, etag: false"
        );
        assert_eq!(RouteConfig::new().to_string(), "");
        let config = RouteConfig::new().body_parser(false).response_limit("8mb").external_resolver(true);
        assert_eq!(config.to_string(), "bodyParser: false, responseLimit: 8mb, externalResolver: true");
        #[cfg(feature = "cors")]
        assert_eq!(RouteConfig::new().cors(tower_http::cors::CorsLayer::new()).to_string(), "cors");
    }

    #[cfg(feature = "cors")]
    #[test]
    #[should_panic(expected = "Invalid CORS configuration")]
    fn contradicting_cors_rules_are_refused() {
        use tower_http::cors::{Any, CorsLayer};
        drop(RouteConfig::new().cors(CorsLayer::new().allow_credentials(true).allow_origin(Any)));
    }
}

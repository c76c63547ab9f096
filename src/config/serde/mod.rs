//! Serde for a configuration, in the shape of Next.js:
//! `{"api": {"bodyParser": {"sizeLimit": "1mb"}}, "maxDuration": 5}`.

mod de;
mod seconds;
mod ser;

#[cfg(test)]
mod tests {
    use crate::config::RouteConfig;
    use crate::size::SizeLimit;
    use proptest::option::of;
    use proptest::prelude::*;
    use std::time::Duration;

    fn size() -> impl Strategy<Value = SizeLimit> {
        let text = "[+]?(0|[1-9][0-9]{0,4})([.][0-9]{1,3})? {0,2}(b|kb|KB|mb|Gb|tb)?";
        prop_oneof![
            any::<u64>().prop_map(SizeLimit::from_bytes),
            text.prop_map(|text| SizeLimit::parse(&text).unwrap()),
        ]
    }

    /// Any time without a fraction, and one with nanoseconds up to 97 days.
    fn time() -> impl Strategy<Value = Duration> {
        prop_oneof![
            any::<u64>().prop_map(Duration::from_secs),
            (0..1_u64 << 23, 0..1_000_000_000_u32).prop_map(|(secs, nanos)| Duration::new(secs, nanos)),
        ]
    }

    prop_compose! {
        fn config()(
            body_parser in of(any::<bool>()),
            size_limit in of(size()),
            response_limit in of(of(size())),
            enforce_response_limit in of(any::<bool>()),
            external_resolver in of(any::<bool>()),
            max_duration in of(time()),
            etag in of(any::<bool>()),
        ) -> RouteConfig {
            RouteConfig {
                body_parser,
                size_limit,
                response_limit,
                enforce_response_limit,
                external_resolver,
                max_duration,
                etag,
                ..RouteConfig::new()
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_configuration_that_is_written_and_read_is_the_same(config in config()) {
            let text = serde_json::to_string(&config).unwrap();
            let again: RouteConfig = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&again, &config, "{}", text);
            // Sizes compare by their bytes only, so their text is compared here.
            prop_assert_eq!(again.to_string(), config.to_string());
            let value = serde_json::to_value(&config).unwrap();
            prop_assert_eq!(serde_json::from_value::<RouteConfig>(value).unwrap(), config);
        }
    }

    #[test]
    fn the_longest_time_can_be_written_and_read() {
        let config = RouteConfig::new().max_duration(Duration::MAX);
        let text = serde_json::to_string(&config).unwrap();
        let whole = RouteConfig::new().max_duration(Duration::from_secs(u64::MAX));
        assert_eq!(serde_json::from_str::<RouteConfig>(&text).unwrap(), whole);
    }

    #[test]
    fn every_shape_of_next_is_read() {
        let cases = [
            (r"{}", RouteConfig::new()),
            (r#"{"api":{"bodyParser":false}}"#, RouteConfig::new().body_parser(false)),
            (r#"{"api":{"bodyParser":true}}"#, RouteConfig::new().body_parser(true)),
            (r#"{"api":{"bodyParser":{"sizeLimit":"2mb"}}}"#, RouteConfig::new().size_limit("2mb")),
            (r#"{"api":{"bodyParser":{"sizeLimit":500}}}"#, RouteConfig::new().size_limit("500")),
            (r#"{"api":{"bodyParser":{}}}"#, RouteConfig::new().body_parser(true)),
            (
                r#"{"api":{"bodyParser":{"enabled":false,"sizeLimit":"1kb"}}}"#,
                RouteConfig::new().body_parser(false).size_limit("1kb"),
            ),
            (r#"{"api":{"enforceResponseLimit":true}}"#, RouteConfig::new().enforce_response_limit(true)),
            (r#"{"api":{"responseLimit":false}}"#, RouteConfig::new().no_response_limit()),
            (r#"{"api":{"responseLimit":true}}"#, RouteConfig::new().response_limit("4mb")),
            (r#"{"generateEtags":false}"#, RouteConfig::new().etag(false)),
            (r#"{"api":{"responseLimit":10}}"#, RouteConfig::new().response_limit_bytes(10_u64.into())),
            (r#"{"api":{"responseLimit":"8mb"}}"#, RouteConfig::new().response_limit("8mb")),
            (r#"{"api":{"externalResolver":true}}"#, RouteConfig::new().external_resolver(true)),
            (r#"{"maxDuration":5}"#, RouteConfig::new().max_duration_secs(5)),
            (r#"{"maxDuration":0}"#, RouteConfig::new().max_duration_secs(0)),
            (r#"{"maxDuration":1.5}"#, RouteConfig::new().max_duration(Duration::from_millis(1500))),
            (r#"{"runtime":"nodejs","maxDuration":1}"#, RouteConfig::new().max_duration_secs(1)),
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
            (r#"{"api":{"bodyParser":"1mb"}}"#, "expected true, false, or {\"sizeLimit\": \"1mb\"}"),
            (r#"{"api":{"bodyParser":{"sizeLimit":-1}}}"#, "integer `-1`, expected a size"),
            (r#"{"maxDuration":-1}"#, "integer `-1`, expected a number of seconds, zero or more"),
            (r#"{"maxDuration":-0.5}"#, "floating point `-0.5`, expected a number of seconds"),
            (r#"{"maxDuration":1e300}"#, "expected a number of seconds"),
            (r#"{"maxDuration":"5"}"#, "expected a number of seconds"),
            (r#"{"api":{"responseLimit":null}}"#, "true, false, or a size"),
            (r#"{"api":{"responseLimit":-1}}"#, "integer `-1`, expected a size"),
        ];
        for (json, part) in cases {
            let error = serde_json::from_str::<RouteConfig>(json).unwrap_err().to_string();
            assert!(error.contains(part), "{json}: {error}");
        }
    }
}

//! Merges configurations, field by field.

use super::Parser;
use super::RouteConfig;
use crate::size::{DEFAULT_RESPONSE_LIMIT, SizeLimit};

impl RouteConfig {
    /// Merges two configurations: each field is that of `self` if it is set, and that of `outer` otherwise.
    ///
    /// A [`size_limit`](Self::size_limit) of `self` turns on the parser that `outer` turns off.
    ///
    /// ```
    /// use tower_api_routes::RouteConfig;
    ///
    /// let outer = RouteConfig::new().response_limit("8mb").max_duration_secs(60);
    /// let merged = RouteConfig::new().max_duration_secs(5).or(&outer);
    /// assert_eq!(merged, RouteConfig::new().response_limit("8mb").max_duration_secs(5));
    /// ```
    pub fn or(mut self, outer: &Self) -> Self {
        // As in Next.js a size limit implies the parser.
        self.body_parser =
            self.body_parser.or(outer.body_parser.filter(|on| *on || self.size_limit.is_none()));
        self.size_limit = self.size_limit.or(outer.size_limit);
        self.response_limit = self.response_limit.or(outer.response_limit);
        self.enforce_response_limit = self.enforce_response_limit.or(outer.enforce_response_limit);
        self.external_resolver = self.external_resolver.or(outer.external_resolver);
        self.max_duration = self.max_duration.or(outer.max_duration);
        self.etag = self.etag.or(outer.etag);
        #[cfg(feature = "cors")]
        {
            self.cors = self.cors.or_else(|| outer.cors.clone());
        }
        self
    }

    /// Returns whether the body parser is turned off.
    pub(crate) fn parser_is_off(&self) -> bool {
        self.body_parser == Some(false)
    }

    /// Returns the settings of the body parser, if there are any.
    pub(crate) fn parser(&self) -> Option<Parser> {
        let limit = self.size_limit;
        self.body_parser.or(limit.map(|_| true)).map(|on| Parser { on, limit })
    }

    /// Returns the response limit of a tower service in a router. The built-in default counts only if it is enforced.
    pub(crate) fn service_response_limit(&self) -> Option<SizeLimit> {
        let enforced = self.enforce_response_limit == Some(true);
        self.response_limit.unwrap_or(enforced.then_some(DEFAULT_RESPONSE_LIMIT))
    }

    /// Splits the settings of a tower service into the route's own and the router's. The route's own wrap the service
    /// as layers. The router's act only if nothing inside the service sets them.
    pub(crate) fn split(mut self, router: &Self) -> (Self, Self) {
        let mut rest = router.clone();
        if self.parser().is_some() {
            self.size_limit = self.size_limit.or(router.size_limit);
            (rest.body_parser, rest.size_limit) = (None, None);
        }
        if self.response_limit.is_some() || self.enforce_response_limit.is_some() {
            self.response_limit = self.response_limit.or(router.response_limit);
            self.enforce_response_limit = self.enforce_response_limit.or(router.enforce_response_limit);
            (rest.response_limit, rest.enforce_response_limit) = (None, None);
        }
        rest.external_resolver = rest.external_resolver.filter(|_| self.external_resolver.is_none());
        rest.max_duration = rest.max_duration.filter(|_| self.max_duration.is_none());
        rest.etag = rest.etag.filter(|_| self.etag.is_none());
        (self.without_cors(), rest.without_cors())
    }

    /// Returns the configuration without CORS, which wraps every kind of route in the same way.
    #[allow(unused_mut, clippy::unused_self)] // CORS is a feature
    pub(crate) fn without_cors(mut self) -> Self {
        #[cfg(feature = "cors")]
        {
            self.cors = None;
        }
        self
    }

    /// Returns whether a field is set that needs a layer. `external_resolver` and `etag` are only passed on to inner
    /// handlers.
    pub(crate) fn has_layers(&self) -> bool {
        let passed_on = Self { external_resolver: self.external_resolver, etag: self.etag, ..Self::new() };
        // A configuration with CORS is equal to no other.
        *self != passed_on
    }

    /// Returns whether no field is set.
    pub(crate) fn is_unset(&self) -> bool {
        *self == Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn config() -> RouteConfig {
        RouteConfig::new()
    }

    #[test]
    fn what_only_a_handler_reads_needs_no_layer() {
        let cases = [
            (config(), false),
            (config().etag(false), false),
            (config().external_resolver(true), false),
            (config().body_parser(false), true),
            (config().size_limit("1kb"), true),
            (config().no_response_limit(), true),
            (config().enforce_response_limit(false), true),
            (config().max_duration_secs(9).etag(false), true),
            #[cfg(feature = "cors")]
            (config().cors(tower_http::cors::CorsLayer::new()), true),
        ];
        for (config, layers) in cases {
            assert_eq!(config.has_layers(), layers, "{config:?}");
        }
    }

    #[test]
    fn the_nearer_configuration_beats_the_outer_one_field_by_field() {
        let outer = config()
            .body_parser(false)
            .response_limit("8mb")
            .enforce_response_limit(true)
            .external_resolver(true)
            .max_duration_secs(9)
            .etag(false);
        let cases = [
            (config(), outer.clone()),
            (config().body_parser(true), outer.clone().body_parser(true)),
            (config().no_response_limit(), outer.clone().no_response_limit()),
            (config().response_limit("1kb"), outer.clone().response_limit("1kb")),
            (config().enforce_response_limit(false), outer.clone().enforce_response_limit(false)),
            (config().external_resolver(false), outer.clone().external_resolver(false)),
            (config().max_duration_secs(1), outer.clone().max_duration_secs(1)),
            (config().etag(true), outer.clone().etag(true)),
        ];
        for (near, both) in cases {
            assert_eq!(near.clone().or(&outer), both, "{near:?}");
            assert_eq!(outer.clone().or(&near), outer, "{near:?} further out");
        }
    }

    #[test]
    fn a_limit_turns_the_parser_on_again_and_a_switch_keeps_the_limit() {
        let limit = Some(SizeLimit::new("2mb"));
        let cases = [
            (config().size_limit("2mb"), config().body_parser(false), Some(Parser { on: true, limit })),
            (config().body_parser(true), config().size_limit("2mb"), Some(Parser { on: true, limit })),
            (config().body_parser(false), config().size_limit("2mb"), Some(Parser { on: false, limit })),
            (config().size_limit("2mb").body_parser(false), config(), Some(Parser { on: false, limit })),
            (config().body_parser(true), config(), Some(Parser { on: true, limit: None })),
            (config().max_duration_secs(1), config().etag(true), None),
        ];
        for (near, outer, parser) in cases {
            assert_eq!(near.clone().or(&outer).parser(), parser, "{near:?} inside {outer:?}");
        }
    }

    #[test]
    fn a_service_gets_the_routes_part_and_the_rest_of_the_routers() {
        let router = config().size_limit("2mb").response_limit("8mb").max_duration_secs(9).etag(false);
        let cases = [
            (config(), config(), router.clone()),
            (config().max_duration_secs(1), config().max_duration_secs(1), {
                config().size_limit("2mb").response_limit("8mb").etag(false)
            }),
            (
                config().enforce_response_limit(true),
                config().response_limit("8mb").enforce_response_limit(true),
                config().size_limit("2mb").max_duration_secs(9).etag(false),
            ),
            (
                config().body_parser(true).no_response_limit().etag(true),
                { config().body_parser(true).size_limit("2mb").no_response_limit().etag(true) },
                config().max_duration_secs(9),
            ),
        ];
        for (own, around, rest) in cases {
            assert_eq!(own.clone().split(&router), (around, rest), "{own:?}");
        }
    }
}

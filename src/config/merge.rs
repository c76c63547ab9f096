//! Which of several configurations counts, field by field.

use super::Parser;
use super::RouteConfig;

impl RouteConfig {
    /// This configuration where it is set, `outer` elsewhere.
    pub fn or(mut self, outer: &Self) -> Self {
        // A limit of our own turns the parser on, whatever is said further out.
        self.body_parser =
            self.body_parser.or(outer.body_parser.filter(|on| *on || self.size_limit.is_none()));
        self.size_limit = self.size_limit.or(outer.size_limit);
        self.response_limit = self.response_limit.or(outer.response_limit);
        self.external_resolver = self.external_resolver.or(outer.external_resolver);
        self.max_duration = self.max_duration.or(outer.max_duration);
        self.etag = self.etag.or(outer.etag);
        #[cfg(feature = "cors")]
        {
            self.cors = self.cors.or_else(|| outer.cors.clone());
        }
        self
    }

    /// Whether the body parser was turned off, here or further out.
    pub(crate) fn parser_is_off(&self) -> bool {
        self.body_parser == Some(false)
    }

    /// What this says about the body parser, if anything.
    pub(crate) fn parser(&self) -> Option<Parser> {
        match (self.body_parser, self.size_limit) {
            (Some(false), _) => Some(Parser::Off),
            (None, None) => None,
            (_, limit) => Some(Parser::On(limit)),
        }
    }

    /// For a foreign service: this route's own part, which goes around the service as layers, and the router's, which
    /// only acts where nothing inside the service says otherwise.
    pub(crate) fn split(mut self, router: &Self) -> (Self, Self) {
        let mut rest = router.clone();
        if self.parser().is_some() {
            self.size_limit = self.size_limit.or(router.size_limit);
            (rest.body_parser, rest.size_limit) = (None, None);
        }
        rest.response_limit = rest.response_limit.filter(|_| self.response_limit.is_none());
        rest.external_resolver = rest.external_resolver.filter(|_| self.external_resolver.is_none());
        rest.max_duration = rest.max_duration.filter(|_| self.max_duration.is_none());
        rest.etag = rest.etag.filter(|_| self.etag.is_none());
        (self.without_cors(), rest.without_cors())
    }

    /// Everything but CORS, which stands around every kind of route alike.
    #[allow(unused_mut, clippy::unused_self)] // CORS is a feature
    pub(crate) fn without_cors(mut self) -> Self {
        #[cfg(feature = "cors")]
        {
            self.cors = None;
        }
        self
    }

    /// Whether nothing but, at most, CORS is set.
    pub(crate) fn has_no_layers(&self) -> bool {
        self.clone().without_cors() == Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::size::SizeLimit;

    const fn config() -> RouteConfig {
        RouteConfig::new()
    }

    #[test]
    fn the_nearer_configuration_beats_the_outer_one_field_by_field() {
        let limit = SizeLimit::new;
        let outer = config()
            .body_parser(false)
            .response_limit(limit("8mb"))
            .external_resolver(true)
            .max_duration(9)
            .etag(false);
        let cases = [
            (config(), outer.clone()),
            (config().body_parser(true), outer.clone().body_parser(true)),
            (config().no_response_limit(), outer.clone().no_response_limit()),
            (config().response_limit(limit("1kb")), outer.clone().response_limit(limit("1kb"))),
            (config().external_resolver(false), outer.clone().external_resolver(false)),
            (config().max_duration(1), outer.clone().max_duration(1)),
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
            (config().size_limit("2mb"), config().body_parser(false), Some(Parser::On(limit))),
            (config().body_parser(true), config().size_limit("2mb"), Some(Parser::On(limit))),
            (config().body_parser(false), config().size_limit("2mb"), Some(Parser::Off)),
            (config().size_limit("2mb").body_parser(false), config(), Some(Parser::Off)),
            (config().body_parser(true), config(), Some(Parser::On(None))),
            (config().max_duration(1), config().etag(true), None),
        ];
        for (near, outer, parser) in cases {
            assert_eq!(near.clone().or(&outer).parser(), parser, "{near:?} inside {outer:?}");
        }
    }

    #[test]
    fn a_service_gets_the_routes_part_and_the_rest_of_the_routers() {
        let router =
            config().size_limit("2mb").response_limit(SizeLimit::new("8mb")).max_duration(9).etag(false);
        let cases = [
            (config(), config(), router.clone()),
            (config().max_duration(1), config().max_duration(1), {
                config().size_limit("2mb").response_limit(SizeLimit::new("8mb")).etag(false)
            }),
            (
                config().body_parser(true).no_response_limit().etag(true),
                { config().body_parser(true).size_limit("2mb").no_response_limit().etag(true) },
                config().max_duration(9),
            ),
        ];
        for (own, around, rest) in cases {
            assert_eq!(own.clone().split(&router), (around, rest), "{own:?}");
        }
    }
}

//! The table of routes.

use super::parts::{Fallback, Parts};
use crate::config::{RouteConfig, Rules};
use crate::handler::Origins;
use crate::routing::{Pattern, Row, write_table};
use crate::size::SizeLimit;
use crate::size::{DEFAULT_RESPONSE_LIMIT, DEFAULT_SIZE_LIMIT};
use http::Method;
use std::fmt;

/// The routes of a router, in the order in which they are tried; see [`ApiRouter::routes`](crate::ApiRouter::routes).
///
/// ```
/// # use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, HandlerExt as _, Result, RouteConfig, methods};
/// # async fn show(_: ApiRequest, res: ApiResponse) -> Result { res.end() }
/// let api = ApiRouter::new()
///     .route("/api/post/[pid]", show.config(RouteConfig::new().size_limit("2mb")))
///     .route("/api/hello", methods().get(show).put(show.config(RouteConfig::new().etag(false))))
///     .route("/api/files/[[...path]]", show);
///
/// assert_eq!(
///     api.routes().to_string(),
///     "\
/// Route (api)
/// ┌ * /api/files/[[...path]]
/// ├ ○ /api/hello              GET, PUT, HEAD, OPTIONS  PUT { etag: false }
/// └ ƒ /api/post/[pid]         { sizeLimit: 2mb }
///
/// ○  (static)     one path
/// ƒ  (dynamic)    a parameter
/// *  (catch-all)  any number of segments
/// ",
/// );
/// ```
///
/// A row has the methods of the route, unless it accepts all, its configuration, unless that is the default, the methods whose
/// handlers have another one, each with that, and the files `_middleware.rs` around the route, the innermost one first. What a
/// [`Proxy`](crate::Proxy) forwards has an arrow and the origin, a fallback at the end of the table:
///
/// ```text
/// Route (api)
/// ┌ ○ /api/hello       GET, HEAD, OPTIONS  other methods → http://127.0.0.1:3000
/// └ ƒ /api/post/[pid]  → http://127.0.0.1:3000
///
/// ○  (static)     one path
/// ƒ  (dynamic)    a parameter
///
/// all other paths → http://127.0.0.1:3000
/// ```
///
/// A proxy inside a layer of a `ServiceBuilder`, or one that a handler calls, is not known here.
#[derive(Clone, Debug)]
pub struct Routes {
    routes: Vec<RouteInfo>,
    /// The fallbacks that are proxies: the prefix, unless it is every path, and the origin.
    fallbacks: Vec<(Option<Pattern>, Box<str>)>,
}

/// One route of a [`Routes`] table.
#[derive(Clone, Debug)]
pub struct RouteInfo {
    pattern: Pattern,
    methods: Vec<Method>,
    config: RouteConfig,
    method_configs: Vec<(Method, RouteConfig)>,
    middleware: Vec<&'static str>,
    origins: Origins,
}

impl Routes {
    pub(super) fn new(parts: &Parts) -> Self {
        let info = |id: usize| {
            let entry = &parts.routes[id];
            let (route, inherited) = (entry.route(), entry.inherited(&parts.config));
            let config = route.config().clone().or(&inherited);
            let configs = route.method_configs().into_iter();
            let configs = configs.map(|(method, config)| (method, config.or(&inherited)));
            RouteInfo {
                pattern: parts.tree.pattern(id).clone(),
                methods: route.methods(),
                method_configs: configs.filter(|(_, of_method)| of_method.rules != config.rules).collect(),
                config,
                middleware: entry.files().to_vec(),
                origins: route.origins(),
            }
        };
        let forwarded = |fallback: &Fallback| {
            let (_, origin) = fallback.entry.route().origins().pop()?;
            Some((fallback.prefix.clone(), origin))
        };
        Self {
            routes: parts.tree.sorted().into_iter().map(info).collect(),
            fallbacks: parts.fallbacks.iter().filter_map(forwarded).collect(),
        }
    }

    /// Returns an iterator over the routes, in the order in which they are tried.
    pub fn iter(&self) -> std::slice::Iter<'_, RouteInfo> {
        self.routes.iter()
    }

    /// Returns the origin that the requests of no route are forwarded to, if the router's fallback is a
    /// [`Proxy`](crate::Proxy).
    ///
    /// ```
    /// use tower_api_routes::{ApiRouter, Proxy};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let api = ApiRouter::new().fallback(Proxy::new("http://127.0.0.1:3000")?);
    /// assert_eq!(api.routes().fallback_origin(), Some("http://127.0.0.1:3000"));
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "proxy")]
    pub fn fallback_origin(&self) -> Option<&str> {
        self.fallbacks.iter().find(|(prefix, _)| prefix.is_none()).map(|(_, origin)| &**origin)
    }

    /// Returns the number of routes.
    pub fn len(&self) -> usize {
        self.routes.len()
    }

    /// Returns whether there are no routes.
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty()
    }
}

impl<'a> IntoIterator for &'a Routes {
    type Item = &'a RouteInfo;
    type IntoIter = std::slice::Iter<'a, RouteInfo>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl RouteInfo {
    /// Returns the pattern, such as `/api/post/[pid]`.
    pub fn pattern(&self) -> &str {
        self.pattern.as_str()
    }

    /// Returns the methods that the route accepts. Empty means all.
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// Returns the files `_middleware.rs` around the route, the innermost one first.
    pub fn middleware(&self) -> &[&'static str] {
        &self.middleware
    }

    /// Returns the origin that requests with this method are forwarded to, if that is by a [`Proxy`](crate::Proxy).
    ///
    /// ```
    /// use http::Method;
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Proxy, Result, methods};
    ///
    /// async fn show(_: ApiRequest, res: ApiResponse) -> Result { res.end() }
    ///
    /// # fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    /// let next = Proxy::new("http://127.0.0.1:3000")?;
    /// let api = ApiRouter::new().route("/api/post/[pid]", methods().get(show).fallback(next));
    /// for route in &api.routes() {
    ///     assert_eq!(route.origin(&Method::GET), None);
    ///     assert_eq!(route.origin(&Method::PUT), Some("http://127.0.0.1:3000"));
    /// }
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "proxy")]
    pub fn origin(&self, method: &Method) -> Option<&str> {
        let named = self.methods.contains(method).then_some(method);
        self.origins.iter().find(|(known, _)| known.as_ref() == named).map(|(_, origin)| &**origin)
    }

    /// Returns the configuration: the route's own, and the router's for the fields that it does not set.
    pub fn config(&self) -> &RouteConfig {
        &self.config
    }

    /// Returns the methods of [`methods()`](crate::methods) whose handlers have a configuration of their own, each with
    /// that, and the route's for the fields that it does not set.
    ///
    /// A HEAD without a handler is that of GET.
    pub fn method_configs(&self) -> &[(Method, RouteConfig)] {
        &self.method_configs
    }
}

impl fmt::Display for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |route: &RouteInfo| {
            let methods: Vec<&str> = route.methods.iter().map(Method::as_str).collect();
            let mut remarks = vec![methods.join(", ")];
            remarks.extend(forwarded(route));
            let config = |config: &RouteConfig| match beyond_default(config.clone()).to_string() {
                config if config.is_empty() => "{}".to_owned(),
                config => format!("{{ {config} }}"),
            };
            remarks.extend(Some(config(&route.config)).filter(|config| config != "{}"));
            let of_method =
                |(method, of_method): &(Method, RouteConfig)| format!("{method} {}", config(of_method));
            remarks.extend(route.method_configs.iter().map(of_method));
            remarks.extend(route.middleware.iter().map(|file| format!("in {file}")));
            remarks.retain(|remark| !remark.is_empty());
            remarks.join("  ")
        };
        let rows: Vec<_> =
            self.routes.iter().map(|route| Row { pattern: &route.pattern, remark: row(route) }).collect();
        write_table(f, &rows)?;
        for (i, (prefix, origin)) in self.fallbacks.iter().enumerate() {
            let space = if i == 0 { "\n" } else { "" };
            match prefix {
                Some(prefix) => writeln!(f, "{space}all other paths below {prefix} → {origin}")?,
                None => writeln!(f, "{space}all other paths → {origin}")?,
            }
        }
        Ok(())
    }
}

/// Returns what is forwarded where: all requests, some methods, or all other methods.
fn forwarded(route: &RouteInfo) -> Vec<String> {
    let mut remarks: Vec<(Vec<&str>, &str)> = Vec::new();
    for (method, origin) in &route.origins {
        let method = match method {
            Some(method) => method.as_str(),
            None if route.methods.is_empty() => "",
            None => "other methods",
        };
        match remarks.iter_mut().find(|(_, known)| *known == &**origin) {
            Some((methods, _)) => methods.push(method),
            None => remarks.push((vec![method], origin)),
        }
    }
    let text = |(methods, origin): &(Vec<&str>, &str)| format!("{} → {origin}", methods.join(", "));
    remarks.iter().map(|remark| text(remark).trim_start().to_owned()).collect()
}

/// Returns the configuration without the fields that equal the built-in default.
fn beyond_default(config: RouteConfig) -> RouteConfig {
    let same = |limit: SizeLimit, default: SizeLimit| limit.bytes() == default.bytes();
    let rules = config.rules;
    let rules = Rules {
        body_parser: rules.body_parser.filter(|on| !on),
        size_limit: rules.size_limit.filter(|limit| !same(*limit, DEFAULT_SIZE_LIMIT)),
        response_limit: rules
            .response_limit
            .filter(|limit| limit.is_none_or(|limit| !same(limit, DEFAULT_RESPONSE_LIMIT))),
        external_resolver: rules.external_resolver.filter(|external| *external),
        etag: rules.etag.filter(|on| !on),
        ..rules
    };
    RouteConfig { rules, ..config }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_from_the_default_is_printed() {
        let config = RouteConfig::new;
        let cases = [
            (config(), ""),
            (config().body_parser(true).external_resolver(false).etag(true), ""),
            (config().size_limit("1024kb").response_limit("4mb"), ""),
            (config().body_parser(false).max_duration_secs(5), "bodyParser: false, maxDuration: 5s"),
            (config().size_limit("2mb").no_response_limit(), "sizeLimit: 2mb, responseLimit: false"),
            (
                config().response_limit("8mb").external_resolver(true).etag(false),
                "responseLimit: 8mb, externalResolver: true, etag: false",
            ),
        ];
        for (config, text) in cases {
            assert_eq!(beyond_default(config).to_string(), text);
        }
    }
}

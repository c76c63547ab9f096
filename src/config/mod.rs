use crate::size::SizeLimit;
use std::fmt;
use std::time::Duration;

mod merge;
mod needs;
mod outer;
mod resolved;
mod serde;

pub(crate) use needs::Needs;
pub(crate) use outer::{Outer, Overridden, Parser, RouteSlot};
pub(crate) use resolved::Resolved;

/// Everything that can be set route by route, as one value: Next.js's `export const config`.
///
/// A field that is not set leaves the choice to whoever stands further out: the handler's own configuration beats the
/// router's ([`ApiRouter::config`](crate::ApiRouter::config)), which beats the built-in default, field by field.
///
/// | field | Next.js | default |
/// | --- | --- | --- |
/// | [`body_parser`](Self::body_parser) | `api.bodyParser` | on |
/// | [`size_limit`](Self::size_limit) | `api.bodyParser.sizeLimit` | `"1mb"` |
/// | [`response_limit`](Self::response_limit) | `api.responseLimit` | `"4mb"` |
/// | [`external_resolver`](Self::external_resolver) | `api.externalResolver` | `false` |
/// | [`max_duration`](Self::max_duration) | `maxDuration` | none |
/// | [`etag`](Self::etag) | `generateEtags` | on |
/// | `cors` (feature `cors`) | | none |
///
/// ```
/// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, HandlerExt as _, Result, RouteConfig};
///
/// const CONFIG: RouteConfig = RouteConfig::new().body_parser(false).max_duration(5);
///
/// async fn webhook(req: ApiRequest<Body>, res: ApiResponse) -> Result { res.end() }
///
/// let api = ApiRouter::new().route("/api/webhook", webhook.config(CONFIG));
/// ```
///
/// It is a [`Layer`](tower_layer::Layer) too, around any service; there a field that is not set does nothing:
///
/// ```
/// use http::{Request, Response};
/// use std::convert::Infallible;
/// use tower::{Layer as _, ServiceExt as _, service_fn};
/// use tower_api_routes::{Body, RouteConfig};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let any = service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
/// let service = RouteConfig::new().size_limit("10b").layer(any);
///
/// let response = service.oneshot(Request::new(Body::from("eleven bytes"))).await.unwrap();
/// assert_eq!(response.status(), 413);
/// # }
/// ```
///
/// With `serde` it reads Next.js's own shape:
///
/// ```
/// use tower_api_routes::RouteConfig;
///
/// let config: RouteConfig = serde_json::from_str(
///     r#"{ "api": { "bodyParser": { "sizeLimit": "500kb" }, "responseLimit": false }, "maxDuration": 5 }"#,
/// ).unwrap();
/// assert_eq!(config, RouteConfig::new().size_limit("500kb").no_response_limit().max_duration(5));
/// ```
///
/// Source: [Custom config](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#custom-config).
#[derive(Clone, Default)]
#[must_use]
pub struct RouteConfig {
    pub(crate) body_parser: Option<bool>,
    pub(crate) size_limit: Option<SizeLimit>,
    /// The inner `None` is "no limit".
    #[allow(clippy::option_option)] // unset, off and on are three things
    pub(crate) response_limit: Option<Option<SizeLimit>>,
    pub(crate) external_resolver: Option<bool>,
    pub(crate) max_duration: Option<Duration>,
    pub(crate) etag: Option<bool>,
    #[cfg(feature = "cors")]
    pub(crate) cors: Option<tower_http::cors::CorsLayer>,
}

impl RouteConfig {
    /// Nothing set.
    pub const fn new() -> Self {
        Self {
            body_parser: None,
            size_limit: None,
            response_limit: None,
            external_resolver: None,
            max_duration: None,
            etag: None,
            #[cfg(feature = "cors")]
            cors: None,
        }
    }

    /// Whether the body is read and parsed before the handler runs. Default: `true`.
    ///
    /// Off, the body is neither touched nor limited, and the handler takes an [`ApiRequest<Body>`](crate::ApiRequest).
    /// (An `ApiRequest<RawBody>` reads it, up to the [`size_limit`](Self::size_limit); a handler that takes a parsed type is
    /// refused when it is registered.)
    pub const fn body_parser(mut self, on: bool) -> Self {
        self.body_parser = Some(on);
        self
    }

    /// The largest body that is read, as [`SizeLimit`] writes sizes; beyond it the answer is 413. Default: `"1mb"`.
    ///
    /// As in Next.js's `bodyParser: { sizeLimit }` this turns the parser on where only something further out has turned it
    /// off.
    ///
    /// # Panics
    ///
    /// If the text is not a size; in a const that is a compile error.
    /// [`size_limit_bytes`](Self::size_limit_bytes) takes a parsed one.
    #[track_caller]
    pub const fn size_limit(self, limit: &str) -> Self {
        self.size_limit_bytes(SizeLimit::new(limit))
    }

    /// The largest body that is read, as a value.
    pub const fn size_limit_bytes(mut self, limit: SizeLimit) -> Self {
        self.size_limit = Some(limit);
        self
    }

    /// The size from which an answer is logged as too large; it is sent whole all the same. Default: `4mb`.
    pub const fn response_limit(mut self, limit: SizeLimit) -> Self {
        self.response_limit = Some(Some(limit));
        self
    }

    /// No warning about large answers.
    pub const fn no_response_limit(mut self) -> Self {
        self.response_limit = Some(None);
        self
    }

    /// Whether another task answers, so that a handler that returns early is not worth a warning. Default: `false`.
    pub const fn external_resolver(mut self, external: bool) -> Self {
        self.external_resolver = Some(external);
        self
    }

    /// The seconds from the request to the last byte of the answer. Past them the answer is 504, or, when its head is out
    /// already, breaks off. Default: no deadline.
    ///
    /// A handler that is always ready is cut as well, and the wait for a tower service to be ready is inside. A body that the
    /// client does not read, over HTTP/2 with a closed window for example, is cut when the client reads on; see
    /// `docs/reliability.md`.
    ///
    /// ([`max_duration_of`](Self::max_duration_of) takes a [`Duration`].)
    pub const fn max_duration(self, seconds: u32) -> Self {
        self.max_duration_of(Duration::from_secs(seconds as u64))
    }

    /// The time from the request to the last byte of the answer.
    pub const fn max_duration_of(mut self, time: Duration) -> Self {
        self.max_duration = Some(time);
        self
    }

    /// Whether `json` and `send` write an `ETag` and answer 304 to a client that has it. Default: on.
    pub const fn etag(mut self, on: bool) -> Self {
        self.etag = Some(on);
        self
    }

    /// Who may read the answers from another origin. Default: no `Access-Control-*` header at all.
    ///
    /// Only a preflight (`OPTIONS` with `Origin` and `Access-Control-Request-Method`) is answered for the handler. Not
    /// `const`: a route file that needs it exports `fn config()`.
    ///
    /// # Panics
    ///
    /// If the rules contradict each other, credentials with a wildcard; better here than at the first request.
    #[cfg(feature = "cors")]
    pub fn cors(mut self, cors: tower_http::cors::CorsLayer) -> Self {
        // tower-http looks at its rules when it wraps a service.
        _ = tower_layer::Layer::layer(&cors, ());
        self.cors = Some(cors);
        self
    }

    pub(crate) fn has_cors(&self) -> bool {
        #[cfg(feature = "cors")]
        return self.cors.is_some();
        #[cfg(not(feature = "cors"))]
        false
    }
}

/// Two configurations with CORS are never equal: what a `CorsLayer` allows cannot be compared.
impl PartialEq for RouteConfig {
    fn eq(&self, other: &Self) -> bool {
        self.body_parser == other.body_parser
            && self.size_limit.map(|limit| limit.bytes()) == other.size_limit.map(|limit| limit.bytes())
            && self.response_limit.map(|limit| limit.map(|limit| limit.bytes()))
                == other.response_limit.map(|limit| limit.map(|limit| limit.bytes()))
            && self.external_resolver == other.external_resolver
            && self.max_duration == other.max_duration
            && self.etag == other.etag
            && !self.has_cors()
            && !other.has_cors()
    }
}

/// As Next.js writes it, only what is set: `bodyParser: false, maxDuration: 5s`.
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

    #[test]
    fn only_what_is_set_is_shown() {
        let config = RouteConfig::new().size_limit("500kb").no_response_limit().max_duration(5).etag(false);
        assert_eq!(
            config.to_string(),
            "sizeLimit: 500kb, responseLimit: false, maxDuration: 5s, etag: false"
        );
        assert_eq!(RouteConfig::new().to_string(), "");
    }

    #[cfg(feature = "cors")]
    #[test]
    #[should_panic(expected = "Invalid CORS configuration")]
    fn cors_rules_that_contradict_each_other_are_refused_at_once() {
        use tower_http::cors::{Any, CorsLayer};
        drop(RouteConfig::new().cors(CorsLayer::new().allow_credentials(true).allow_origin(Any)));
    }
}

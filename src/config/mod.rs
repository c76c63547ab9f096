use crate::size::SizeLimit;
use std::time::Duration;

mod display;
mod outer;
mod rules;

pub(crate) use outer::{Claims, InForce, Outer};
pub(crate) use rules::{Needs, Rules};

/// The settings of a route, as one value: Next.js's `export const config`.
///
/// Each field is resolved by itself. The handler's own configuration overrides the router's
/// ([`ApiRouter::config`](crate::ApiRouter::config)), which overrides the built-in default. If one handler or router is
/// configured twice, the later call overrides the earlier one, again by field: `handler.config(a).config(b)` is `a`
/// where `b` sets nothing.
///
/// | setting | Next.js | default | layer |
/// | --- | --- | --- | --- |
/// | [`body_parser`](Self::body_parser) | `api.bodyParser` | on | [`BodyParserLayer::enabled`](crate::BodyParserLayer::enabled) |
/// | [`size_limit`](Self::size_limit) | `api.bodyParser.sizeLimit` | `"1mb"` | [`BodyParserLayer::size_limit`](crate::BodyParserLayer::size_limit) |
/// | [`stream_limit`](Self::stream_limit) | | none | [`BodyParserLayer::stream_limit`](crate::BodyParserLayer::stream_limit) |
/// | [`response_limit`](Self::response_limit), [`no_response_limit`](Self::no_response_limit) | `api.responseLimit` | `"4mb"` | [`ResponseLimitLayer::response_limit`](crate::ResponseLimitLayer::response_limit), [`enabled`](crate::ResponseLimitLayer::enabled) |
/// | [`enforce_response_limit`](Self::enforce_response_limit) | | `false` | [`ResponseLimitLayer::enforce_response_limit`](crate::ResponseLimitLayer::enforce_response_limit) |
/// | [`external_resolver`](Self::external_resolver) | `api.externalResolver` | `false` | [`ExternalResolverLayer::enabled`](crate::ExternalResolverLayer::enabled) |
/// | [`max_duration`](Self::max_duration) | `maxDuration` | none | [`MaxDurationLayer::new`](crate::MaxDurationLayer::new) |
/// | [`etag`](Self::etag) | | on | |
/// | `cors` (feature `cors`) | | none | `ApiCorsLayer::new` |
///
/// Each size is a literal as Next.js writes it; the method that ends in `_bytes` takes a [`SizeLimit`].
///
/// ```
/// use std::time::Duration;
/// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, HandlerExt as _, Result, RouteConfig};
///
/// const CONFIG: RouteConfig = RouteConfig::new().body_parser(false).max_duration(Duration::from_secs(5));
///
/// async fn webhook(req: ApiRequest<Body>, res: ApiResponse) -> Result { res.end() }
///
/// let api = ApiRouter::new().route("/api/webhook", webhook.config(CONFIG));
/// ```
///
/// # As a layer
///
/// A configuration is also a [`Layer`](tower_layer::Layer) for any service. Fields that are not set do nothing there. The
/// deadline and the limits of a layer apply whatever stands inside; its other fields are defaults for what stands inside:
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
/// Guide: [composing layers](crate::guide::composing_layers).
///
/// Source: [Custom config](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#custom-config).
#[derive(Clone, Default)]
#[must_use]
pub struct RouteConfig {
    pub(crate) rules: Rules,
    #[cfg(feature = "cors")]
    pub(crate) cors: Option<tower_http::cors::CorsLayer>,
}

impl RouteConfig {
    /// Creates a configuration that sets nothing.
    pub const fn new() -> Self {
        Self {
            rules: Rules::UNSET,
            #[cfg(feature = "cors")]
            cors: None,
        }
    }

    /// Sets whether the body is read and parsed before the handler runs. Default: `true`.
    ///
    /// Without the parser the body is not read, and only a [`stream_limit`](Self::stream_limit) limits it. The handler
    /// takes an [`ApiRequest<Body>`](crate::ApiRequest). An `ApiRequest<RawBody>` still reads it, up to the
    /// [`size_limit`](Self::size_limit). A handler that takes a parsed type cannot be registered then.
    pub const fn body_parser(mut self, on: bool) -> Self {
        self.rules.body_parser = Some(on);
        self
    }

    /// Sets the largest body that is read, as a literal: `"500kb"`. A larger one is a 413 `Body exceeded 500kb limit`.
    /// Default: `"1mb"`.
    ///
    /// As with Next.js's `bodyParser: { sizeLimit }`, this turns the parser on if only an outer configuration has
    /// turned it off.
    ///
    /// # Panics
    ///
    /// Panics if the text is not a [size](SizeLimit). In a const this is a compile error.
    /// [`size_limit_bytes`](Self::size_limit_bytes) takes a parsed size.
    #[track_caller]
    pub const fn size_limit(self, limit: &str) -> Self {
        self.size_limit_bytes(SizeLimit::new(limit))
    }

    /// Sets the largest body that is read, as a [`SizeLimit`]; see [`size_limit`](Self::size_limit).
    pub const fn size_limit_bytes(mut self, limit: SizeLimit) -> Self {
        self.rules.size_limit = Some(limit);
        self
    }

    /// Sets the largest body that is streamed, as a literal: `"1gb"`. Default: no limit, as with Next.js's
    /// `bodyParser: false`.
    ///
    /// It counts what a handler that takes an [`ApiRequest<Body>`](crate::ApiRequest) reads or, around any other service
    /// without the parser, what that service reads. A body that declares a larger length is a 413 before a byte of it is
    /// read. Any other ends with an error at the limit: `?` makes it a 413, and a service's response is replaced by one.
    /// Trailers are kept. A body that is parsed or read as a whole has its [`size_limit`](Self::size_limit).
    ///
    /// ```
    /// use tower_api_routes::RouteConfig;
    ///
    /// const UPLOAD: RouteConfig = RouteConfig::new().body_parser(false).stream_limit("1gb");
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the text is not a [size](SizeLimit). In a const this is a compile error.
    /// [`stream_limit_bytes`](Self::stream_limit_bytes) takes a parsed size.
    #[track_caller]
    pub const fn stream_limit(self, limit: &str) -> Self {
        self.stream_limit_bytes(SizeLimit::new(limit))
    }

    /// Sets the largest body that is streamed, as a [`SizeLimit`]; see [`stream_limit`](Self::stream_limit).
    pub const fn stream_limit_bytes(mut self, limit: SizeLimit) -> Self {
        self.rules.stream_limit = Some(limit);
        self
    }

    /// Sets the size of a response from which a warning is logged, as a literal: `"8mb"`. Default: `"4mb"`.
    ///
    /// The response is still sent, unless the limit is [enforced](Self::enforce_response_limit).
    ///
    /// # Panics
    ///
    /// Panics if the text is not a [size](SizeLimit). In a const this is a compile error.
    /// [`response_limit_bytes`](Self::response_limit_bytes) takes a parsed size.
    #[track_caller]
    pub const fn response_limit(self, limit: &str) -> Self {
        self.response_limit_bytes(SizeLimit::new(limit))
    }

    /// Sets the size of a response from which a warning is logged, as a [`SizeLimit`]; see
    /// [`response_limit`](Self::response_limit).
    pub const fn response_limit_bytes(mut self, limit: SizeLimit) -> Self {
        self.rules.response_limit = Some(Some(limit));
        self
    }

    /// Turns the response limit off: Next.js's `responseLimit: false`.
    ///
    /// A later [`response_limit`](Self::response_limit) turns it on again.
    pub const fn no_response_limit(mut self) -> Self {
        self.rules.response_limit = Some(None);
        self
    }

    /// Sets whether a response larger than its [`response_limit`](Self::response_limit) is rejected. Default: `false`.
    ///
    /// A response whose length is known or declared becomes a 500. Any other breaks off with a
    /// [`LimitExceeded`](crate::response_limit::LimitExceeded).
    ///
    /// ```
    /// use tower_api_routes::RouteConfig;
    ///
    /// const CONFIG: RouteConfig = RouteConfig::new().response_limit("1mb").enforce_response_limit(true);
    /// ```
    pub const fn enforce_response_limit(mut self, enforce: bool) -> Self {
        self.rules.enforce_response_limit = Some(enforce);
        self
    }

    /// Sets whether another task responds, so that a handler that returns early logs no warning. Default: `false`.
    pub const fn external_resolver(mut self, external: bool) -> Self {
        self.rules.external_resolver = Some(external);
        self
    }

    /// Sets the time from the request to the last byte of the response. Default: no deadline.
    ///
    /// After that time the response is a 504, or, if its head has been sent, its body breaks off. With
    /// [`Duration::ZERO`], only a handler that never waits can respond.
    ///
    /// The deadline also ends a handler that never yields, and includes the wait until a tower service is ready. If the
    /// client does not read the body, for example over HTTP/2 with a closed window, the body breaks off when the client
    /// reads on; see `docs/reliability.md`.
    pub const fn max_duration(mut self, time: Duration) -> Self {
        self.rules.max_duration = Some(time);
        self
    }

    /// Sets the time from the request to the last byte of the response in seconds, as Next.js's `maxDuration`; see
    /// [`max_duration`](Self::max_duration).
    pub const fn max_duration_secs(self, seconds: u32) -> Self {
        self.max_duration(Duration::from_secs(seconds as u64))
    }

    /// Sets whether `json` and `send` write an `ETag` and respond with 304 to a client that has it. Default: `true`.
    pub const fn etag(mut self, on: bool) -> Self {
        self.rules.etag = Some(on);
        self
    }

    /// Sets which other origins may read the responses. Default: no `Access-Control-*` header.
    ///
    /// A preflight (`OPTIONS` with `Origin` and `Access-Control-Request-Method`) does not reach the handler. Every
    /// other request does. This method is not `const`, so a route file that uses it exports `fn config()`.
    ///
    /// ```
    /// use tower_api_routes::RouteConfig;
    /// use tower_http::cors::{Any, CorsLayer};
    ///
    /// let config = RouteConfig::new().cors(CorsLayer::new().allow_origin(Any));
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the rules contradict each other, such as credentials with a wildcard.
    #[cfg(feature = "cors")]
    #[track_caller]
    pub fn cors(mut self, cors: tower_http::cors::CorsLayer) -> Self {
        assert_cors_rules(&cors);
        self.cors = Some(cors);
        self
    }

    /// Merges two configurations: each field is that of `self` if it is set, and that of `outer` otherwise.
    ///
    /// A [`size_limit`](Self::size_limit) of `self` turns on the parser that `outer` turns off.
    ///
    /// ```
    /// use tower_api_routes::RouteConfig;
    ///
    /// let outer = RouteConfig::new().response_limit("8mb").max_duration_secs(60);
    /// let merged = RouteConfig::new().max_duration_secs(5).or(&outer);
    /// assert_eq!(merged.to_string(), "responseLimit: 8mb, maxDuration: 5s");
    /// ```
    pub fn or(mut self, outer: &Self) -> Self {
        self.rules = self.rules.or(outer.rules);
        #[cfg(feature = "cors")]
        {
            self.cors = self.cors.or_else(|| outer.cors.clone());
        }
        self
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

    pub(crate) fn has_cors(&self) -> bool {
        #[cfg(feature = "cors")]
        return self.cors.is_some();
        #[cfg(not(feature = "cors"))]
        false
    }
}

/// Panics at the caller's line if the rules contradict each other.
///
/// tower-http checks its rules when it wraps a service, and its panic names a line of tower-http.
#[cfg(feature = "cors")]
#[track_caller]
pub(crate) fn assert_cors_rules(cors: &tower_http::cors::CorsLayer) {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| tower_layer::Layer::layer(cors, ()))) {
        let problem = panic.downcast_ref::<&str>().copied();
        let problem = problem.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        panic!("{}", problem.unwrap_or("the CORS rules contradict each other"));
    }
}

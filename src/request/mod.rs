//! The request that a handler gets.
//!
//! Source: [request helpers](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#request-helpers).

mod client_addr;
#[cfg(feature = "draft")]
mod draft;
mod header;
mod remote_addr;
#[cfg(feature = "session")]
mod session;
mod url;

pub use client_addr::{TrustedProxies, TrustedProxiesError};
pub use remote_addr::RemoteAddr;
#[cfg(any(feature = "serve", feature = "proxy"))]
pub(crate) use remote_addr::Tls;

use crate::body::Body;
use crate::body_parser::ParsedBody;
use crate::context::{RequestHead, RouteContext};
use crate::cookies::Cookies;
use crate::error::Error;
use crate::query::{self, Multimap, Query};
use crate::response::Result;
use crate::routing::MatchedPath;
use crate::routing::params::Raw;
use crate::text::percent::decode;
use bytes::Bytes;
use http::{Extensions, HeaderMap, Method, StatusCode, Uri, Version};
use serde::de::DeserializeOwned;
use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// What [`ApiRequest::query_as`] calls with the method, the route and the name of the type; a state of the router.
#[cfg(feature = "openapi")]
pub(crate) struct QueryCheck(pub(crate) Box<CheckQuery>);

#[cfg(feature = "openapi")]
type CheckQuery = dyn Fn(&Method, Option<&str>, &'static str) + Send + Sync;

/// The request of a handler, as `req` is in Next.js.
///
/// The type parameter is the type of the body; see [`FromBody`](crate::FromBody). Default: [`ParsedBody`].
///
/// ```
/// use serde::Deserialize;
/// use tower_api_routes::{ApiRequest, ApiResponse, Result};
///
/// #[derive(Deserialize)]
/// struct NewPost { title: String }
///
/// async fn create(req: ApiRequest<NewPost>, res: ApiResponse) -> Result {
///     let draft = req.query().get("draft") == Some("1");
///     let theme = req.cookies().get("theme").unwrap_or("light").to_owned();
///     let title = req.into_body().title;
///     res.status(201).json(&(title, draft, theme))
/// }
/// ```
pub struct ApiRequest<B = ParsedBody> {
    head: Arc<RequestHead>,
    extensions: Extensions,
    body: B,
    raw: Bytes,
    #[cfg(feature = "draft")]
    preview: crate::draft::Preview,
}

impl<B> ApiRequest<B> {
    pub(crate) fn new(head: Arc<RequestHead>, extensions: Extensions, body: B, raw: Bytes) -> Self {
        Self {
            head,
            extensions,
            body,
            raw,
            #[cfg(feature = "draft")]
            preview: crate::draft::Preview::Off,
        }
    }

    #[cfg(feature = "draft")]
    pub(crate) fn with_preview(mut self, preview: crate::draft::Preview) -> Self {
        self.preview = preview;
        self
    }

    /// Returns the parts that a wrapper passes on to its handler.
    pub(crate) fn into_raw_parts(self) -> (Arc<RequestHead>, Extensions, B) {
        (self.head, self.extensions, self.body)
    }

    #[cfg(feature = "draft")]
    pub(crate) fn draft_preview(&self) -> &crate::draft::Preview {
        &self.preview
    }

    pub(crate) fn context(&self) -> &Arc<RouteContext> {
        &self.head.context
    }

    pub(crate) fn matched_path(&self) -> &MatchedPath {
        &self.head.path
    }

    /// Returns the method.
    pub fn method(&self) -> &Method {
        &self.head.parts.method
    }

    /// Returns the request target as the client sent it, with dot segments and the base path.
    ///
    /// For `req.url` of Next.js, use [`url`](Self::url).
    pub fn uri(&self) -> &Uri {
        &self.head.parts.uri
    }

    /// Returns the HTTP version.
    pub fn version(&self) -> Version {
        self.head.parts.version
    }

    /// Returns the headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.parts.headers
    }

    /// Returns a header's value as text, or `None` if the request does not have the header. Repeated headers are
    /// joined as in Node.
    ///
    /// | header | repeated |
    /// | --- | --- |
    /// | `Cookie` | joined with `; ` |
    /// | `Age`, `Authorization`, `Content-Length`, `Content-Type`, `ETag`, `Expires`, `From`, `Host`, `If-Modified-Since`, `If-Unmodified-Since`, `Last-Modified`, `Location`, `Max-Forwards`, `Proxy-Authorization`, `Referer`, `Retry-After`, `Server`, `User-Agent` | the first value |
    /// | any other | joined with `, ` |
    ///
    /// The last entry of `X-Forwarded-For` is therefore the one that the nearest proxy has added, whether or not in
    /// a line of its own. The bytes are decoded as Latin-1, as in Node. [`headers`](Self::headers) has the values
    /// one by one. `Set-Cookie`, which belongs in a response, is a list in Node; here it is joined with `, `.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn client(req: ApiRequest, res: ApiResponse) -> Result {
    ///     let forwarded = req.header("x-forwarded-for").unwrap_or_default();
    ///     let client = forwarded.rsplit(',').next().unwrap_or_default().trim();
    ///     res.json(client)
    /// }
    /// ```
    ///
    /// Source: [`message.headers`](https://nodejs.org/api/http.html#messageheaders).
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        header::joined(&self.head.parts.headers, name)
    }

    /// Returns the id of the last event that the client received of an [event stream](crate::ApiResponse::sse), or
    /// `None` on its first request.
    ///
    /// Source: [the `Last-Event-ID` header](https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header).
    pub fn last_event_id(&self) -> Option<&str> {
        // Browsers send the id in UTF-8, not in Latin-1.
        let id = std::str::from_utf8(self.head.parts.headers.get("last-event-id")?.as_bytes()).ok()?;
        (!id.is_empty()).then_some(id)
    }

    /// Returns the client's address, the counterpart of `req.socket.remoteAddress` and `remotePort`.
    ///
    /// The server inserts it into the extensions as a [`RemoteAddr`]; [`serve`](crate::serve) does so with
    /// [`with_remote_addr`](crate::Serve::with_remote_addr). Returns `None` if the server does not, and for a
    /// client of a Unix socket. Behind a proxy it is the proxy's address.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn whoami(req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.json(&req.remote_addr().map(|addr| addr.ip()))
    /// }
    /// ```
    ///
    /// Source: [`socket.remoteAddress`](https://nodejs.org/api/net.html#socketremoteaddress).
    pub fn remote_addr(&self) -> Option<SocketAddr> {
        self.extensions.get::<RemoteAddr>()?.socket_addr()
    }

    /// Returns the client's address behind proxies, from the connection and `X-Forwarded-For`. Only what the trusted
    /// proxies have written counts, because a client can send the header itself.
    ///
    /// `trusted` is the number of proxies in front of the server, their addresses, or a
    /// [`TrustedProxies`]. The address of the connection is [`remote_addr`](Self::remote_addr), which
    /// needs [`with_remote_addr`](crate::Serve::with_remote_addr). Returns `None` if an address is unknown.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn whoami(req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.json(&req.client_addr(1)) // behind one load balancer
    /// }
    /// ```
    pub fn client_addr(&self, trusted: impl Into<TrustedProxies>) -> Option<IpAddr> {
        trusted.into().client_addr(self.headers(), &self.extensions)
    }

    /// Returns the extensions, which carry what middleware has inserted for the handler.
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// Returns the extensions for editing.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.extensions
    }

    /// Returns the matched route in bracket form, such as `/api/post/[pid]`, or `None` in a fallback.
    pub fn route(&self) -> Option<&str> {
        self.head.context.route_name()
    }

    /// Returns the query string and the route's parameters. A parameter overrides a query value of the same name.
    ///
    /// A catch-all parameter is a list. A `+` is a space in the query string, and a `+` in a parameter.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// // In the route `/api/post/[pid]`: `/api/post/7?tag=a&tag=b`
    /// async fn show(req: ApiRequest, res: ApiResponse) -> Result {
    ///     let pid = req.query().get("pid").unwrap_or_default(); // "7"
    ///     let tags: Vec<&str> = req.query().get_all("tag").collect(); // ["a", "b"]
    ///     res.json(&(pid, tags))
    /// }
    /// ```
    ///
    /// Source: [dynamic routes](https://nextjs.org/docs/pages/building-your-application/routing/dynamic-routes).
    pub fn query(&self) -> &Query {
        self.head.query.get_or_init(|| self.read_query())
    }

    /// Deserializes the query and the parameters: numbers, booleans, `Option`, `Vec` from one or more values, enums
    /// by name.
    ///
    /// ```
    /// use serde::Deserialize;
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// #[derive(Deserialize)]
    /// struct Search { page: Option<u32>, #[serde(default)] tag: Vec<String> }
    ///
    /// async fn search(req: ApiRequest, res: ApiResponse) -> Result {
    ///     let Search { page, tag } = req.query_as()?;
    ///     res.json(&(page.unwrap_or(1), tag))
    /// }
    /// ```
    ///
    /// serde passes the fields of a flattened or internally tagged type on as text, so a number or boolean needs a
    /// function that parses it. The same is true of a form in an `ApiRequest<T>`. With the function below the type
    /// can be read from JSON, too.
    ///
    /// ```
    /// use serde::de::{Deserialize, Deserializer, Error as _};
    /// use std::{borrow::Cow, fmt::Display, str::FromStr};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Search { term: String, #[serde(flatten)] page: Page }
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Page { #[serde(deserialize_with = "or_text")] page: u32 }
    ///
    /// /// Reads a value, or the text of one.
    /// fn or_text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
    /// where
    ///     D: Deserializer<'de>,
    ///     T: Deserialize<'de> + FromStr<Err: Display>,
    /// {
    ///     #[derive(serde::Deserialize)]
    ///     #[serde(untagged)]
    ///     enum Either<'a, T> { Value(T), Text(Cow<'a, str>) }
    ///     match Either::deserialize(deserializer)? {
    ///         Either::Value(value) => Ok(value),
    ///         Either::Text(text) => text.parse().map_err(D::Error::custom),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns a 400 `Invalid query`, which names the field, if the query does not fit the type.
    #[cfg_attr(feature = "openapi", track_caller)]
    pub fn query_as<T: DeserializeOwned>(&self) -> Result<T> {
        #[cfg(feature = "openapi")]
        if let Some(check) = self.head.context.settings.find_state::<QueryCheck>() {
            (check.0)(self.method(), self.route(), std::any::type_name::<T>());
        }
        query::de::from_query(self.query())
            .map_err(|error| Error::new(StatusCode::BAD_REQUEST, format!("Invalid query: {error}")))
    }

    /// Returns the cookies of the request. Of several cookies with the same name, the first one counts.
    pub fn cookies(&self) -> &Cookies {
        self.head.cookies()
    }

    /// Returns the body.
    pub fn body(&self) -> &B {
        &self.body
    }

    /// Returns the body for editing or reading.
    pub fn body_mut(&mut self) -> &mut B {
        &mut self.body
    }

    /// Consumes `self`, returning the body.
    pub fn into_body(self) -> B {
        self.body
    }

    /// Returns the body's bytes as the client sent them, without a copy. Empty for `ApiRequest<Body>`.
    ///
    /// Use them next to a parsed body, for example to verify a signature:
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Error, Result};
    ///
    /// # #[derive(serde::Deserialize)]
    /// # struct Event { id: u64 }
    /// # fn is_signed(_bytes: &[u8], _signature: Option<&str>) -> bool { true }
    /// async fn webhook(req: ApiRequest<Event>, res: ApiResponse) -> Result {
    ///     if !is_signed(req.raw_body(), req.header("x-signature").as_deref()) {
    ///         return Err(Error::new(401, "Invalid signature"));
    ///     }
    ///     res.json(&req.body().id)
    /// }
    /// ```
    pub fn raw_body(&self) -> &Bytes {
        &self.raw
    }

    /// Returns the state of this type, which was passed to [`ApiRouter::state`](crate::ApiRouter::state), by itself or in an
    /// `Arc`.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};
    ///
    /// struct Greeting(&'static str);
    ///
    /// async fn greet(req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.send(req.state::<Greeting>()?.0)
    /// }
    ///
    /// let api = ApiRouter::new().state(Greeting("Hello")).route("/api/greet", greet);
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the router has no state of this type. Through `?` it becomes a 500, whose log entry
    /// names the type.
    pub fn state<T: Send + Sync + 'static>(&self) -> Result<&T> {
        self.head.context.settings.state()
    }

    /// Consumes `self`, returning the request without its body, and the body. Use it to own the body and still
    /// borrow the state.
    ///
    /// ```
    /// # use tower_api_routes::{ApiRequest, ApiResponse, Result};
    /// # struct Posts;
    /// # impl Posts { async fn insert(&self, title: String) -> Result<u64> { Ok(1) } }
    /// async fn create(req: ApiRequest<String>, res: ApiResponse) -> Result {
    ///     let (req, title) = req.into_parts();
    ///     let id = req.state::<Posts>()?.insert(title).await?;
    ///     res.status(201).json(&id)
    /// }
    /// ```
    pub fn into_parts(self) -> (ApiRequest<()>, B) {
        let request = ApiRequest {
            head: self.head,
            extensions: self.extensions,
            body: (),
            raw: self.raw,
            #[cfg(feature = "draft")]
            preview: self.preview,
        };
        (request, self.body)
    }

    /// Returns the request with the body as the client has sent it, to read it again.
    pub(crate) fn with_unread_body(self) -> ApiRequest<Body>
    where
        B: 'static,
    {
        let raw = self.raw.clone();
        let (request, mut body) = self.into_parts();
        let body = (&mut body as &mut dyn Any).downcast_mut().map_or_else(|| raw.into(), mem::take);
        ApiRequest {
            head: request.head,
            extensions: request.extensions,
            body,
            raw: Bytes::new(),
            #[cfg(feature = "draft")]
            preview: request.preview,
        }
    }

    fn read_query(&self) -> Query {
        let path = self.head.path.of(self.head.parts.uri.path());
        let parse = |text| query::parse_query(text, 2 * path.len());
        let mut query = self.head.parts.uri.query().map(parse).unwrap_or_default();
        // The router has rejected a parameter that cannot be decoded with 400.
        let decoded = |raw| decode(raw).unwrap_or(raw.into());
        for (name, raw) in self.head.context.params(path) {
            if query.is_empty() {
                query = Multimap::with_capacity(path.len() + name.len(), 8);
            }
            match raw {
                Raw::One(raw) => {
                    let value = query.append(&decoded(raw));
                    query.set(name, std::iter::once(value), false);
                }
                Raw::Many(raw) if raw.as_bytes().contains(&b'%') => {
                    let values: Vec<_> = raw.split('/').map(|raw| query.append(&decoded(raw))).collect();
                    query.set(name, values.into_iter(), true);
                }
                Raw::Many(raw) => {
                    let mut start = query.append(raw).start;
                    let values = raw.as_bytes().split(|byte| *byte == b'/').map(|segment| {
                        let value = start..start + segment.len();
                        start = value.end + 1;
                        value
                    });
                    query.set(name, values, true);
                }
            }
        }
        query.into()
    }
}

impl ApiRequest<Body> {
    /// Consumes `self`, returning an [`http::Request`] with the unread body, for example to pass it on to another
    /// service; see [`ApiResponse::forward`](crate::ApiResponse::forward).
    pub fn into_request(self) -> http::Request<Body> {
        // The parts are cloned, because the response's future keeps the head to log errors with it.
        let mut parts = self.head.parts.clone();
        parts.extensions = self.extensions;
        #[cfg(feature = "session")]
        if let Some(session) = self.head.session.get() {
            parts.extensions.insert(session.clone());
        }
        http::Request::from_parts(parts, self.body)
    }
}

impl<B: fmt::Debug> fmt::Debug for ApiRequest<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiRequest")
            .field("method", &self.head.parts.method)
            .field("uri", &self.head.parts.uri)
            .field("route", &self.route())
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

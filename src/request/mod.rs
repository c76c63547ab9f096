//! What a handler is given.
//!
//! Source: [request helpers](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#request-helpers).

#[cfg(feature = "draft")]
mod draft;
mod header;
mod remote_addr;
mod url;

pub use remote_addr::RemoteAddr;

use crate::body::Body;
use crate::body_parser::ParsedBody;
use crate::context::RequestHead;
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
use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// The request as a handler sees it: Next.js's `req`.
///
/// Its parameter says what the body is; see [`FromBody`](crate::FromBody). Left out, the body is a [`ParsedBody`].
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

    /// Returns what a wrapper passes on to its handler.
    pub(crate) fn into_raw_parts(self) -> (Arc<RequestHead>, Extensions, B) {
        (self.head, self.extensions, self.body)
    }

    #[cfg(feature = "draft")]
    pub(crate) fn draft_preview(&self) -> &crate::draft::Preview {
        &self.preview
    }

    pub(crate) fn matched_path(&self) -> &MatchedPath {
        &self.head.path
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.head.parts.method
    }

    /// Returns the target as it came: dot segments and a base path are still in it. What Next.js calls `req.url` is
    /// [`url`](Self::url).
    pub fn uri(&self) -> &Uri {
        &self.head.parts.uri
    }

    /// The HTTP version.
    pub fn version(&self) -> Version {
        self.head.parts.version
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.parts.headers
    }

    /// Returns a header's value as text; `None` if it is not there. Repeated headers are joined as in Node.
    ///
    /// | header | repeated |
    /// | --- | --- |
    /// | `Cookie` | joined with `; ` |
    /// | `Age`, `Authorization`, `Content-Length`, `Content-Type`, `ETag`, `Expires`, `From`, `Host`, `If-Modified-Since`, `If-Unmodified-Since`, `Last-Modified`, `Location`, `Max-Forwards`, `Proxy-Authorization`, `Referer`, `Retry-After`, `Server`, `User-Agent` | the first one counts |
    /// | any other | joined with `, ` |
    ///
    /// So the last entry of `X-Forwarded-For` is the one that the nearest proxy has added, in a line of its own or not. The bytes
    /// are read as Latin-1, as Node reads them. [`headers`](Self::headers) has them one by one. (`Set-Cookie`, which belongs in a
    /// response, is a list in Node; here it is joined with `, `.)
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

    /// The id of the last event that the client saw before it lost an [event stream](crate::ApiResponse::sse); none for a
    /// client that starts.
    ///
    /// Source: [the `Last-Event-ID` header](https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header).
    pub fn last_event_id(&self) -> Option<&str> {
        // Browsers send it in UTF-8.
        let id = std::str::from_utf8(self.head.parts.headers.get("last-event-id")?.as_bytes()).ok()?;
        (!id.is_empty()).then_some(id)
    }

    /// Returns the client's address, the counterpart of `req.socket.remoteAddress` and `remotePort`.
    ///
    /// It is the [`RemoteAddr`] that the server has put into the extensions: of [`serve`](crate::serve) ask for it by
    /// [`with_remote_addr`](crate::Serve::with_remote_addr). `None` if it has not, and for a client of a Unix socket. Behind a
    /// proxy it is the proxy's address.
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

    /// What middleware has left for the handler.
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// What middleware has left for the handler, to take out or change.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.extensions
    }

    /// The route that answers, in bracket form: `/api/post/[pid]`. None in a fallback.
    pub fn route(&self) -> Option<&str> {
        self.head.context.route_name()
    }

    /// The query string and the route's parameters; a parameter beats a query of the same name.
    ///
    /// A catch-all parameter is a list. `+` is a space in the query, and stays a `+` in a parameter.
    ///
    /// Source: [dynamic routes](https://nextjs.org/docs/pages/building-your-application/routing/dynamic-routes).
    pub fn query(&self) -> &Query {
        self.head.query.get_or_init(|| self.read_query())
    }

    /// The query and the parameters as a type: numbers, booleans, `Option`, `Vec` from one or many values, enums by name.
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
    /// serde hands the fields of a flattened or internally tagged type over as text, whatever they are: let a function read them.
    /// The same holds for a form in an `ApiRequest<T>`; with this function the type takes JSON, too.
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
    /// /// A value as it is, or as the text of one.
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
    /// 400, with the name of the field.
    pub fn query_as<T: DeserializeOwned>(&self) -> Result<T> {
        query::de::from_query(self.query())
            .map_err(|error| Error::new(StatusCode::BAD_REQUEST, format!("Invalid query: {error}")))
    }

    /// The cookies.
    pub fn cookies(&self) -> &Cookies {
        self.head.cookies.get_or_init(|| Cookies::from_headers(&self.head.parts.headers))
    }

    /// The body.
    pub fn body(&self) -> &B {
        &self.body
    }

    /// The body, to change or to read.
    pub fn body_mut(&mut self) -> &mut B {
        &mut self.body
    }

    /// The body, for keeps.
    pub fn into_body(self) -> B {
        self.body
    }

    /// The body's bytes as they came, beside the parsed value and without a copy: for a signature. Empty for
    /// `ApiRequest<Body>`.
    pub fn raw_body(&self) -> &Bytes {
        &self.raw
    }

    /// What the router was given with [`ApiRouter::state`](crate::ApiRouter::state).
    ///
    /// # Errors
    ///
    /// If there is none of this type: with `?` a 500 whose log names the type.
    pub fn state<T: Send + Sync + 'static>(&self) -> Result<&T> {
        self.head.context.settings.state()
    }

    /// The request without its body, and the body: for a handler that wants the body for keeps, and the state too.
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

    fn read_query(&self) -> Query {
        let path = self.head.path.of(self.head.parts.uri.path());
        let parse = |text| query::parse_query(text, 2 * path.len());
        let mut query = self.head.parts.uri.query().map(parse).unwrap_or_default();
        // The router has answered 400 to whatever cannot be decoded.
        let decoded = |raw| decode(raw).unwrap_or(raw.into());
        for (name, raw) in self.head.context.params(path) {
            if query.is_empty() {
                query = Multimap::with_capacity(path.len() + name.len(), 8);
            }
            match raw {
                Raw::One(raw) => query.set(name, std::iter::once(decoded(raw)), false),
                Raw::Many(raw) => query.set(name, raw.split('/').map(decoded), true),
            }
        }
        query.into()
    }
}

impl ApiRequest<Body> {
    /// The request as the ecosystem has it, with its untouched body: to hand it on.
    pub fn into_request(self) -> http::Request<Body> {
        // The answer's future keeps the head, so that an error can still be logged with it.
        let mut parts = self.head.parts.clone();
        parts.extensions = self.extensions;
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

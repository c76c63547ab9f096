//! The methods that send a response.

use super::Result;
use super::api_response::with_headers;
use super::late_etag::{LateTag, Pieces};
use super::{Accepts, ApiResponse, IntoLocation, IntoPayload, Payload, Response, etag};
use crate::body::Body;
use crate::error::{Error, ErrorResponse};
use crate::{json, log};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, LOCATION, SET_COOKIE, TRANSFER_ENCODING, VARY};
use http::{HeaderValue, StatusCode};
use http_body::Body as _;
use serde::Serialize;

impl<T: ?Sized> ApiResponse<T> {
    /// Sends a value as JSON.
    ///
    /// The `Content-Type` is `application/json; charset=utf-8`. It replaces one that was set before, except by
    /// [`write_head`](Self::write_head).
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// #[derive(serde::Serialize)]
    /// struct Post { title: String }
    ///
    /// async fn show(req: ApiRequest, res: ApiResponse<Post>) -> Result {
    ///     let post = Post { title: "Hello".into() };
    ///     res.json(&post)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be serialized as JSON, or if a status, header or cookie set before
    /// cannot be sent.
    pub fn json<V>(self, value: &V) -> Result
    where
        T: Accepts<V>,
        V: Serialize + ?Sized,
    {
        match json::to_bytes(value) {
            // Next.js sends JSON as a string with a `Content-Type`, so that a 304 has the type, too.
            Ok(text) => self.transmit(Payload::Text(text), true),
            Err(error) => self.fails(error),
        }
    }

    /// Sends a string, bytes, a JSON value, a stream, or nothing; see [`Payload`].
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn greet(req: ApiRequest, res: ApiResponse) -> Result {
    ///     match req.query().get("name") {
    ///         Some(name) => res.send(name.to_owned()), // text borrowed from the request must be made owned
    ///         None => res.send("Hello"),
    ///     }
    /// }
    /// ```
    ///
    /// Every payload but a stream gets an `ETag`. A client with a current copy gets a 304. Computing the `ETag`
    /// reads every byte, and takes longer for bytes than for text, because Next.js hashes their JSON text. Switch
    /// it off with [`RouteConfig::etag`](crate::RouteConfig::etag) if responses are large and clients do not cache
    /// them. The `ETag` of more than 64 KB is computed when the handler has returned, in pieces, so that other requests
    /// do not wait for it; a wrapper sees it.
    ///
    /// After [`write_head`](Self::write_head) no header is added. The body of a 204 or a 304 is dropped, and a
    /// warning that names the route is logged.
    ///
    /// # Errors
    ///
    /// Returns an error if a status, header or cookie set before cannot be sent.
    pub fn send(self, payload: impl IntoPayload) -> Result {
        self.transmit(payload.into(), false)
    }

    fn transmit(mut self, payload: Payload, typed_json: bool) -> Result {
        if self.problem.is_some() || matches!(payload, Payload::Empty) {
            return self.end();
        }
        if self.head_written {
            return self.end_with(payload);
        }
        if self.is_bodiless() {
            log::body_ignored(self.head.status(), (&self.request.error_context()).into());
            for name in [CONTENT_TYPE, CONTENT_LENGTH, TRANSFER_ENCODING] {
                self.headers_mut().remove(name);
            }
            return self.end();
        }
        let is_stream = matches!(payload, Payload::Stream(_));
        let has_tag = self.request.rules().etag();
        let pieces = Pieces::of(&payload).filter(|_| has_tag);
        let tag = if has_tag && pieces.is_none() { etag::etag(&payload) } else { None };
        let fresh = tag.as_ref().is_some_and(|tag| etag::is_fresh(&self.request.parts.headers, tag));
        let headers = self.headers_mut();
        // hyper sets the exact length; only for a stream may the handler know it better.
        if !is_stream && !headers.is_empty() {
            headers.remove(CONTENT_LENGTH);
            headers.remove(TRANSFER_ENCODING);
        }
        if typed_json {
            headers.insert(CONTENT_TYPE, json::CONTENT_TYPE_JSON);
        }
        if let Some(tag) = tag {
            headers.insert(ETAG, tag);
        }
        if fresh {
            *self.head.status_mut() = StatusCode::NOT_MODIFIED;
            return self.end();
        }
        let tag = pieces.map(|pieces| LateTag::new(pieces, &self.request, self.head.headers_mut()));
        self.set_type(&payload);
        let response = self.head(payload.into())?;
        if let Some(tag) = tag {
            return Ok(Response::with_late_tag(response, tag));
        }
        Ok(if is_stream { Response::ready(response) } else { Response::without_length(response) })
    }

    /// Returns whether responses of this status have no body.
    fn is_bodiless(&self) -> bool {
        matches!(self.head.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    }

    /// Sets the default `Content-Type` of a payload.
    fn set_type(&mut self, payload: &Payload) {
        match payload {
            Payload::Json(_) => {
                self.headers_mut().insert(CONTENT_TYPE, json::CONTENT_TYPE_JSON);
            }
            Payload::Bytes(_) | Payload::Stream(_) => {
                let set = self.headers().get(CONTENT_TYPE).is_some_and(|value| !value.is_empty());
                if !set {
                    let bytes = HeaderValue::from_static("application/octet-stream");
                    self.headers_mut().insert(CONTENT_TYPE, bytes);
                }
            }
            Payload::Text(_) | Payload::Empty => {}
        }
    }

    /// Redirects the client with 307. For another status, use [`redirect_with`](Self::redirect_with).
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn moved(_req: ApiRequest, res: ApiResponse) -> Result { res.redirect("/api/new") }
    /// async fn moved_permanently(_req: ApiRequest, res: ApiResponse) -> Result { res.redirect_with(308, "/api/new") }
    /// ```
    ///
    /// The target is sent unchanged: `//evil.example` leads to another host. Check a target that a client can
    /// influence, or use [`redirect_local`](Self::redirect_local).
    ///
    /// # Errors
    ///
    /// Returns an error if the target has a line break or another character that is not valid in a header.
    ///
    /// Source: [`res.redirect`](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#redirects-to-a-specified-path-or-url).
    pub fn redirect(self, url: impl IntoLocation) -> Result {
        self.redirect_with(StatusCode::TEMPORARY_REDIRECT, url)
    }

    /// Redirects the client with a status of your choice: `res.redirect_with(308, "/api/new")`.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`redirect`](Self::redirect), and an error if the status is not valid.
    pub fn redirect_with(self, status: impl TryInto<StatusCode>, url: impl IntoLocation) -> Result {
        let url = url.into();
        self.status(status).set_header(LOCATION, url.as_str()).finish(Body::from(url))
    }

    /// Redirects the client with 307, and adds parameters to the query. For another status, use
    /// [`redirect_with_status_and_query`](Self::redirect_with_status_and_query).
    ///
    /// The query is a struct, a map or a list of pairs, where each value is a string, a number, a boolean or an
    /// `Option`; a `None` is left out. The parameters come after those in the path, and before its fragment.
    ///
    /// ```
    /// use serde::Serialize;
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// #[derive(Serialize)]
    /// struct Login<'a> { next: &'a str, reason: Option<&'a str> }
    ///
    /// async fn account(req: ApiRequest, res: ApiResponse) -> Result {
    ///     // Location: /login?next=%2Faccount%3Ftab%3D1
    ///     res.redirect_with_query("/login", &Login { next: "/account?tab=1", reason: None })
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`redirect`](Self::redirect), and an error if the value cannot be serialized as a
    /// query, for example because a field is a list.
    pub fn redirect_with_query(self, path: &str, query: &(impl Serialize + ?Sized)) -> Result {
        self.redirect_with_status_and_query(StatusCode::TEMPORARY_REDIRECT, path, query)
    }

    /// Redirects the client with a status of your choice, and adds parameters to the query, as
    /// [`redirect_with_query`](Self::redirect_with_query) does.
    ///
    /// After a form it is 303 `See Other`: with 307 the browser sends the form again, to the new path.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn order(req: ApiRequest, res: ApiResponse) -> Result {
    ///     let id = 7; // stored
    ///     // Location: /thanks?order=7
    ///     res.redirect_with_status_and_query(303, "/thanks", &[("order", id)])
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`redirect_with_query`](Self::redirect_with_query), and an error if the status is not
    /// valid.
    pub fn redirect_with_status_and_query(
        self,
        status: impl TryInto<StatusCode>,
        path: &str,
        query: &(impl Serialize + ?Sized),
    ) -> Result {
        let query = match serde_urlencoded::to_string(query) {
            Ok(query) => query,
            Err(error) => return self.fails(error),
        };
        let (path, fragment) = path.find('#').map_or((path, ""), |at| path.split_at(at));
        let separator = match path.as_bytes() {
            _ if query.is_empty() => "",
            [.., b'?' | b'&'] => "",
            path if path.contains(&b'?') => "&",
            _ => "?",
        };
        self.redirect_with(status, [path, separator, &query, fragment].concat())
    }

    /// Redirects the client with 307 to a path on this host, and rejects a target on another host.
    ///
    /// # Errors
    ///
    /// Returns a 400 `Invalid redirect` for a target that is not a path on this host: one with a scheme, one that
    /// starts with `//` or `/\`, or one with a control character, which browsers ignore.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// // `?next=/account` redirects, `?next=//evil.example` gets a 400.
    /// async fn login(req: ApiRequest, res: ApiResponse) -> Result {
    ///     let next = req.query().get("next").unwrap_or("/");
    ///     res.redirect_local(next)
    /// }
    /// ```
    pub fn redirect_local(self, url: impl IntoLocation) -> Result {
        let url = url.into();
        let local = url.starts_with('/')
            && !url[1..].starts_with(['/', '\\'])
            && !url.contains(|c: char| c.is_ascii_control());
        match self.problem {
            Some(problem) => Err(problem),
            None if local => self.redirect(url),
            None => Err(Error::new(StatusCode::BAD_REQUEST, "Invalid redirect")),
        }
    }

    /// Sends the status and the headers, without a body.
    ///
    /// # Errors
    ///
    /// Returns an error if a status, header or cookie set before cannot be sent.
    pub fn end(self) -> Result {
        self.finish(Body::empty())
    }

    /// Sends a body without adding an `ETag` or a `Content-Type`, as `res.end(chunk)` does in Node.
    ///
    /// # Errors
    ///
    /// Returns an error if a status, header or cookie set before cannot be sent.
    pub fn end_with(self, body: impl Into<Body>) -> Result {
        let body = body.into();
        if self.is_bodiless() && !body.is_end_stream() {
            log::body_ignored(self.head.status(), (&self.request.error_context()).into());
        }
        self.finish(body)
    }

    /// Sends the response of another service: its status, its headers and its body.
    ///
    /// Headers set here are kept, but a header of the other service replaces one of the same name. `Set-Cookie` and
    /// `Vary` are appended.
    ///
    /// Use it also for a 101 `Switching Protocols`, a status that [`status`](Self::status) rejects.
    ///
    /// ```
    /// use tower::ServiceExt as _;
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Result};
    ///
    /// async fn proxied(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    ///     let inner = req.state::<ApiRouter>()?.clone(); // any tower service
    ///     let response = inner.oneshot(req.into_request()).await?;
    ///     res.set_header("x-served-by", "inner").forward(response)
    /// }
    /// ```
    ///
    /// The extensions of the other response are kept, so that a response measured there does not log a second
    /// warning.
    ///
    /// # Errors
    ///
    /// Returns an error if a status, header or cookie set before cannot be sent.
    pub fn forward<B>(mut self, response: http::Response<B>) -> Result
    where
        B: http_body::Body<Data: bytes::Buf + Send, Error: Into<crate::body::BoxError>> + Send + 'static,
    {
        let (response, error) = ErrorResponse::split(response.map(Body::new));
        let (parts, body) = response.into_parts();
        *self.head.status_mut() = parts.status;
        let mut name = None;
        for (next, value) in parts.headers {
            let again = next.is_none();
            name = next.or(name);
            let Some(name) = &name else { continue };
            if again || matches!(*name, SET_COOKIE | VARY) {
                self.headers_mut().append(name, value);
            } else {
                self.headers_mut().insert(name, value);
            }
        }
        let mut response = self.head(body)?;
        response.extensions_mut().extend(parts.extensions);
        match error {
            Some(error) => Err(error.in_response(*response)),
            None => Ok(Response::ready(response)),
        }
    }

    /// Consumes `self`, returning an error that keeps the headers and cookies set so far, for example CORS headers, as
    /// Next.js does.
    ///
    /// `?` alone drops them. If a status, a header or a cookie that was set before cannot be sent, the error is that one.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Error, Result};
    ///
    /// async fn show(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     let res = res.set_header("cache-control", "no-store");
    ///     Err(res.fail(Error::new(404, "No such post")))
    /// }
    /// ```
    pub fn fail(self, error: impl Into<Error>) -> Error {
        match self.problem {
            Some(problem) => problem,
            None => with_headers(error.into(), self.head.into_parts().0.headers),
        }
    }

    /// Returns an error of this response.
    fn fails(mut self, error: impl Into<Error>) -> Result {
        self.fail_later(error.into());
        self.end()
    }

    /// Returns the head with this body, or the first error that was recorded.
    pub(super) fn head(mut self, body: Body) -> Result<Box<http::Response<Body>>> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        *self.head.body_mut() = body;
        Ok(self.head)
    }

    pub(super) fn finish(self, body: Body) -> Result {
        self.head(body).map(Response::ready)
    }
}

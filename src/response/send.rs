//! What ends a response: every one of these sends it.

use super::Result;
use super::{Accepts, ApiResponse, IntoLocation, IntoPayload, Payload, Response, etag};
use crate::body::Body;
use crate::error::{Error, ErrorResponse};
use crate::{json, log};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, LOCATION, SET_COOKIE, TRANSFER_ENCODING, VARY};
use http::{HeaderValue, StatusCode};
use http_body::Body as _;
use serde::Serialize;

impl<T: ?Sized> ApiResponse<T> {
    /// Sends a value as JSON. It is borrowed: `res.json(&post)`. The `Content-Type` is `application/json; charset=utf-8`, also if
    /// another was set, except by [`write_head`](Self::write_head).
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
    /// If the value cannot be written as JSON, or something set before cannot be sent.
    pub fn json<V>(self, value: &V) -> Result
    where
        T: Accepts<V>,
        V: Serialize + ?Sized,
    {
        match json::to_bytes(value) {
            // As a string with a type, which is how Next.js sends it: a 304 has the type, too.
            Ok(text) => self.transmit(Payload::Text(text), true),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Sends a string, bytes, a JSON value, a stream, or nothing; see [`Payload`].
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn greet(req: ApiRequest, res: ApiResponse) -> Result {
    ///     match req.query().get("name") {
    ///         Some(name) => res.send(name.to_owned()), // what is borrowed from the request is made owned
    ///         None => res.send("Hello"),
    ///     }
    /// }
    /// ```
    ///
    /// All but a stream get an `ETag`, and are a 304 to a client that has them already. Making it reads every byte; bytes
    /// take about six times as long as text, because Next.js hashes their JSON text. Switch it off with
    /// [`RouteConfig::etag`](crate::RouteConfig::etag) where responses are large and clients do not ask again.
    ///
    /// After [`write_head`](Self::write_head) nothing is added. A body on a 204 or a 304 is dropped, with a warning that names
    /// the route.
    ///
    /// # Errors
    ///
    /// If something set before cannot be sent.
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
        let tag = if self.request.resolved().etag { etag::etag(&payload) } else { None };
        let fresh = tag.as_ref().is_some_and(|tag| etag::is_fresh(&self.request.parts.headers, tag));
        let headers = self.headers_mut();
        // The length is known better than the handler knows it, but for a stream's. (A look into no headers takes 30.)
        if !is_stream && !headers.is_empty() {
            headers.remove(CONTENT_LENGTH);
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
        self.set_type(&payload);
        let response = self.head(payload.into())?;
        Ok(if is_stream { Response::ready(response) } else { Response::without_length(response) })
    }

    /// Returns whether the status is one whose response has no body.
    fn is_bodiless(&self) -> bool {
        matches!(self.head.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    }

    /// The type that a payload has of itself.
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

    /// Redirects the client with 307. Another status goes by [`redirect_with`](Self::redirect_with).
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn moved(_req: ApiRequest, res: ApiResponse) -> Result { res.redirect("/api/new") }
    /// async fn gone_for_good(_req: ApiRequest, res: ApiResponse) -> Result { res.redirect_with(308, "/api/new") }
    /// ```
    ///
    /// The target goes out as it is: `//evil.example` leads to another host. Check what a client has a say in, or use
    /// [`redirect_local`](Self::redirect_local).
    ///
    /// # Errors
    ///
    /// If the target has a line break or another character that a header cannot carry.
    ///
    /// Source: [`res.redirect`](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#redirects-to-a-specified-path-or-url).
    pub fn redirect(self, url: impl IntoLocation) -> Result {
        self.redirect_with(StatusCode::TEMPORARY_REDIRECT, url)
    }

    /// Redirects the client with a status of your choice: `res.redirect_with(308, "/api/new")`.
    ///
    /// # Errors
    ///
    /// As [`redirect`](Self::redirect), and if the status does not exist.
    pub fn redirect_with(self, status: impl TryInto<StatusCode>, url: impl IntoLocation) -> Result {
        let url = url.into();
        self.status(status).set_header(LOCATION, url.as_str()).finish(Body::from(url))
    }

    /// Redirects the client with 307, with these parameters in the query.
    ///
    /// The query is a struct, a map or a list of pairs, each value a string, a number, a boolean or an `Option`; a `None` is
    /// left out. The parameters come behind those that the path has, and in front of its fragment.
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
    /// 500 if the value cannot be written as a query (a list in a field, say), and as [`redirect`](Self::redirect).
    pub fn redirect_with_query(self, path: &str, query: &(impl Serialize + ?Sized)) -> Result {
        let query = match serde_urlencoded::to_string(query) {
            Ok(query) => query,
            Err(error) => return Err(self.fail(error)),
        };
        let (path, fragment) = path.find('#').map_or((path, ""), |at| path.split_at(at));
        let separator = match path.as_bytes() {
            _ if query.is_empty() => "",
            [.., b'?' | b'&'] => "",
            path if path.contains(&b'?') => "&",
            _ => "?",
        };
        self.redirect([path, separator, &query, fragment].concat())
    }

    /// Redirects the client on this host with 307, and refuses a target that leads away from it.
    ///
    /// # Errors
    ///
    /// 400 for a target that is not a path of this host: one with a scheme, one that starts with `//` or `/\`, and one
    /// with a control character, which browsers skip.
    pub fn redirect_local(self, url: impl IntoLocation) -> Result {
        let url = url.into();
        let local = url.starts_with('/')
            && !url[1..].starts_with(['/', '\\'])
            && !url.contains(|c: char| c.is_ascii_control());
        if local { self.redirect(url) } else { Err(Error::new(StatusCode::BAD_REQUEST, "Invalid redirect")) }
    }

    /// Sends the status and the headers, without a body.
    ///
    /// # Errors
    ///
    /// If something set before cannot be sent.
    pub fn end(self) -> Result {
        self.finish(Body::empty())
    }

    /// Sends a body as it is, without an `ETag` or a `Content-Type` of its own: `res.end(chunk)` in Node.
    ///
    /// # Errors
    ///
    /// If something set before cannot be sent.
    pub fn end_with(self, body: impl Into<Body>) -> Result {
        let body = body.into();
        if self.is_bodiless() && !body.is_end_stream() {
            log::body_ignored(self.head.status(), (&self.request.error_context()).into());
        }
        self.finish(body)
    }

    /// Sends what another service has answered: its status, its headers beside those set here, and its body. Where both have
    /// a header, the other service's counts; cookies and `Vary` are added.
    ///
    /// It is also the way to a 101 `Switching Protocols`, whose status [`status`](Self::status) refuses.
    ///
    /// What that service has left in the response's extensions goes along: an answer that was measured there is not
    /// warned of a second time.
    ///
    /// # Errors
    ///
    /// If something set before cannot be sent.
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
            Some(error) => Err(error.in_response(response)),
            None => Ok(Response::ready(response)),
        }
    }

    /// Gives up: an error for `Err`, with the headers that were set, as Next.js keeps them (CORS headers, say).
    ///
    /// `?` leaves them out.
    pub fn fail(self, error: impl Into<Error>) -> Error {
        let mut name = None;
        self.head.into_parts().0.headers.into_iter().fold(error.into(), |error, (next, value)| {
            name = next.or(name.take());
            match &name {
                Some(name) if *name != CONTENT_LENGTH => error.append_header(name, value),
                _ => error,
            }
        })
    }

    /// The head with this body, or what went wrong before.
    pub(super) fn head(mut self, body: Body) -> Result<http::Response<Body>> {
        if let Some(problem) = self.problem.take() {
            return Err(self.fail(problem));
        }
        Ok(self.head.map(|()| body))
    }

    pub(super) fn finish(self, body: Body) -> Result {
        self.head(body).map(Response::ready)
    }
}

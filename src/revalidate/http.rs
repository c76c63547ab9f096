//! Revalidation over HTTP.

use super::error::{NotRevalidated, OriginResult};
use super::revalidator::{RevalidateFuture, RevalidateRequest, Revalidator, pick};
use crate::body::Body;
use crate::client::{Client, Origin, OriginError, client};
use crate::text::percent::PATH;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use percent_encoding::utf8_percent_encode;
use std::fmt;
use std::time::Duration;
use tokio::task::JoinSet;

const REVALIDATE: HeaderName = HeaderName::from_static("x-prerender-revalidate");
const ONLY_GENERATED: HeaderName = HeaderName::from_static("x-prerender-revalidate-if-generated");

/// Revalidates pages on running Next.js servers, by a `HEAD` request with the build's preview id to each of them at
/// once.
///
/// A page is revalidated if the response is 200, or has `REVALIDATED` in `x-vercel-cache` or `x-nextjs-cache`, for
/// example the 404 of a page that no longer exists. With [`only_generated`](super::Revalidate::only_generated) any 404
/// counts as well.
///
/// ```
/// use std::time::Duration;
/// use tower_api_routes::{ApiRouter, HttpRevalidator};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let preview_mode_id = "b4dcc63841b33c5733e2bea938442e44";
/// let next = HttpRevalidator::new(preview_mode_id, ["http://127.0.0.1:3000"])?
///     .timeout(Duration::from_secs(10))
///     .forward_headers([http::header::COOKIE])?;
/// let api = ApiRouter::new().revalidator(next);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct HttpRevalidator {
    client: Client,
    id: HeaderValue,
    origins: Vec<Origin>,
    forwarded: Vec<HeaderName>,
    timeout: Duration,
}

impl HttpRevalidator {
    /// Creates a revalidator for these servers, each written as scheme, host and port: `http://127.0.0.1:3000`.
    ///
    /// The id is their build's `previewModeId`, and is sent to each of them. A server that has it can read drafts, so
    /// list only your own.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no server, if one is not written as scheme, host and port, or if the id cannot be a
    /// header. With the feature `revalidate-tls` also if an `https` server is listed and the system trusts no
    /// certificates.
    pub fn new<O: AsRef<str>>(
        preview_mode_id: &str,
        origins: impl IntoIterator<Item = O>,
    ) -> Result<Self, OriginError> {
        let origins: Vec<_> =
            origins.into_iter().map(|origin| Origin::parse(origin.as_ref())).collect::<Result<_, _>>()?;
        if origins.is_empty() {
            return Err(OriginError::new("", "list at least one server, such as http://127.0.0.1:3000"));
        }
        let mut id = HeaderValue::from_str(preview_mode_id).map_err(|_| {
            OriginError::new("", "the preview mode id has a character that is not allowed in a header")
        })?;
        // Keeps the id out of logs that print headers.
        id.set_sensitive(true);
        let client = client(&origins)?;
        Ok(Self { client, id, origins, forwarded: Vec::new(), timeout: Duration::from_secs(30) })
    }

    /// Sets how long a server may take to connect and to render a page. Default: 30 seconds.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Sets which headers of the handler's request are forwarded: Next.js's `allowedRevalidateHeaderKeys`. Default:
    /// none.
    ///
    /// # Errors
    ///
    /// Returns an error for a header that belongs to a connection or to revalidation itself, such as `Host` or
    /// `Content-Length`.
    pub fn forward_headers(
        mut self,
        names: impl IntoIterator<Item = HeaderName>,
    ) -> Result<Self, OriginError> {
        const OWN: [HeaderName; 9] = [
            CONNECTION,
            CONTENT_LENGTH,
            HOST,
            TE,
            TRAILER,
            TRANSFER_ENCODING,
            UPGRADE,
            REVALIDATE,
            ONLY_GENERATED,
        ];
        for name in names {
            if OWN.contains(&name) {
                return Err(OriginError::new(name.as_str(), "this header cannot be forwarded"));
            }
            self.forwarded.push(name);
        }
        Ok(self)
    }

    fn request(
        &self,
        origin: &Origin,
        request: RevalidateRequest<'_>,
    ) -> Result<Request<Body>, NotRevalidated> {
        let unreachable = |error: http::Error| NotRevalidated::Unreachable(error.into());
        let path = request_path(request.path)
            .ok_or_else(|| NotRevalidated::Unreachable("the path cannot be sent in a request".into()))?;
        let mut head = Request::new(Body::empty());
        *head.method_mut() = Method::HEAD;
        *head.uri_mut() = origin.join(path).map_err(unreachable)?;
        let headers = head.headers_mut();
        *headers = pick(&self.forwarded, request.headers);
        headers.insert(REVALIDATE, self.id.clone());
        if request.only_generated {
            headers.insert(ONLY_GENERATED, HeaderValue::from_static("1"));
        }
        Ok(head)
    }
}

impl Revalidator for HttpRevalidator {
    fn revalidate<'a>(&'a self, request: RevalidateRequest<'a>) -> RevalidateFuture<'a> {
        Box::pin(async move {
            let ended = || NotRevalidated::Unreachable("the task that sent the request has panicked".into());
            let result = |origin: &Origin| OriginResult { origin: origin.to_string(), result: Err(ended()) };
            let mut results: Vec<_> = self.origins.iter().map(result).collect();
            // Dropping this future drops the set, which aborts the tasks.
            let mut tasks = JoinSet::new();
            for (index, origin) in self.origins.iter().enumerate() {
                let head = self.request(origin, request);
                let (client, timeout, only_generated) =
                    (self.client.clone(), self.timeout, request.only_generated);
                let asked = async move {
                    let response = client.request(head?).await;
                    let response = response.map_err(|error| NotRevalidated::Unreachable(error.into()))?;
                    verdict(&response, only_generated)
                };
                tasks.spawn(async move {
                    let result = tokio::time::timeout(timeout, asked).await;
                    (index, result.unwrap_or(Err(NotRevalidated::Timeout(timeout))))
                });
            }
            while let Some(done) = tasks.join_next().await {
                let Ok((index, result)) = done else { continue };
                if let Some(origin) = results.get_mut(index) {
                    origin.result = result;
                }
            }
            results
        })
    }

    fn forwarded_headers(&self) -> &[HeaderName] {
        &self.forwarded
    }
}

/// Decides as Next.js does: by the header of the cache, a 200, or a 404 if only generated pages are to be revalidated.
fn verdict<B>(response: &Response<B>, only_generated: bool) -> Result<StatusCode, NotRevalidated> {
    let status = response.status();
    let cache =
        ["x-vercel-cache", "x-nextjs-cache"].into_iter().find_map(|name| response.headers().get(name));
    let revalidated = cache.is_some_and(|word| word.as_bytes().eq_ignore_ascii_case(b"REVALIDATED"));
    let absent = only_generated && status == StatusCode::NOT_FOUND;
    if revalidated || status == StatusCode::OK || absent {
        Ok(status)
    } else {
        Err(NotRevalidated::Status(status))
    }
}

/// Returns a path as it is sent. Characters that are not allowed in a request line are encoded, and escapes are kept.
fn request_path(path: &str) -> Option<PathAndQuery> {
    let path = path.split_once('#').map_or(path, |(path, _)| path);
    utf8_percent_encode(path, PATH).to_string().parse().ok()
}

impl fmt::Debug for HttpRevalidator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origins: Vec<_> = self.origins.iter().map(ToString::to_string).collect();
        f.debug_struct("HttpRevalidator")
            .field("origins", &origins)
            .field("forwarded", &self.forwarded)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_what_next_takes_for_it() {
        let cases = [
            (200, None, false, true),
            (200, Some(("x-nextjs-cache", "HIT")), false, true),
            (404, Some(("x-nextjs-cache", "REVALIDATED")), false, true),
            (307, Some(("x-vercel-cache", "revalidated")), false, true),
            (500, Some(("x-nextjs-cache", "MISS")), false, false),
            (404, None, false, false),
            (404, None, true, true),
            (500, None, true, false),
            (204, None, false, false),
            (308, None, false, false),
        ];
        for (status, header, only_generated, good) in cases {
            let mut response = Response::builder().status(status);
            if let Some((name, value)) = header {
                response = response.header(name, value);
            }
            let got = verdict(&response.body(()).unwrap(), only_generated);
            assert_eq!(got.is_ok(), good, "{status} {header:?} {only_generated}");
        }
    }

    #[test]
    fn headers_of_the_connection_are_not_sent_along() {
        let next = HttpRevalidator::new("an id of a build", ["http://127.0.0.1:3000"]).unwrap();
        for name in ["host", "content-length", "connection", "x-prerender-revalidate"] {
            let error = next.clone().forward_headers([name.parse().unwrap()]).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
        for name in ["te", "trailer", "transfer-encoding", "upgrade", "x-prerender-revalidate-if-generated"] {
            assert!(next.clone().forward_headers([name.parse().unwrap()]).is_err(), "{name}");
        }
        let next = next.forward_headers(["cookie".parse().unwrap()]).unwrap();
        assert!(!format!("{next:?}").contains("an id"), "{next:?}");
        // Nor does a log of the request show the id, or what was not asked for.
        let given = ["cookie", "cookie", "authorization"]
            .map(|name| (name.parse().unwrap(), HeaderValue::from_static("x")));
        let given: http::HeaderMap = given.into_iter().collect();
        let request = next.request(&next.origins[0], RevalidateRequest::new("/", &given)).unwrap();
        let headers = request.headers();
        assert!(headers[REVALIDATE].is_sensitive() && !format!("{request:?}").contains("an id"));
        assert_eq!((headers.get_all("cookie").iter().count(), headers.len()), (2, 3), "{headers:?}");
    }

    #[test]
    fn path_is_encoded_before_it_is_sent() {
        let origin = Origin::parse("http://127.0.0.1:3000").unwrap();
        let cases = [
            ("/", "http://127.0.0.1:3000/"),
            ("/posts/1?a=b", "http://127.0.0.1:3000/posts/1?a=b"),
            ("/a b/é%20", "http://127.0.0.1:3000/a%20b/%C3%A9%20"),
            ("/a\r\nX-Evil: 1", "http://127.0.0.1:3000/a%0D%0AX-Evil:%201"),
            ("//evil.example/x", "http://127.0.0.1:3000//evil.example/x"),
            ("/a#b", "http://127.0.0.1:3000/a"),
        ];
        for (path, uri) in cases {
            assert_eq!(origin.join(request_path(path).unwrap()).unwrap().to_string(), uri, "{path}");
        }
    }
}

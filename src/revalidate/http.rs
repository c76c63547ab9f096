//! Revalidation over HTTP.

use super::{NotRevalidated, OriginResult, RevalidateFuture, RevalidateRequest, Revalidator, pick};
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

/// Asks running Next.js servers, all at once, to render a page anew: a `HEAD` request with the build's preview id.
///
/// A server has done it if it answers 200, or says `REVALIDATED` in `x-vercel-cache` or `x-nextjs-cache` (a page that is gone
/// is a 404 and revalidated), or answers 404 where [`only_generated`](super::Revalidate::only_generated) is asked for.
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
    /// Asks these servers (scheme, host and port: `http://127.0.0.1:3000`), and shows them their build's `previewModeId`.
    ///
    /// The id goes to each of them, and whoever knows it sees drafts: name your own servers only.
    ///
    /// # Errors
    ///
    /// If there is no origin, one is not scheme, host and port, or the id cannot be a header. With the feature
    /// `revalidate-tls` also if the system has no certificates to trust.
    pub fn new<O: AsRef<str>>(
        preview_mode_id: &str,
        origins: impl IntoIterator<Item = O>,
    ) -> Result<Self, OriginError> {
        let origins: Vec<_> =
            origins.into_iter().map(|origin| Origin::parse(origin.as_ref())).collect::<Result<_, _>>()?;
        if origins.is_empty() {
            return Err(OriginError::new("", "name at least one server, as http://127.0.0.1:3000"));
        }
        let mut id = HeaderValue::from_str(preview_mode_id).map_err(|_| {
            OriginError::new("", "the preview mode id has a character that a header cannot carry")
        })?;
        // So that nothing that prints headers shows it.
        id.set_sensitive(true);
        let client = client(&origins)?;
        Ok(Self { client, id, origins, forwarded: Vec::new(), timeout: Duration::from_secs(30) })
    }

    /// How long a server may take to render a page, the connection included. Default: 30 seconds.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Sends these headers of the handler's request along, and no others: Next.js's `allowedRevalidateHeaderKeys`. Default:
    /// none.
    ///
    /// # Errors
    ///
    /// For a header that belongs to a connection or to revalidation itself, such as `Host` or `Content-Length`.
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
                return Err(OriginError::new(name.as_str(), "this header cannot be sent along"));
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
            .ok_or_else(|| NotRevalidated::Unreachable("the path cannot be sent".into()))?;
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
            let ended = || NotRevalidated::Unreachable("the task that asked it has panicked".into());
            let result = |origin: &Origin| OriginResult { origin: origin.to_string(), result: Err(ended()) };
            let mut results: Vec<_> = self.origins.iter().map(result).collect();
            // The tasks end with the set, and that with this future.
            let mut tasks = JoinSet::new();
            for (place, origin) in self.origins.iter().enumerate() {
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
                    (place, result.unwrap_or(Err(NotRevalidated::Timeout(timeout))))
                });
            }
            while let Some(done) = tasks.join_next().await {
                let Ok((place, result)) = done else { continue };
                if let Some(origin) = results.get_mut(place) {
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

/// Next.js's resolved: the cache's word counts, or a 200, or a page that was not there and was not to be made.
fn verdict<B>(answer: &Response<B>, only_generated: bool) -> Result<StatusCode, NotRevalidated> {
    let status = answer.status();
    let cache = ["x-vercel-cache", "x-nextjs-cache"].into_iter().find_map(|name| answer.headers().get(name));
    let revalidated = cache.is_some_and(|word| word.as_bytes().eq_ignore_ascii_case(b"REVALIDATED"));
    let absent = only_generated && status == StatusCode::NOT_FOUND;
    if revalidated || status == StatusCode::OK || absent {
        Ok(status)
    } else {
        Err(NotRevalidated::Status(status))
    }
}

/// A path as it is sent: characters that a request line cannot carry are encoded, escapes stay.
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
            let mut answer = Response::builder().status(status);
            if let Some((name, value)) = header {
                answer = answer.header(name, value);
            }
            let got = verdict(&answer.body(()).unwrap(), only_generated);
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
        let next = next.forward_headers(["cookie".parse().unwrap()]).unwrap();
        assert!(!format!("{next:?}").contains("an id"), "{next:?}");
    }

    #[test]
    fn a_path_is_sent_so_that_it_can_be_read() {
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

//! The requests of a HAR file, <http://www.softwareishard.com/blog/har-12-spec/>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use serde::Deserialize;
use std::fmt;

/// A recorded request.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The method.
    pub(crate) method: Method,
    /// The path and the query.
    pub(crate) target: String,
    /// The headers but for those of the connection.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.target)
    }
}

#[derive(Deserialize)]
struct Har {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Recorded>,
}

#[derive(Deserialize)]
struct Recorded {
    request: Sent,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    method: String,
    url: String,
    headers: Vec<Header>,
    post_data: Option<PostData>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct PostData {
    #[serde(default)]
    text: String,
    /// Of binary bodies, where the exporter says so: `base64`.
    encoding: Option<String>,
}

/// Reads the requests, in their order.
pub(crate) fn entries(har: &str) -> Result<Vec<Entry>, Box<dyn std::error::Error + Send + Sync>> {
    let har: Har = serde_json::from_str(har.trim_start_matches('\u{feff}'))?;
    har.log.entries.into_iter().map(|recorded| entry(recorded.request)).collect()
}

fn entry(sent: Sent) -> Result<Entry, Box<dyn std::error::Error + Send + Sync>> {
    let uri: Uri = sent.url.split('#').next().unwrap_or_default().parse()?;
    let mut headers = HeaderMap::new();
    for Header { name, value } in sent.headers {
        // HTTP/2 writes `:authority` and the like; a browser may have values that are no header.
        let header = (HeaderName::try_from(name), HeaderValue::try_from(value));
        let (Ok(name), Ok(value)) = header else { continue };
        headers.append(name, value);
    }
    for name in [HOST, CONTENT_LENGTH, HeaderName::from_static("accept-encoding")] {
        headers.remove(name);
    }
    let body = match sent.post_data {
        Some(PostData { text, encoding: Some(encoding) }) if encoding == "base64" => {
            STANDARD.decode(text)?.into()
        }
        Some(PostData { text, .. }) => text.into(),
        None => Bytes::new(),
    };
    let target = uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    Ok(Entry { method: sent.method.parse()?, target, headers, body })
}

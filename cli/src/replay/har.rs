//! The requests of a HAR file, <http://www.softwareishard.com/blog/har-12-spec/>.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use serde::Deserialize;
use std::fmt;

/// A recorded request.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) method: Method,
    /// The path and the query.
    pub(crate) target: String,
    /// The headers but for those of the connection.
    pub(crate) headers: HeaderMap,
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

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PostData {
    mime_type: String,
    text: String,
    /// Of binary bodies, where the exporter says so: `base64`.
    encoding: Option<String>,
    /// Of forms, where the exporter writes no text.
    params: Vec<Param>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Param {
    name: String,
    value: String,
    file_name: Option<String>,
    content_type: Option<String>,
}

/// Reads the requests, in their order.
pub(crate) fn entries(har: &str) -> Result<Vec<Entry>> {
    let har: Har = serde_json::from_str(har.trim_start_matches('\u{feff}')).context("the file is no HAR")?;
    let number = |(index, recorded): (usize, Recorded)| {
        entry(recorded.request).with_context(|| format!("the request number {} of the file", index + 1))
    };
    har.log.entries.into_iter().enumerate().map(number).collect()
}

fn entry(sent: Sent) -> Result<Entry> {
    let uri: Uri =
        sent.url.split('#').next().unwrap_or_default().parse().with_context(|| sent.url.clone())?;
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
        Some(data) => body(data, &mut headers)?,
        None => Bytes::new(),
    };
    let target = uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    Ok(Entry { method: sent.method.parse()?, target, headers, body })
}

fn body(data: PostData, headers: &mut HeaderMap) -> Result<Bytes> {
    if data.encoding.as_deref() == Some("base64") {
        return Ok(STANDARD.decode(data.text)?.into());
    }
    if !data.text.is_empty() || data.params.is_empty() {
        return Ok(data.text.into());
    }
    if data.mime_type.starts_with("multipart/form-data") {
        return multipart(&data.params, headers);
    }
    let pairs = data.params.iter().map(|param| (&param.name, &param.value));
    Ok(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into())
}

/// The parts of a form, RFC 7578. The boundary is a new one: a recorded one may be in a part.
fn multipart(params: &[Param], headers: &mut HeaderMap) -> Result<Bytes> {
    let all: String = params.iter().map(|param| param.value.as_str()).collect();
    let mut boundary = "api-routes-replay".to_owned();
    while all.contains(&boundary) {
        boundary.push('-');
    }
    let quoted = |text: &str| text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let mut text = String::new();
    for Param { name, value, file_name, content_type } in params {
        let file =
            file_name.as_ref().map(|name| format!("; filename=\"{}\"", quoted(name))).unwrap_or_default();
        let kind = content_type
            .as_ref()
            .map(|kind| format!("content-type: {}\r\n", quoted(kind)))
            .unwrap_or_default();
        text += &format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"{file}\r\n{kind}\r\n{value}\r\n",
            quoted(name)
        );
    }
    text += &format!("--{boundary}--\r\n");
    headers.insert(CONTENT_TYPE, HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"))?);
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_body_is_as_it_was_sent() {
        let cases = [
            (json!({ "mimeType": "text/plain", "text": "a=b" }), "a=b"),
            (json!({ "mimeType": "text/plain", "text": "aGVsbG8=", "encoding": "base64" }), "hello"),
            (
                json!({ "mimeType": "application/x-www-form-urlencoded", "params": [{ "name": "a b", "value": "ö" }] }),
                "a+b=%C3%B6",
            ),
            (
                json!({ "mimeType": "multipart/form-data; boundary=x", "text": "", "params": [
                    { "name": "f", "value": "api-routes-replay", "fileName": "a\".txt", "contentType": "text/plain" },
                ] }),
                "--api-routes-replay-\r\ncontent-disposition: form-data; name=\"f\"; filename=\"a%22.txt\"\r\n\
                 content-type: text/plain\r\n\r\napi-routes-replay\r\n--api-routes-replay---\r\n",
            ),
        ];
        for (data, expected) in cases {
            let request =
                json!({ "method": "POST", "url": "http://a/api/x#y", "headers": [], "postData": data });
            let har = json!({ "log": { "entries": [{ "request": request }] } }).to_string();
            let entries = entries(&har).unwrap();
            assert_eq!(std::str::from_utf8(&entries[0].body).unwrap(), expected);
            assert_eq!(entries[0].target, "/api/x");
        }
        let error = format!("{:#}", entries("{}").unwrap_err());
        assert!(error.starts_with("the file is no HAR"), "{error}");
    }
}

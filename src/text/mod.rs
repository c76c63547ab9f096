//! Text in URLs and headers.

#[cfg(any(feature = "draft", feature = "session"))]
pub(crate) mod hex;
pub(crate) mod latin1;
pub(crate) mod percent;
pub(crate) mod reason;

use http::HeaderMap;
use http::header::CONTENT_LENGTH;

/// Returns the length that `Content-Length` declares.
pub(crate) fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

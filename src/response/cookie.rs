//! The cookies of a response.

use super::{ApiResponse, Result};
use crate::error::{Error, IntoHeaderValue as _};
use crate::text::percent::COMPONENT;
use cookie::Cookie;
use http::header::SET_COOKIE;
use http::{HeaderName, HeaderValue};
use percent_encoding::utf8_percent_encode;

impl<T: ?Sized> ApiResponse<T> {
    /// Adds a cookie: a [`Cookie`], or a name and a value.
    ///
    /// As in the npm package `cookie`, the value is encoded by JavaScript's `encodeURIComponent`: all characters
    /// but letters, digits and `-_.!~*'()` become percent escapes.
    /// [`ApiRequest::cookies`](crate::ApiRequest::cookies) decodes them. For a cookie in another encoding, append a
    /// `Set-Cookie` header.
    ///
    /// The attributes are sent in the order of the crate `cookie`. `Partitioned` adds `Secure`, without which browsers
    /// ignore it, and so does `SameSite=None`, unless [`secure`](Cookie::set_secure) was set to `false`.
    ///
    /// A name that is not a token, or a `;` in the path or the domain, makes the response a 500.
    ///
    /// The lifetime of a cookie is a `Duration` of the crate `time`, which is re-exported as `cookie::time`.
    ///
    /// ```
    /// use tower_api_routes::cookie::time::Duration;
    /// use tower_api_routes::{ApiRequest, ApiResponse, Cookie, Result};
    ///
    /// async fn login(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     let session = Cookie::build(("session", "s3cret")).path("/").http_only(true).secure(true);
    ///     let session = session.max_age(Duration::days(30));
    ///     res.cookie(session).cookie(("theme", "dark")).end()
    /// }
    /// ```
    pub fn cookie<'c>(self, cookie: impl Into<Cookie<'c>>) -> Self {
        self.edit(|head| {
            head.headers_mut().append(SET_COOKIE, cookie_value(cookie.into())?);
            Ok(())
        })
    }
}

/// Returns the value of a `Set-Cookie` header. A name or an attribute that could break the header, or add an attribute,
/// is rejected.
fn cookie_value(mut cookie: Cookie<'_>) -> Result<HeaderValue> {
    let value = utf8_percent_encode(cookie.value(), COMPONENT).to_string();
    cookie.set_value(value);
    let header = cookie.to_string().into_header_value()?;
    let is_name = HeaderName::from_bytes(cookie.name().as_bytes()).is_ok(); // a token, too
    let is_attribute = |text: Option<&str>| !text.is_some_and(|text| text.contains(';'));
    if !is_name {
        return Err(Error::internal(format!("the cookie name {:?} is not a token", cookie.name())));
    }
    if !is_attribute(cookie.path()) || !is_attribute(cookie.domain()) {
        let name = cookie.name();
        return Err(Error::internal(format!("the cookie {name:?} has a `;` in its path or domain")));
    }
    Ok(header)
}

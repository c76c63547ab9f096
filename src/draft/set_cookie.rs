//! The cookies of draft mode and preview mode as Next.js sets them.

use super::{BYPASS_COOKIE, DATA_COOKIE, PreviewOptions, PreviewProps};
use crate::error::Error;
use bytes::Bytes;
use cookie::time::{Duration, OffsetDateTime};
use cookie::{Cookie, SameSite};
use std::borrow::Cow;

/// The limit of Next.js. Browsers drop cookies of more than 4 KB.
const MAX_TOKEN_LENGTH: usize = 2048;

/// Returns the cookie that turns draft mode on, or the one that deletes it.
pub(crate) fn draft_cookie(props: &PreviewProps, enable: bool) -> Cookie<'static> {
    let mut cookie = cookie(BYPASS_COOKIE, props.mode_id().to_owned(), props.is_development());
    if !enable {
        cookie.set_expires(OffsetDateTime::UNIX_EPOCH);
    }
    cookie
}

/// Returns the cookies that delete both of them.
pub(crate) fn clearing_cookies(
    props: Option<&PreviewProps>,
    path: Option<Cow<'static, str>>,
) -> impl Iterator<Item = Cookie<'static>> {
    let development = props.is_some_and(PreviewProps::is_development);
    [BYPASS_COOKIE, DATA_COOKIE].into_iter().map(move |name| {
        let mut cookie = cookie(name, "", development);
        cookie.set_expires(OffsetDateTime::UNIX_EPOCH);
        with_path(cookie, path.clone())
    })
}

/// Returns the cookies that carry preview data.
///
/// # Errors
///
/// Returns an error if the cookie would be too long, or if the data cannot be encrypted.
pub(crate) async fn preview_cookies(
    props: &PreviewProps,
    json: Bytes,
    options: PreviewOptions,
) -> Result<[Cookie<'static>; 2], Error> {
    let token = props.seal(&json, options.max_age).await?;
    if token.len() > MAX_TOKEN_LENGTH {
        return Err(Error::internal(format!(
            "the preview data makes a cookie of {} characters, and the limit is {MAX_TOKEN_LENGTH}: store less in it",
            token.len()
        )));
    }
    Ok([(BYPASS_COOKIE, props.mode_id().to_owned()), (DATA_COOKIE, token)].map(|(name, value)| {
        let mut cookie = cookie(name, value, props.is_development());
        if let Some(seconds) = options.max_age {
            cookie.set_max_age(Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX)));
        }
        with_path(cookie, options.path.clone())
    }))
}

fn cookie<'c>(name: &'static str, value: impl Into<Cow<'c, str>>, development: bool) -> Cookie<'c> {
    let same_site = if development { SameSite::Lax } else { SameSite::None };
    Cookie::build((name, value)).path("/").http_only(true).secure(!development).same_site(same_site).build()
}

/// An empty path means no path: the browser then uses the folder of the request's path.
fn with_path<'c>(mut cookie: Cookie<'c>, path: Option<Cow<'static, str>>) -> Cookie<'c> {
    match path {
        Some(path) if path.is_empty() => cookie.unset_path(),
        Some(path) => cookie.set_path(path),
        None => {}
    }
    cookie
}

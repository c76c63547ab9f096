//! The keys of a Next.js build.

use super::crypto::Keys;
use super::token;
use crate::error::Error;
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use subtle::ConstantTimeEq as _;

/// The id and the two keys of a Next.js build, by which draft mode and preview data are shared with it.
///
/// A build makes new ones, or takes those in its cache for two weeks; so both sides are deployed together. Where they differ,
/// the other's cookies are cleared. Clones share the derived keys.
///
/// ```
/// use tower_api_routes::{ApiRouter, PreviewProps};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let props = PreviewProps::new(
///     "b4dcc63841b33c5733e2bea938442e44",
///     "6bebd3e7f174e89fa67e192ab04e19129085599725f69843799694872ae3c933",
///     "41d94ea78eef8d430a658bfe3bf0a5008c7ed5670bcc558287afbbaa1b638f03",
/// )?;
/// let api = ApiRouter::new().preview(props.development(cfg!(debug_assertions)));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct PreviewProps {
    development: bool,
    secrets: Arc<Secrets>,
}

struct Secrets {
    id: Box<str>,
    signing_key: Box<str>,
    keys: Keys,
}

impl PreviewProps {
    /// From the values as they stand in the build: `previewModeId`, `previewModeSigningKey` and
    /// `previewModeEncryptionKey`. The keys are taken as text, not as the bytes that their hexadecimal digits name.
    ///
    /// # Errors
    ///
    /// If one of them has fewer than 16 characters. Next.js finds that out when a cookie is set.
    pub fn new(
        id: impl Into<String>,
        signing_key: impl Into<String>,
        encryption_key: impl Into<String>,
    ) -> Result<Self, PreviewPropsError> {
        let (id, signing_key, encryption_key) = (id.into(), signing_key.into(), encryption_key.into());
        let named = [("id", &id), ("signing key", &signing_key), ("encryption key", &encryption_key)];
        for (name, value) in named {
            // JavaScript's length.
            if value.encode_utf16().count() < 16 {
                return Err(PreviewPropsError::new(format!(
                    "the preview mode {name} has fewer than 16 characters"
                )));
            }
        }
        let secrets =
            Secrets { id: id.into(), signing_key: signing_key.into(), keys: Keys::new(encryption_key) };
        Ok(Self { development: false, secrets: Arc::new(secrets) })
    }

    /// From the environment variables `PREVIEW_MODE_ID`, `PREVIEW_MODE_SIGNING_KEY` and `PREVIEW_MODE_ENCRYPTION_KEY`.
    ///
    /// # Errors
    ///
    /// If one is missing, is not Unicode, or has fewer than 16 characters.
    pub fn from_env() -> Result<Self, PreviewPropsError> {
        let value = |name: &str| {
            std::env::var(name)
                .map_err(|error| PreviewPropsError::caused(&format!("the variable `{name}`"), error))
        };
        Self::new(
            value("PREVIEW_MODE_ID")?,
            value("PREVIEW_MODE_SIGNING_KEY")?,
            value("PREVIEW_MODE_ENCRYPTION_KEY")?,
        )
    }

    /// From the `prerender-manifest.json` that `next build` leaves in its folder `.next`, and `next dev` in `.next/dev`. Reads
    /// the file at once, so call it at start-up.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or has no preview keys.
    pub fn from_manifest(path: impl AsRef<Path>) -> Result<Self, PreviewPropsError> {
        let path = path.as_ref();
        let place = || format!("the manifest `{}`", path.display());
        let text = std::fs::read(path).map_err(|error| PreviewPropsError::caused(&place(), error))?;
        let manifest: Value =
            serde_json::from_slice(&text).map_err(|error| PreviewPropsError::caused(&place(), error))?;
        let value = |name: &str| {
            let found = manifest.get("preview").and_then(|preview| preview.get(name)?.as_str());
            found.ok_or_else(|| PreviewPropsError::new(format!("{} has no `preview.{name}`", place())))
        };
        Self::new(
            value("previewModeId")?,
            value("previewModeSigningKey")?,
            value("previewModeEncryptionKey")?,
        )
    }

    /// Whether the cookies are for plain `http`, as in `next dev`: `SameSite=Lax` in the place of `SameSite=None; Secure`.
    /// Default: `false`.
    ///
    /// A browser takes `Secure` cookies from `http://localhost`, and from no other plain address.
    #[must_use]
    pub fn development(mut self, on: bool) -> Self {
        self.development = on;
        self
    }

    /// The id: the value of the cookie `__prerender_bypass`, and what on-demand revalidation shows to Next.js. Whoever knows
    /// it sees drafts.
    pub fn mode_id(&self) -> &str {
        &self.secrets.id
    }

    pub(crate) fn is_development(&self) -> bool {
        self.development
    }

    /// Whether a client has shown the right id; how long this takes tells nothing of where the two differ.
    pub(super) fn is_id(&self, shown: &[u8]) -> bool {
        self.secrets.id.as_bytes().ct_eq(shown).into()
    }

    /// The token of a text that is JSON.
    pub(crate) async fn seal(&self, json: &[u8], max_age: Option<u64>) -> Result<String, Error> {
        let data = self.secrets.keys.encrypt(json).await?;
        Ok(token::sign(&self.secrets.signing_key, &data, now(), max_age))
    }

    /// The text in a token. None: it is forged, expired, or not valid yet.
    pub(super) async fn open(&self, token: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(claims) = token::verify(&self.secrets.signing_key, token, now()) else { return Ok(None) };
        self.secrets.keys.decrypt(token::data(&claims)?).await.map(Some)
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// Never shows a key.
impl fmt::Debug for PreviewProps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreviewProps").field("development", &self.development).finish_non_exhaustive()
    }
}

/// What the cookies of preview data are set and cleared with; see
/// [`set_preview_data`](crate::ApiResponse::set_preview_data).
///
/// ```
/// use tower_api_routes::PreviewOptions;
///
/// let options = PreviewOptions::new().max_age(60 * 60).path("/posts");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct PreviewOptions {
    pub(crate) max_age: Option<u64>,
    pub(crate) path: Option<Cow<'static, str>>,
}

impl PreviewOptions {
    /// Nothing set: cookies for the browser's session, for every path.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long the data is valid, in seconds: both the cookies and the token expire. Counts when data is set, not when it is
    /// cleared. Default: until the browser is closed.
    pub fn max_age(mut self, seconds: u64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// The path below which the cookies count. It goes out as it is: let no client choose it. Empty: the folder of the request's
    /// own path, as browsers have it. Default: `/`.
    pub fn path(mut self, path: impl Into<Cow<'static, str>>) -> Self {
        self.path = Some(path.into());
        self
    }
}

/// Why there are no [`PreviewProps`].
#[derive(Debug)]
pub struct PreviewPropsError {
    message: String,
    source: Option<crate::body::BoxError>,
}

impl PreviewPropsError {
    fn new(message: String) -> Self {
        Self { message, source: None }
    }

    fn caused(what: &str, source: impl Into<crate::body::BoxError>) -> Self {
        Self { message: format!("{what} has no preview keys"), source: Some(source.into()) }
    }
}

impl fmt::Display for PreviewPropsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PreviewPropsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef";

    #[test]
    fn short_values_are_refused_at_once() {
        let cases = [
            (KEY, KEY, KEY, None),
            ("0123456789abcde", KEY, KEY, Some("id")),
            (KEY, "", KEY, Some("signing key")),
            (KEY, KEY, "short", Some("encryption key")),
            // Characters are JavaScript's: UTF-16 code units.
            ("😀😀😀😀😀😀😀😀", KEY, KEY, None),
        ];
        for (id, signing, encryption, wrong) in cases {
            let error = PreviewProps::new(id, signing, encryption).err().map(|error| error.to_string());
            let expected = wrong.map(|name| format!("the preview mode {name} has fewer than 16 characters"));
            assert_eq!(error, expected, "{id} {signing} {encryption}");
        }
    }

    #[test]
    fn no_key_is_shown() {
        let props = PreviewProps::new("an id of a build", "a key for signing", "a key for secrets").unwrap();
        assert_eq!(format!("{props:?}"), "PreviewProps { development: false, .. }");
        assert_eq!(props.mode_id(), "an id of a build");
    }
}

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

/// The id and the two keys of a Next.js build, with which draft mode and preview data are shared.
///
/// A build creates new keys, or uses those in its cache for up to two weeks. So both sides have to be deployed
/// together: each clears the cookies of a side with other keys. Clones share the derived keys.
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
    /// Creates the keys from the values in a build: `previewModeId`, `previewModeSigningKey` and
    /// `previewModeEncryptionKey`.
    ///
    /// As in Next.js, a key is the text itself, not the bytes that its hexadecimal digits encode.
    ///
    /// # Errors
    ///
    /// Returns an error if one of them has fewer than 16 characters. Next.js reports this only when it sets a cookie.
    pub fn new(
        id: impl Into<String>,
        signing_key: impl Into<String>,
        encryption_key: impl Into<String>,
    ) -> Result<Self, PreviewPropsError> {
        let (id, signing_key, encryption_key) = (id.into(), signing_key.into(), encryption_key.into());
        let named = [("id", &id), ("signing key", &signing_key), ("encryption key", &encryption_key)];
        for (name, value) in named {
            // The length in JavaScript.
            if value.encode_utf16().count() < 16 {
                return Err(PreviewPropsError::new(format!(
                    "the preview mode {name} has fewer than 16 characters: copy it from the Next.js build"
                )));
            }
        }
        let secrets =
            Secrets { id: id.into(), signing_key: signing_key.into(), keys: Keys::new(encryption_key) };
        Ok(Self { development: false, secrets: Arc::new(secrets) })
    }

    /// Reads the environment variables `PREVIEW_MODE_ID`, `PREVIEW_MODE_SIGNING_KEY` and `PREVIEW_MODE_ENCRYPTION_KEY`.
    ///
    /// # Errors
    ///
    /// Returns an error if one is missing, is not Unicode, or has fewer than 16 characters.
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

    /// Reads the file in which a build has its keys: `.next/prerender-manifest.json`, or `.next/server/preview-props.json` of
    /// Next.js 16.4 and later. `next dev` writes into `.next/dev`.
    ///
    /// Of a manifest without keys, such as that of `next dev` 16.4, the file `server/preview-props.json` beside it is read.
    /// It blocks while it reads, so call it at start-up.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read, or has no preview keys.
    pub fn from_manifest(path: impl AsRef<Path>) -> Result<Self, PreviewPropsError> {
        let path = path.as_ref();
        let manifest = read(path)?;
        let beside = path.with_file_name("server").join("preview-props.json");
        if manifest.get("preview").is_none() && beside.is_file() {
            return Self::from_json(&read(&beside)?, &beside);
        }
        // `preview-props.json` has the keys and nothing else.
        Self::from_json(manifest.get("preview").unwrap_or(&manifest), path)
    }

    fn from_json(keys: &Value, path: &Path) -> Result<Self, PreviewPropsError> {
        let value = |name: &str| {
            let missing = || PreviewPropsError::new(format!("{} has no `{name}`", shown(path)));
            keys.get(name).and_then(Value::as_str).ok_or_else(missing)
        };
        Self::new(
            value("previewModeId")?,
            value("previewModeSigningKey")?,
            value("previewModeEncryptionKey")?,
        )
    }

    /// Sets whether the cookies are for plain `http`, as in `next dev`: `SameSite=Lax` in place of
    /// `SameSite=None; Secure`. Default: `false`.
    ///
    /// Browsers accept `Secure` cookies over plain `http` only from `localhost`.
    #[must_use]
    pub fn development(mut self, on: bool) -> Self {
        self.development = on;
        self
    }

    /// Returns the id: the value of the cookie `__prerender_bypass`, and of the header of on-demand revalidation. Keep
    /// it secret: a client that has it can read drafts.
    pub fn mode_id(&self) -> &str {
        &self.secrets.id
    }

    pub(crate) fn is_development(&self) -> bool {
        self.development
    }

    /// Returns whether a client has sent the right id, comparing in constant time.
    pub(super) fn is_id(&self, shown: &[u8]) -> bool {
        self.secrets.id.as_bytes().ct_eq(shown).into()
    }

    /// Creates the token of a JSON text.
    pub(crate) async fn seal(&self, json: &[u8], max_age: Option<u64>) -> Result<String, Error> {
        let data = self.secrets.keys.encrypt(json).await?;
        Ok(token::sign(&self.secrets.signing_key, &data, now(), max_age))
    }

    /// Returns the text in a token. `None` if the token is forged, expired, or not valid yet.
    pub(super) async fn open(&self, token: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(claims) = token::verify(&self.secrets.signing_key, token, now()) else { return Ok(None) };
        self.secrets.keys.decrypt(token::data(&claims)?).await.map(Some)
    }
}

fn shown(path: &Path) -> String {
    format!("the manifest `{}`", path.display())
}

fn read(path: &Path) -> Result<Value, PreviewPropsError> {
    let text = std::fs::read(path).map_err(|error| PreviewPropsError::caused(&shown(path), error))?;
    serde_json::from_slice(&text).map_err(|error| PreviewPropsError::caused(&shown(path), error))
}

/// Returns the seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// Shows neither the id nor a key.
impl fmt::Debug for PreviewProps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreviewProps").field("development", &self.development).finish_non_exhaustive()
    }
}

/// Options of the cookies of preview data; see [`set_preview_data`](crate::ApiResponse::set_preview_data).
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
    /// Creates options that set nothing: the cookies are for the browser's session, and for every path.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long the data is valid, in seconds. Then both the cookies and the token expire. It has no effect on
    /// clearing the data. Default: until the browser is closed.
    pub fn max_age(mut self, seconds: u64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Sets the path below which browsers send the cookies. Default: `/`.
    ///
    /// If it is empty, browsers use the folder of the request's path. A path with a `;`, or with a character that a
    /// header cannot have, makes the response a 500.
    pub fn path(mut self, path: impl Into<Cow<'static, str>>) -> Self {
        self.path = Some(path.into());
        self
    }
}

/// Error returned when the keys of a Next.js build are missing or not valid.
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
            // Characters are those of JavaScript: UTF-16 code units.
            ("😀😀😀😀😀😀😀😀", KEY, KEY, None),
        ];
        for (id, signing, encryption, wrong) in cases {
            let error = PreviewProps::new(id, signing, encryption).err().map(|error| error.to_string());
            let expected = wrong.map(|name| {
                format!(
                    "the preview mode {name} has fewer than 16 characters: copy it from the Next.js build"
                )
            });
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

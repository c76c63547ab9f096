//! Errors: of a wrong setting, and why a request has no session.

use std::borrow::Cow;
use std::fmt;

/// Error returned when a secret of [`Sessions`](super::Sessions) is missing or cannot be used. It never shows a secret.
#[derive(Debug)]
pub struct SessionsError {
    message: Cow<'static, str>,
}

impl SessionsError {
    pub(super) fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into() }
    }
}

impl fmt::Display for SessionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SessionsError {}

/// Why a request has no session, for the log. It never has a value of the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// The request has no cookie of the session, and no token in `Authorization` where that is read.
    Absent,
    /// As [`Absent`](Self::Absent), but there is the cookie that the same app sets with the other `secure`.
    OtherPrefix,
    /// The token does not have the parts of its format.
    Malformed,
    /// The header names another algorithm, compression, or an extension.
    Algorithm,
    /// The seal names a password that is not there.
    UnknownPassword,
    /// No secret opens the token: it is forged, altered, cut, or sealed with a secret that is not known here.
    Forged,
    Expired,
    NotYetValid,
    /// A time among the claims is not a number.
    Claims,
    /// The content is not JSON, or not an object.
    Content,
    /// The content is JSON for JavaScript, and not for `serde_json`: a name with a lone surrogate, or a time beyond an `f64`.
    Unreadable,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "no cookie",
            Self::OtherPrefix => {
                "no cookie of this name, but one with the other prefix: set `secure` as in the Next.js app"
            }
            Self::Malformed => "malformed",
            Self::Algorithm => "an algorithm, a compression or an extension that is not read",
            Self::UnknownPassword => "sealed with a password whose id is not known",
            Self::Forged => "forged, cut, or sealed with another secret",
            Self::Expired => "expired",
            Self::NotYetValid => "not yet valid",
            Self::Claims => "a time among the claims is not a number",
            Self::Content => "the content is not a JSON object",
            Self::Unreadable => "the content has a name that is not Unicode, or a time that is too large",
        })
    }
}

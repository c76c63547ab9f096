//! The session of a request, which is opened once.

use super::error::Rejected;
use super::store::Store;
use crate::cookies::Cookies;
use crate::error::Error;
use crate::log::{self, Subject};
use http::HeaderMap;
use serde::de::DeserializeOwned;
use std::any::type_name;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The session of a request. It is also an extension of a request that passes through a service, so that a handler
/// inside does not open it again.
#[derive(Clone)]
pub(crate) struct Opened {
    store: Arc<Store>,
    opened: Arc<(Option<String>, Result<String, Rejected>)>,
}

impl Opened {
    /// Opens the session of a request, and logs why there is none.
    pub(crate) fn new(store: &Arc<Store>, cookies: &Cookies, headers: &HeaderMap, log: Subject<'_>) -> Self {
        let token = store.token(cookies, headers).map(Cow::into_owned);
        let content = store.open(token.as_deref(), cookies);
        if let Err(rejected) = &content {
            log::no_session(&rejected.to_string(), log);
        }
        Self { store: Arc::clone(store), opened: Arc::new((token, content)) }
    }

    /// Returns whether these sessions have opened it, and the request still has the same token: a layer may have removed
    /// its cookie.
    pub(crate) fn is_of(&self, store: &Arc<Store>, cookies: &Cookies, headers: &HeaderMap) -> bool {
        Arc::ptr_eq(&self.store, store)
            && self.opened.0.as_deref() == store.token(cookies, headers).as_deref()
    }

    /// Returns whether there is a session, whatever it has in it.
    pub(crate) fn exists(&self) -> bool {
        matches!(self.opened.1, Ok(_) | Err(Rejected::Unreadable))
    }

    /// Returns the session as a type.
    ///
    /// # Errors
    ///
    /// Returns an error if it does not fit the type. The text of the error has no value of the session.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<Option<T>, Error> {
        let problem = match &self.opened.1 {
            Ok(content) => match serde_json::from_str(content) {
                Ok(session) => return Ok(Some(session)),
                Err(error) => without_values(&error),
            },
            Err(Rejected::Unreadable) => Rejected::Unreadable.to_string(),
            Err(_) => return Ok(None),
        };
        Err(Error::internal(format!("the session does not fit the type `{}`: {problem}", type_name::<T>())))
    }
}

/// Shows no content.
impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("exists", &self.exists()).finish_non_exhaustive()
    }
}

/// Returns the text of an error without the value that it is about: of `invalid type: string "Ada", expected u64`, what
/// was expected.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if error.is_syntax() || text.starts_with("missing field") {
        return text;
    }
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None => format!("a value is not valid at column {}", error.column()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    #[allow(dead_code)]
    enum Role {
        Admin,
        Guest,
    }

    #[test]
    fn an_error_has_no_value_of_the_session() {
        fn text<T: DeserializeOwned + fmt::Debug>(json: &str) -> String {
            without_values(&serde_json::from_str::<T>(json).unwrap_err())
        }
        let cases = [
            (text::<u64>(r#""secret""#), "expected u64 at line 1 column 8"),
            (text::<u64>(r#"", expected secret""#), "expected u64 at line 1 column 19"),
            (text::<Role>(r#""secret""#), "expected `admin` or `guest` at line 1 column 8"),
            (text::<u8>("70000"), "expected u8 at line 1 column 5"),
            (text::<std::net::IpAddr>(r#""secret""#), "a value is not valid at column 8"),
            (text::<String>(r#""\ud800""#), "unexpected end of hex escape at line 1 column 8"),
        ];
        for (text, expected) in cases {
            assert_eq!(text, expected);
        }
    }
}

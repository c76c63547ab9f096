//! What `set_header` takes.

use crate::{Error, latin1};
use http::{HeaderName, HeaderValue};

/// A header's name: a string, or a [`HeaderName`] such as those in [`http::header`].
pub trait IntoHeaderName {
    /// The name.
    ///
    /// # Errors
    ///
    /// If the text is not a header name.
    fn into_header_name(self) -> Result<HeaderName, Error>;
}

impl IntoHeaderName for HeaderName {
    fn into_header_name(self) -> Result<HeaderName, Error> {
        Ok(self)
    }
}

impl IntoHeaderName for &str {
    fn into_header_name(self) -> Result<HeaderName, Error> {
        HeaderName::from_bytes(self.as_bytes())
            .map_err(|_| Error::internal(format!("{self:?} is not a header name")))
    }
}

impl IntoHeaderName for String {
    fn into_header_name(self) -> Result<HeaderName, Error> {
        self.as_str().into_header_name()
    }
}

/// A header's value: a string, a number, or a [`HeaderValue`]. As in Node, a string may hold Latin-1.
pub trait IntoHeaderValue {
    /// The value.
    ///
    /// # Errors
    ///
    /// If the text has a line break, a control character, or a character beyond Latin-1.
    fn into_header_value(self) -> Result<HeaderValue, Error>;
}

impl IntoHeaderValue for HeaderValue {
    fn into_header_value(self) -> Result<HeaderValue, Error> {
        Ok(self)
    }
}

impl IntoHeaderValue for &HeaderValue {
    fn into_header_value(self) -> Result<HeaderValue, Error> {
        Ok(self.clone())
    }
}

impl IntoHeaderValue for &str {
    fn into_header_value(self) -> Result<HeaderValue, Error> {
        latin1::header_value(self)
    }
}

impl IntoHeaderValue for String {
    fn into_header_value(self) -> Result<HeaderValue, Error> {
        latin1::header_value(&self)
    }
}

impl IntoHeaderValue for &String {
    fn into_header_value(self) -> Result<HeaderValue, Error> {
        latin1::header_value(self)
    }
}

macro_rules! number {
    ($($number:ty),*) => {$(
        impl IntoHeaderValue for $number {
            fn into_header_value(self) -> Result<HeaderValue, Error> {
                Ok(HeaderValue::from(self))
            }
        }
    )*};
}
number!(u16, i16, u32, i32, u64, i64, usize, isize);

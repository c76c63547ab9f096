//! Conversions between text and headers.

use super::Error;
use crate::text::latin1;
use http::{HeaderName, HeaderValue};

/// Converts a [`HeaderName`], or text in any case, into the name of a header.
pub(crate) fn header_name<K>(name: K) -> Result<HeaderName, Error>
where
    K: TryInto<HeaderName, Error: Into<http::Error>>,
{
    name.try_into().map_err(|error| Error::from(error.into()))
}

/// Types that convert into the value of a header: strings, numbers, and [`HeaderValue`].
///
/// As in Node, a string may have Latin-1 characters.
///
/// This trait is sealed.
pub trait IntoHeaderValue: sealed::Sealed {
    /// Converts `self` into the value.
    ///
    /// # Errors
    ///
    /// Returns an error if the text has a line break, a control character, or a character beyond Latin-1.
    fn into_header_value(self) -> Result<HeaderValue, Error>;
}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for HeaderValue {}
impl sealed::Sealed for &HeaderValue {}
impl sealed::Sealed for &str {}
impl sealed::Sealed for String {}
impl sealed::Sealed for &String {}

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
        latin1::encode(self).ok_or_else(|| {
            Error::internal(format!(
                "the header value {self:?} has a character that is not allowed in a header"
            ))
        })
    }
}

impl IntoHeaderValue for String {
    fn into_header_value(self) -> Result<HeaderValue, Error> {
        self.as_str().into_header_value()
    }
}

impl IntoHeaderValue for &String {
    fn into_header_value(self) -> Result<HeaderValue, Error> {
        self.as_str().into_header_value()
    }
}

macro_rules! number {
    ($($number:ty),*) => {$(
        impl sealed::Sealed for $number {}

        impl IntoHeaderValue for $number {
            fn into_header_value(self) -> Result<HeaderValue, Error> {
                Ok(HeaderValue::from(self))
            }
        }
    )*};
}
number!(u16, i16, u32, i32, u64, i64, usize, isize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_text() {
        let text = String::from("1");
        let value = HeaderValue::from_static("1");
        let cases = [
            "1".into_header_value(),
            text.clone().into_header_value(),
            (&text).into_header_value(),
            value.clone().into_header_value(),
            (&value).into_header_value(),
            1_u16.into_header_value(),
            1_i16.into_header_value(),
            1_u32.into_header_value(),
            1_i32.into_header_value(),
            1_u64.into_header_value(),
            1_i64.into_header_value(),
            1_usize.into_header_value(),
            1_isize.into_header_value(),
        ];
        for (i, case) in cases.into_iter().enumerate() {
            assert_eq!(case.unwrap(), value, "case {i}");
        }
        assert_eq!("caf\u{e9}".into_header_value().unwrap().as_bytes(), b"caf\xe9");
        for bad in ["\r\n", "\u{2603}", "\0"] {
            assert_eq!(bad.into_header_value().unwrap_err().status(), 500, "{bad:?}");
            assert_eq!(bad.to_owned().into_header_value().unwrap_err().status(), 500, "{bad:?}");
        }
        assert_eq!(header_name("X-A").unwrap(), "x-a");
        for bad in ["", "x a", "x\u{e9}"] {
            assert_eq!(header_name(bad).unwrap_err().status(), 500, "{bad:?}");
        }
    }
}

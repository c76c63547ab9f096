//! Sizes in the format of the npm package `bytes`.

mod parse;
mod serde;

use parse::read_bytes;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// The default size limit of request bodies: `1mb`.
pub(crate) const DEFAULT_SIZE_LIMIT: SizeLimit = SizeLimit::new("1mb");
/// The default size from which a response logs a warning: `4mb`.
pub(crate) const DEFAULT_RESPONSE_LIMIT: SizeLimit = SizeLimit::new("4mb");

/// A number of bytes, with the text that it was written as: `"1mb"`, `"500kb"`, `"1.5mb"`, `500`.
///
/// The format is that of the npm package [`bytes`](https://www.npmjs.com/package/bytes), which Next.js uses: a number
/// with an optional `+` and an optional fraction, alone or followed by `b`, `kb`, `mb`, `gb`, `tb` or `pb` in any case.
/// A `kb` is 1,024 bytes. A fraction of a byte is dropped.
///
/// Sizes are compared by their bytes. The text is kept as well, because Next.js repeats it in a response
/// (`Body exceeded 1mb limit`). So a size is displayed and serialized as it was written.
///
/// ```
/// use tower_api_routes::SizeLimit;
///
/// const LIMIT: SizeLimit = SizeLimit::new("1.5mb"); // a bad literal in a const does not compile
/// assert_eq!(LIMIT.bytes(), 1_572_864);
/// assert_eq!(LIMIT.to_string(), "1.5mb");
///
/// assert_eq!(SizeLimit::new("1kb"), SizeLimit::from_bytes(1024));
/// assert!(SizeLimit::new("999kb") < SizeLimit::new("1mb"));
/// assert!("1 megabyte".parse::<SizeLimit>().is_err());
///
/// let limit: SizeLimit = serde_json::from_str(r#""500kb""#)?;
/// assert_eq!(serde_json::to_string(&limit)?, r#""500kb""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct SizeLimit {
    bytes: u64,
    text: Text,
}

/// The text that a size was written as. It is stored inline, so that a `SizeLimit` is `Copy` and can be a const.
#[derive(Clone, Copy)]
enum Text {
    Number,
    Written { length: u8, bytes: [u8; Self::CAPACITY] },
}

impl Text {
    const CAPACITY: usize = 22;
}

/// Error returned when a text is not a size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseSizeError {
    text: Box<str>,
}

impl SizeLimit {
    /// Parses a literal.
    ///
    /// # Panics
    ///
    /// Panics if the text is not a size. In a const this is a compile error. [`SizeLimit::parse`] returns a `Result`.
    #[track_caller]
    pub const fn new(text: &str) -> Self {
        match Self::read(text.as_bytes()) {
            Some(size) => size,
            None => panic!(
                "not a size: write a number of bytes, or one with kb, mb or gb, such as \"500kb\" or \"1.5mb\""
            ),
        }
    }

    /// Parses a size.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a number, alone or followed by a unit.
    pub fn parse(text: &str) -> Result<Self, ParseSizeError> {
        Self::read(text.as_bytes()).ok_or_else(|| ParseSizeError { text: text.into() })
    }

    /// Creates a size from a number of bytes.
    pub const fn from_bytes(bytes: u64) -> Self {
        Self { bytes, text: Text::Number }
    }

    /// Returns the size in bytes.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the size as a `usize`, or the largest `usize` if it does not fit.
    pub(crate) fn as_usize(self) -> usize {
        usize::try_from(self.bytes).unwrap_or(usize::MAX)
    }

    const fn read(text: &[u8]) -> Option<Self> {
        let Some(bytes) = read_bytes(text) else { return None };
        let mut copy = [0; Text::CAPACITY];
        let mut i = 0;
        while i < text.len() {
            copy[i] = text[i];
            i += 1;
        }
        #[allow(clippy::cast_possible_truncation)] // `read_bytes` rejects a longer text
        Some(Self { bytes, text: Text::Written { length: text.len() as u8, bytes: copy } })
    }
}

impl PartialEq for SizeLimit {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for SizeLimit {}

impl PartialOrd for SizeLimit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SizeLimit {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes.cmp(&other.bytes)
    }
}

impl Hash for SizeLimit {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

impl fmt::Display for SizeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Text::Number => write!(f, "{}", self.bytes),
            Text::Written { length, bytes } => {
                f.write_str(std::str::from_utf8(&bytes[..usize::from(*length)]).unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for SizeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SizeLimit({self})")
    }
}

impl FromStr for SizeLimit {
    type Err = ParseSizeError;

    fn from_str(text: &str) -> Result<Self, ParseSizeError> {
        Self::parse(text)
    }
}

impl TryFrom<&str> for SizeLimit {
    type Error = ParseSizeError;

    fn try_from(text: &str) -> Result<Self, ParseSizeError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for SizeLimit {
    type Error = ParseSizeError;

    fn try_from(text: String) -> Result<Self, ParseSizeError> {
        Self::read(text.as_bytes()).ok_or_else(|| ParseSizeError { text: text.into() })
    }
}

impl From<u64> for SizeLimit {
    fn from(bytes: u64) -> Self {
        Self::from_bytes(bytes)
    }
}

impl From<u32> for SizeLimit {
    fn from(bytes: u32) -> Self {
        Self::from_bytes(bytes.into())
    }
}

impl From<usize> for SizeLimit {
    fn from(bytes: usize) -> Self {
        Self::from_bytes(bytes as u64)
    }
}

impl fmt::Display for ParseSizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a size: write a number of bytes, or one with kb, mb or gb, such as \"500kb\" or \"1.5mb\"",
            self.text
        )
    }
}

impl std::error::Error for ParseSizeError {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::hash::BuildHasher as _;

    #[test]
    fn a_size_comes_from_bytes_and_from_text() {
        let size = SizeLimit::from_bytes(1024);
        for from in [SizeLimit::from(1024_u32), 1024_u64.into(), 1024_usize.into(), SizeLimit::new("1kb")] {
            assert_eq!((from, from.bytes(), from.as_usize()), (size, 1024, 1024));
        }
        for text in ["1kb", "1024"] {
            let parsed = [text.parse(), SizeLimit::try_from(text), SizeLimit::try_from(text.to_owned())];
            assert_eq!(parsed, [Ok(size), Ok(size), Ok(size)]);
        }
        assert_eq!(SizeLimit::from_bytes(7).to_string(), "7");
    }

    #[test]
    fn sizes_compare_by_their_bytes() {
        let cases = [
            ("1kb", "1024", Ordering::Equal),
            ("1KB", "+1 kb", Ordering::Equal),
            ("1mb", "1024.0kb", Ordering::Equal),
            ("9b", "10b", Ordering::Less),
            ("1gb", "2mb", Ordering::Greater),
        ];
        let hasher = std::hash::RandomState::new();
        for (left, right, ordering) in cases {
            let (a, b) = (SizeLimit::new(left), SizeLimit::new(right));
            assert_eq!(a.cmp(&b), ordering, "{left} and {right}");
            assert_eq!(a == b, ordering.is_eq(), "{left} and {right}");
            assert_eq!(hasher.hash_one(a) == hasher.hash_one(b), a == b, "{left} and {right}");
            assert_eq!(HashSet::from([a, b]).len() == 1, ordering.is_eq(), "{left} and {right}");
        }
    }
}

//! Sizes as the npm package `bytes` writes them.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// The largest body that is read where nothing else is said: `1mb`.
pub(crate) const DEFAULT_SIZE_LIMIT: SizeLimit = SizeLimit::new("1mb");
/// The largest answer that is not worth a warning where nothing else is said: `4mb`.
pub(crate) const DEFAULT_RESPONSE_LIMIT: SizeLimit = SizeLimit::new("4mb");

/// A number of bytes, and how it was written: `"1mb"`, `"500kb"`, `"1.5mb"`, `500`.
///
/// The format is that of the npm package [`bytes`](https://www.npmjs.com/package/bytes), which Next.js uses: a number,
/// a fraction if wanted, and one of `b`, `kb`, `mb`, `gb`, `tb`, `pb` in any case, where `kb` is 1,024 bytes. The text is
/// kept because Next.js repeats it: `Body exceeded 1mb limit`.
///
/// ```
/// use tower_api_routes::SizeLimit;
///
/// const LIMIT: SizeLimit = SizeLimit::new("1.5mb"); // a bad literal in a const does not compile
/// assert_eq!(LIMIT.bytes(), 1_572_864);
/// assert_eq!(LIMIT.to_string(), "1.5mb");
/// assert_eq!(SizeLimit::from_bytes(500).to_string(), "500");
/// assert!("1 megabyte".parse::<SizeLimit>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SizeLimit {
    bytes: u64,
    text: Text,
}

/// The text beside the number, without a heap: a `SizeLimit` is `Copy` and can be a const.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Number,
    Written { length: u8, bytes: [u8; Self::CAPACITY] },
}

impl Text {
    const CAPACITY: usize = 22;
}

/// A text that is not a size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseSizeError {
    text: Box<str>,
}

impl SizeLimit {
    /// Reads a size; for literals.
    ///
    /// # Panics
    ///
    /// If the text is not a size. In a const that is a compile error. [`SizeLimit::parse`] returns a `Result`.
    #[track_caller]
    pub const fn new(text: &str) -> Self {
        match Self::read(text.as_bytes()) {
            Some(size) => size,
            None => panic!(
                "not a size: write a number of bytes, or one with kb, mb or gb, such as \"500kb\" or \"1.5mb\""
            ),
        }
    }

    /// Reads a size.
    ///
    /// # Errors
    ///
    /// If the text is not a number, alone or followed by a unit.
    pub fn parse(text: &str) -> Result<Self, ParseSizeError> {
        Self::read(text.as_bytes()).ok_or_else(|| ParseSizeError { text: text.into() })
    }

    /// A plain number of bytes.
    pub const fn from_bytes(bytes: u64) -> Self {
        Self { bytes, text: Text::Number }
    }

    /// The size in bytes.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The size for comparing with what is in memory.
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
        #[allow(clippy::cast_possible_truncation)] // `read_bytes` refuses a text beyond the capacity
        Some(Self { bytes, text: Text::Written { length: text.len() as u8, bytes: copy } })
    }
}

/// `\+?\d+(\.\d+)? *(b|kb|mb|gb|tb|pb)?`, rounded down.
const fn read_bytes(text: &[u8]) -> Option<u64> {
    if text.len() > Text::CAPACITY {
        return None;
    }
    // 22 digits are fewer than the 38 that an u128 holds, with room for a unit of 2^50 below 10^16.
    let start = if !text.is_empty() && text[0] == b'+' { 1 } else { 0 };
    let (mut i, mut digits, mut scale): (usize, u128, u128) = (start, 0, 1);
    let (mut whole, mut point) = (0, false);
    while i < text.len() {
        match text[i] {
            digit @ b'0'..=b'9' => {
                digits = digits * 10 + (digit - b'0') as u128;
                if point {
                    scale *= 10;
                } else {
                    whole += 1;
                }
            }
            b'.' if !point => point = true,
            _ => break,
        }
        i += 1;
    }
    if whole == 0 || point && scale == 1 {
        return None;
    }
    while i < text.len() && text[i] == b' ' {
        i += 1;
    }
    let unit: u128 = match text.len() - i {
        0 => 1,
        1 if text[i].eq_ignore_ascii_case(&b'b') => 1,
        2 if text[i + 1].eq_ignore_ascii_case(&b'b') => match text[i].to_ascii_lowercase() {
            b'k' => 1 << 10,
            b'm' => 1 << 20,
            b'g' => 1 << 30,
            b't' => 1 << 40,
            b'p' => 1 << 50,
            _ => return None,
        },
        _ => return None,
    };
    let bytes = digits * unit / scale;
    if bytes > u64::MAX as u128 {
        return None;
    }
    #[allow(clippy::cast_possible_truncation)] // checked above
    Some(bytes as u64)
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

/// For a literal such as `500`, which is an `i32`.
impl TryFrom<i32> for SizeLimit {
    type Error = ParseSizeError;

    fn try_from(bytes: i32) -> Result<Self, ParseSizeError> {
        u64::try_from(bytes)
            .map(Self::from_bytes)
            .map_err(|_| ParseSizeError { text: bytes.to_string().into() })
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

/// A size that cannot fail to convert.
impl From<Infallible> for ParseSizeError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_npm_package() {
        let cases = [
            ("0", Some(0)),
            ("1", Some(1)),
            ("500", Some(500)),
            ("1b", Some(1)),
            ("1kb", Some(1024)),
            ("1KB", Some(1024)),
            ("1mb", Some(1_048_576)),
            ("1 mb", Some(1_048_576)),
            ("1.5mb", Some(1_572_864)),
            ("0.1kb", Some(102)),
            ("1.0005kb", Some(1024)),
            ("4gb", Some(4_294_967_296)),
            ("1tb", Some(1_099_511_627_776)),
            ("1pb", Some(1_125_899_906_842_624)),
            ("16384pb", None),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("", None),
            ("mb", None),
            (".5mb", None),
            ("5.mb", None),
            ("1.5.5mb", None),
            ("-1", None),
            ("+1", Some(1)),
            ("+1kb", Some(1024)),
            ("+", None),
            ("+-1", None),
            ("++1kb", None),
            ("1mbx", None),
            ("1 m b", None),
            ("1eb", None),
            ("1é", None),
            (" 1mb", None),
            ("0000000000000000000001mb", None),
        ];
        for (text, bytes) in cases {
            let size = SizeLimit::parse(text);
            assert_eq!(size.as_ref().ok().map(SizeLimit::bytes), bytes, "{text:?}");
            match size {
                Ok(size) => assert_eq!(size.to_string(), text),
                Err(error) => assert!(error.to_string().contains(&format!("`{text}` is not a size"))),
            }
        }
        assert!(SizeLimit::try_from(-1).is_err());
    }
}

//! JSON as JavaScript writes it.

use bytes::Bytes;
use http::HeaderValue;
use serde::Serialize;
use serde_json::ser::Formatter;
use std::cell::Cell;
use std::io::{self, Write};

/// The `Content-Type` that Next.js sends with JSON.
pub(crate) const CONTENT_TYPE_JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

thread_local! {
    /// A buffer that the thread reuses, because the length of the JSON is not known in advance.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Serializes a value. Numbers are written as in JavaScript: `1` for `1.0`, `1e+21` for `1e21`.
///
/// The text is written into a buffer that the thread reuses, and then copied with its exact length. That is a single
/// allocation. A new vector would allocate whenever it doubles, and once more to shrink into `Bytes`.
pub(crate) fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Bytes, serde_json::Error> {
    /// The largest capacity that a thread keeps. A larger buffer is returned without a copy.
    const KEPT: usize = 64 * 1024;
    // Taken, not borrowed: a `Serialize` implementation that calls this function gets an empty buffer.
    let mut out = SCRATCH.take();
    out.clear();
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, JavaScript))?;
    if out.capacity() > KEPT {
        return Ok(out.into());
    }
    let bytes = Bytes::copy_from_slice(&out);
    SCRATCH.set(out);
    Ok(bytes)
}

/// Floating point numbers as ECMA-262's
/// [`Number::toString`](https://tc39.es/ecma262/#sec-numeric-types-number-tostring) writes them.
///
/// Only finite numbers get here: for any other one `serde_json` writes `null`.
struct JavaScript;

impl Formatter for JavaScript {
    fn write_f32<W: ?Sized + Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        write_number(writer, value, (1e-5..1e12).contains(&value.abs()))
    }

    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        write_number(writer, value, (1e-5..1e16).contains(&value.abs()))
    }
}

/// Writes a finite number.
///
/// `is_plain` says that the number is in the range where both JavaScript and zmij, which is the faster one, write a plain
/// decimal. The digits are the same, since both write the shortest ones that lead back to the number; only a whole number
/// ends in `.0` with zmij.
fn write_number<F>(writer: &mut (impl ?Sized + Write), value: F, is_plain: bool) -> io::Result<()>
where
    F: zmij::Float + ryu_js::Float,
{
    if is_plain {
        let mut buffer = zmij::Buffer::new();
        let text = buffer.format_finite(value).as_bytes();
        writer.write_all(text.strip_suffix(b".0").unwrap_or(text))
    } else {
        writer.write_all(ryu_js::Buffer::new().format_finite(value).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[allow(clippy::excessive_precision)] // the decimals are exact
    #[test]
    fn numbers_are_written_as_in_javascript() {
        let cases: &[(f64, &str)] = &[
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (0.25, "0.25"),
            (100_000.0, "100000"),
            (123.456, "123.456"),
            (1e-5, "0.00001"),
            (9.999_999_999_999_999e-6, "0.000009999999999999999"),
            (9_999_999_999_999_998.0, "9999999999999998"),
            (-1e15, "-1000000000000000"),
            (1e16, "10000000000000000"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (0.000_001, "0.000001"),
            (0.000_012_3, "0.0000123"),
            (1e-7, "1e-7"),
            (1.25e-9, "1.25e-9"),
            (5e-324, "5e-324"),
            // Two shortest decimals are equally near: the even digit counts.
            (1_658_206_780_088_562.25, "1658206780088562.2"),
            (662_936_471_232_937.25, "662936471232937.2"),
            (270_469_538_796_285.125, "270469538796285.12"),
            // The nearest of several shortest decimals counts.
            (2_f64.powi(-44), "5.684341886080802e-14"),
            (9_007_199_254_740_993.0, "9007199254740992"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NAN, "null"),
            (f64::INFINITY, "null"),
        ];
        for (value, text) in cases {
            assert_eq!(to_bytes(value).unwrap(), *text);
        }
        let singles: &[(f32, &str)] = &[
            (0.1, "0.1"),
            (-0.0, "0"),
            (16_777_216.0, "16777216"),
            (1e-5, "0.00001"),
            (1e12, "1000000000000"),
            (999_999_900_000.0, "999999900000"),
            (3.4e38, "3.4e+38"),
            (1e-45, "1e-45"),
            (f32::NAN, "null"),
        ];
        for (value, text) in singles {
            assert_eq!(to_bytes(value).unwrap(), *text);
        }
        assert_eq!(to_bytes(&u64::MAX).unwrap(), "18446744073709551615");
    }

    #[test]
    fn a_thread_keeps_buffers_up_to_64_kilobytes() {
        let kept = |capacity: usize| {
            SCRATCH.set(Vec::with_capacity(capacity));
            assert_eq!(to_bytes("text").unwrap(), "\"text\"");
            SCRATCH.take().capacity()
        };
        for (capacity, expected) in [(4096, 4096), (65536, 65536), (65537, 0), (1_000_000, 0)] {
            assert_eq!(kept(capacity), expected, "{capacity}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// `tests/checks/numbers.rs` compares the text with a search for the shortest digits.
        #[test]
        fn zmij_and_ryu_js_write_the_same_digits(sign in 0..2_u64, exponent in 1000..1080_u64, mantissa: u64) {
            // From 2^-23 to 2^56, which is a bit more than the range of plain decimals.
            let double = f64::from_bits(sign << 63 | exponent << 52 | mantissa >> 12);
            #[allow(clippy::cast_possible_truncation)] // any single will do
            let single = double as f32;
            let mut buffer = ryu_js::Buffer::new();
            prop_assert_eq!(to_bytes(&double).unwrap(), buffer.format(double));
            prop_assert_eq!(to_bytes(&single).unwrap(), buffer.format(single));
        }
    }
}

//! JSON as JavaScript writes it.

use bytes::Bytes;
use http::HeaderValue;
use serde::Serialize;
use serde_json::ser::Formatter;
use std::cell::Cell;
use std::io::{self, Write};

/// What Next.js writes into `Content-Type`.
pub(crate) const CONTENT_TYPE_JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

thread_local! {
    /// Where JSON is written before its length is known.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Serialises. Numbers are JavaScript's: `1` for `1.0`, `1e+21` for `1e21`.
///
/// The text is written into a vector that the thread keeps, and copied out in its exact length: one allocation, where a
/// growing vector takes one for every doubling and `Bytes` one more for what is left over. For 1 KiB that is 4 less.
pub(crate) fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Bytes, serde_json::Error> {
    /// What a thread keeps at most; a larger text is handed over as it is.
    const KEPT: usize = 64 * 1024;
    // Taken out, not borrowed: a value whose `Serialize` comes back here finds an empty one.
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

struct JavaScript;

impl Formatter for JavaScript {
    fn write_f32<W: ?Sized + Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        write_number(writer, value < 0.0, &format!("{:e}", value.abs()))
    }

    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        write_number(writer, value < 0.0, &format!("{:e}", value.abs()))
    }
}

/// `Number::toString` of [ECMA-262](https://tc39.es/ecma262/#sec-numeric-types-number-tostring), from the shortest digits
/// in scientific form, such as `1.5e-7`. Negative zero is `0`.
fn write_number<W: ?Sized + Write>(writer: &mut W, negative: bool, scientific: &str) -> io::Result<()> {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if negative {
        writer.write_all(b"-")?;
    }
    let count = digits.len();
    match usize::try_from(exponent) {
        Ok(exponent) if exponent < 21 => {
            // The point stands behind the digit number `exponent + 1`.
            let (whole, fraction) = digits.split_at(count.min(exponent + 1));
            write!(writer, "{whole:0<width$}", width = exponent + 1)?;
            if !fraction.is_empty() {
                write!(writer, ".{fraction}")?;
            }
            Ok(())
        }
        Err(_) if exponent >= -6 => {
            let zeros = usize::try_from(-exponent - 1).unwrap_or_default();
            write!(writer, "0.{:0>zeros$}{digits}", "")
        }
        _ => {
            let (first, rest) = digits.split_at(1);
            let point = if rest.is_empty() { "" } else { "." };
            write!(writer, "{first}{point}{rest}e{exponent:+}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (0.000_001, "0.000001"),
            (0.000_012_3, "0.0000123"),
            (1e-7, "1e-7"),
            (1.25e-9, "1.25e-9"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NAN, "null"),
            (f64::INFINITY, "null"),
        ];
        for (value, text) in cases {
            assert_eq!(to_bytes(value).unwrap(), *text);
        }
        assert_eq!(to_bytes(&0.1_f32).unwrap(), "0.1");
        assert_eq!(to_bytes(&u64::MAX).unwrap(), "18446744073709551615");
    }
}

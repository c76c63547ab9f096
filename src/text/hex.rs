//! Hexadecimal.

use std::fmt::Write as _;

/// Returns all the parts as one text.
pub(crate) fn encode(parts: &[&[u8]]) -> String {
    let mut text = String::with_capacity(parts.iter().map(|part| part.len() * 2).sum());
    for byte in parts.iter().copied().flatten() {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Decodes as Node does: up to the first pair that is not hexadecimal.
#[cfg(feature = "draft")]
pub(crate) fn decode(text: &str) -> Vec<u8> {
    let mut rest = text.as_bytes();
    std::iter::from_fn(|| {
        let (byte, after) = super::percent::hex_byte(rest)?;
        rest = after;
        Some(byte)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_read_as_by_node() {
        let cases: &[(&str, &[u8])] =
            &[("", b""), ("00fF", b"\x00\xff"), ("abc", b"\xab"), ("abzz00", b"\xab"), ("ab é", b"\xab")];
        for (text, bytes) in cases {
            assert_eq!(decode(text), *bytes, "{text}");
        }
        assert_eq!(encode(&[b"\x00", b"\xff\x10", b"", b"a"]), "00ff1061");
    }
}

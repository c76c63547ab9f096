//! Parses the text of a size.

use super::Text;

/// Parses `\+?\d+(\.\d+)? *(b|kb|mb|gb|tb|pb)?`, rounded down.
pub(super) const fn read_bytes(text: &[u8]) -> Option<u64> {
    if text.len() > Text::CAPACITY {
        return None;
    }
    // A text has at most 22 digits and a unit is below 10^16, so the product has at most the 38 digits of a `u128`.
    let (mut i, mut digits, mut scale): (usize, u128, u128) = (0, 0, 1);
    let (mut whole, mut point) = (0, false);
    if !text.is_empty() && text[0] == b'+' {
        i = 1;
    }
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

#[cfg(test)]
mod tests {
    use crate::size::SizeLimit;

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
            ("+1.5 MB", Some(1_572_864)),
            ("+", None),
            ("++1", None),
            ("+-1", None),
            ("+ 1kb", None),
            ("-1kb", None),
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
            assert_eq!(SizeLimit::try_from(text.to_owned()), size);
            match size {
                Ok(size) => assert_eq!(size.to_string(), text),
                Err(error) => assert!(error.to_string().contains(&format!("`{text}` is not a size"))),
            }
        }
    }
}

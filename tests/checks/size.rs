//! Sizes, against the grammar of the npm package `bytes` in decimal arithmetic.

use super::Data;
use tower_api_routes::SizeLimit;

const WORDS: &[&str] = &[
    "0", "1", "5", "9", ".", "12", "kb", "KB", "mb", "Gb", "tb", "pb", "b", " ", "-", "+", "1.5", "00",
    "1048576",
];

pub(crate) fn check(bytes: &[u8]) {
    let mut data = Data::new(bytes);
    let text = data.text(WORDS, 12);
    let parsed = SizeLimit::parse(&text);
    // What is longer than anybody would write is refused whatever it means.
    let expected = reference(&text).filter(|_| text.len() <= 22);
    assert_eq!(parsed.as_ref().ok().map(SizeLimit::bytes), expected, "{text:?}");
    match parsed {
        Ok(size) => assert_eq!(size.to_string(), text),
        Err(error) => assert!(error.to_string().contains(&*text)),
    }
    let number = u64::from_le_bytes(std::array::from_fn(|_| data.byte()));
    let size = SizeLimit::from_bytes(number);
    assert_eq!(SizeLimit::parse(&size.to_string()).map(|size| size.bytes()), Ok(number));
}

/// `[+] digits [. digits] spaces [unit]`, rounded down, if it fits into 64 bits.
fn reference(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let units =
        [("kb", 1_u128 << 10), ("mb", 1 << 20), ("gb", 1 << 30), ("tb", 1 << 40), ("pb", 1 << 50), ("b", 1)];
    let (number, unit) = units
        .iter()
        .find_map(|(name, unit)| lower.strip_suffix(name).map(|number| (number, *unit)))
        .unwrap_or((&lower, 1));
    let number = number.trim_end_matches(' ');
    let number = number.strip_prefix('+').unwrap_or(number);
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || fraction.is_some_and(|fraction| !digits(fraction)) {
        return None;
    }
    let fraction = fraction.unwrap_or_default();
    if whole.len() + fraction.len() > 22 {
        return None;
    }
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let value: u128 = format!("{whole}{fraction}").parse().ok()?;
    u64::try_from(value * unit / scale).ok()
}

//! The character sets of request bodies, by the labels that the npm package `iconv-lite` accepts.

use std::borrow::Cow;

/// A character set that a body is decoded from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    Utf16Le,
    Utf16Be,
    /// UTF-16 in the byte order of its byte order mark or, without one, the order in which more characters are
    /// ASCII.
    Utf16,
    /// ISO-8859-1 itself; the Encoding Standard reads this label as windows-1252.
    Latin1,
    Ascii,
    #[cfg(feature = "encoding")]
    Other(&'static encoding_rs::Encoding),
}

impl Charset {
    /// Returns the charset of a label, or `None` if the label is not known.
    pub(crate) fn of(label: &str) -> Option<Self> {
        // As in iconv-lite, case, punctuation and a year such as `:1987` are ignored.
        let label = match label.rsplit_once(':') {
            Some((label, year)) if year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()) => label,
            _ => label,
        };
        let name: String =
            label.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        Some(match name.as_str() {
            "utf8" | "unicode11utf8" => Self::Utf8,
            "utf16le" | "ucs2" => Self::Utf16Le,
            "utf16be" => Self::Utf16Be,
            "utf16" => Self::Utf16,
            "latin1" | "iso88591" | "28591" | "binary" | "l1" | "isoir100" | "ibm819" | "cp819"
            | "csisolatin1" => Self::Latin1,
            "ascii" | "usascii" | "ascii8bit" | "ansix341968" | "iso646us" | "isoir6" | "ibm367"
            | "cp367" | "us" => Self::Ascii,
            name => return other(name),
        })
    }

    /// Decodes bytes into text without a byte order mark. A malformed sequence becomes U+FFFD.
    pub(crate) fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Self::Utf8 => {
                let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
                // The strict decoder is much faster than the lossy one, and most bodies are valid UTF-8.
                std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
            }
            Self::Utf16Le => utf16(bytes, u16::from_le_bytes),
            Self::Utf16Be => utf16(bytes, u16::from_be_bytes),
            Self::Utf16 if looks_big_endian(bytes) => utf16(bytes, u16::from_be_bytes),
            Self::Utf16 => utf16(bytes, u16::from_le_bytes),
            Self::Latin1 => crate::text::latin1::decode(bytes),
            Self::Ascii => {
                bytes.iter().map(|&byte| if byte < 0x80 { byte.into() } else { '\u{fffd}' }).collect()
            }
            #[cfg(feature = "encoding")]
            Self::Other(encoding) => decode_other(encoding, bytes),
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Cow<'static, str> {
    let units = bytes.pairs().map(unit);
    let mut text: String =
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    Cow::Owned(text)
}

/// Splits a slice into pairs: `slice::as_chunks` is newer than this crate's minimum Rust version.
trait Pairs {
    fn pairs(&self) -> impl Iterator<Item = [u8; 2]>;
}

impl Pairs for [u8] {
    fn pairs(&self) -> impl Iterator<Item = [u8; 2]> {
        self.chunks_exact(2).map(|pair| [pair[0], pair[1]])
    }
}

fn looks_big_endian(bytes: &[u8]) -> bool {
    match bytes {
        [0xfe, 0xff, ..] => true,
        [0xff, 0xfe, ..] => false,
        _ => {
            let pairs = || Pairs::pairs(bytes).take(100);
            let big = pairs().filter(|[high, low]| *high == 0 && *low != 0).count();
            let little = pairs().filter(|[low, high]| *high == 0 && *low != 0).count();
            big > little
        }
    }
}

#[cfg(not(feature = "encoding"))]
fn other(_: &str) -> Option<Charset> {
    None
}

/// Returns a legacy charset that iconv-lite and the Encoding Standard share.
#[cfg(feature = "encoding")]
fn other(name: &str) -> Option<Charset> {
    let digits = |prefixes: &[&str]| -> Option<&str> {
        prefixes
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix))
            .filter(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
    };
    let label: Cow<'static, str> = match name {
        "shiftjis" | "csshiftjis" | "mskanji" | "sjis" | "windows31j" | "ms31j" | "ms932" | "cp932"
        | "932" | "xsjis" => "shift_jis".into(),
        "eucjp" => "euc-jp".into(),
        "euckr" | "cp949" | "949" | "cseuckr" | "ksc56011987" | "ksc56011989" | "ksc5601" | "korean"
        | "isoir149" | "windows949" | "ms949" => "euc-kr".into(),
        "gb2312" | "gb231280" | "gb23121980" | "csgb2312" | "csiso58gb231280" | "euccn" | "gbk" | "xgbk"
        | "cp936" | "936" | "ms936" | "windows936" | "isoir58" | "chinese" => "gbk".into(),
        "gb18030" => "gb18030".into(),
        "big5" | "big5hkscs" | "cnbig5" | "csbig5" | "xxbig5" | "cp950" | "950" | "ms950" | "windows950" => {
            "big5".into()
        }
        "koi8r" | "cskoi8r" | "20866" => "koi8-r".into(),
        "koi8u" | "21866" => "koi8-u".into(),
        "macintosh" | "macroman" => "macintosh".into(),
        "maccyrillic" => "x-mac-cyrillic".into(),
        "latin2" | "l2" => "iso-8859-2".into(),
        "latin3" | "l3" => "iso-8859-3".into(),
        "latin4" | "l4" => "iso-8859-4".into(),
        "cyrillic" => "iso-8859-5".into(),
        "arabic" => "iso-8859-6".into(),
        "greek" | "greek8" => "iso-8859-7".into(),
        "hebrew" => "iso-8859-8".into(),
        "latin6" | "l6" => "iso-8859-10".into(),
        "latin7" | "l7" => "iso-8859-13".into(),
        "latin8" | "l8" => "iso-8859-14".into(),
        "latin9" | "l9" => "iso-8859-15".into(),
        "latin10" | "l10" => "iso-8859-16".into(),
        _ => {
            if let Some(page) = digits(&["windows", "win", "cp", "ibm", ""]).filter(|page| page.len() >= 3) {
                match page {
                    "866" => "ibm866".into(),
                    "874" | "1250" | "1251" | "1252" | "1253" | "1254" | "1255" | "1256" | "1257"
                    | "1258" => format!("windows-{page}").into(),
                    _ => return None,
                }
            } else if let Some(part) = digits(&["iso8859"]) {
                // The Encoding Standard decodes parts 9 and 11 by the tables of windows-1254 and windows-874.
                match part {
                    "2" | "3" | "4" | "5" | "6" | "7" | "8" | "10" | "13" | "14" | "15" | "16" => {
                        format!("iso-8859-{part}").into()
                    }
                    _ => return None,
                }
            } else {
                return None;
            }
        }
    };
    encoding_rs::Encoding::for_label(label.as_bytes()).map(Charset::Other)
}

#[cfg(feature = "encoding")]
fn decode_other<'a>(encoding: &'static encoding_rs::Encoding, bytes: &'a [u8]) -> Cow<'a, str> {
    let text = encoding.decode_without_bom_handling(bytes).0;
    // The Encoding Standard decodes an unassigned byte as a C1 control, iconv-lite as U+FFFD.
    let is_c1 = |c: char| ('\u{80}'..='\u{9f}').contains(&c);
    if encoding.name().starts_with("windows-") && text.contains(is_c1) {
        return Cow::Owned(text.replace(is_c1, "\u{fffd}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets_are_read_as_by_iconv_lite() {
        let cases: &[(&str, &[u8], Option<&str>)] = &[
            ("utf-8", b"\xc3\xa9", Some("é")),
            ("UTF8", b"\xef\xbb\xbfx", Some("x")),
            ("utf-8", b"\xff", Some("\u{fffd}")),
            ("latin1", b"caf\xe9\x80", Some("café\u{80}")),
            ("ISO_8859-1:1987", b"\xe9", Some("é")),
            ("ascii", b"a\xe9", Some("a\u{fffd}")),
            ("utf-16le", b"h\0\xe9\0", Some("hé")),
            ("utf-16be", b"\0h\0\xe9", Some("hé")),
            ("utf-16", b"\xfe\xff\0h", Some("h")),
            ("utf-16", b"\xff\xfeh\0", Some("h")),
            ("utf-16", b"\0h\0i", Some("hi")),
            ("utf-16", b"h\0i\0x", Some("hi")),
            // A byte order mark overrides the heuristic.
            ("utf-16", b"\xfe\xffh\0", Some("\u{6800}")),
            ("utf-16", b"\xff\xfe\0h", Some("\u{6800}")),
            ("utf-16", b"\0hh\0h\0", Some("\u{6800}hh")),
            ("utf-16", b"\x01\x01\x01\x01h\0", Some("\u{101}\u{101}h")),
            ("utf-16", b"\x01\x01\0h", Some("\u{101}h")),
            ("utf-16", b"hi", Some("\u{6968}")),
            ("us-ascii", b"\x7f\x80", Some("\u{7f}\u{fffd}")),
            ("utf-8:1998", b"x", Some("x")),
            ("utf-8:98", b"", None),
            ("utf-8:year", b"", None),
            ("bogus", b"", None),
            ("utf-32", b"", None),
        ];
        for (label, bytes, text) in cases {
            let charset = Charset::of(label);
            assert_eq!(charset.map(|charset| charset.decode(bytes)).as_deref(), *text, "{label}");
        }
    }

    #[cfg(feature = "encoding")]
    #[test]
    fn legacy_charsets_are_known_with_the_feature() {
        let cases: &[(&str, &[u8], &str)] = &[
            ("windows-1252", b"\x80", "€"),
            ("cp1252", b"\x81", "\u{fffd}"),
            ("shift_jis", b"\x93\xfa", "日"),
            ("iso-8859-15", b"\xa4", "€"),
            ("macintosh", b"\x8e", "é"),
            ("big5", b"\xa4\xa4", "中"),
            ("koi8-r", b"\xc1", "а"),
            ("win1251", b"\xe0", "а"),
            ("euc-kr", b"\xb0\xa1", "가"),
            ("iso-8859-2", b"\x85", "\u{85}"),
        ];
        for (label, bytes, text) in cases {
            assert_eq!(Charset::of(label).unwrap().decode(bytes), *text, "{label}");
        }
    }

    #[cfg(feature = "encoding")]
    #[test]
    fn legacy_labels_are_those_of_iconv_lite() {
        let cases = [
            ("Shift_JIS windows-31j cp932 932", Some("Shift_JIS")),
            ("EUC-JP", Some("EUC-JP")),
            ("EUC-KR cp949 ks_c_5601-1987", Some("EUC-KR")),
            ("gb2312 gbk cp936 chinese", Some("GBK")),
            ("gb18030", Some("gb18030")),
            ("big5 big5-hkscs cp950", Some("Big5")),
            ("koi8-r 20866", Some("KOI8-R")),
            ("koi8-u 21866", Some("KOI8-U")),
            ("macintosh macroman", Some("macintosh")),
            ("maccyrillic", Some("x-mac-cyrillic")),
            ("latin2 l2 iso-8859-2", Some("ISO-8859-2")),
            ("latin3 l3 iso-8859-3", Some("ISO-8859-3")),
            ("latin4 l4 iso-8859-4", Some("ISO-8859-4")),
            ("cyrillic iso-8859-5", Some("ISO-8859-5")),
            ("arabic iso-8859-6", Some("ISO-8859-6")),
            ("greek greek8 iso-8859-7", Some("ISO-8859-7")),
            ("hebrew iso-8859-8", Some("ISO-8859-8")),
            ("latin6 l6 iso-8859-10", Some("ISO-8859-10")),
            ("latin7 l7 iso-8859-13", Some("ISO-8859-13")),
            ("latin8 l8 iso-8859-14", Some("ISO-8859-14")),
            ("latin9 l9 iso-8859-15", Some("ISO-8859-15")),
            ("latin10 l10 iso-8859-16", Some("ISO-8859-16")),
            ("windows-874 cp874 874", Some("windows-874")),
            ("windows-1250 win1250 cp1250 1250", Some("windows-1250")),
            ("windows-1258", Some("windows-1258")),
            ("cp866 ibm866", Some("IBM866")),
            ("iso-8859-9 iso-8859-11 iso-8859-12 cp437 cp9999 win12 12 1250x", None),
        ];
        for (labels, expected) in cases {
            for label in labels.split(' ') {
                let name = Charset::of(label).map(|charset| match charset {
                    Charset::Other(encoding) => encoding.name(),
                    _ => "another",
                });
                assert_eq!(name, expected, "{label}");
            }
        }
    }
}

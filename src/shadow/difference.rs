use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use std::fmt;

/// A difference between the responses of the old and the new server.
///
/// The text of a difference has the values, shortened: `$.user.name: old "Ada", new "Bob"`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Difference {
    /// The status.
    Status {
        /// The status of the old server's response.
        old: StatusCode,
        /// The status of the new server's response.
        new: StatusCode,
    },
    /// A header that is compared.
    Header {
        /// The name of the header.
        name: HeaderName,
        /// The values in the old server's response.
        old: Vec<HeaderValue>,
        /// The values in the new server's response.
        new: Vec<HeaderValue>,
    },
    /// A value within JSON.
    Json {
        /// The path to the value: `$.items[0].name`.
        path: String,
        /// The value in the old server's response, or `None` if it is missing.
        old: Option<Value>,
        /// The value in the new server's response, or `None` if it is missing.
        new: Option<Value>,
    },
    /// A body that is not JSON.
    Body {
        /// The length of the old server's body, in bytes.
        old: usize,
        /// The length of the new server's body, in bytes.
        new: usize,
        /// The number of equal bytes at the start.
        equal: usize,
    },
}

/// Two forms of the same value: the responses are equal for most clients, but not byte by byte.
///
/// The text has a name for each kind: `order of keys: $.user`, or
/// `form of a date: $.at: old "2026-01-01T00:00:00.000Z", new "2026-01-01T00:00:00Z"`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Form {
    /// An object within JSON whose keys are in another order.
    KeyOrder {
        /// The path to the object.
        path: String,
    },
    /// An instant that is written in another way.
    Date {
        /// The path to the date.
        path: String,
        /// The text in the old server's response.
        old: String,
        /// The text in the new server's response.
        new: String,
    },
    /// An `ETag` that differs because the body has another form.
    ETag,
}

impl Difference {
    /// Returns what differs, without the values: `status`, the name of a header, a path within JSON, or `body`.
    pub fn subject(&self) -> &str {
        match self {
            Self::Status { .. } => "status",
            Self::Header { name, .. } => name.as_str(),
            Self::Json { path, .. } => path,
            Self::Body { .. } => "body",
        }
    }

    /// Returns the kind of the difference, the same for each element of a list: `$.items[*].name`.
    pub fn kind(&self) -> String {
        pattern(self.subject())
    }
}

impl Form {
    /// Returns the kind of the form: `order of keys`, `form of a date` or `etag of another form`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::KeyOrder { .. } => "order of keys",
            Self::Date { .. } => "form of a date",
            Self::ETag => "etag of another form",
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.subject())?;
        match self {
            Self::Status { old, new } => write!(f, "old {}, new {}", old.as_u16(), new.as_u16()),
            Self::Header { old, new, .. } => write!(f, "old {}, new {}", values(old), values(new)),
            Self::Json { old, new, .. } => {
                write!(f, "old {}, new {}", value(old.as_ref()), value(new.as_ref()))
            }
            Self::Body { old, new, equal } => {
                write!(f, "old {old} bytes, new {new} bytes, different from byte {equal} on")
            }
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        match self {
            Self::KeyOrder { path } => write!(f, ": {path}"),
            Self::Date { path, old, new } => write!(f, ": {path}: old {old:?}, new {new:?}"),
            Self::ETag => Ok(()),
        }
    }
}

/// Replaces the index of each element in a path by `*`.
fn pattern(path: &str) -> String {
    let mut pieces = path.split('[');
    let mut pattern = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
        let rest = piece.get(digits..).unwrap_or_default();
        let is_index = digits > 0 && rest.starts_with(']');
        pattern.push('[');
        pattern.push_str(if is_index { "*" } else { "" });
        pattern.push_str(if is_index { rest } else { piece });
    }
    pattern
}

fn values(values: &[HeaderValue]) -> String {
    let texts: Vec<_> = values.iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    if texts.is_empty() { "missing".into() } else { short(&texts.join(", ")) }
}

fn value(value: Option<&Value>) -> String {
    value.map_or_else(|| "missing".into(), |value| short(&value.to_string()))
}

/// Shortens a text that would fill a line.
fn short(text: &str) -> String {
    const MAX_CHARS: usize = 60;
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_no_index() {
        for (path, expected) in [
            ("$", "$"),
            ("$.a[0].b[12]", "$.a[*].b[*]"),
            ("$[\"0\"].x[\"a[1]\"]", "$[\"0\"].x[\"a[*]\"]"),
            ("set-cookie", "set-cookie"),
        ] {
            assert_eq!(pattern(path), expected);
        }
    }
}

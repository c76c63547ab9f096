use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use std::fmt;

/// A difference between two responses.
///
/// The text of a difference has the values, shortened: `$.user.name: "Ada", shadow "Bob"`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Difference {
    /// The status.
    Status {
        /// The status of the client's response.
        ours: StatusCode,
        /// The status of the shadow's response.
        shadow: StatusCode,
    },
    /// A header that is compared.
    Header {
        /// The name of the header.
        name: HeaderName,
        /// The values in the client's response.
        ours: Vec<HeaderValue>,
        /// The values in the shadow's response.
        shadow: Vec<HeaderValue>,
    },
    /// A value within JSON.
    Json {
        /// The path to the value: `$.items[0].name`.
        path: String,
        /// The value in the client's response, or `None` if it is missing.
        ours: Option<Value>,
        /// The value in the shadow's response, or `None` if it is missing.
        shadow: Option<Value>,
    },
    /// A body that is not JSON.
    Body {
        /// The length of the client's body, in bytes.
        ours: usize,
        /// The length of the shadow's body, in bytes.
        shadow: usize,
        /// The number of equal bytes at the start.
        equal: usize,
    },
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
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.subject())?;
        match self {
            Self::Status { ours, shadow } => write!(f, "{}, shadow {}", ours.as_u16(), shadow.as_u16()),
            Self::Header { ours, shadow, .. } => {
                write!(f, "{}, shadow {}", values(ours), values(shadow))
            }
            Self::Json { ours, shadow, .. } => {
                write!(f, "{}, shadow {}", value(ours.as_ref()), value(shadow.as_ref()))
            }
            Self::Body { ours, shadow, equal } => {
                write!(f, "{ours} bytes, shadow {shadow} bytes, different from byte {equal} on")
            }
        }
    }
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

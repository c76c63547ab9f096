//! What a handler needs of the body.

/// What a body type needs of the body parser.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it streams the body.
    Stream,
    /// The bytes of the body.
    Bytes,
    /// A parsed value, or none if the parser is off.
    Value,
    /// A parsed value. The parser must be on.
    Typed,
}

//! What a handler needs of the body.

/// How much of the body parser a type wants.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: the stream.
    Stream,
    /// The bytes.
    Bytes,
    /// A value, or none where the parser is off.
    Value,
    /// A value; without a parser there is none.
    Typed,
}

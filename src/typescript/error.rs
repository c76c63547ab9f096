use std::fmt;

/// The types of the routes do not fit into one TypeScript file.
///
/// The message names the types and says what to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypescriptError {
    message: Box<str>,
}

impl TypescriptError {
    pub(super) fn twice(name: &str, first: &str, second: &str) -> Self {
        let message = format!(
            "two types are called `{name}` in TypeScript, `{first}` and `{second}`: give one another name with \
             `#[ts(rename = \"..\")]`"
        );
        Self { message: message.into() }
    }

    pub(super) fn reserved(name: &str, rust: &str) -> Self {
        let message = format!(
            "the file has a type `{name}` of its own: give `{rust}` another name with `#[ts(rename = \"..\")]`"
        );
        Self { message: message.into() }
    }
}

impl fmt::Display for TypescriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TypescriptError {}

//! The types of handlers, as the document sees them.

use crate::body::Body;
use crate::body_parser::{ParsedBody, RawBody, TryBody};
use crate::response::Anything;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use std::any::type_name;
use std::borrow::Cow;
use std::fmt;

/// A type that can be described: the body or the response of a handler.
///
/// This trait is sealed: derive [`schemars::JsonSchema`](https://docs.rs/schemars) for a type of your own.
///
/// | type | in the document |
/// | --- | --- |
/// | any `T: JsonSchema` | its schema |
/// | [`ParsedBody`] (`ApiRequest` alone), [`RawBody`], [`Body`] | a body of any content type |
/// | [`TryBody<T>`](TryBody) | the schema of `T` |
/// | [`Anything`] (`ApiResponse` alone) | nothing: describe the responses one by one |
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no JSON Schema",
    label = "does not implement `schemars::JsonSchema`",
    note = "add `schemars` 1 to the dependencies, and `#[derive(schemars::JsonSchema)]` to `{Self}`"
)]
pub trait DescribedType {
    #[doc(hidden)]
    fn described() -> Described;
}

/// What is known of a type.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Described {
    /// Nothing.
    Anything,
    /// A body that the body parser turns into a value of any kind.
    Parsed,
    /// A body that is read, and not parsed.
    Bytes,
    /// A body that the handler reads itself.
    Stream,
    Type(Type),
}

/// A type with a schema.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Type {
    /// Returns a reference to the schema, or the schema of a type without a name, such as an integer.
    pub(super) schema: fn(&mut SchemaGenerator) -> Schema,
    /// Returns the schema itself.
    pub(super) fields: fn(&mut SchemaGenerator) -> Schema,
    pub(super) id: fn() -> Cow<'static, str>,
    pub(super) name: fn() -> &'static str,
}

impl Type {
    pub(crate) fn of<T: JsonSchema + ?Sized>() -> Self {
        Self {
            schema: SchemaGenerator::subschema_for::<T>,
            fields: T::json_schema,
            id: T::schema_id,
            name: type_name::<T>,
        }
    }

    /// Returns whether this is the type with this name.
    pub(super) fn is(self, name: &str) -> bool {
        (self.name)() == name
    }
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Type").field(&(self.name)()).finish()
    }
}

macro_rules! described {
    ($($type:ty => $described:ident),*) => {$(
        impl DescribedType for $type {
            fn described() -> Described {
                Described::$described
            }
        }
    )*};
}
described!(Anything => Anything, ParsedBody => Parsed, RawBody => Bytes, Body => Stream);

impl<B: DescribedType> DescribedType for TryBody<B> {
    fn described() -> Described {
        B::described()
    }
}

// Without this attribute the compiler reports the missing `JsonSchema` in place of the trait's own message.
#[diagnostic::do_not_recommend]
impl<T: JsonSchema + ?Sized> DescribedType for T {
    fn described() -> Described {
        Described::Type(Type::of::<T>())
    }
}

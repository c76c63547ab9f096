//! The TypeScript types of a handler.

use super::declarations::Declarations;
use crate::body::Body;
use crate::body_parser::{ParsedBody, RawBody, TryBody};
use crate::response::Anything;
use std::fmt;
use ts_rs::{Config, TS};

/// A type that TypeScript has, too: the body or the response of a handler, or its query.
///
/// This trait is sealed: derive [`ts_rs::TS`](https://docs.rs/ts-rs) for a type of your own.
///
/// | type | in TypeScript |
/// | --- | --- |
/// | any `T: ts_rs::TS` | its declaration |
/// | [`ParsedBody`] (`ApiRequest` alone), [`RawBody`], [`Body`] | `unknown` |
/// | [`Anything`] (`ApiResponse` alone) | `unknown` |
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no type in TypeScript",
    label = "does not implement `ts_rs::TS`",
    note = "add `ts-rs` to the dependencies, and `#[derive(ts_rs::TS)]` to `{Self}`"
)]
pub trait TypescriptType: 'static {
    #[doc(hidden)]
    fn typescript() -> Type;
}

/// How a type is written and declared.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Type {
    pub(super) name: fn(&Config) -> String,
    pub(super) declare: fn(&mut Declarations),
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Type").finish_non_exhaustive()
    }
}

impl Type {
    const UNKNOWN: Self = Self { name: |_| "unknown".to_owned(), declare: |_| {} };
}

macro_rules! unknown {
    ($($type:ty),*) => {$(
        impl TypescriptType for $type {
            fn typescript() -> Type {
                Type::UNKNOWN
            }
        }
    )*};
}
unknown!(Body, RawBody, ParsedBody, Anything);

impl<B: TypescriptType> TypescriptType for TryBody<B> {
    fn typescript() -> Type {
        B::typescript()
    }
}

// Without this the compiler would go on to `TS`, and show its own message.
#[diagnostic::do_not_recommend]
impl<T: TS + ?Sized + 'static> TypescriptType for T {
    fn typescript() -> Type {
        Type { name: T::name, declare: Declarations::add::<T> }
    }
}

/// The types of a handler, as far as they are known.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default)]
pub struct RouteTypes {
    pub(super) body: Option<Type>,
    pub(super) response: Option<Type>,
    pub(super) query: Option<Type>,
}

impl RouteTypes {
    pub(crate) fn of<B: TypescriptType, T: TypescriptType + ?Sized>() -> Self {
        Self { body: Some(B::typescript()), response: Some(T::typescript()), query: None }
    }

    pub(crate) fn with_query<Q: TypescriptType>(self) -> Self {
        Self { query: Some(Q::typescript()), ..self }
    }

    /// Returns these types, with those of `other` where they are not known.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            body: self.body.or(other.body),
            response: self.response.or(other.response),
            query: self.query.or(other.query),
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Type> {
        [self.body, self.response, self.query].into_iter().flatten()
    }
}

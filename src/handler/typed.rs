//! The types in the signature of a handler.

use super::into_route::IsHandler;
use crate::typescript::{RouteTypes, TypescriptType};

/// What tells the types of a handler: its signature.
///
/// This trait is sealed.
#[diagnostic::on_unimplemented(
    message = "the types of this route are not known",
    label = "not a handler",
    note = "call `.typed()` on the handler itself, before the rest: `handler.typed().config(..)`",
    note = "of `methods()`, each handler is typed: `methods().get(list.typed()).post(create.typed())`"
)]
pub trait HandlerTypes {
    #[doc(hidden)]
    fn types() -> RouteTypes;
}

impl<B: TypescriptType, T: TypescriptType + ?Sized> HandlerTypes for IsHandler<B, T> {
    fn types() -> RouteTypes {
        RouteTypes::of::<B, T>()
    }
}

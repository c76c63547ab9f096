//! The routes with other frameworks, as their documentation writes them.

pub mod actix;
pub mod poem;
pub mod salvo;

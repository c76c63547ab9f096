//! What a client says about its own connection ends at the first server.
//!
//! A client names the headers of its connection in `Connection`, and an intermediary removes them ([RFC 9110,
//! 7.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1)). A [`Proxy`](crate::Proxy) that did so just before
//! it forwards a request would also remove what the program has set in the meantime: with `Connection: x-user` a
//! client could delete the `x-user` of an authentication layer. So they are removed as soon as the request arrives,
//! before any layer or handler sees it, and what the program sets later always reaches the origin.
//!
//! [`serve`](crate::serve) does this itself. Under axum or hyper, add [`ClientHeadersLayer`] as the outermost layer.

mod connection;
#[cfg(feature = "proxy")]
mod layer;
#[cfg(feature = "proxy")]
mod service;

#[cfg(feature = "proxy")]
pub(crate) use connection::{has_token, is_in_use, is_option, tokens};
pub(crate) use connection::{in_use, receive};
#[cfg(feature = "proxy")]
pub use layer::ClientHeadersLayer;
#[cfg(feature = "proxy")]
pub use service::ClientHeaders;

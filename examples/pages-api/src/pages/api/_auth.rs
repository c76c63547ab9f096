//! A helper: its name starts with `_`, so it is no route. The route files call it `super::_auth`, from a folder further
//! down `super::super::_auth`.

use tower_api_routes::{ApiRequest, Error};

/// Lets nobody in without the token.
pub fn check<B>(req: &ApiRequest<B>) -> Result<(), Error> {
    match req.header("authorization").as_deref() {
        Some("Bearer secret") => Ok(()),
        _ => Err(Error::new(401, "Unauthorized")),
    }
}

//! What a router does about errors.

use super::api_router::ApiRouter;
use crate::error::{Error, ErrorContext};

impl ApiRouter {
    /// Sets a function that converts an error before it becomes a response, for example to give all errors one shape.
    ///
    /// The function gets the errors of handlers, of the router, and of this crate's layers inside the router. It is not
    /// called once the head of the response has been sent. A second call replaces the function.
    ///
    /// The headers of the error that it gets, such as `Allow` and `WWW-Authenticate`, are those of the error that it
    /// returns as well, unless that sets them. Those that describe the old body go with it: type, length, encoding, range
    /// and `ETag`. The `Connection` of the crate stays in any case.
    ///
    /// [`HandlerExt::map_error`](crate::HandlerExt::map_error) sets it for a route, and
    /// [`Methods::map_error`](crate::Methods::map_error) for all methods of one. The nearest one acts, and no other.
    ///
    /// ```
    /// use tower_api_routes::{ApiRouter, Error};
    ///
    /// let api = ApiRouter::new().map_error(|error, request| {
    ///     match error.downcast_ref::<std::io::Error>() {
    ///         Some(io) if io.kind() == std::io::ErrorKind::NotFound => {
    ///             Error::json(404, &serde_json::json!({ "error": "not found", "path": request.path() }))
    ///         }
    ///         _ => error,
    ///     }
    /// });
    /// ```
    pub fn map_error<F>(mut self, map: F) -> Self
    where
        F: Fn(Error, &ErrorContext<'_>) -> Error + Send + Sync + 'static,
    {
        self.parts_mut().settings.hooks.set_map_error(map);
        self
    }

    /// Adds a function that converts errors of one type, for example those of an enum into their statuses.
    ///
    /// ```
    /// use http::StatusCode;
    /// use std::fmt;
    /// use tower_api_routes::{ApiRouter, Error};
    ///
    /// #[derive(Debug)] // or by `thiserror`
    /// enum AppError { Missing, Full }
    ///
    /// impl AppError {
    ///     fn status(&self) -> StatusCode {
    ///         match self {
    ///             Self::Missing => StatusCode::NOT_FOUND,
    ///             Self::Full => StatusCode::INSUFFICIENT_STORAGE,
    ///         }
    ///     }
    /// }
    /// # impl fmt::Display for AppError {
    /// #     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str("an error") }
    /// # }
    /// impl std::error::Error for AppError {}
    ///
    /// let api = ApiRouter::new().map_error_of(|e: &AppError, _request| Error::new(e.status(), e.to_string()));
    /// ```
    ///
    /// The function gets an error of this type that `?` has converted, also below the context of an `anyhow::Error`: the
    /// first of the [source](Error::source) and its own sources that has the type. An error whose status was chosen, by
    /// [`or_status`](crate::OrStatus::or_status) or [`Error::new`], is left as it is. The source is kept, and logged.
    ///
    /// Of several types, the one that was registered first is looked for first, and that of a route before that of its
    /// router. [`map_error`](Self::map_error) gets the result.
    pub fn map_error_of<E, F>(mut self, map: F) -> Self
    where
        E: std::error::Error + 'static,
        F: Fn(&E, &ErrorContext<'_>) -> Error + Send + Sync + 'static,
    {
        self.parts_mut().settings.hooks.add_map_error_of(map);
        self
    }

    /// Adds a function that observes every error, before [`map_error`](Self::map_error), for example to count or report
    /// it.
    ///
    /// The function also gets the error of a response that breaks off after its head.
    /// [`head_sent`](crate::ErrorContext::head_sent) tells the two apart. Every such function sees an error once: those of
    /// the route, then those of its router, then those of the routers around.
    ///
    /// ```
    /// use tower_api_routes::ApiRouter;
    ///
    /// let api = ApiRouter::new().on_error(|error, request| {
    ///     let when = if request.head_sent() { "after the head" } else { "before the head" };
    ///     eprintln!("{} {}: {error} ({when})", request.method, request.path());
    /// });
    /// ```
    pub fn on_error<F>(mut self, look: F) -> Self
    where
        F: Fn(&Error, &ErrorContext<'_>) + Send + Sync + 'static,
    {
        self.parts_mut().settings.hooks.add_on_error(look);
        self
    }
}

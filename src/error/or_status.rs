//! Chooses the status of an error where it happens.

use super::response::without_body;
use super::{Error, Kind};
use crate::text::reason;
use http::StatusCode;
use std::{error, fmt};

/// Converts what has failed or is missing into an [`Error`] with a status: `.or_status(404)?`.
///
/// It is implemented for every `Result` whose error converts into an [`Error`], and for `Option`.
///
/// ```
/// use tower_api_routes::{ApiRequest, ApiResponse, OrStatus as _, Result};
///
/// # async fn find(id: u64) -> Result<Option<String>> { Ok(Some(format!("post {id}"))) }
/// async fn show(req: ApiRequest, res: ApiResponse) -> Result {
///     let id: u64 = req.query().get("id").or_status(400)?.parse().or_status(400)?;
///     let post = find(id).await?.or_status(404)?; // `find` itself fails with a 500
///     res.json(&post)
/// }
/// ```
///
/// The client sees the status and its reason, such as `Not Found`; [`Error::new`] sends another text. The error is kept as
/// the [source](Error::source), and logged: at the level debug for a status below 500.
///
/// If the error is an [`Error`] already, its status and its text are replaced, and its headers stay.
///
/// This trait is sealed.
pub trait OrStatus: sealed::Sealed + Sized {
    /// The type of the value.
    type Value;

    /// Returns the value, or an error with this status.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no value. A status that is not between 200 and 999 makes it a 500.
    fn or_status(self, status: impl TryInto<StatusCode>) -> Result<Self::Value, Error>;
}

mod sealed {
    pub trait Sealed {}
}

impl<T, E> sealed::Sealed for Result<T, E> {}
impl<T> sealed::Sealed for Option<T> {}

impl<T, E: Into<Error>> OrStatus for Result<T, E> {
    type Value = T;

    fn or_status(self, status: impl TryInto<StatusCode>) -> Result<T, Error> {
        self.map_err(|error| error.into().with_status(status.try_into().ok()))
    }
}

impl<T> OrStatus for Option<T> {
    type Value = T;

    fn or_status(self, status: impl TryInto<StatusCode>) -> Result<T, Error> {
        self.ok_or_else(|| of_status(status.try_into().ok()))
    }
}

/// Creates an error whose text is the reason of its status.
fn of_status(status: Option<StatusCode>) -> Error {
    let status = status.unwrap_or(StatusCode::CONTINUE); // makes it a 500, whose cause is logged
    Error::new(status, reason::phrase(status))
}

impl Error {
    /// Replaces the status and the text. The headers stay, without those that describe the body.
    fn with_status(mut self, status: Option<StatusCode>) -> Self {
        let mut error = of_status(status);
        error.0.headers = without_body(std::mem::take(&mut self.0.headers));
        match error.0.kind {
            // Not a status: the log says so, and what the error was about.
            Kind::Internal => {
                let text = format!("{error}: {self:?}");
                error.with_source(text)
            }
            Kind::Response { .. } => match (&self.0.kind, self.0.source.take()) {
                (Kind::Internal, Some(source)) => error.with_source(source),
                (_, source) => {
                    self.0.source = source;
                    error.with_source(Replaced(self))
                }
            },
        }
    }
}

/// An error whose status and text were replaced.
#[derive(Debug)]
struct Replaced(Error);

impl fmt::Display for Replaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl error::Error for Replaced {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.next_source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn the_status_is_chosen_and_the_cause_kept() {
        type Case<'a> = (Result<(), Error>, u16, Option<&'a str>, &'a str);
        let io = || io::Error::other("disk");
        let old = || Error::new(403, "keep out").append_header("x-a", 1).append_header("etag", "x");
        let cases: [Case<'_>; 10] = [
            (None.or_status(404), 404, Some("Not Found"), "404 Not Found: Not Found"),
            (Err(io()).or_status(404), 404, Some("Not Found"), "disk"),
            (Err("text").or_status(409), 409, Some("Conflict"), "text"),
            (Err(Error::from(io())).or_status(503), 503, Some("Service Unavailable"), "disk"),
            (Err(old()).or_status(404), 404, Some("Not Found"), "403 Forbidden: keep out"),
            (
                Err(old().with_source(io())).or_status(404),
                404,
                Some("Not Found"),
                "403 Forbidden: keep out: disk",
            ),
            (
                Err(old()).or_status(404).or_status(410),
                410,
                Some("Gone"),
                "404 Not Found: Not Found: 403 Forbidden: keep out",
            ),
            (None.or_status(299), 299, Some("unknown"), "299 <unknown status code>: unknown"),
            (
                None.or_status(42),
                500,
                Some("Internal Server Error"),
                "an error was created with a status that is not between 200 and 999",
            ),
            (
                Err(io()).or_status(42),
                500,
                Some("Internal Server Error"),
                "an error was created with a status that is not between 200 and 999: disk",
            ),
        ];
        for (result, status, message, logged) in cases {
            let error = result.unwrap_err();
            assert_eq!((error.status().as_u16(), error.message()), (status, message), "{logged}");
            assert_eq!(format!("{error:?}"), logged);
        }
        let error = Err::<(), _>(old()).or_status(404).unwrap_err();
        assert_eq!(error.headers().len(), 1, "the ETag was that of the old text");
        assert_eq!(error.headers()["x-a"], "1");
        let error = Err::<(), _>(io()).or_status(404).unwrap_err();
        assert!(error.downcast_ref::<io::Error>().is_some());
        assert_eq!(Some(1).or_status(404).unwrap(), 1);
        assert_eq!(Ok::<_, io::Error>(1).or_status(404).unwrap(), 1);
    }
}

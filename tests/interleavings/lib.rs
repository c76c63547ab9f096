//! A stream's writer and body, and the late response, in every order in which two threads can run them.
//!
//! loom replaces the locks of the files of `src/` that this crate includes, and runs each test once for each interleaving. A
//! wake-up that gets lost is a deadlock, which loom reports. What these files import from the rest of the library stands here,
//! reduced to what they use, and Tokio's oneshot channel is written again with loom's lock: Tokio tests its own with loom.
//!
//! `scripts/tests.sh interleavings` runs it.

#![cfg(test)]
#![allow(dead_code)] // the files of `src/` have more than is used here

// The included files name Tokio; its channel is the one below.
extern crate self as tokio;

mod oneshot;

pub(crate) mod sync {
    pub(crate) use crate::oneshot;
}

pub(crate) mod io {
    pub(crate) use tokio_traits::io::AsyncWrite;
}

/// A stream has no time limit in these models.
pub(crate) mod time {
    use std::time::Duration;

    pub(crate) type Sleep = std::future::Pending<()>;

    pub(crate) fn sleep(_: Duration) -> Sleep {
        std::future::pending()
    }
}

/// No server stops in these models.
pub(crate) mod shutdown {
    #[derive(Clone, Debug, Default)]
    pub struct Shutdown(());

    impl Shutdown {
        pub(crate) fn has_begun(&self) -> bool {
            false
        }
    }
}

pub(crate) mod body {
    pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
}

pub(crate) mod error {
    use crate::body::BoxError;
    use std::any::Any;
    use std::fmt;

    #[derive(Debug)]
    pub(crate) struct Error(pub(crate) String);

    impl Error {
        pub(crate) fn internal(text: impl Into<String>) -> Self {
            Self(text.into())
        }

        pub(crate) fn from_boxed(error: BoxError) -> Self {
            Self(error.to_string())
        }
    }

    impl From<crate::response::Closed> for Error {
        fn from(closed: crate::response::Closed) -> Self {
            Self(closed.to_string())
        }
    }

    #[derive(Debug)]
    pub(crate) struct StreamError(pub(crate) Error);

    impl fmt::Display for StreamError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(&self.0.0)
        }
    }

    impl std::error::Error for StreamError {}

    pub(crate) fn panicked(_: &(dyn Any + Send)) -> Error {
        Error::internal("panicked")
    }
}

pub(crate) mod response {
    use crate::error::Error;
    use responder::PendingResponse;
    use std::marker::PhantomData;

    pub(crate) use responder::Closed;

    pub type Result<T = Response, E = Error> = std::result::Result<T, E>;

    pub enum Anything {}

    pub struct ApiResponse<T: ?Sized>(pub(super) PhantomData<T>);

    pub enum Response {
        Sent(u16),
        Pending(PendingResponse),
    }

    impl Response {
        fn pending(pending: PendingResponse) -> Self {
            Self::Pending(pending)
        }
    }

    #[path = "../../../src/response/responder.rs"]
    mod responder;

    mod late;

    mod stream {
        pub(super) use slot::Slot;

        #[path = "../../../../src/response/stream/body.rs"]
        mod body;
        #[path = "../../../../src/response/stream/slot.rs"]
        mod slot;
        #[path = "../../../../src/response/stream/writer.rs"]
        mod writer;

        mod orders;
    }
}

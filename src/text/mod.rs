//! Text as it stands in URLs and headers.

pub(crate) mod latin1;
pub(crate) mod percent;

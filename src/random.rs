//! Random bytes of the operating system.

use crate::error::Error;

/// Returns random bytes for a key, a salt or an initialization vector.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::internal(format!("no random bytes: {error}")))?;
    Ok(bytes)
}

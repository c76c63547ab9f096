//! A helper of this folder: the parameters that its routes share, as numbers.

use serde::Deserialize;

#[derive(Deserialize)]
pub struct Params {
    pub pid: u64,
}

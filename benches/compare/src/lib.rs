//! The same routes three times, and what measures them.
//!
//! | route | request | response |
//! | --- | --- | --- |
//! | R1 | `GET /api/hello` | a small JSON object |
//! | R2 | `GET /api/post/[pid]?x=1&y=2`, three cookies | the parameter, the query and a cookie as JSON |
//! | R3 | `POST /api/echo`, 1 KiB of JSON | read into a struct and written back |
//! | R3-german, R3-chinese, R3-emoji | the same with other text | the same |
//! | R3-floats | `POST /api/track`, 1 KiB of JSON with 50 numbers | the same |
//! | R4 | `POST /api/form`, a form of 300 bytes | two of its fields as JSON |
//! | R4-escapes | the same with Chinese in percent escapes | the same |
//! | R5 | `GET /api/files/a/b/c/d/e` | the catch-all's segments as a JSON list |
//! | R5-256 | the same with 256 segments | the same |
//! | bytes | `GET /api/bytes` | 64 KiB that are no text |
//!
//! The benches at the root of the repository include this file as a module.

pub mod axum;
pub mod bare;
pub mod model;
pub mod ours;
#[cfg(feature = "rivals")]
pub mod rivals;
pub mod run;
pub mod serve;
pub mod stack;
pub mod tables;

//! The same five routes three times, and what measures them.
//!
//! | route | request | answer |
//! | --- | --- | --- |
//! | R1 | `GET /api/hello` | a small JSON object |
//! | R2 | `GET /api/post/[pid]?x=1&y=2`, three cookies | the parameter, the query and a cookie as JSON |
//! | R3 | `POST /api/echo`, 1 KiB of JSON | read into a struct and written back |
//! | R4 | `POST /api/form`, a form of 300 bytes | two of its fields as JSON |
//! | R5 | `GET /api/files/a/b/c/d/e` | the catch-all's segments as a JSON list |

pub mod axum;
pub mod bare;
pub mod model;
pub mod ours;
pub mod run;
pub mod serve;
pub mod stack;
pub mod tables;

//! Packages of a user, built by cargo in a temporary folder whose path has a space: files to routes, and what the compiler says
//! about a wrong handler.
//!
//! Nothing is asked of the network. All packages have the same dependencies and one target folder, so that the first run
//! compiles the library once for all.

mod changes;
mod compile_fail;
mod errors;
mod middleware;
mod names;
mod package;
mod programs;
mod promises;

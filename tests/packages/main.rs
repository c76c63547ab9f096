//! Files to routes, as a user meets them: real packages, built by cargo in a temporary folder whose path has a space.
//!
//! Nothing is asked of the network. The first run compiles the library once for all packages.

mod changes;
mod compile_fail;
mod errors;
mod names;
mod package;

//! The program as users run it: against small apps, real servers and real builds.

mod apps;
#[cfg(unix)]
mod dev;
mod errors;
mod import;
mod origin;
mod program;
mod reading;
mod replay;
mod shapes;
mod status;

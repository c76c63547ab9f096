//! The routes over a socket: `server SUBJECT PORT`, with one worker, as `scripts/load.sh` starts it.

use compare::serve::{BoxError, serve};
use std::net::TcpListener;

fn main() -> Result<(), BoxError> {
    let mut args = std::env::args().skip(1);
    let (Some(subject), Some(port)) = (args.next(), args.next()) else {
        return Err("usage: server SUBJECT PORT, with a subject of `compare::serve`".into());
    };
    serve(&subject, TcpListener::bind(("127.0.0.1", port.parse()?))?)
}

//! The routes over a socket: `server SUBJECT PORT`, with one worker, as `scripts/measure.sh load` starts it.

use compare::serve::{BoxError, serve};
use std::net::TcpListener;

fn main() -> Result<(), BoxError> {
    let mut args = std::env::args().skip(1);
    let (Some(subject), Some(port)) = (args.next(), args.next()) else {
        return Err("usage: server SUBJECT PORT, with a subject of `compare::serve`".into());
    };
    serve(&subject, TcpListener::bind(("127.0.0.1", port.parse()?))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use compare::model::Route;
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    /// The status and the body of a response, whose length is declared.
    fn fetch(port: u16, route: Route) -> (String, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
        stream.write_all(&route.on_the_wire()).expect("the server reads");
        let (mut bytes, mut space) = (Vec::new(), [0; 16 * 1024]);
        loop {
            let length = stream.read(&mut space).expect("the server responds");
            assert!(length > 0, "the response breaks off: {}", String::from_utf8_lossy(&bytes));
            bytes.extend(&space[..length]);
            let text = String::from_utf8_lossy(&bytes);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let head = head.to_ascii_lowercase();
            let declared = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if declared.expect("a length").parse() == Ok(body.len()) {
                return (head[..12].into(), body.into());
            }
        }
    }

    #[test]
    fn the_servers_respond_alike() {
        let rivals: &[&str] = if cfg!(feature = "rivals") { &["actix", "poem", "salvo"] } else { &[] };
        let ports = ["ours", "no-etag", "address", "axum", "hyper", "http1", "http1-no-etag", "timeout"]
            .iter()
            .chain(rivals);
        let ports = ports.map(|&subject| {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
            let port = listener.local_addr().expect("it is bound").port();
            std::thread::spawn(move || serve(subject, listener).expect("the server runs"));
            (subject, port)
        });
        let ports: Vec<_> = ports.collect();
        for route in Route::FIVE {
            let ours = fetch(ports[0].1, route);
            assert_eq!(ours.0, "http/1.1 200", "{route:?}");
            for (subject, port) in &ports {
                assert_eq!(fetch(*port, route), ours, "{subject}, {route:?}");
            }
        }
    }
}

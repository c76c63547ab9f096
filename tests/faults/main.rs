//! Faults over real sockets, in a process of its own: after each, its tasks, file descriptors and memory are counted, and the
//! server responds to a healthy request.

#[path = "../common/mod.rs"]
mod common;
mod endure;
mod hosts;
mod http2;
mod latency;
mod routes;
mod unread;

use common::net::blocking::Client;
use endure::{GET, HEADER_READ_TIMEOUT, alone, endure, endure_under, get};
use futures_util::FutureExt as _;
use hosts::Host;
use routes::{healthy, length};
use std::time::Duration;
use tower_api_routes::{ApiRouter, MaxDurationLayer};

/// Closes with a reset.
fn reset(client: Client) {
    let stream = client.stream;
    stream.set_nonblocking(true).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let _guard = runtime.enter();
    tokio::net::TcpStream::from_std(stream).unwrap().set_zero_linger().unwrap();
}

#[test]
fn a_head_of_one_byte_at_a_time() {
    for host in Host::ALL {
        endure_under(host, "a head of one byte at a time", 1, |server| {
            let mut client = server.connect();
            for byte in GET.bytes() {
                if !client.send([byte]) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(30));
            }
            // `serve` has closed; the others have waited for the head.
            assert_eq!(client.response().is_some(), !host.is_serve());
        });
    }
}

#[test]
fn what_only_serve_promises() {
    for host in Host::ALL {
        endure_under(host, "a connection without a byte", 1, |server| {
            let client = server.connect();
            client.stream.set_read_timeout(Some(4 * HEADER_READ_TIMEOUT)).unwrap();
            let read = std::io::Read::read(&mut &client.stream, &mut [0; 1]);
            // The others would wait for hours.
            assert_eq!(read.is_ok(), host.is_serve(), "{read:?}");
        });
        endure_under(host, "a half-close right behind a request", 1, |server| {
            let mut client = get(server, "soon");
            client.half_close();
            assert_eq!(
                client.response().map(|response| response.text()),
                host.is_serve().then(|| "soon".to_owned())
            );
        });
    }
}

#[test]
fn a_large_upload_reads_its_413() {
    for host in [Host::Serve, Host::Tls] {
        endure_under(host, "a 413 while the upload is being sent", 5, |server| {
            let mut client = server.connect();
            client.send("POST /api/length HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n");
            for _ in 0..80 {
                client.send(vec![b'x'; 100_000]);
            }
            assert_eq!(client.response().map(|response| response.status), Some(413));
        });
    }
}

#[test]
fn an_early_response_keeps_its_connection() {
    for host in [Host::Serve, Host::Tls] {
        endure_under(host, "responses before the body", 5, |server| {
            let mut client = server.connect();
            for _ in 0..10 {
                assert!(
                    client.send("POST /api/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n")
                );
                std::thread::sleep(Duration::from_millis(2));
                assert!(client.send(vec![b'x'; 200_000]));
                assert_eq!(client.response().map(|response| response.status), Some(404));
            }
        });
    }
}

#[test]
fn a_body_that_trickles_in_harms_nobody_else() {
    endure("a body that trickles in", 1, |server| {
        let mut client = server.connect();
        client.send("POST /api/length HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n");
        for byte in *b"abc" {
            // Longer than a head may take.
            std::thread::sleep(Duration::from_millis(600));
            server.assert_healthy("a byte");
            client.send([byte]);
        }
        assert_eq!(client.response().unwrap().text(), "3");
    });
}

#[test]
fn a_stop_in_the_middle_of_a_body() {
    for route in ["length", "read"] {
        endure(&format!("a stop in the middle of a body, {route}"), 100, |server| {
            let mut client = server.connect();
            client.send(format!("POST /api/{route} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc"));
        });
    }
}

#[test]
fn a_reset_at_any_point() {
    let length = "POST /api/length HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123456789";
    endure("a reset after every byte of a request", 2, |server| {
        for end in 0..=length.len() {
            let mut client = server.connect();
            client.send(&length[..end]);
            reset(client);
        }
    });
    for route in ["never", "endless", "late", "healthy"] {
        endure(&format!("a reset while {route} responds"), 100, |server| {
            let mut client = get(server, route);
            if route == "endless" {
                client.head().unwrap();
            }
            reset(client);
        });
    }
}

#[test]
fn half_of_a_connection() {
    endure("a half-close before, in and after a request", 50, |server| {
        for bytes in
            ["", "GET /api", GET, "POST /api/length HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123"]
        {
            let mut client = server.connect();
            client.send(bytes);
            client.half_close();
            while client.response().is_some() {}
        }
    });
}

#[test]
fn thousand_pipelined_requests_keep_their_order() {
    endure("a pipeline of 1,000", 5, |server| {
        let post = |i: usize| {
            format!("POST /api/length HTTP/1.1\r\nHost: x\r\nContent-Length: {i}\r\n\r\n{}", "x".repeat(i))
        };
        let mut client = server.connect();
        // Half a megabyte, which the sockets hold together.
        let bytes: String = (0..1000).map(post).collect();
        assert!(client.send(bytes));
        for i in 0..1000 {
            assert_eq!(client.response().expect("a response").text(), i.to_string());
        }
    });
}

#[test]
fn thousand_headers_lying_length_and_two_codings() {
    let many = format!("GET /api/healthy HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(1000));
    let lie = "POST /api/length HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcdef";
    let twice = "POST /api/length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\
                 Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n";
    for (name, bytes, status) in
        [("1,000 headers", &*many, 431), ("a length that lies", lie, 200), ("two codings", twice, 400)]
    {
        endure(name, 100, |server| {
            assert_eq!(server.request(bytes).map(|response| response.status), Some(status));
        });
    }
}

#[test]
fn handlers_that_panic_fail_and_never_finish() {
    for (route, status, body) in [
        ("panic-before", Some(500), "Internal Server Error"),
        ("panic-after", None, ""),
        ("fail-after", None, ""),
        ("dropped", Some(500), "Internal Server Error"),
        ("healthy", Some(200), "healthy"),
    ] {
        endure(route, 100, |server| {
            let response = get(server, route).response();
            assert_eq!(response.as_ref().map(|response| response.status), status);
            assert_eq!(response.map(|response| response.text()).unwrap_or_default(), body);
        });
    }
    endure("a handler that never finishes, and a client that leaves", 100, |server| {
        drop(get(server, "never"));
    });
    endure("a handler that never finishes, with a deadline", 1, |server| {
        assert_eq!(get(server, "never-held").response().unwrap().status, 504);
    });
    endure("a responder that waits, and a client that leaves", 100, |server| drop(get(server, "late")));
}

#[test]
fn unread_response_keeps_bounded_buffers() {
    endure("a client that does not read", 20, |server| {
        let mut client = get(server, "endless");
        client.head().unwrap();
        std::thread::sleep(Duration::from_millis(20));
    });
}

#[test]
fn an_upstream_that_fails() {
    for (how, status) in
        [("refuses", Some(500)), ("resets", Some(500)), ("stalls", Some(504)), ("breaks", None)]
    {
        endure(&format!("an upstream that {how}"), 2, |server| {
            let response = get(server, &format!("proxy?how={how}")).response();
            assert_eq!(response.map(|response| response.status), status);
        });
    }
}

#[test]
fn a_layers_deadline_holds_a_slow_body_too() {
    // What the documentation gives an operator against one byte a second.
    let _alone = alone();
    let inner = ApiRouter::new().route("/api/length", length).route("/api/healthy", healthy);
    let held = tower::Layer::layer(&MaxDurationLayer::new(Duration::from_millis(300)), inner);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let server = runtime.spawn(tower_api_routes::serve(listener, held).into_future());
    let mut client = Client::connect(address);
    client.send("POST /api/length HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na");
    assert_eq!(client.response().unwrap().status, 504);
    server.abort();
    assert!(server.now_or_never().is_none_or(|ended| ended.is_err()));
}

fn idle(number: usize) {
    endure(&format!("{number} idle connections"), 1, |server| {
        let clients: Vec<_> = (0..number).map(|_| server.connect()).collect();
        server.assert_healthy("many connections");
        drop(clients);
    });
}

#[test]
fn five_hundred_idle_connections() {
    idle(500);
}

#[test]
#[ignore = "needs 10,000 file descriptors: scripts/tests.sh faults"]
fn five_thousand_idle_connections() {
    idle(5_000);
}

#[test]
#[ignore = "takes the process's last file descriptor: scripts/tests.sh faults runs it alone"]
fn no_file_descriptor_left_passes() {
    endure_under(Host::Serve, "no file descriptor left", 1, |server| {
        let mut files = Vec::new();
        while let Ok(file) = std::fs::File::open("/dev/null") {
            files.push(file);
        }
        // One for the client; none for the server.
        files.pop();
        let mut client = server.connect();
        client.send(GET);
        std::thread::sleep(Duration::from_millis(300));
        drop(files);
        assert_eq!(client.response().expect("a response once there is room").status, 200);
    });
}

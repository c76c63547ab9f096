//! The recipes for listening sockets: a backlog, a shared port, and a socket that systemd hands over.

#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/sockets.rs"]
mod sockets;

use crate::common::net::blocking::Client;
use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tower_api_routes::serve;

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_backlog_holds_a_burst_of_clients() {
    let (long, short) = (sockets::bind(ANY, 512).unwrap(), sockets::bind(ANY, 8).unwrap());
    let connect = |address: &SocketAddr| TcpStream::connect_timeout(address, Duration::from_millis(500));
    let address = long.local_addr().unwrap();
    let clients: Vec<_> = (0..200).map(|_| connect(&address).unwrap()).collect();
    assert_eq!(clients.len(), 200);
    let address = short.local_addr().unwrap();
    let clients: Vec<_> = (0..20).map_while(|_| connect(&address).ok()).collect();
    assert!(clients.len() < 20, "the kernel keeps more than it was told to");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn two_listeners_share_a_port() {
    let first = sockets::bind(ANY, 64).unwrap();
    let address = first.local_addr().unwrap();
    let second = sockets::bind(address, 64).unwrap();
    let mut seen = BTreeSet::new();
    for _ in 0..1000 {
        let client = TcpStream::connect(address).unwrap();
        tokio::select! {
            _ = first.accept() => seen.insert(1),
            _ = second.accept() => seen.insert(2),
        };
        drop(client);
        if seen.len() == 2 {
            return;
        }
    }
    panic!("one of them gets every connection");
}

#[tokio::test]
#[ignore = "the server of the test below, in a process of its own"]
async fn server() {
    let listener = sockets::inherited().unwrap().expect("a socket of systemd");
    serve(listener, sockets::router()).await.unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_socket_of_systemd_is_served() {
    let address = std::net::TcpListener::bind(ANY).unwrap().local_addr().unwrap();
    let program = std::env::current_exe().unwrap();
    let started = Command::new("systemd-socket-activate")
        .args(["-l", &address.to_string(), program.to_str().unwrap()])
        .args(["--ignored", "--exact", "listening::server"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = started else {
        println!("skipped: there is no systemd-socket-activate");
        return;
    };
    let begin = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(begin.elapsed() < Duration::from_secs(10), "systemd-socket-activate does not listen");
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut client = Client::connect(address);
    client.send("GET /api/hello HTTP/1.1\r\nHost: x\r\n\r\n");
    let response = client.response();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(response.map(|response| response.status), Some(200));
}

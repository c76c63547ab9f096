//! Allocations of one request, in process and of a whole server: `allocations` prints lines of CASE SUBJECT NUMBER.

use compare::model::Route;
use compare::run::call;
use compare::{axum, bare, ours};
use http::{Request, Response};
use http_body_util::Full;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::fmt::Debug;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use tower::{Service, service_fn};
use tower_api_routes::Body;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    for route in Route::FIVE {
        let name = route.name();
        println!("allocations/{name} ours {}", count(ours::router(), || route.request(Body::from)));
        println!(
            "allocations/{name} no-etag {}",
            count(ours::router_without_etag(), || route.request(Body::from))
        );
        println!(
            "allocations/{name} axum {}",
            count(axum::router(), || route.request(::axum::body::Body::from))
        );
        println!("allocations/{name} bare {}", count(service_fn(bare::service), || route.request(Full::new)));
    }
    let servers = ["ours", "no-etag", "axum", "hyper"].map(|subject| (subject, started(subject)));
    // All of them are up before any is measured: they share the allocator that counts.
    for (_, port) in servers {
        served(Route::R1, port);
    }
    for route in Route::FIVE {
        for (subject, port) in servers {
            println!("server-allocations/{} {subject} {}", route.name(), served(route, port));
        }
    }
}

/// Starts a server in a thread of its own.
fn started(subject: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    std::thread::spawn(move || compare::serve::serve(subject, listener).expect("the server runs"));
    port
}

/// A hundred requests, of a client that allocates nothing meanwhile.
fn served(route: Route, port: u16) -> f64 {
    const NUMBER: u16 = 100;
    let request = route.on_the_wire();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
    let mut space = [0; 16 * 1024];
    let mut ask = || {
        stream.write_all(&request).expect("the server reads");
        // The responses are small, and come in one piece.
        assert!(stream.read(&mut space).expect("the server responds") > 0);
    };
    ask();
    let region = Region::new(ALLOCATOR);
    (0..NUMBER).for_each(|_| ask());
    let change = region.change();
    (change.allocations + change.reallocations) as f64 / f64::from(NUMBER)
}

/// Of the second call: the first may fill a cache.
fn count<S, B, R>(mut service: S, request: impl Fn() -> Request<B>) -> usize
where
    S: Service<Request<B>, Response = Response<R>, Error: Debug>,
    R: http_body::Body<Data = bytes::Bytes, Error: Debug> + Unpin,
{
    call(&mut service, request());
    let request = request();
    let region = Region::new(ALLOCATOR);
    drop(call(&mut service, request));
    let change = region.change();
    change.allocations + change.reallocations
}

//! Allocations of one call: `allocations` prints R1 to R5 for every subject.

use compare::model::Route;
use compare::run::call;
use compare::{axum, bare, ours};
use http::{Request, Response};
use http_body_util::Full;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::fmt::Debug;
use tower::{Service, service_fn};
use tower_api_routes::Body;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    println!("| route | ours | ours, no ETag | axum | bare |\n| --- | --- | --- | --- | --- |");
    for route in Route::ALL {
        let ours_count = count(ours::router(), || route.request(Body::from));
        let without_etag = count(ours::router_without_etag(), || route.request(Body::from));
        let axum_count = count(axum::router(), || route.request(::axum::body::Body::from));
        let bare_count = count(service_fn(bare::service), || route.request(Full::new));
        println!("| {route:?} | {ours_count} | {without_etag} | {axum_count} | {bare_count} |");
    }
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

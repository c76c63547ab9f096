//! What a stream costs beyond a response without a body.

use allocation_counter::measure;
use futures_util::FutureExt as _;
use http::Request;
use tower::Service as _;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Event, HandlerExt as _, Result, RouteConfig,
};

async fn nothing(_req: ApiRequest, res: ApiResponse) -> Result {
    res.end()
}

async fn stream(req: ApiRequest, res: ApiResponse) -> Result {
    // A header without a request's query: reading that one allocates.
    let chunks: usize = req.header("chunks").unwrap().parse()?;
    res.stream(move |mut body| async move {
        for _ in 0..chunks {
            body.write("chunk").await?;
        }
        Ok(())
    })
}

async fn owned(_req: ApiRequest, res: ApiResponse) -> Result {
    res.stream(|mut body| async move {
        for _ in 0..100 {
            body.write(vec![b'x'; 100]).await?;
        }
        Ok(())
    })
}

async fn events(_req: ApiRequest, res: ApiResponse) -> Result {
    res.sse(|mut events| async move {
        for _ in 0..100 {
            events.send(Event::new("event")).await?;
        }
        Ok(())
    })
}

async fn headers(_req: ApiRequest, res: ApiResponse) -> Result {
    let names = ["content-type", "cache-control", "x-accel-buffering"];
    names.iter().fold(res, |res, name| res.set_header(*name, http::HeaderValue::from_static("x"))).end()
}

/// How many allocations a request takes, up to the last chunk of its response, and how many chunks there were.
fn allocations(api: &ApiRouter, path: &'static str, chunks: &'static str) -> (u64, usize) {
    let run = || {
        let request = Request::get(path).header("chunks", chunks).body(Body::empty()).unwrap();
        let mut body = api.clone().call(request).now_or_never().unwrap().unwrap().into_body();
        let mut seen = 0;
        while body.chunk().now_or_never().unwrap().unwrap().is_some() {
            seen += 1;
        }
        seen
    };
    // The first request of a router builds its table.
    run();
    let mut seen = 0;
    (measure(|| seen = run()).count_total, seen)
}

#[test]
fn a_stream_costs_three_allocations_beyond_its_chunks() {
    let limited = RouteConfig::new().response_limit("1kb");
    let api = ApiRouter::new()
        .route("/api/nothing", nothing)
        .route("/api/headers", headers)
        .route("/api/stream", stream)
        .route("/api/limited", stream.config(limited))
        .route("/api/owned", owned)
        .route("/api/events", events);
    let (base, _) = allocations(&api, "/api/nothing", "0");
    let (with_headers, _) = allocations(&api, "/api/headers", "0");
    println!("a response without a body: {base} allocations, with three headers {with_headers}");
    let cases = [
        ("/api/stream", "0", 0, 0, base),
        ("/api/stream", "1", 1, 0, base),
        ("/api/stream", "1000", 1000, 0, base),
        ("/api/limited", "1000", 1000, 0, base),
        ("/api/owned", "0", 100, 100, base),
        // An event is a `String` with room to spare, and what `Bytes` counts its references with.
        ("/api/events", "0", 100, 200, with_headers),
    ];
    for (path, chunks, expected, own, base) in cases {
        let (total, seen) = allocations(&api, path, chunks);
        assert_eq!(seen, expected, "{path} {chunks}");
        println!("{path} with {seen} chunks: {total} allocations, {} beyond its chunks", total - base - own);
        assert!(
            total - base - own <= 3,
            "{path} {chunks}: {total} allocations, {own} of them chunks, base {base}"
        );
    }
}

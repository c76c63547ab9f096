//! Streams of a thousand chunks: `res.stream`, beside a stream of chunks that are there already.

#![allow(missing_docs)] // `criterion_group` makes a public function

mod common;

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::{FutureExt as _, stream};
use http::Request;
use http_body_util::BodyExt as _;
use std::convert::Infallible;
use tower::Service as _;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Result};

const CHUNKS: usize = 1_000;
const CHUNK: Bytes = Bytes::from_static(&[b'x'; 1024]);

async fn written(_: ApiRequest, res: ApiResponse) -> Result {
    res.stream(|mut body| async move {
        for _ in 0..CHUNKS {
            body.write(CHUNK).await?;
        }
        Ok(())
    })
}

async fn streamed(_: ApiRequest, res: ApiResponse) -> Result {
    res.send(Body::from_stream(stream::iter((0..CHUNKS).map(|_| Ok::<_, Infallible>(CHUNK)))))
}

/// Reads a response to its end.
fn read(router: &mut ApiRouter, path: &str) {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let future = async { router.call(request).await.expect("no error").into_body().collect().await };
    let length = future.now_or_never().expect("nothing waits").expect("it is whole").to_bytes().len();
    assert_eq!(length, CHUNKS * CHUNK.len());
}

fn streams(c: &mut Criterion) {
    let mut ours = ApiRouter::new().route("/written", written).route("/streamed", streamed);
    let mut rival = ours.clone();
    let subjects: Vec<common::Subject<'_>> = vec![
        ("res.stream", Box::new(|| read(&mut ours, "/written"))),
        ("Body::from_stream", Box::new(|| read(&mut rival, "/streamed"))),
    ];
    common::compare(c, "stream", "1000 chunks of 1 KiB", subjects);
}

criterion_group!(benches, streams);
criterion_main!(benches);

//! How much memory a request's word is worth.

use allocation_counter::measure;
use bytes::Bytes;
use futures_util::{FutureExt as _, stream};
use http::Request;
use tower::Service as _;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BoxError, HandlerExt as _, RawBody, Result, RouteConfig,
};

async fn length(req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
    res.json(&req.body().len())
}

#[test]
fn declared_length_reserves_little() {
    let large = RouteConfig::new().size_limit("1gb");
    let mut api = ApiRouter::new().route("/api/length", length.config(large));
    // The length that is declared, the chunks that come, and the most memory in use meanwhile.
    for (declared, chunks, most) in [
        (20, 2, 16 << 10),
        (1_000_000, 2, 80 << 10),
        (1_000_000_000, 2, 80 << 10),
        (1_000_000_000, 1_000, 80 << 10),
        (1_000_000_000, 20_000, 512 << 10),
    ] {
        let mut run = || {
            let chunk = Bytes::from_static(b"0123456789");
            let pieces = stream::iter((0..chunks).map(move |_| Ok::<_, BoxError>(chunk.clone())));
            let request = Request::post("/api/length").header("content-length", declared);
            let request = request.body(Body::from_stream(pieces)).unwrap();
            let mut response = None;
            let used = measure(|| response = api.call(request).now_or_never()).bytes_max;
            let body = response.expect("nothing to wait for").unwrap().into_body();
            assert_eq!(body.as_bytes().map(<[u8]>::to_vec), Some((10 * chunks).to_string().into_bytes()));
            used
        };
        run();
        let used = run();
        assert!(used < most, "{used} bytes for {chunks} chunks of {declared} bytes");
    }
}

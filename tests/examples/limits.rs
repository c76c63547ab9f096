//! The limits that `examples/limits.rs` composes hold.
//!
//! In process and in paused time, so that nothing depends on how busy the machine is.

#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/limits.rs"]
mod example;

use crate::common::{call, get, post_to};
use example::{Limits, limited, router};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use std::time::Duration;
use tokio::time::Instant;
use tower_api_routes::{Body, BoxError};

const WIDE: Limits = Limits { concurrency: 100, rate: 10_000, pause: Duration::from_secs(5) };

#[tokio::test(start_paused = true)]
async fn request_beyond_concurrency_is_503() {
    let api = limited(router(), Limits { concurrency: 2, ..WIDE });
    let started = Instant::now();
    let slow = ["/api/slow"; 2].map(|path| tokio::spawn(call(api.clone(), get(path))));
    tokio::task::yield_now().await;
    let refused = call(api.clone(), get("/api/hello")).await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    assert_eq!(started.elapsed(), Duration::ZERO);
    for slow in slow {
        assert_eq!(slow.await.unwrap().status(), 504, "the deadline of two seconds");
    }
    assert_eq!(started.elapsed().as_millis() / 10, 200);
    assert_eq!(call(api, get("/api/hello")).await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_pause_within_a_body_is_limited() {
    let api = limited(router(), Limits { pause: Duration::from_millis(300), ..WIDE });
    let started = Instant::now();
    let pieces =
        futures_util::stream::iter([Ok::<_, BoxError>("abc")]).chain(futures_util::stream::pending());
    let upload = post_to("/api/upload", "text/plain", Body::from_stream(pieces));
    assert_eq!(call(api.clone(), upload).await.status(), 400);
    assert_eq!(started.elapsed().as_millis() / 10, 30);
    assert_eq!(call(api, get("/api/hello")).await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_rate_is_kept() {
    let api = limited(router(), Limits { rate: 5, ..WIDE });
    let started = Instant::now();
    for second in 0..3 {
        // Five wait for their turn, which comes once a second.
        let responses = join_all((0..40).map(|_| call(api.clone(), get("/api/hello")))).await;
        let count = |status| responses.iter().filter(|response| response.status() == status).count();
        assert_eq!((count(200), count(503)), (5, 35), "in second {second}");
        assert_eq!(started.elapsed().as_millis() / 10, 100 * second);
    }
}

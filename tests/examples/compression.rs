//! `examples/compression.rs` compresses what Next.js compresses, and leaves ETags, 304, HEAD and event streams as they are.

#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/compression.rs"]
mod example;

use crate::common::call;
use http::{Method, Request, Response};
use http_body_util::BodyExt as _;
use std::time::Duration;
use tokio::time::Instant;
use tower_api_routes::Body;

async fn ask(method: Method, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    call(example::router(), request.body(Body::empty()).unwrap()).await
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

async fn length(response: Response<Body>) -> usize {
    response.into_body().collect().await.unwrap().to_bytes().len()
}

const GZIP: (&str, &str) = ("accept-encoding", "gzip, deflate");

#[tokio::test]
async fn only_large_bodies_are_compressed() {
    for (path, compressed) in
        [("/api/posts", true), ("/api/export", true), ("/api/posts?posts=1", false), ("/api/none", false)]
    {
        let plain = ask(Method::GET, path, &[]).await;
        let response = ask(Method::GET, path, &[GZIP]).await;
        assert_eq!(header(&response, "content-encoding"), compressed.then_some("gzip"), "{path}");
        assert_eq!(header(&response, "content-type"), header(&plain, "content-type"), "{path}");
        if compressed {
            assert!(
                header(&response, "vary").is_some_and(|vary| vary.eq_ignore_ascii_case("accept-encoding"))
            );
            assert_eq!(header(&response, "content-length"), None, "{path}");
            assert!(3 * length(response).await < length(plain).await, "{path}");
        }
    }
}

#[tokio::test]
async fn the_etag_stays_and_makes_a_304() {
    let plain = ask(Method::GET, "/api/posts", &[]).await;
    let compressed = ask(Method::GET, "/api/posts", &[GZIP]).await;
    let tag = header(&plain, "etag").unwrap();
    assert_eq!(header(&compressed, "etag"), Some(tag));
    let again = ask(Method::GET, "/api/posts", &[GZIP, ("if-none-match", tag)]).await;
    assert_eq!((again.status().as_u16(), header(&again, "content-encoding")), (304, None));
    assert_eq!(header(&again, "etag"), Some(tag));
    assert_eq!(length(again).await, 0);
}

#[tokio::test]
async fn head_response_has_tag_and_no_coding() {
    let get = ask(Method::GET, "/api/posts", &[]).await;
    let head = ask(Method::HEAD, "/api/posts", &[GZIP]).await;
    assert_eq!((head.status().as_u16(), header(&head, "content-encoding")), (200, None));
    assert_eq!(header(&head, "etag"), header(&get, "etag"));
    assert_eq!(length(head).await, 0);
}

#[tokio::test(start_paused = true)]
async fn events_arrive_one_by_one() {
    let response = ask(Method::GET, "/api/ticks", &[GZIP]).await;
    assert_eq!(header(&response, "content-encoding"), None);
    let (start, mut body) = (Instant::now(), response.into_body());
    for tick in 0..3 {
        let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(frame, format!("data: {tick}\n\n"));
        assert_eq!(start.elapsed(), Duration::from_millis(100 * tick));
    }
}

//! `examples/request_helpers.rs` sets a cookie through a helper and reads the header back.

#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/request_helpers.rs"]
mod example;

use crate::common::{call, get, read};

#[tokio::test]
async fn helper_cookie_is_read_back() {
    let response = call(example::router(), get("/api/cookies")).await;
    assert_eq!(response.headers()["set-cookie"], "Next.js=api-middleware!; Path=/");
    assert_eq!(read(response).await, (200, "Next.js=api-middleware!; Path=/".into()));
    let response = call(example::router(), get("/api/wrapped")).await;
    assert_eq!(response.headers()["set-cookie"], "wrapped=yes; Path=/");
    assert_eq!(read(response).await, (200, "hello".into()));
}

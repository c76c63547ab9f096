//! HTTPS, with a certificate that the system trusts and with one that it does not.

use super::{ID, api, get};
use crate::common::net::tls::with_trusted_certificates;
use tower_api_routes::HttpRevalidator;

/// Revalidates at the address of the variable `ORIGIN`, in a process of its own: which certificates the system trusts is
/// said by the environment.
#[tokio::test]
#[ignore = "the child of `https_uses_the_systems_certificates`"]
async fn child() {
    let origin = std::env::var("ORIGIN").unwrap();
    match HttpRevalidator::new(ID, [origin]) {
        Ok(next) => println!("{:?}", get(&api(next), "/api/changed?path=/p").await),
        Err(error) => println!("{error}"),
    }
}

#[tokio::test]
async fn https_uses_the_systems_certificates() {
    let response = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    let expected = [r#"(200, "[200]")"#, "invalid peer certificate", "no certificates to trust"];
    with_trusted_certificates("tls::child", "HEAD /p HTTP/1.1\r\n", response, expected).await;
}

//! The parts of `scripts/measure.sh proxy-instructions`: an origin, a proxy with and without a shadow, and a client.
//!
//! `proxy origin PORT`, `proxy front PORT ORIGIN [RATE]`, `proxy load PORT REQUESTS`

use http::{Request, Response};
use std::convert::Infallible;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use tokio::net::TcpListener;
use tower::Layer as _;
use tower_api_routes::{ApiRouter, Body, Proxy, ShadowLayer, serve};

const REQUEST: &[u8] = b"GET /api/post/1?draft=1 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: Mozilla/5.0\r\nAccept: application/json\r\n\
    Accept-Encoding: gzip, br\r\nAccept-Language: en\r\nCookie: session=0123456789abcdef\r\n\r\n";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |place: usize| arguments.get(place).map_or("", String::as_str);
    match argument(0) {
        "origin" => origin(argument(1)).await?,
        "front" => {
            let listener = TcpListener::bind(format!("127.0.0.1:{}", argument(1))).await?;
            let next = format!("http://127.0.0.1:{}", argument(2));
            let api = ApiRouter::new().fallback(Proxy::new(&next)?);
            match argument(3) {
                "" => serve(listener, api).with_remote_addr().await?,
                rate => {
                    // Another name of the same server, so that its responses are compared.
                    let shadow = ShadowLayer::to(&next.replace("127.0.0.1", "localhost"))?;
                    let service = shadow.sample_rate(rate.parse()?).layer(api);
                    serve(listener, service).with_remote_addr().await?;
                }
            }
        }
        _ => load(argument(1), argument(2).parse()?)?,
    }
    Ok(())
}

/// Responds as Next.js does, with a body of 100 bytes.
async fn origin(port: &str) -> std::io::Result<()> {
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let service = tower::service_fn(|_: Request<Body>| async {
        let response = Response::builder()
            .header("content-type", "application/json; charset=utf-8")
            .header("etag", "\"13x2cv7pjuy2c\"")
            .header("vary", "Accept-Encoding");
        Ok::<_, Infallible>(response.body(Body::from(vec![b'1'; 100])).expect("a response"))
    });
    serve(listener, service).await
}

/// Sends requests one after the other on one connection.
fn load(port: &str, requests: usize) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}"))?;
    let mut space = [0; 4096];
    for _ in 0..requests {
        stream.write_all(REQUEST)?;
        let mut text = Vec::new();
        while !text.ends_with(b"1111") {
            let read = stream.read(&mut space)?;
            assert!(read > 0, "{}", text.escape_ascii());
            text.extend_from_slice(&space[..read]);
        }
        assert!(text.starts_with(b"HTTP/1.1 200"), "{}", text.escape_ascii());
    }
    Ok(())
}

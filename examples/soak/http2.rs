//! A client of HTTP/2: several requests at once on one connection.

use crate::counts::{ARRIVED, COUNTS, STOP};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Collected, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

const PATHS: [(&str, &str); 3] = [
    ("/api/hello", r#"{"message":"Hello"}"#),
    ("/api/post/42?page=7", r#"["42","7",null]"#),
    ("/api/stream", "data: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\n"),
];

pub(crate) async fn client(address: SocketAddr, pause: Duration) {
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http::<Full<Bytes>>();
    while !STOP.load(Relaxed) {
        let asked = PATHS.map(|(path, text)| {
            let request = Request::get(format!("http://{address}{path}")).body(Full::default());
            let (client, path) = (client.clone(), path.to_owned());
            tokio::spawn(async move {
                let Ok(request) = request else { return };
                match client.request(request).await {
                    Ok(response) => match response.into_body().collect().await.map(Collected::to_bytes) {
                        Ok(body) if body == text => {
                            COUNTS.completed.fetch_add(1, Relaxed);
                            COUNTS.over_http2.fetch_add(1, Relaxed);
                            ARRIVED.fetch_add(1, Relaxed);
                        }
                        other => {
                            COUNTS.lost.fetch_add(1, Relaxed);
                            eprintln!("lost over HTTP/2: {path}: {other:?}");
                        }
                    },
                    // The server had closed the connection: whether a handler has begun is counted there.
                    Err(_) => _ = COUNTS.reopened.fetch_add(1, Relaxed),
                }
            })
        });
        for task in asked {
            _ = task.await;
        }
        tokio::time::sleep(pause).await;
    }
}

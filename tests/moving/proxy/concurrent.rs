//! Many requests at once to an origin with faults: no response is another request's, and no POST is sent twice.

use crate::support::{Front, find, front, proxy, raw_origin};
use http::{Method, Request};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tower_api_routes::{ApiRouter, Body, BoxError};

/// The number of requests of each id that the origin has got.
type Seen = Arc<Mutex<HashMap<String, usize>>>;

/// Serves a connection; what happens to a request is chosen at random.
async fn faulty(mut stream: TcpStream, seen: Seen, random: RandomState) {
    let mut text = Vec::new();
    let mut space = [0; 4096];
    loop {
        let end = loop {
            match find(&text, b"\r\n\r\n") {
                Some(end) => break end + 4,
                None => match stream.read(&mut space).await {
                    Ok(read @ 1..) => text.extend_from_slice(&space[..read]),
                    _ => return,
                },
            }
        };
        let head = String::from_utf8(text.drain(..end).collect()).unwrap();
        let id = head.lines().find_map(|line| line.strip_prefix("x-id: ")).unwrap().to_owned();
        // The body is the id again, if there is one.
        if head.starts_with("POST") {
            while text.len() < id.len() {
                match stream.read(&mut space).await {
                    Ok(read @ 1..) => text.extend_from_slice(&space[..read]),
                    _ => return,
                }
            }
            assert_eq!(text.drain(..id.len()).collect::<Vec<_>>(), id.as_bytes());
        }
        let count = {
            let mut seen = seen.lock().unwrap();
            let count = seen.entry(id.clone()).or_default();
            *count += 1;
            *count
        };
        let length = id.len();
        let whole = format!("HTTP/1.1 200 OK\r\nx-id: {id}\r\ncontent-length: {length}\r\n\r\n{id}");
        let (reply, ends) = match random.hash_one((&id, count)) % 12 {
            0 => (String::new(), true),
            1 => (format!("HTTP/1.1 200 OK\r\nx-id: {id}\r\n"), true),
            2 => ("not HTTP at all\r\n\r\n".into(), true),
            3 => {
                (format!("HTTP/1.1 200 OK\r\nx-id: {id}\r\ncontent-length: {}\r\n\r\n{id}", length + 1), true)
            }
            4 => (
                format!(
                    "HTTP/1.1 200 OK\r\nx-id: {id}\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{id}\r\n"
                ),
                true,
            ),
            5 => (whole, true),
            6 => (format!("HTTP/1.1 103 Early Hints\r\nx-id: x\r\n\r\n{whole}"), false),
            7 => (format!("{whole}HTTP/1.1 200 OK\r\nx-id: stray\r\ncontent-length: 5\r\n\r\nstray"), false),
            8 => {
                sleep(Duration::from_millis(random.hash_one(&id) % 30)).await;
                (whole, false)
            }
            9 => (
                format!(
                    "HTTP/1.1 200 OK\r\nx-id: {id}\r\ntransfer-encoding: chunked\r\n\r\n{length:x}\r\n{id}\r\n0\r\n\r\n"
                ),
                false,
            ),
            _ => (whole, false),
        };
        if stream.write_all(reply.as_bytes()).await.is_err() || ends {
            return;
        }
    }
}

/// Sends requests at once, and returns how many got their whole response, a broken one, and a 502.
async fn run(number: usize) -> [usize; 3] {
    let seen = Seen::default();
    let (counter, random) = (Arc::clone(&seen), RandomState::new());
    let origin = raw_origin(move |stream| faulty(stream, Arc::clone(&counter), random.clone())).await;
    let front: Front = front(ApiRouter::new().fallback(proxy(origin))).await;
    let address = front.address;
    let tasks: Vec<_> = (0..number.div_ceil(100))
        .map(|group| {
            tokio::spawn(async move {
                // A connection of HTTP/2 for every other hundred, and a pool of HTTP/1 for the others.
                let client =
                    Client::builder(TokioExecutor::new()).http2_only(group % 2 == 0).build_http::<Body>();
                let requests = (0..100).map(|place| {
                    let id = format!("request-{group}-{place}");
                    let (method, body) = match place % 3 {
                        0 => (Method::POST, Body::from(id.clone())),
                        _ => (Method::GET, Body::empty()),
                    };
                    let request = Request::builder().method(method).uri(format!("http://{address}/{id}"));
                    let request = request.header("x-id", &id).body(body).unwrap();
                    let client = client.clone();
                    async move { outcome(&client, request, &id).await }
                });
                futures_util::future::join_all(requests).await
            })
        })
        .collect();
    let mut counts = [0; 3];
    for task in tasks {
        for outcome in task.await.unwrap() {
            counts[outcome] += 1;
        }
    }
    for (id, times) in &*seen.lock().unwrap() {
        let place: usize = id.rsplit('-').next().unwrap().parse().unwrap();
        assert!(*times == 1 || *times == 2 && place % 3 != 0, "{id} was sent {times} times");
    }
    counts
}

type Pool = Client<hyper_util::client::legacy::connect::HttpConnector, Body>;

async fn outcome(client: &Pool, request: Request<Body>, id: &str) -> usize {
    // Over HTTP/2 a broken body may reset the stream before the head has been sent.
    let Ok(response) = client.request(request).await else { return 1 };
    if response.status() == 502 {
        return 2;
    }
    assert_eq!((response.status().as_u16(), response.headers()["x-id"].to_str().unwrap()), (200, id));
    let body: Result<_, BoxError> = response.into_body().collect().await.map_err(Into::into);
    match body {
        Ok(body) => {
            assert_eq!(body.to_bytes(), id.as_bytes());
            0
        }
        Err(_) => 1,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_response_is_another_requests() {
    let [whole, broken, failed] = run(1_000).await;
    assert!(whole > 300 && broken > 30 && failed > 30, "{whole} whole, {broken} broken, {failed} failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "20,000 requests, 4,000 at once, by scripts/tests.sh heavy"]
async fn twenty_thousand_requests_with_faults() {
    let mut all = [0; 3];
    for _ in 0..5 {
        let counts = run(4_000).await;
        all.iter_mut().zip(counts).for_each(|(all, count)| *all += count);
    }
    let [whole, broken, failed] = all;
    println!("of 20,000 requests {whole} got their response, {broken} a broken one, {failed} a 502");
    assert!(whole > 6_000 && broken > 600 && failed > 600);
}

//! Times that have no setting, or whose default is promised, with a clock that does not wait.

use crate::memory::{rest, start};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Error, Result};

/// Responds after as many milliseconds as the query says.
async fn after(req: ApiRequest, res: ApiResponse) -> Result {
    let time = req.query().get("ms").and_then(|ms| ms.parse().ok());
    sleep(Duration::from_millis(time.ok_or(Error::new(400, "no time"))?)).await;
    res.send("done")
}

fn api() -> ApiRouter {
    ApiRouter::new().route("/after", after)
}

#[tokio::test(start_paused = true)]
async fn settings_tell_the_number_of_streams() {
    for (number, expected) in [(None, 200), (Some(7), 7)] {
        let (server, _task) = start(api(), |serve| match number {
            Some(number) => serve.max_concurrent_streams(number),
            None => serve,
        });
        let mut client = server.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
        let mut head = [0; 9];
        client.read_exact(&mut head).await.unwrap();
        assert_eq!(head[3], 4, "SETTINGS come first");
        let mut settings = vec![0; usize::from(head[2])];
        client.read_exact(&mut settings).await.unwrap();
        let streams = settings.chunks(6).find(|setting| setting[..2] == [0, 3]).unwrap();
        assert_eq!(u32::from_be_bytes(streams[2..].try_into().unwrap()), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn http2_keep_alive_pings_after_twenty_seconds() {
    const PING: u8 = 6;
    for responses in [false, true] {
        let (server, _task) = start(api(), |serve| serve);
        let mut client = server.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
        let (begin, mut pings) = (Instant::now(), Vec::new());
        let until_end = async {
            loop {
                let mut head = [0; 9];
                if client.read_exact(&mut head).await.is_err() {
                    break begin.elapsed().as_secs();
                }
                let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
                client.read_exact(&mut payload).await.unwrap();
                if (head[3], head[4]) == (PING, 0) {
                    pings.push(begin.elapsed().as_secs());
                    if responses {
                        let pong = [&[0, 0, 8, PING, 1, 0, 0, 0, 0], &payload[..]].concat();
                        client.write_all(&pong).await.unwrap();
                    }
                }
            }
        };
        let ended = timeout(Duration::from_secs(90), until_end).await.ok();
        if responses {
            assert_eq!((ended, &*pings), (None, &[20, 40, 60, 80][..]));
        } else {
            assert_eq!((ended, &*pings), (Some(40), &[20][..]));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn stop_waits_thirty_seconds() {
    for (ms, responds, seconds) in [(29_500, true, 29), (60_000, false, 30)] {
        let (stop, stopped) = oneshot::channel::<()>();
        let (server, task) = start(api(), |serve| serve.with_graceful_shutdown(async { _ = stopped.await }));
        let mut client = server.send(format!("GET /after?ms={ms} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
        sleep(Duration::from_millis(1)).await;
        let begin = Instant::now();
        stop.send(()).unwrap();
        let seen = rest(&mut client).await;
        assert_eq!(seen.ends_with("done"), responds, "{ms} ms: {seen}");
        assert_eq!(begin.elapsed().as_secs(), seconds, "{ms} ms");
        task.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn young_connection_may_send_during_a_stop() {
    for (age, responds) in [(450, true), (550, false)] {
        let (stop, stopped) = oneshot::channel::<()>();
        let (server, task) = start(api(), |serve| serve.with_graceful_shutdown(async { _ = stopped.await }));
        let mut client = server.connect();
        sleep(Duration::from_millis(100)).await;
        stop.send(()).unwrap();
        sleep(Duration::from_millis(age - 100)).await;
        _ = client.write_all(b"GET /after?ms=0 HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let seen = rest(&mut client).await;
        assert_eq!(seen.ends_with("done"), responds, "{age} ms: {seen}");
        task.await.unwrap().unwrap();
    }
}

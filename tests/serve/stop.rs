//! A stop: what is said about it, and how signals bring it about.

use crate::common::log::Log;
use crate::memory::{head, start};
use std::future::pending;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, BodyWriter, Event, EventWriter, Result};
use tracing::Level;

/// `?ms=`: the time between the beginning and the end.
async fn stream(req: ApiRequest, res: ApiResponse) -> Result {
    let time = Duration::from_millis(req.query().get("ms").unwrap_or_default().parse()?);
    res.stream(async move |mut body: BodyWriter| {
        body.write("begin ").await?;
        sleep(time).await;
        body.write("end").await?;
        Ok(())
    })
}

async fn events(_req: ApiRequest, res: ApiResponse) -> Result {
    res.sse(async |mut events: EventWriter| {
        events.send(Event::new("open")).await?;
        pending().await
    })
}

fn api() -> ApiRouter {
    ApiRouter::new().route("/api/stream", stream).route("/api/events", events)
}

fn get(path: &str) -> String {
    format!("GET /api/{path} HTTP/1.1\r\nHost: x\r\n\r\n")
}

/// Message and number of connections of what was logged at this level.
fn logged(log: &Log, level: Level) -> Vec<(String, String)> {
    let events = log.take(level).into_iter();
    events.map(|event| (event.message().to_owned(), event.field("connections").to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn stop_logs_waiting_and_cut_connections() {
    let log = Log::capture();
    // The requests in flight, after how many seconds the server ends, and how many connections it cuts off.
    let cases = [
        (vec![], 0, None),
        (vec!["stream?ms=5000"; 2], 4, None),
        (vec!["stream?ms=5000", "events", "events"], 4, None),
        (vec!["stream?ms=5000", "stream?ms=50000", "stream?ms=50000"], 30, Some(2)),
    ];
    for (paths, seconds, cut) in cases {
        let (signal, signalled) = oneshot::channel::<()>();
        let (server, task) =
            start(api(), |serve| serve.with_graceful_shutdown(async { _ = signalled.await }));
        let mut clients = Vec::new();
        for path in &paths {
            let mut client = server.send(get(path)).await;
            head(&mut client).await;
            clients.push(client);
        }
        sleep(Duration::from_millis(100)).await;
        let begin = Instant::now();
        signal.send(()).unwrap();
        sleep(Duration::from_millis(100)).await;
        let waits = "shutting down: waiting for open connections".to_owned();
        assert_eq!(logged(&log, Level::INFO), [(waits, paths.len().to_string())], "{paths:?}");
        // What was sent is read, and the connections are closed, by the time they are dropped.
        for mut client in clients {
            tokio::spawn(async move { _ = tokio::io::copy(&mut client, &mut tokio::io::sink()).await });
        }
        task.await.unwrap().unwrap();
        assert_eq!(begin.elapsed().as_secs(), seconds, "{paths:?}");
        let cuts = "shutdown: closing connections with requests in flight".to_owned();
        let warnings: Vec<_> = cut.map(|cut: u32| (cuts, cut.to_string())).into_iter().collect();
        assert_eq!(logged(&log, Level::WARN), warnings, "{paths:?}");
    }
}

#[cfg(unix)]
mod signals {
    use super::{api, get};
    use crate::common::net::blocking::Client;
    use std::io::{BufRead as _, BufReader};
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};
    use tower_api_routes::{serve, shutdown_signal};

    #[tokio::test]
    #[ignore = "the server of the tests below, in a process of its own"]
    async fn server() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("port {}", listener.local_addr().unwrap().port());
        serve(listener, api()).with_graceful_shutdown(shutdown_signal()).await.unwrap();
        println!("ended well");
    }

    /// Starts it, behind these words.
    fn start(before: &[&str]) -> (Child, BufReader<std::process::ChildStdout>, u16) {
        let program = std::env::current_exe().unwrap();
        let words = [before, &[program.to_str().unwrap()], &SERVER[..]].concat();
        let mut child = Command::new(words[0])
            .args(&words[1..])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let port = loop {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0, "{words:?} does not start");
            // The name of the test may stand in front of it.
            if let Some((_, port)) = line.split_once("port ") {
                break port.trim().parse().unwrap();
            }
        };
        (child, output, port)
    }

    const SERVER: [&str; 4] = ["--exact", "stop::signals::server", "--ignored", "--nocapture"];

    fn signal(name: &str, pid: u32) {
        assert!(Command::new("kill").args([format!("-{name}"), pid.to_string()]).status().unwrap().success());
    }

    fn open(port: u16, path: &str) -> Client {
        let mut client = Client::connect(([127, 0, 0, 1], port).into());
        client.send(get(path));
        // Until the response has begun.
        client.stream.peek(&mut [0]).unwrap();
        client
    }

    /// Waits for the server's end, which must be a good one.
    #[track_caller]
    fn ended(mut child: Child, output: BufReader<std::process::ChildStdout>) {
        let lines: Vec<_> = output.lines().map(Result::unwrap).collect();
        let status = child.wait().unwrap();
        assert!(status.success() && lines.iter().any(|line| line == "ended well"), "{status}: {lines:?}");
    }

    #[test]
    fn a_signal_lets_what_is_in_flight_end() {
        for name in ["TERM", "INT"] {
            let (child, output, port) = start(&[]);
            let mut client = open(port, "stream?ms=700");
            signal(name, child.id());
            assert_eq!(client.response().expect("a whole response").text(), "begin end", "SIG{name}");
            ended(child, output);
        }
    }

    #[test]
    fn a_second_signal_ends_it_at_once() {
        for (first, second) in [("TERM", "TERM"), ("TERM", "INT"), ("INT", "INT"), ("INT", "TERM")] {
            let (child, output, port) = start(&[]);
            let _events = open(port, "events");
            signal(first, child.id());
            std::thread::sleep(Duration::from_millis(500));
            let begin = Instant::now();
            signal(second, child.id());
            ended(child, output);
            assert!(begin.elapsed() < Duration::from_secs(3), "{first}, {second}: {:?}", begin.elapsed());
        }
    }

    /// What `docker stop` does.
    #[cfg(target_os = "linux")]
    #[test]
    fn process_1_of_a_container_ends_by_sigterm() {
        const UNSHARE: [&str; 5] = ["unshare", "--map-root-user", "--fork", "--pid", "--kill-child"];
        if !Command::new(UNSHARE[0])
            .args(&UNSHARE[1..])
            .arg("true")
            .status()
            .is_ok_and(|status| status.success())
        {
            eprintln!("not tested: namespaces of processes are not allowed here");
            return;
        }
        let (child, output, port) = start(&UNSHARE);
        let children = format!("/proc/{0}/task/{0}/children", child.id());
        let process_1 = std::fs::read_to_string(children).unwrap().trim().parse().unwrap();
        let mut client = open(port, "stream?ms=700");
        signal("TERM", process_1);
        assert_eq!(client.response().expect("a whole response").text(), "begin end");
        ended(child, output);
    }
}

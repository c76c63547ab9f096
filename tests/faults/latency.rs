//! How long healthy requests take while several clients attack. Of use only in a release build.

use crate::common::net::blocking::Server;
use crate::endure::alone;
use crate::http2::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS, WINDOW_UPDATE,
    field, frame, get, request_fields,
};
use crate::routes::api;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How long each attack lasts.
const TIME: Duration = Duration::from_secs(10);
/// How long those clients stay that come in a wave.
const WAVE: Duration = Duration::from_secs(2);

type Result<T = ()> = std::io::Result<T>;

async fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// One of the clients of an attack, which is started again when it ends.
#[derive(Clone, Copy, Debug)]
enum Attacker {
    SlowHead,
    Idle,
    /// A response of a megabyte that is not read.
    Unread(&'static str),
    /// The same, 180 times on a connection whose streams have small windows.
    UnreadStreams(&'static str),
    /// A frame, again and again, or a stream and a frame on it.
    Flood(Flood),
    SlowUpload,
    HalfClose,
    Upgrade,
}

#[derive(Clone, Copy, Debug)]
enum Flood {
    Ping,
    Settings,
    RapidReset,
    MadeReset,
    Continuation,
    EmptyData,
}

impl Attacker {
    async fn attack(self, address: SocketAddr) -> Result {
        let mut stream = connect(address).await?;
        match self {
            Self::SlowHead => {
                stream.write_all(b"GET /api/healthy HTTP/1.1\r\nHost: x\r\nX: ").await?;
                drip(&mut stream).await
            }
            Self::Idle => wave().await,
            Self::Unread(path) => {
                stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await?;
                wave().await
            }
            Self::UnreadStreams(path) => {
                let window = [&4_u16.to_be_bytes()[..], &40_u32.to_be_bytes()].concat();
                let streams = (0..180).flat_map(|n| get(2 * n + 1, path));
                let streams: Vec<u8> = streams.collect();
                stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &window), &streams].concat()).await?;
                wave().await
            }
            Self::Flood(flood) => {
                stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await?;
                let (mut read, mut write) = stream.into_split();
                let sent = async {
                    for batch in 0.. {
                        write.write_all(&flood.batch(batch)).await?;
                    }
                    Ok(())
                };
                let mut space = vec![0; 16 * 1024];
                let closed = async {
                    while read.read(&mut space).await? > 0 {}
                    Ok(())
                };
                tokio::select! {
                    sent = sent => sent,
                    closed = closed => closed,
                }
            }
            Self::SlowUpload => {
                let head = "POST /api/length HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n";
                stream.write_all(head.as_bytes()).await?;
                drip(&mut stream).await
            }
            Self::HalfClose => {
                stream.write_all(b"GET /api/soon HTTP/1.1\r\nHost: x\r\n\r\n").await?;
                stream.shutdown().await?;
                stream.read_to_end(&mut Vec::new()).await.map(drop)
            }
            Self::Upgrade => {
                let head =
                    "GET /api/upgrade HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";
                stream.write_all(head.as_bytes()).await?;
                stream.read_exact(&mut [0; 12]).await?;
                stream.write_all(b"over").await?;
                stream.shutdown().await?;
                stream.read_to_end(&mut Vec::new()).await.map(drop)
            }
        }
    }
}

/// Sends a byte twice a second.
async fn drip(stream: &mut TcpStream) -> Result {
    loop {
        stream.write_all(b"x").await?;
        sleep(Duration::from_millis(500)).await;
    }
}

async fn wave() -> Result {
    sleep(WAVE).await;
    Ok(())
}

impl Flood {
    /// Sixty-four frames, or pairs of them.
    fn batch(self, batch: u32) -> Vec<u8> {
        (0..64).flat_map(|n| self.frames(64 * batch + n)).collect()
    }

    fn frames(self, n: u32) -> Vec<u8> {
        let stream = 2 * n + 1;
        match self {
            Self::Ping => frame(PING, 0, 0, &[0; 8]),
            Self::Settings => frame(SETTINGS, 0, 0, &[&3_u16.to_be_bytes()[..], &n.to_be_bytes()].concat()),
            Self::RapidReset => {
                [get(stream, "/api/never"), frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())].concat()
            }
            Self::MadeReset => {
                let most = 0x7fff_ffff_u32.to_be_bytes();
                [get(stream, "/api/never"), frame(WINDOW_UPDATE, 0, stream, &most)].concat()
            }
            Self::Continuation if n == 0 => {
                frame(HEADERS, END_STREAM, 1, &request_fields("GET", "/api/healthy"))
            }
            Self::Continuation => frame(CONTINUATION, 0, 1, &field("x", &"x".repeat(1000))),
            Self::EmptyData if n == 0 => {
                frame(HEADERS, END_HEADERS, 1, &request_fields("POST", "/api/unread"))
            }
            Self::EmptyData => frame(DATA, 0, 1, b""),
        }
    }
}

/// Runs so many attackers of each kind, in a thread of their own, until it is dropped.
struct Attack {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    begun: Arc<AtomicUsize>,
}

impl Attack {
    fn start(address: SocketAddr, attackers: &[(usize, Attacker)]) -> Self {
        let begun = Arc::<AtomicUsize>::default();
        let (stop, mut stopped) = mpsc::channel::<()>(1);
        let (attackers, count) = (attackers.to_vec(), begun.clone());
        let thread = std::thread::spawn(move || {
            block_on(async {
                let mut tasks = JoinSet::new();
                for (number, attacker) in attackers {
                    for _ in 0..number {
                        let count = count.clone();
                        tasks.spawn(async move {
                            loop {
                                count.fetch_add(1, Ordering::Relaxed);
                                // An error is the server's defence.
                                _ = attacker.attack(address).await;
                                sleep(Duration::from_millis(5)).await;
                            }
                        });
                    }
                }
                _ = stopped.recv().await;
            });
        });
        Self { stop: Some(stop), thread: Some(thread), begun }
    }
}

impl Drop for Attack {
    fn drop(&mut self) {
        self.stop = None;
        self.thread.take().unwrap().join().unwrap();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The times of healthy requests.
#[derive(Default)]
struct Times(Vec<Duration>);

impl Times {
    /// Asks until the time is over.
    async fn measure<T>(mut client: T, ask: impl AsyncFn(&mut T) -> Result) -> Self {
        let (begin, mut times) = (Instant::now(), Vec::new());
        while begin.elapsed() < TIME {
            let start = Instant::now();
            // What takes longer fails the test in any case.
            if let Ok(asked) = timeout(TIME, ask(&mut client)).await {
                asked.unwrap();
            }
            times.push(start.elapsed());
            sleep(Duration::from_millis(5)).await;
        }
        times.sort();
        Self(times)
    }

    fn most(&self) -> Duration {
        *self.0.last().unwrap()
    }

    /// The 99th percentile and the maximum.
    fn text(&self) -> String {
        let p99 = self.0[(self.0.len() - 1) * 99 / 100];
        format!("{:>4} / {:>4}", p99.as_millis(), self.most().as_millis())
    }
}

async fn ask_http1(stream: &mut TcpStream) -> Result {
    stream.write_all(b"GET /api/healthy HTTP/1.1\r\nHost: x\r\n\r\n").await?;
    let (mut space, mut length) = ([0; 1024], 0);
    while !space[..length].ends_with(b"\r\n\r\nhealthy") {
        match stream.read(&mut space[length..]).await? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => length += read,
        }
    }
    assert!(space.starts_with(b"HTTP/1.1 200 "));
    Ok(())
}

type Http2 = h2::client::SendRequest<bytes::Bytes>;

async fn connect_http2(address: SocketAddr) -> Result<Http2> {
    let (client, connection) =
        h2::client::handshake(connect(address).await?).await.map_err(std::io::Error::other)?;
    tokio::spawn(connection);
    Ok(client)
}

async fn ask_http2(client: &mut Http2) -> Result {
    let asked = async {
        let request = http::Request::get("http://x/api/healthy").body(()).unwrap();
        let (response, _) = client.clone().ready().await?.send_request(request, true)?;
        let mut response = response.await?;
        assert_eq!(response.status(), 200);
        while response.body_mut().data().await.transpose()?.is_some() {}
        Ok::<_, h2::Error>(())
    };
    asked.await.map_err(std::io::Error::other)
}

/// The times over HTTP/1 and HTTP/2, on new connections and on kept ones.
async fn healthy(address: SocketAddr) -> [Times; 4] {
    let (http1, http2) = (connect(address).await.unwrap(), connect_http2(address).await.unwrap());
    let (new1, new2, kept1, kept2) = tokio::join!(
        Times::measure((), async |()| ask_http1(&mut connect(address).await?).await),
        Times::measure((), async |()| ask_http2(&mut connect_http2(address).await?).await),
        Times::measure(http1, async |client| ask_http1(client).await),
        Times::measure(http2, async |client| ask_http2(client).await),
    );
    [new1, new2, kept1, kept2]
}

fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or_default().to_owned()
}

#[test]
#[ignore = "two minutes in a release build, and 13,000 file descriptors"]
fn healthy_requests_under_attack_take_less_than_a_second() {
    use Attacker::{Flood as Floods, HalfClose, Idle, SlowHead, SlowUpload, Unread, UnreadStreams, Upgrade};
    let floods = [
        (2, Floods(Flood::Ping)),
        (2, Floods(Flood::Settings)),
        (2, Floods(Flood::RapidReset)),
        (2, Floods(Flood::MadeReset)),
        (2, Floods(Flood::Continuation)),
        (2, Floods(Flood::EmptyData)),
    ];
    let cases: &[(&str, u32, &[(usize, Attacker)])] = &[
        ("nobody else", 4096, &[]),
        ("2,100 slow heads", 4096, &[(2100, SlowHead)]),
        ("5,100 idle connections in bursts", 4096, &[(5100, Idle)]),
        ("the same, a backlog of 1,024", 1024, &[(5100, Idle)]),
        ("900 unread megabytes of text, HTTP/1", 4096, &[(900, Unread("/api/text"))]),
        ("900 unread megabytes of text, HTTP/2", 4096, &[(5, UnreadStreams("/api/text"))]),
        ("900 unread megabytes of bytes, HTTP/1", 4096, &[(900, Unread("/api/bytes"))]),
        ("900 unread megabytes of bytes, HTTP/2", 4096, &[(5, UnreadStreams("/api/bytes"))]),
        ("floods of HTTP/2 frames", 4096, &floods),
        ("1,000 slow uploads", 4096, &[(1000, SlowUpload)]),
        ("half-closed connections, 16 at a time", 4096, &[(16, HalfClose)]),
        ("upgrades, 16 at a time", 4096, &[(16, Upgrade)]),
    ];
    let _alone = alone();
    println!("milliseconds, 99th percentile / maximum:");
    println!("{:<40} {:>11}  {:>11}  {:>11}  {:>11}", "", "new 1.1", "new 2", "kept 1.1", "kept 2");
    let mut slow = Vec::new();
    let word = std::env::var("ATTACK").unwrap_or_default();
    for (name, backlog, attackers) in cases.iter().filter(|(name, ..)| name.contains(&word)) {
        let listener = block_on(async {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            socket.listen(*backlog).unwrap().into_std().unwrap()
        });
        let server = Server::on(listener, api(), |serve| serve);
        server.assert_healthy(name);
        let load = load();
        let attack = Attack::start(server.address, attackers);
        let times = block_on(healthy(server.address));
        let begun = attack.begun.load(Ordering::Relaxed);
        drop(attack);
        println!(
            "{name:<40} {}, {} requests, {begun} attackers, load {load}",
            times.each_ref().map(Times::text).join("  "),
            times.iter().map(|times| times.0.len()).sum::<usize>(),
        );
        // What a backlog that is too short costs is the kernel's.
        let counts = if *backlog < 4096 { &times[2..] } else { &times[..] };
        if counts.iter().any(|times| times.most() >= Duration::from_secs(1)) {
            slow.push(name);
        }
        drop(server);
    }
    assert!(slow.is_empty(), "a second or more: {slow:?}");
}

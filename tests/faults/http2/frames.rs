//! A client of HTTP/2 that sends any frames it is told to: [RFC 9113](https://www.rfc-editor.org/rfc/rfc9113#section-6).

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Types of frames.
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

// Flags.
pub(crate) const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A field that is not indexed and not compressed: [RFC 7541, 6.2.2](https://www.rfc-editor.org/rfc/rfc7541#section-6.2.2).
pub(crate) fn field(name: &str, value: &str) -> Vec<u8> {
    literal(0, name, value)
}

/// A field that goes into the table of the server.
pub(crate) fn indexed_field(name: &str, value: &str) -> Vec<u8> {
    literal(0x40, name, value)
}

fn literal(kind: u8, name: &str, value: &str) -> Vec<u8> {
    let mut bytes = vec![kind];
    for text in [name, value] {
        // A length of seven bits, and what is left in groups of seven.
        let mut length = text.len();
        if length < 127 {
            bytes.push(u8::try_from(length).unwrap());
        } else {
            bytes.push(127);
            length -= 127;
            while length >= 128 {
                bytes.push(u8::try_from(length % 128).unwrap() | 128);
                length /= 128;
            }
            bytes.push(u8::try_from(length).unwrap());
        }
        bytes.extend(text.as_bytes());
    }
    bytes
}

/// The fields of a request.
pub(crate) fn request_fields(method: &str, path: &str) -> Vec<u8> {
    [field(":method", method), field(":scheme", "http"), field(":path", path), field(":authority", "x")]
        .concat()
}

/// A request without a body.
pub(crate) fn get(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &request_fields("GET", path))
}

/// What the server has sent so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// The code of a GOAWAY, if it is not 0 (a graceful end).
    pub(crate) go_away: Option<u32>,
    pub(crate) closed: bool,
    /// The streams on which a head came, in order.
    pub(crate) heads: Vec<(u32, Vec<u8>)>,
    /// The streams that were reset, with the code.
    pub(crate) resets: Vec<(u32, u32)>,
    pub(crate) data: usize,
}

impl Seen {
    /// Whether the connection is over for the client.
    pub(crate) fn ended(&self) -> bool {
        self.closed || self.go_away.is_some()
    }

    fn note(&mut self, kind: u8, stream: u32, payload: &[u8]) {
        let code = |at: usize| {
            payload.get(at..at + 4).map_or(0, |four| u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
        };
        match kind {
            DATA => self.data += payload.len(),
            HEADERS => self.heads.push((stream, payload.to_vec())),
            RST_STREAM => self.resets.push((stream, code(0))),
            GOAWAY if code(4) != 0 => self.go_away = Some(code(4)),
            _ => {}
        }
    }
}

/// A connection. A thread reads what comes, from when it is told to.
pub(crate) struct Http2 {
    stream: TcpStream,
    seen: Arc<Mutex<Seen>>,
    reader: Option<JoinHandle<()>>,
}

impl Http2 {
    /// Connects, and sends nothing.
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        // A server that does not read is not waited for.
        stream.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { stream, seen: Arc::default(), reader: None }
    }

    /// Connects, and sends the preface and settings (each an identifier and a value).
    pub(crate) fn connect(address: SocketAddr, settings: &[(u16, u32)]) -> Self {
        let mut client = Self::open(address);
        let mut payload = Vec::new();
        for (name, value) in settings {
            payload.extend(name.to_be_bytes());
            payload.extend(value.to_be_bytes());
        }
        client.send([PREFACE, &frame(SETTINGS, 0, 0, &payload)].concat());
        client
    }

    /// Sends bytes. `false`: the server has closed, or does not read any more.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    /// Reads from now on.
    pub(crate) fn read(&mut self) {
        if self.reader.is_none() {
            let (stream, seen) = (self.stream.try_clone().unwrap(), Arc::clone(&self.seen));
            self.reader = Some(std::thread::spawn(move || read(stream, &seen)));
        }
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until the condition holds, or for this long.
    pub(crate) fn wait(&mut self, most: Duration, holds: impl Fn(&Seen) -> bool) -> Seen {
        self.read();
        let start = Instant::now();
        loop {
            let seen = self.seen();
            if holds(&seen) || start.elapsed() > most {
                return seen;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Http2 {
    fn drop(&mut self) {
        _ = self.stream.shutdown(std::net::Shutdown::Both);
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
    }
}

fn read(mut stream: TcpStream, seen: &Mutex<Seen>) {
    let mut payload = Vec::new();
    loop {
        let mut head = [0; 9];
        if stream.read_exact(&mut head).is_err() {
            break;
        }
        payload.resize(usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]), 0);
        if stream.read_exact(&mut payload).is_err() {
            break;
        }
        let number = u32::from_be_bytes([head[5] & 0x7f, head[6], head[7], head[8]]);
        seen.lock().unwrap().note(head[3], number, &payload);
    }
    seen.lock().unwrap().closed = true;
}

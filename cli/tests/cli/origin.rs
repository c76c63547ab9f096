//! A stand-in for Next.js with the responses that were recorded, and a client of one request.

use serde::Deserialize;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request and the response of Next.js 16.2.2 to it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: std::collections::BTreeMap<String, String>,
    pub(crate) body: Option<String>,
    pub(crate) response: Response,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// A server that sends the recorded responses, in the order of the requests for a target.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    /// The method, the target and the body of each request that has arrived.
    pub(crate) seen: Arc<Mutex<Vec<(String, String, String)>>>,
}

impl Origin {
    pub(crate) fn start(exchanges: Vec<Exchange>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, seen) = (listener.local_addr().unwrap(), Arc::default());
        let origin = Self { address, seen: Arc::clone(&seen) };
        let exchanges = Arc::new(exchanges);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (exchanges, seen) = (Arc::clone(&exchanges), Arc::clone(&seen));
                thread::spawn(move || respond(&stream, &exchanges, &seen));
            }
        });
        origin
    }
}

fn respond(
    stream: &TcpStream,
    exchanges: &[Exchange],
    seen: &Mutex<Vec<(String, String, String)>>,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let (line, _, body) = message(&mut reader, true)?;
        let mut words = line.split(' ').map(str::to_owned);
        let request = (words.next()?, words.next()?, body);
        let found = exchanges.iter().find(|known| {
            known.method == request.0
                && known.target == request.1
                && known.body.as_deref().unwrap_or_default() == request.2
        });
        let response = found.map_or_else(
            || Response {
                status: 404,
                headers: vec![("content-length".into(), "12".into())],
                body: "not recorded".into(),
            },
            |known| known.response.clone(),
        );
        seen.lock().unwrap().push(request);
        let mut head = format!("HTTP/1.1 {} Recorded\r\n", response.status);
        let has_length = response.headers.iter().any(|(name, _)| name == "content-length");
        for (name, value) in &response.headers {
            head += &format!("{name}: {value}\r\n");
        }
        if !has_length && response.status != 204 {
            head += &format!("content-length: {}\r\n", response.body.len());
        }
        (&mut &*stream).write_all(format!("{head}\r\n{}", response.body).as_bytes()).ok()?;
    }
}

/// Sends one request, and returns the response without the headers of the connection.
pub(crate) fn ask(address: SocketAddr, exchange: &Exchange) -> Response {
    try_ask(address, exchange).unwrap()
}

/// Sends one request. The error is what a client sees of a connection that is refused or reset.
pub(crate) fn try_ask(address: SocketAddr, exchange: &Exchange) -> Result<Response, String> {
    let mut stream = TcpStream::connect(address).map_err(|error| format!("connect: {error}"))?;
    let mut head = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", exchange.method, exchange.target);
    for (name, value) in &exchange.headers {
        head += &format!("{name}: {value}\r\n");
    }
    let body = exchange.body.as_deref();
    if let Some(body) = body {
        head += &format!("content-length: {}\r\n", body.len());
    }
    let request = format!("{head}\r\n{}", body.unwrap_or_default());
    stream.write_all(request.as_bytes()).map_err(|error| format!("send: {error}"))?;
    let mut reader = BufReader::new(stream);
    let found = message(&mut reader, exchange.method != "HEAD").ok_or("no whole response")?;
    let (line, mut headers, body) = found;
    let own = ["connection", "content-length", "date", "keep-alive", "transfer-encoding", "via"];
    headers.retain(|(name, _)| !own.contains(&name.as_str()));
    headers.sort();
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(line.clone())?;
    Ok(Response { status, headers, body })
}

type Message = (String, Vec<(String, String)>, String);

/// Reads a message of HTTP/1.1: its first line, its headers and its body.
fn message(reader: &mut BufReader<TcpStream>, has_body: bool) -> Option<Message> {
    let mut line = String::new();
    let mut next = |reader: &mut BufReader<TcpStream>| {
        line.clear();
        let read = reader.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    };
    let first = next(reader)?;
    let mut headers = Vec::new();
    loop {
        let line = next(reader)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let get = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    let mut body = Vec::new();
    if get("transfer-encoding").is_some() {
        loop {
            let size = usize::from_str_radix(&next(reader)?, 16).ok()?;
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk).ok()?;
            if size == 0 {
                break;
            }
            body.extend_from_slice(&chunk[..size]);
        }
    } else if let (true, Some(length)) = (has_body, get("content-length")) {
        body = vec![0; length.parse().ok()?];
        reader.read_exact(&mut body).ok()?;
    }
    Some((first, headers, String::from_utf8(body).ok()?))
}

//! HTTP/1.1 by hand, so that a target such as `//api//hello` goes out as it is written.

use crate::vector::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) reason: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn compared(&self, keep: impl Fn(&str) -> bool) -> BTreeMap<String, Vec<String>> {
        let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in self.headers.iter().filter(|(name, _)| keep(name)) {
            out.entry(name.clone()).or_default().push(value.clone());
        }
        out
    }
}

pub(crate) fn exchange(request: &Request, address: SocketAddr) -> Result<Answer, String> {
    let mut stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
    stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    // An early answer, such as 413, may close the connection while the body is still going out.
    _ = stream.write_all(&bytes(request, address));
    let mut data = Vec::new();
    if let Err(error) = stream.read_to_end(&mut data) {
        if data.is_empty() {
            return Err(format!("no answer: {error}"));
        }
    }
    parse(&data, &request.method)
        .ok_or_else(|| format!("not an answer: {:?}", String::from_utf8_lossy(&data)))
}

/// As [`exchange`], for a request that is given as bytes. It may keep the connection: silence ends the answer, too.
pub(crate) fn exchange_raw(request: &[u8], address: SocketAddr) -> Result<Answer, String> {
    let mut stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
    stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    _ = stream.write_all(request);
    let mut data = Vec::new();
    _ = stream.read_to_end(&mut data);
    let mut data = &data[..];
    while let Some(rest) = data.strip_prefix(b"HTTP/1.1 100 Continue\r\n\r\n") {
        data = rest;
    }
    let method = request.split(|byte| *byte == b' ').next().unwrap_or_default();
    parse(data, &String::from_utf8_lossy(method))
        .ok_or_else(|| format!("not an answer: {:?}", String::from_utf8_lossy(data)))
}

fn bytes(request: &Request, address: SocketAddr) -> Vec<u8> {
    let mut body = match (&request.body_b64, &request.body_repeat) {
        (Some(body), _) => STANDARD.decode(body).unwrap(),
        (None, Some((unit, times))) => unit.repeat(*times).into_bytes(),
        (None, None) => request.body.clone().into_bytes(),
    };
    let has = |name: &str| request.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    let mut head = latin1(&format!("{} {} HTTP/1.1\r\n", request.method, request.target));
    let mut header = |name: &str, value: &str| head.extend(latin1(&format!("{name}: {value}\r\n")));
    if !has("host") {
        header("Host", &address.to_string());
    }
    request.headers.iter().for_each(|(name, value)| header(name, value));
    header("Connection", "close");
    if let Some(size) = request.chunked {
        header("Transfer-Encoding", "chunked");
        let chunk = |chunk: &[u8]| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
        body = body.chunks(size).map(chunk).collect::<Vec<_>>().concat();
        body.extend_from_slice(b"0\r\n\r\n");
    } else if !has("content-length")
        && (!body.is_empty() || matches!(&*request.method, "POST" | "PUT" | "PATCH"))
    {
        header("Content-Length", &body.len().to_string());
    }
    [head, b"\r\n".to_vec(), body].concat()
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).expect("the vectors hold Latin-1")).collect()
}

fn parse(data: &[u8], method: &str) -> Option<Answer> {
    let end = data.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head: String = data[..end].iter().copied().map(char::from).collect();
    let mut lines = head.split("\r\n");
    let (version, rest) = lines.next()?.split_once(' ')?;
    let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    version.starts_with("HTTP/1.").then_some(())?;
    let header =
        |line: &str| line.split_once(':').map(|(n, v)| (n.trim().to_lowercase(), v.trim().to_owned()));
    let headers: Vec<(String, String)> = lines.filter_map(header).collect();
    let chunked =
        headers.iter().any(|(name, value)| name == "transfer-encoding" && value.contains("chunked"));
    let body = match (&data[end + 4..], chunked) {
        _ if method == "HEAD" => Vec::new(),
        (body, true) => dechunk(body)?,
        (body, false) => body.to_vec(),
    };
    Some(Answer { status: status.parse().ok()?, reason: reason.trim().into(), headers, body })
}

fn dechunk(mut data: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let end = data.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&data[..end]).ok()?, 16).ok()?;
        data = &data[end + 2..];
        if size == 0 {
            return Some(out);
        }
        out.extend_from_slice(data.get(..size)?);
        data = data.get(size + 2..)?;
    }
}

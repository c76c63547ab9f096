//! A recorded request, byte for byte, so that a target such as `//api//hello` goes out as it is written.

use crate::common::net::Response;
use crate::common::net::blocking::Client;
use crate::vector::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::net::SocketAddr;

pub(crate) fn exchange(request: &Request, address: SocketAddr) -> Result<Response, String> {
    let mut client = Client::connect(address);
    // An early response, such as 413, may close the connection while the body is still going out.
    client.send(bytes(request, address));
    client.response().ok_or_else(|| "no response".to_owned())
}

/// As [`exchange`], for a request that is given as bytes; an interim response is passed over.
pub(crate) fn exchange_raw(request: &[u8], address: SocketAddr) -> Result<Response, String> {
    let mut client = Client::connect(address);
    client.send(request);
    loop {
        match client.response() {
            Some(response) if response.status == 100 => {}
            Some(response) => return Ok(response),
            None => return Err("no response, or a part of one".to_owned()),
        }
    }
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

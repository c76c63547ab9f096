//! 40 requests over HTTP/2, as frames.

use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A name, the fields of the head in their order, separated by `|`, and the body. `-`: there is none, and the head ends
/// the stream.
pub(crate) const SHAPES: [(&str, &str, &str); 40] = [
    ("no body", ":method GET|:scheme http|:path /x|:authority a", "-"),
    ("a body with a length", ":method POST|:scheme http|:path /x|:authority a|content-length 5", "hello"),
    ("a body without a length", ":method POST|:scheme http|:path /x|:authority a", "hello"),
    ("an empty body in a frame", ":method POST|:scheme http|:path /x|:authority a", ""),
    ("a GET with a body", ":method GET|:scheme http|:path /x|:authority a", "hello"),
    ("a GET with a length", ":method GET|:scheme http|:path /x|:authority a|content-length 5", "hello"),
    (
        "a length that is too long",
        ":method POST|:scheme http|:path /x|:authority a|content-length 9",
        "hello",
    ),
    (
        "a length that is too short",
        ":method POST|:scheme http|:path /x|:authority a|content-length 2",
        "hello",
    ),
    (
        "two lengths",
        ":method POST|:scheme http|:path /x|:authority a|content-length 5|content-length 6",
        "hello",
    ),
    (
        "a length that is no number",
        ":method POST|:scheme http|:path /x|:authority a|content-length +5",
        "hello",
    ),
    (
        "transfer-encoding",
        ":method POST|:scheme http|:path /x|:authority a|transfer-encoding chunked",
        "5\r\nhello\r\n0\r\n\r\n",
    ),
    ("connection", ":method GET|:scheme http|:path /x|:authority a|connection x-hop|x-hop 1", "-"),
    ("keep-alive", ":method GET|:scheme http|:path /x|:authority a|keep-alive timeout=5", "-"),
    ("proxy-connection", ":method GET|:scheme http|:path /x|:authority a|proxy-connection keep-alive", "-"),
    ("upgrade", ":method GET|:scheme http|:path /x|:authority a|upgrade websocket", "-"),
    ("te: trailers", ":method GET|:scheme http|:path /x|:authority a|te trailers", "-"),
    ("te: gzip", ":method GET|:scheme http|:path /x|:authority a|te gzip", "-"),
    (
        "proxy-authorization",
        ":method GET|:scheme http|:path /x|:authority a|proxy-authorization Basic x",
        "-",
    ),
    ("capitals in a name", ":method GET|:scheme http|:path /x|:authority a|X-A 1", "-"),
    ("a line end in a value", ":method GET|:scheme http|:path /x|:authority a|x-a 1\r\nx-b: 2", "-"),
    ("a line end in the path", ":method GET|:scheme http|:path /x HTTP/1.1\r\nx-b: 2|:authority a", "-"),
    ("a line end in the method", ":method GET /evil HTTP/1.1\r\n|:scheme http|:path /x|:authority a", "-"),
    ("a colon in a name", ":method GET|:scheme http|:path /x|:authority a|x-a:b 1", "-"),
    ("https as the scheme", ":method GET|:scheme https|:path /x|:authority a", "-"),
    ("an unknown scheme", ":method GET|:scheme ftp|:path /x|:authority a", "-"),
    ("no scheme", ":method GET|:path /x|:authority a", "-"),
    ("no path", ":method GET|:scheme http|:authority a", "-"),
    ("an empty path", ":method GET|:scheme http|:path |:authority a", "-"),
    ("an asterisk", ":method OPTIONS|:scheme http|:path *|:authority a", "-"),
    ("a path without a slash", ":method GET|:scheme http|:path x|:authority a", "-"),
    ("a fragment", ":method GET|:scheme http|:path /x#y|:authority a", "-"),
    ("no authority, a host", ":method GET|:scheme http|:path /x|host a", "-"),
    ("neither authority nor host", ":method GET|:scheme http|:path /x", "-"),
    ("another host than the authority", ":method GET|:scheme http|:path /x|:authority good|host evil", "-"),
    ("two hosts", ":method GET|:scheme http|:path /x|:authority a|host a|host b", "-"),
    ("a user in the authority", ":method GET|:scheme http|:path /x|:authority user@a", "-"),
    ("two paths", ":method GET|:scheme http|:path /x|:path /y|:authority a", "-"),
    ("a pseudo header behind a header", ":method GET|:scheme http|x-a 1|:path /x|:authority a", "-"),
    ("cookies in crumbs", ":method GET|:scheme http|:path /x|:authority a|cookie a=1|cookie b=2", "-"),
    (
        "forwarding headers",
        ":method GET|:scheme http|:path /x|:authority a|x-forwarded-for 6.6.6.6|x-forwarded-proto https|forwarded for=6.6.6.6",
        "-",
    ),
];

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Sends a request, and returns the status, or how its stream was ended.
pub(crate) async fn ask(address: std::net::SocketAddr, fields: &str, body: &str) -> String {
    let mut block = Vec::new();
    for field in fields.split('|') {
        let (name, value) = field.split_once(' ').unwrap();
        for (number, text) in [name, value].into_iter().enumerate() {
            // A literal that is not indexed, without Huffman's code.
            block.extend((number == 0).then_some(0));
            block.push(u8::try_from(text.len()).unwrap());
            block.extend(text.as_bytes());
        }
    }
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, &[]));
    bytes.extend(frame(HEADERS, if body == "-" { 5 } else { 4 }, 1, &block));
    if body != "-" {
        bytes.extend(frame(0, 1, 1, body.as_bytes()));
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    timeout(Duration::from_secs(5), outcome(&mut stream)).await.unwrap_or_else(|_| "nothing".into())
}

async fn outcome(stream: &mut TcpStream) -> String {
    loop {
        let mut head = [0; 9];
        if stream.read_exact(&mut head).await.is_err() {
            return "closed".into();
        }
        let mut payload = vec![0; usize::from(head[1]) * 256 + usize::from(head[2])];
        stream.read_exact(&mut payload).await.unwrap();
        match head[3] {
            HEADERS => return status(&payload),
            RST_STREAM => return "reset".into(),
            GOAWAY => return "closed".into(),
            _ => {}
        }
    }
}

/// Reads `:status`, which is the first field.
fn status(block: &[u8]) -> String {
    const STATIC: [&str; 7] = ["200", "204", "206", "304", "400", "404", "500"];
    // An update of the table's size may stand in front.
    let block = &block[block.iter().take_while(|byte| **byte & 0xe0 == 0x20).count()..];
    match block[0] {
        indexed @ 0x88..=0x8e => STATIC[usize::from(indexed - 0x88)].into(),
        _ if block[1] & 0x80 == 0 => String::from_utf8_lossy(&block[2..5]).into_owned(),
        _ => {
            let bits: String = block[2..].iter().take(3).map(|byte| format!("{byte:08b}")).collect();
            let (mut digits, mut rest) = (String::new(), &*bits);
            while digits.len() < 3 {
                let short = u8::from_str_radix(&rest[..5], 2).unwrap();
                let long = u8::from_str_radix(&rest[..6], 2).unwrap();
                let (digit, length) = if short < 3 { (short, 5) } else { (long - 0x19 + 3, 6) };
                digits.push(char::from(b'0' + digit));
                rest = &rest[length..];
            }
            digits
        }
    }
}

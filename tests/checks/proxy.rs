//! What the origin sees of a request that comes through `Proxy`, over a socket.

use super::Data;
use http::header::{CONNECTION, HOST, VIA};
use http::{HeaderName, HeaderValue, Request};
use http_body_util::BodyExt as _;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::LazyLock;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Proxy, RemoteAddr, Result, serve};

const NAMES: [&str; 14] = [
    "accept",
    "connection",
    "cookie",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "upgrade",
    "via",
    "x-a",
    "x-b",
    "x-forwarded-for",
    "x-forwarded-host",
];
const OF_THE_CONNECTION: [&str; 4] = ["keep-alive", "proxy-authorization", "transfer-encoding", "upgrade"];
const WORDS: [&str; 12] = [
    "x-a",
    "X-B",
    "cookie",
    "close",
    "keep-alive",
    "te",
    "trailers",
    "1.1 edge",
    "1.1 other",
    ", ",
    "\t",
    "a=1",
];
const PATHS: [&str; 6] = ["/", "/api/x?a=b", "//x", "/%2e%2e/", "/?", "/a;b"];

type Seen = (String, Vec<(String, Vec<u8>)>, usize);

async fn origin(req: ApiRequest, res: ApiResponse) -> Result {
    let headers =
        req.headers().iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
    res.json(&(req.uri().to_string(), headers.collect::<Vec<_>>(), req.raw_body().len()))
}

/// A runtime with the origin in it, and the proxy to it.
static WORLD: LazyLock<(Runtime, Proxy)> = LazyLock::new(|| {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a socket");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(serve(listener, ApiRouter::new().fallback(origin)).into_future());
    (runtime, Proxy::new(&format!("http://{address}")).expect("an origin").pseudonym("edge"))
});

pub(crate) fn check(bytes: &[u8]) {
    let mut data = Data::new(bytes);
    let (path, length) = (data.pick(&PATHS), data.below(4));
    let method = data.pick(&["GET", "POST", "PUT"]);
    let client: SocketAddr = ([10, 0, 0, data.byte()], 1).into();
    let mut request = Request::new(Body::from(vec![b'x'; length]));
    *request.method_mut() = method.parse().expect("a method");
    *request.uri_mut() = path.parse().expect("a path");
    request.extensions_mut().insert(RemoteAddr::from(client));
    // Fewer than the 100 that the origin takes.
    while !data.is_empty() && request.headers().len() < 50 {
        let name = HeaderName::from_static(data.pick(&NAMES));
        if let Ok(value) = HeaderValue::from_str(&data.text(&WORDS, 4)) {
            // A server takes one `Host` only.
            if name == HOST {
                _ = request.headers_mut().insert(name, value);
            } else {
                _ = request.headers_mut().append(name, value);
            }
        }
    }
    let sent = request.headers().clone();
    let (runtime, proxy) = &*WORLD;
    let (status, body) = runtime.block_on(async {
        let response = proxy.clone().oneshot(request).await.unwrap_or_else(|error| match error {});
        let status = response.status().as_u16();
        (status, response.into_body().collect().await.map(http_body_util::Collected::to_bytes))
    });
    let tokens = |name: &HeaderName| {
        let values = sent.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let values: Vec<_> = values.collect();
        let tokens = values.iter().flat_map(|value| value.split(','));
        let tokens = tokens.map(|token| token.trim_matches([' ', '\t']).to_ascii_lowercase());
        tokens.filter(|token| !token.is_empty()).collect::<Vec<_>>()
    };
    let is_loop = tokens(&VIA).iter().any(|hop| hop.split_ascii_whitespace().nth(1) == Some("edge"));
    // A `Host` with another character than a host has is a 400, whatever else the request has.
    let is_host = |byte: &u8| byte.is_ascii_alphanumeric() || b".-:[]_~!$&'()*+;=%".contains(byte);
    let has_host = sent.get(HOST).is_none_or(|host| host.as_bytes().iter().all(is_host));
    assert_eq!(status == 508, is_loop && has_host, "{sent:?}");
    assert!(has_host || status == 400, "{status}: {sent:?}");
    if status != 200 {
        assert!(matches!(status, 400 | 502 | 508), "{status}: {sent:?}");
        return;
    }
    let (uri, headers, seen_length): Seen =
        serde_json::from_slice(&body.expect("a body")).expect("what the origin has seen");
    let mut seen: BTreeMap<&str, Vec<&[u8]>> = BTreeMap::new();
    for (name, value) in &headers {
        seen.entry(name).or_default().push(value);
    }
    assert_eq!((&*uri, seen_length), (path, length), "{sent:?}");
    let named = tokens(&CONNECTION);
    for name in OF_THE_CONNECTION {
        // An upgrade is asked for anew, and a body without a length is sent in chunks.
        if !["upgrade", "transfer-encoding"].contains(&name) {
            assert!(!seen.contains_key(name), "{name}: {sent:?}");
        }
    }
    for name in ["accept", "x-a", "x-b"] {
        let kept: Vec<_> = sent.get_all(name).iter().map(HeaderValue::as_bytes).collect();
        let expected = if named.contains(&name.to_owned()) { Vec::new() } else { kept };
        // Blanks around a value are not part of it on the wire.
        let expected: Vec<_> = expected.iter().map(|value| value.trim_ascii()).collect();
        assert_eq!(seen.get(name).cloned().unwrap_or_default(), expected, "{name}: {sent:?}");
    }
    let one = |name: &str| match seen.get(name).map(Vec::as_slice) {
        Some([one]) => String::from_utf8_lossy(one).into_owned(),
        other => panic!("{name} is there once: {other:?}, {sent:?}"),
    };
    let forwarded = one("x-forwarded-for");
    assert_eq!(forwarded.rsplit(", ").next(), Some(&*client.ip().to_string()), "{sent:?}");
    assert!(["http", "https"].contains(&&*one("x-forwarded-proto")), "{sent:?}");
    _ = one("host");
    assert!(seen.get("cookie").is_none_or(|cookies| cookies.len() == 1), "{sent:?}");
    let last = seen.get("via").and_then(|values| values.last().copied());
    assert_eq!(last, Some(&b"1.1 edge"[..]), "{sent:?}");
}

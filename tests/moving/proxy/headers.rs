//! Headers both ways.

use crate::support::{Front, Origin, Reply, front, get, head, read};
use http::{HeaderValue, Request};
use std::net::SocketAddr;
use tower::ServiceExt as _;
use tower_api_routes::proxy::ForwardedHeaders;
use tower_api_routes::{Body, RemoteAddr};

async fn pair() -> (Origin, Front) {
    let origin = Origin::start(|_, _| Reply::ok("ok")).await;
    let front = front(origin.proxy().forwarded_headers(ForwardedHeaders::Off)).await;
    (origin, front)
}

#[tokio::test]
async fn a_request_loses_what_is_about_the_connection() {
    // What the client sends after `GET`, and what the origin sees; sorted, without `accept: */*` which every request has.
    let cases: [(&str, &str, &[&str]); 10] = [
        (
            "the host is kept, `Via` is appended",
            "/a%20b//c?d=1&d=%zz HTTP/1.1\r\nhost: shop.example\r\n",
            &["GET /a%20b//c?d=1&d=%zz HTTP/1.1", "host: shop.example", "via: 1.1 edge"],
        ),
        (
            "an absolute target names the host",
            "http://user@other.example:81/x HTTP/1.1\r\nhost: shop.example\r\n",
            &["GET /x HTTP/1.1", "host: other.example:81", "via: 1.1 edge"],
        ),
        (
            "what `Connection` names goes, trace context stays",
            "/ HTTP/1.1\r\nhost: a\r\nconnection: keep-alive, X-Hop\r\nx-hop: 1\r\nkeep-alive: 5\r\ntraceparent: 00-1\r\n",
            &["GET / HTTP/1.1", "host: a", "traceparent: 00-1", "via: 1.1 edge"],
        ),
        (
            "credentials of a proxy go",
            "/ HTTP/1.1\r\nhost: a\r\nproxy-authorization: x\r\nproxy-connection: y\r\n",
            &["GET / HTTP/1.1", "host: a", "via: 1.1 edge"],
        ),
        (
            "`TE: trailers` is asked again, other codings are not",
            "/ HTTP/1.1\r\nhost: a\r\nte: trailers, gzip\r\n",
            &["GET / HTTP/1.1", "connection: te", "host: a", "te: trailers", "via: 1.1 edge"],
        ),
        (
            "an upgrade to HTTP/2 is not passed on",
            "/ HTTP/1.1\r\nhost: a\r\nupgrade: h2c\r\nhttp2-settings: AAA\r\n",
            &["GET / HTTP/1.1", "host: a", "via: 1.1 edge"],
        ),
        (
            "an earlier `Via` stays in front",
            "/ HTTP/1.1\r\nhost: a\r\nvia: 1.0 fred\r\n",
            &["GET / HTTP/1.1", "host: a", "via: 1.0 fred", "via: 1.1 edge"],
        ),
        (
            "cookies of several headers are one",
            "/ HTTP/1.1\r\nhost: a\r\ncookie: a=1\r\ncookie: b=2\r\n",
            &["GET / HTTP/1.1", "cookie: a=1; b=2", "host: a", "via: 1.1 edge"],
        ),
        (
            "what the client says of itself is not judged",
            "/ HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 1.1.1.1\r\n",
            &["GET / HTTP/1.1", "host: a", "via: 1.1 edge", "x-forwarded-for: 1.1.1.1"],
        ),
        (
            "a body has its length",
            "/ HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n",
            &["GET / HTTP/1.1", "content-length: 0", "host: a", "via: 1.1 edge"],
        ),
    ];
    let (origin, front) = pair().await;
    for (what, request, expected) in cases {
        let before = origin.requests().len();
        let text = front.ask(format!("GET {request}connection: close\r\n\r\n")).await;
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{what}: {text}");
        assert_eq!(head(&origin.requests()[before]), expected, "{what}");
    }
}

#[tokio::test]
async fn a_response_loses_what_is_about_the_connection() {
    let cases: [(&str, &str, &[&str]); 7] = [
        (
            "plain",
            "200 OK\r\ncontent-length: 0\r\nx-own: 1\r\n",
            &["HTTP/1.1 200 OK", "connection: close", "content-length: 0", "via: 1.1 edge", "x-own: 1"],
        ),
        (
            "the reason is the origin's",
            "404 No Such Post\r\ncontent-length: 0\r\n",
            &["HTTP/1.1 404 No Such Post", "connection: close", "content-length: 0", "via: 1.1 edge"],
        ),
        (
            "hop by hop",
            "200 OK\r\nconnection: x-hop, keep-alive\r\nx-hop: 1\r\nkeep-alive: timeout=5\r\nproxy-authenticate: Basic\r\n\
             upgrade: h2c\r\ncontent-length: 0\r\n",
            &["HTTP/1.1 200 OK", "connection: close", "content-length: 0", "via: 1.1 edge"],
        ),
        (
            "each cookie is a header of its own",
            "200 OK\r\nset-cookie: a=1\r\nset-cookie: b=2\r\ncontent-length: 0\r\n",
            &[
                "HTTP/1.1 200 OK",
                "connection: close",
                "content-length: 0",
                "set-cookie: a=1",
                "set-cookie: b=2",
                "via: 1.1 edge",
            ],
        ),
        (
            "a redirect is the client's",
            "307 Temporary Redirect\r\nlocation: /x\r\ncontent-length: 0\r\n",
            &[
                "HTTP/1.1 307 Temporary Redirect",
                "connection: close",
                "content-length: 0",
                "location: /x",
                "via: 1.1 edge",
            ],
        ),
        (
            "not modified",
            "304 Not Modified\r\netag: \"x\"\r\n",
            &["HTTP/1.1 304 Not Modified", "connection: close", "etag: \"x\"", "via: 1.1 edge"],
        ),
        (
            "an informational response is not the response",
            "103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n",
            &["HTTP/1.1 204 No Content", "connection: close", "via: 1.1 edge"],
        ),
    ];
    for (what, response, expected) in cases {
        let origin = Origin::start(move |_, _| Reply::send(&format!("HTTP/1.1 {response}\r\n"))).await;
        let front = front(origin.proxy()).await;
        assert_eq!(head(&front.get("/").await), expected, "{what}");
    }
}

#[tokio::test]
async fn head_has_the_length_of_get() {
    let origin = Origin::start(|_, _| Reply::send("HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n")).await;
    let front = front(origin.proxy()).await;
    let text = front.ask("HEAD / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert!(text.contains("content-length: 12\r\n") && text.ends_with("\r\n\r\n"), "{text}");
}

#[tokio::test]
async fn http_2_in_front_is_http_1_behind() {
    let (origin, front) = pair().await;
    let mut request = get("/a?b=1");
    for crumb in ["a=1", "b=2"] {
        request.headers_mut().append("cookie", HeaderValue::from_static(crumb));
    }
    let response = front.request(true, request).await;
    assert_eq!(response.headers()["via"], "1.1 edge");
    assert_eq!(read(response).await, (200, "ok".into()));
    assert_eq!(
        head(&origin.requests()[0]),
        [
            "GET /a?b=1 HTTP/1.1".to_owned(),
            "cookie: a=1; b=2".into(),
            format!("host: {}", front.address),
            "via: 2 edge".into(),
        ]
    );
}

#[tokio::test]
async fn the_host_is_the_clients_or_the_origins() {
    for (preserve, host) in [(true, Some("shop.example")), (false, None)] {
        let origin = Origin::start(|_, _| Reply::ok("")).await;
        let front = front(origin.proxy().preserve_host(preserve)).await;
        front.get("/").await;
        let expected = host.map_or_else(|| origin.address.to_string(), str::to_owned);
        assert!(head(&origin.requests()[0]).contains(&format!("host: {expected}")), "{preserve}");
        // The origin learns both.
        assert!(head(&origin.requests()[0]).contains(&"x-forwarded-host: shop.example".into()), "{preserve}");
    }
}

#[tokio::test]
async fn the_client_is_named_to_the_origin() {
    let address: SocketAddr = "[::ffff:10.0.0.1]:5000".parse().unwrap();
    let cases = [
        (ForwardedHeaders::Append, ["x-forwarded-for: 9.9.9.9, 10.0.0.1", "x-forwarded-proto: https"]),
        (ForwardedHeaders::Replace, ["x-forwarded-for: 10.0.0.1", "x-forwarded-proto: http"]),
        (ForwardedHeaders::Off, ["x-forwarded-for: 9.9.9.9", "x-forwarded-proto: https"]),
    ];
    for (mode, expected) in cases {
        let origin = Origin::start(|_, _| Reply::ok("")).await;
        let mut request = Request::get("/").header("x-forwarded-for", "9.9.9.9");
        request = request.header("x-forwarded-proto", "https").extension(RemoteAddr::from(address));
        let response =
            origin.proxy().forwarded_headers(mode).oneshot(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.unwrap().status(), 200);
        let head = head(&origin.requests()[0]);
        assert!(expected.iter().all(|line| head.contains(&(*line).to_owned())), "{mode:?}: {head:?}");
    }
}

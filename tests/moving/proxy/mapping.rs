//! What the proxy changes by its settings: hosts on the way back, paths and headers.

use crate::support::{Origin, Reply, front, head, status};
use tower_api_routes::ApiRouter;

#[tokio::test]
async fn the_origins_name_becomes_the_clients_again() {
    let origin = Origin::start(|_, request| {
        // The origin names the host that it was asked for.
        let host = request.split("host: ").nth(1).unwrap().split("\r\n").next().unwrap().to_owned();
        let name = host.split(':').next().unwrap();
        Reply::send(&format!(
            "HTTP/1.1 302 Found\r\nlocation: http://{host}/login?a#b\r\ncontent-location: //{host}/x\r\n\
             refresh: 3; url=http://{host}/y\r\nset-cookie: a=1; Domain={name}; Path=/\r\nset-cookie: b=2\r\n\
             content-length: 0\r\n\r\n"
        ))
    })
    .await;
    let own = origin.address.to_string();
    for preserve in [false, true] {
        let front = front(ApiRouter::new().fallback(origin.proxy().preserve_host(preserve))).await;
        let response =
            front.ask("GET / HTTP/1.1\r\nhost: shop.example:81\r\nconnection: close\r\n\r\n").await;
        let lines = head(&response);
        for line in [
            "location: http://shop.example:81/login?a#b",
            "content-location: //shop.example:81/x",
            "refresh: 3; url=http://shop.example:81/y",
            "set-cookie: a=1; Domain=shop.example; Path=/",
            "set-cookie: b=2",
        ] {
            assert!(lines.contains(&line.to_owned()), "{preserve}: {line}: {lines:?}");
        }
        let asked = if preserve { "shop.example:81" } else { &own };
        assert!(origin.requests().pop().unwrap().contains(&format!("host: {asked}\r\n")));
    }
}

#[tokio::test]
async fn paths_are_mapped_both_ways() {
    let origin = Origin::start(|_, request| {
        let path = request.split([' ', '?']).nth(1).unwrap();
        Reply::send(&format!(
            "HTTP/1.1 308 Permanent Redirect\r\nlocation: {path}/\r\ncontent-length: 0\r\n\r\n"
        ))
    })
    .await;
    let proxy = || origin.proxy();
    let cases = [
        (proxy().strip_prefix("/api"), "/api/post/1?a=/api", "/post/1?a=/api", "/api/post/1/"),
        (proxy().add_prefix("/v2"), "/post/1", "/v2/post/1", "/post/1/"),
        (proxy().replace_prefix("/api", "/v2"), "/api/post", "/v2/post", "/api/post/"),
        (proxy().replace_prefix("/api", "/v2"), "/other", "/other", "/other/"),
    ];
    for (proxy, path, mapped, location) in cases {
        let front = front(ApiRouter::new().fallback(proxy)).await;
        let response = front.get(path).await;
        let request = origin.requests().pop().unwrap();
        assert!(request.starts_with(&format!("GET {mapped} HTTP/1.1\r\n")), "{path}: {request}");
        assert!(response.contains(&format!("location: {location}\r\n")), "{path}: {response}");
    }
    let front = front(proxy().replace_prefix("/api", "/v2")).await;
    let before = origin.requests().len();
    for path in ["/api/../admin", "/api/%2e%2E/admin"] {
        assert_eq!(status(&front.get(path).await), 400, "{path}");
    }
    assert_eq!(origin.requests().len(), before);
}

#[tokio::test]
async fn the_proxy_sets_and_removes_headers() {
    let origin =
        Origin::start(|_, _| Reply::send("HTTP/1.1 200 OK\r\nx-powered-by: x\r\ncontent-length: 0\r\n\r\n"))
            .await;
    let proxy =
        origin.proxy().set_header("authorization", "Bearer secret").remove_header("cookie").map_response(
            |response| {
                response.headers_mut().remove("x-powered-by");
            },
        );
    assert!(!format!("{proxy:?}").contains("secret"));
    let front = front(proxy).await;
    let request = "GET / HTTP/1.1\r\nhost: a\r\ncookie: a=1\r\nauthorization: x\r\nconnection: authorization, close\r\n\r\n";
    let response = front.ask(request).await;
    assert!(!response.contains("x-powered-by"), "{response}");
    let lines = head(&origin.requests()[0]);
    assert!(
        lines.contains(&"authorization: Bearer secret".into())
            && !lines.iter().any(|line| line.starts_with("cookie"))
    );
}

#[tokio::test]
async fn a_hook_does_not_change_the_framing() {
    let origin = Origin::start(|_, _| Reply::ok("ok")).await;
    let front = front(origin.proxy().map_request(|request| {
        request.headers_mut().insert("transfer-encoding", "chunked".parse().unwrap());
        request.headers_mut().insert("content-length", 99.into());
    }))
    .await;
    let request = "POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello";
    assert_eq!(status(&front.ask(request).await), 200);
    let request = &origin.requests()[0];
    assert!(request.contains("content-length: 5\r\n") && !request.contains("transfer-encoding"), "{request}");
    assert!(request.ends_with("\r\n\r\nhello"), "{request}");
}

#[test]
fn a_wrong_prefix_names_the_right_one() {
    let proxy = || tower_api_routes::Proxy::new("http://127.0.0.1:3000").unwrap();
    for prefix in ["api", "/api/"] {
        let panic = std::panic::catch_unwind(|| proxy().strip_prefix(prefix)).unwrap_err();
        let text = panic.downcast_ref::<String>().unwrap();
        assert!(text.contains(&format!("{prefix:?}")) && text.contains("\"/api\""), "{text}");
    }
}

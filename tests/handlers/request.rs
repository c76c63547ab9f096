//! What a handler reads of its request.

use crate::common::{call, get, read};
use http::{HeaderName, HeaderValue, Method, Request, Version};
use serde::Deserialize;
use std::net::SocketAddr;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, HandlerExt as _, HandlerInput, Next, RemoteAddr, Result,
    from_fn,
};

#[derive(Clone, Debug, PartialEq)]
struct User(&'static str);

#[derive(Debug, Deserialize, PartialEq)]
struct Search {
    pid: u32,
    tag: Vec<String>,
}

fn address() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 7], 4711))
}

fn full<B>(body: B) -> Request<B> {
    let request = Request::put("/api/post/7?tag=a&tag=b&pid=0").version(Version::HTTP_10);
    let request = request.header("x-twice", "1").header("x-twice", "2").header("cookie", "a=1; b=2");
    let request = request.header("content-type", "application/json").header("last-event-id", "12");
    request.extension(User("ann")).extension(RemoteAddr::from(address())).body(body).unwrap()
}

/// Checks all but the body.
fn check<B>(req: &ApiRequest<B>) {
    assert_eq!(req.method(), Method::PUT);
    assert_eq!(req.uri(), "/api/post/7?tag=a&tag=b&pid=0");
    assert_eq!(req.version(), Version::HTTP_10);
    assert_eq!(req.headers().get_all("x-twice").iter().collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!((req.header("X-Twice").as_deref(), req.header("x-none")), (Some("1, 2"), None));
    assert_eq!(req.header("content-type").as_deref(), Some("application/json"));
    assert_eq!(req.last_event_id(), Some("12"));
    assert_eq!(req.remote_addr(), Some(address()));
    assert_eq!(req.extensions().get::<User>(), Some(&User("ann")));
    assert_eq!(req.route(), Some("/api/post/[pid]"));
    assert_eq!(serde_json::to_string(req.query()).unwrap(), r#"{"tag":["a","b"],"pid":"7"}"#);
    assert_eq!(req.query_as::<Search>().unwrap(), Search { pid: 7, tag: vec!["a".into(), "b".into()] });
    assert_eq!(serde_json::to_string(req.cookies()).unwrap(), r#"{"a":"1","b":"2"}"#);
    assert_eq!(req.state::<u8>().unwrap(), &5);
    assert_eq!(req.state::<u16>().unwrap_err().status(), 500);
    assert_eq!(req.url(), "/api/post/7?tag=a&tag=b");
}

#[tokio::test]
async fn a_request_is_read_in_every_way() {
    let input = HandlerInput::new(full(Body::from("[1, 2]"))).route("/api/post/[pid]").state(5_u8);
    let (mut req, _): (ApiRequest<Vec<u8>>, ApiResponse) = input.build().await.unwrap();
    check(&req);
    assert_eq!((&**req.body(), &**req.raw_body()), (&[1_u8, 2][..], &b"[1, 2]"[..]));
    req.body_mut().push(3);
    req.extensions_mut().insert(7_u16);
    assert_eq!((&**req.body(), req.extensions().get()), (&[1_u8, 2, 3][..], Some(&7_u16)));
    let (req, body) = req.into_parts();
    check(&req);
    assert_eq!(
        (body, &**req.raw_body(), req.extensions().get()),
        (vec![1, 2, 3], &b"[1, 2]"[..], Some(&7_u16))
    );
}

#[tokio::test]
async fn forwarded_request_is_unchanged() {
    let input = HandlerInput::new(full(Body::from("[1, 2]"))).route("/api/post/[pid]").state(5_u8);
    let (mut req, _): (ApiRequest<Body>, ApiResponse) = input.build().await.unwrap();
    check(&req);
    assert!(req.raw_body().is_empty(), "it has not been read");
    req.extensions_mut().insert(7_u16);
    let (passed, came) = (req.into_request(), full(()));
    assert_eq!(
        (passed.method(), passed.uri(), passed.version()),
        (came.method(), came.uri(), came.version())
    );
    assert_eq!(passed.headers(), came.headers());
    assert_eq!((passed.extensions().get(), passed.extensions().get()), (Some(&User("ann")), Some(&7_u16)));
    assert_eq!(passed.into_body().chunk().await.unwrap().unwrap(), "[1, 2]");
}

#[tokio::test]
async fn what_the_client_did_not_send_is_none() {
    let (req, _): (ApiRequest, ApiResponse) = HandlerInput::new(get("/x")).build().await.unwrap();
    assert_eq!(
        (req.header("x-a"), req.last_event_id(), req.remote_addr(), req.route()),
        (None, None, None, None)
    );
    assert!(req.query().is_empty() && req.cookies().is_empty() && req.raw_body().is_empty());
    assert_eq!((req.method(), req.version(), &*req.url()), (&Method::GET, Version::HTTP_11, "/x"));
    assert!(req.headers().is_empty() && req.extensions().get::<User>().is_none());
}

#[tokio::test]
async fn last_event_id_is_utf8() {
    let cases: &[(&[u8], Option<&str>)] = &[
        (b"7", Some("7")),
        ("\u{e9}\u{2713}".as_bytes(), Some("\u{e9}\u{2713}")),
        (b"", None),
        (b"\xff", None),
    ];
    for (value, expected) in cases {
        let mut request = get("/");
        let name = HeaderName::from_static("last-event-id");
        request.headers_mut().insert(name, HeaderValue::from_bytes(value).unwrap());
        let (req, _): (ApiRequest, ApiResponse) = HandlerInput::new(request).build().await.unwrap();
        assert_eq!(req.last_event_id(), *expected, "{value:?}");
    }
}

#[tokio::test]
async fn client_address_is_the_servers() {
    let cases = [
        (RemoteAddr::from(address()), Some(address())),
        (RemoteAddr::from(Some(address())), Some(address())),
        (RemoteAddr::from(None), None),
    ];
    for (addr, expected) in cases {
        assert_eq!(addr.socket_addr(), expected);
        let mut request = get("/");
        request.extensions_mut().insert(addr);
        let (req, _): (ApiRequest, ApiResponse) = HandlerInput::new(request).build().await.unwrap();
        assert_eq!(req.remote_addr(), expected);
    }
}

/// A wrapper and a layer pass on what the router has matched: without the base path, dot segments resolved.
#[tokio::test]
async fn the_matched_path_goes_through_wrappers_and_layers() {
    async fn show(req: ApiRequest, res: ApiResponse) -> Result {
        res.send(format!("{:?} {} {}", req.route(), req.url(), serde_json::to_string(req.query())?))
    }
    async fn goes_on(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
        assert_eq!(req.query().get("x"), Some("a b"));
        next.run(req, res).await
    }
    let api = || ApiRouter::new().base_path("/docs");
    let cases = [
        ("a handler", api().route("/api/[x]", show)),
        ("a service", api().route("/api/[x]", show.into_service())),
        ("a wrapped handler", api().route("/api/[x]", show.wrap(goes_on))),
        ("a wrapped service", api().route("/api/[x]", show.into_service().wrap(goes_on))),
        ("a layer", api().route("/api/[x]", show).layer(from_fn(goes_on))),
        ("a layer around a wrapper", api().route("/api/[x]", show.wrap(goes_on)).layer(from_fn(goes_on))),
    ];
    for (what, api) in cases {
        for path in ["/docs/api/a%20b?y=1", "/docs/api/z/../a%20b?y=1", "/docs/./api/a%20b?y=1"] {
            let (status, text) = read(call(api.clone(), get(path)).await).await;
            let expected = r#"Some("/api/[x]") /api/a%20b?y=1 {"y":"1","x":"a b"}"#;
            assert_eq!((status, &*text), (200, expected), "{what}: {path}");
        }
    }
}

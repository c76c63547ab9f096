//! On-demand revalidation against servers that respond as a Next.js does, through real sockets.

#[path = "../common/mod.rs"]
mod common;
mod origin;
mod tls;

use http::{HeaderName, Request, StatusCode};
use origin::{Origin, refused};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Barrier;
use tower::ServiceExt as _;
use tower_api_routes::revalidate::{
    NotRevalidated, OriginResult, RevalidateErrorKind, RevalidateFuture, RevalidateRequest,
};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, HttpRevalidator, Result, RevalidateError, Revalidator,
};

const ID: &str = "b4dcc63841b33c5733e2bea938442e44";

/// Revalidates what the query asks for; the response has the results, or the error's text.
async fn changed(req: ApiRequest, res: ApiResponse) -> Result {
    let path = req.query().get("path").unwrap_or_default().to_owned();
    let mut revalidate = res.revalidate(&path);
    if req.query().get("only").is_some() {
        revalidate = revalidate.only_generated();
    }
    match revalidate.await {
        Ok(results) => {
            let results: Vec<_> =
                results.into_iter().map(|origin| origin.result.map_or(0, |status| status.as_u16())).collect();
            res.json(&results)
        }
        Err(error) => res.status(502).send(error.to_string()),
    }
}

async fn strict(_: ApiRequest, res: ApiResponse) -> Result {
    res.revalidate("/posts/1").await?;
    res.end()
}

fn api(next: HttpRevalidator) -> ApiRouter {
    ApiRouter::new().revalidator(next).route("/api/changed", changed).route("/api/strict", strict)
}

async fn get(api: &ApiRouter, path: &str) -> (u16, String) {
    let request = Request::get(path).header("cookie", "a=1").header("x-secret", "s3cret");
    let request = request.header("authorization", "Bearer x").body(Body::empty()).unwrap();
    let response = api.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn revalidation_request_is_that_of_next() {
    let next = Origin::start(200, &[("x-nextjs-cache", "REVALIDATED")]).await;
    let revalidator = HttpRevalidator::new(ID, [next.url()]).unwrap();
    assert_eq!(get(&api(revalidator.clone()), "/api/changed?path=/posts/1").await, (200, "[200]".into()));
    let request = next.last();
    assert_eq!((request.method().as_str(), request.uri().path()), ("HEAD", "/posts/1"));
    assert_eq!(request.headers()["x-prerender-revalidate"], ID);
    assert_eq!(request.headers()["host"], next.url().trim_start_matches("http://"));
    for absent in ["cookie", "authorization", "x-secret", "x-prerender-revalidate-if-generated"] {
        assert!(request.headers().get(absent).is_none(), "{absent}");
    }

    // What is allowed goes along, and nothing else.
    let names = ["cookie", "x-absent"].map(|name| name.parse::<HeaderName>().unwrap());
    let api = api(revalidator.forward_headers(names).unwrap());
    assert_eq!(get(&api, "/api/changed?path=/a%20b?c=%C3%A9&only=1").await, (200, "[200]".into()));
    let request = next.last();
    assert_eq!(request.uri().to_string(), "/a%20b?c=%C3%A9");
    assert_eq!(request.headers()["cookie"], "a=1");
    assert_eq!(request.headers()["x-prerender-revalidate-if-generated"], "1");
    for absent in ["authorization", "x-secret", "x-absent"] {
        assert!(request.headers().get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn revalidation_results_are_those_of_next() {
    type Case<'a> = (u16, &'a [(&'a str, &'a str)], &'a str, u16, &'a str);
    let revalidated = [("x-nextjs-cache", "REVALIDATED")];
    let cases: &[Case<'_>] = &[
        (200, &[], "path=/p", 200, "[200]"),
        (404, &revalidated, "path=/p", 200, "[404]"),
        (500, &[("x-vercel-cache", "Revalidated")], "path=/p", 200, "[500]"),
        (404, &[], "path=/p&only=1", 200, "[404]"),
        (404, &[], "path=/p", 502, "failed to revalidate /p: URL: invalid response 404"),
        (500, &[], "path=/p&only=1", 502, "failed to revalidate /p: URL: invalid response 500"),
        (308, &[("location", "/q")], "path=/p/", 502, "failed to revalidate /p/: URL: invalid response 308"),
        (
            204,
            &[("x-nextjs-cache", "STALE")],
            "path=/p",
            502,
            "failed to revalidate /p: URL: invalid response 204",
        ),
    ];
    for (status, headers, query, response, text) in cases {
        let next = Origin::start(*status, headers).await;
        let api = api(HttpRevalidator::new(ID, [next.url()]).unwrap());
        let got = get(&api, &format!("/api/changed?{query}")).await;
        assert_eq!(got, (*response, text.replace("URL", &next.url())), "{status} {query}");
    }
}

#[tokio::test]
async fn several_servers_are_revalidated_at_once() {
    // Neither responds before both have been asked.
    let both = Arc::new(Barrier::new(2));
    let good = Origin::start_together(200, Arc::clone(&both)).await;
    let bad = Origin::start_together(500, both).await;
    let gone = refused().await;
    let stuck = Origin::start_stuck().await;
    let urls = [good.url(), bad.url(), gone.clone(), stuck.url()];
    let next = HttpRevalidator::new(ID, &urls).unwrap().timeout(Duration::from_millis(900));
    let api = api(next);
    let (status, text) = get(&api, "/api/changed?path=/p").await;
    assert_eq!(status, 502);
    let expected = format!("failed to revalidate /p: {}: invalid response 500; {gone}: ", bad.url());
    assert!(text.starts_with(&expected), "{text}");
    assert!(text.contains("onnection refused"), "{text}");
    assert!(text.ends_with(&format!("; {}: no response within 900ms", stuck.url())), "{text}");
    assert_eq!((good.count(), bad.count()), (1, 1));

    // Through `?` the client hears nothing of it.
    assert_eq!(get(&api, "/api/strict").await, (500, "Internal Server Error".into()));
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_has_thirty_seconds() {
    // The kernel accepts the connection, and nobody responds.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let next = HttpRevalidator::new(ID, [&url]).unwrap();
    for (next, seconds) in [(next.clone(), 30), (next.timeout(Duration::from_secs(5)), 5)] {
        let start = tokio::time::Instant::now();
        let (_, text) = get(&api(next), "/api/changed?path=/p").await;
        assert_eq!(text, format!("failed to revalidate /p: {url}: no response within {seconds}s"));
        assert_eq!(start.elapsed().as_secs(), seconds);
    }
}

#[tokio::test]
async fn the_error_can_be_looked_into() {
    async fn inspect(_: ApiRequest, res: ApiResponse) -> Result {
        let error: RevalidateError = res.revalidate("/p").await.unwrap_err();
        assert_eq!(error.path(), "/p");
        assert!(matches!(error.kind(), RevalidateErrorKind::Failed(_)));
        let [first, second] = error.results() else { panic!("{error}") };
        assert!(matches!(first.result, Ok(StatusCode::OK)));
        assert!(matches!(second.result, Err(NotRevalidated::Status(StatusCode::BAD_GATEWAY))));
        res.end()
    }
    let (good, bad) = (Origin::start(200, &[]).await, Origin::start(502, &[]).await);
    let next = HttpRevalidator::new(ID, [good.url(), bad.url()]).unwrap();
    let api = ApiRouter::new().revalidator(next).route("/", inspect);
    assert_eq!(get(&api, "/").await, (200, String::new()));
}

#[tokio::test]
async fn path_needs_slash_and_router_a_revalidator() {
    let next = Origin::start(200, &[]).await;
    let api = api(HttpRevalidator::new(ID, [next.url()]).unwrap());
    for path in ["posts/1", "", "http://evil.example/"] {
        let (status, text) = get(&api, &format!("/api/changed?path={path}")).await;
        assert_eq!(status, 502, "{path}");
        assert!(text.contains(&format!("{path:?}")) && text.contains("slash"), "{text}");
    }
    assert_eq!(next.count(), 0);

    let bare = ApiRouter::new().route("/api/changed", changed);
    let (_, text) = get(&bare, "/api/changed?path=/p").await;
    assert!(text.contains("/p") && text.contains(".revalidator("), "{text}");
}

#[test]
fn a_revalidator_is_refused_when_it_is_made() {
    let cases = [
        (ID, vec![], "at least one server"),
        (ID, vec!["http://127.0.0.1:3000", "127.0.0.1:3000"], "127.0.0.1:3000"),
        (ID, vec!["http://127.0.0.1:3000/docs"], "has a path"),
        ("a\nb", vec!["http://127.0.0.1:3000"], "id"),
    ];
    for (id, origins, text) in cases {
        let error = HttpRevalidator::new(id, &origins).unwrap_err().to_string();
        assert!(error.contains(text), "{origins:?}: {error}");
    }
}

/// A revalidator of the user's own, which notes what it is asked.
#[derive(Clone, Default)]
struct Own {
    seen: Arc<Mutex<Vec<String>>>,
    forwarded: Vec<HeaderName>,
}

impl Revalidator for Own {
    fn revalidate<'a>(&'a self, request: RevalidateRequest<'a>) -> RevalidateFuture<'a> {
        let names: Vec<_> = request.headers.keys().map(HeaderName::as_str).collect();
        self.seen.lock().unwrap().push(format!("{} {} {names:?}", request.path, request.only_generated));
        Box::pin(async { vec![OriginResult { origin: "own".into(), result: Ok(StatusCode::OK) }] })
    }

    fn forwarded_headers(&self) -> &[HeaderName] {
        &self.forwarded
    }
}

/// As `Own`, but it says nothing about headers.
struct Silent(Own);

impl Revalidator for Silent {
    fn revalidate<'a>(&'a self, request: RevalidateRequest<'a>) -> RevalidateFuture<'a> {
        self.0.revalidate(request)
    }
}

#[tokio::test]
async fn custom_revalidator_gets_path_and_named_headers() {
    let silent = Own::default();
    let own = Own { forwarded: vec![http::header::COOKIE], ..Own::default() };
    let route = |api: ApiRouter| api.route("/api/changed", changed);
    let cases = [
        (route(ApiRouter::new().revalidator(Silent(silent.clone()))), silent, "[]"),
        (route(ApiRouter::new().revalidator(own.clone())), own, "[\"cookie\"]"),
    ];
    for (api, own, headers) in cases {
        for query in ["path=/a", "path=/b&only=1"] {
            assert_eq!(get(&api, &format!("/api/changed?{query}")).await, (200, "[200]".into()), "{query}");
        }
        let expected = [format!("/a false {headers}"), format!("/b true {headers}")];
        assert_eq!(*own.seen.lock().unwrap(), expected);
    }
}

#[test]
fn revalidation_request_can_be_made_in_tests() {
    let headers = http::HeaderMap::from_iter([(http::header::COOKIE, "a=1".parse().unwrap())]);
    let request = RevalidateRequest::new("/p", &headers);
    assert_eq!((request.path, request.only_generated, request.headers), ("/p", false, &headers));
    for only_generated in [true, false] {
        let request = request.only_generated(only_generated);
        assert_eq!((request.path, request.only_generated, request.headers), ("/p", only_generated, &headers));
    }
}

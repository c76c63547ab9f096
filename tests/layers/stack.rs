//! All of the layers at once, and what a stack of them does.

use crate::common::log::Log;
use crate::common::{AnyService, call, get, post_to, read, read_broken};
use http::{Method, Request};
use std::time::Duration;
use tower_api_routes::cors::{AllowOrigin, CorsLayer};
use tower_api_routes::{ApiRequest, ApiResponse, Body, Result, RouteConfig};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn config() -> RouteConfig {
    RouteConfig::new()
        .size_limit("1kb")
        .response_limit("100")
        .external_resolver(true)
        .max_duration_secs(1)
        .cors(cors())
}

pub(crate) fn cors() -> CorsLayer {
    CorsLayer::new().allow_origin(AllowOrigin::exact("https://example.com".parse().unwrap()))
}

/// Shows every layer's work.
pub(crate) async fn probe(req: ApiRequest, res: ApiResponse) -> Result {
    match req.query().get("do") {
        Some("slow") => {
            tokio::time::sleep(Duration::from_secs(10)).await;
            res.end()
        }
        Some("late") => {
            let (responder, pending) = res.detach();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(5)).await;
                responder.respond(|res| res.send("late"))
            });
            Ok(pending)
        }
        Some("large") => res.send("x".repeat(200)),
        Some("stream") => res.stream(|mut body| async move {
            for _ in 0..20 {
                body.write("xxxxxxxxxx").await?;
                // A server sends what it has whenever it has to wait.
                tokio::task::yield_now().await;
            }
            Ok(())
        }),
        Some("panic") => panic!("on purpose"),
        _ => res.send(format!("{} {}", req.method(), req.body().get("a").unwrap_or("-"))),
    }
}

pub(crate) fn preflight(path: &str) -> Request<Body> {
    let request = Request::options(path).header("origin", "https://example.com");
    request.header("access-control-request-method", "POST").body(Body::empty()).unwrap()
}

/// The same for every stack that has all of the layers, in whatever order.
pub(crate) async fn check_all(name: &str, path: &str, service: &AnyService) {
    let log = Log::capture();
    let at = |query: &str| format!("{path}{query}");
    let send = |request| async { read_broken(call(service.clone(), request).await).await };
    let json = |body| post_to(path, "application/json", body);
    assert_eq!(send(json(r#"{"a":"b"}"#)).await, (200, "POST b".into()), "{name}");
    assert_eq!(send(json("{")).await, (400, "Invalid JSON".into()), "{name}");
    let large = "[".repeat(1025);
    assert_eq!(
        send(post_to(path, "application/json", large)).await,
        (413, "Body exceeded 1kb limit".into()),
        "{name}"
    );
    assert_eq!(send(get(&at("?do=slow"))).await, (504, "Gateway Timeout".into()), "{name}");
    assert_eq!(send(get(&at("?do=late"))).await, (200, "late".into()), "{name}");
    assert!(log.warnings().is_empty(), "{name}: no warning so far");
    // A stream warns when it reaches the limit.
    for (query, sent) in [("?do=large", "200"), ("?do=stream", "100")] {
        assert_eq!(send(get(&at(query))).await, (200, "x".repeat(200)), "{name}, {query}");
        let [[_, bytes, limit]] = &log.too_large()[..] else { panic!("{name}, {query}: not one warning") };
        assert_eq!((&**bytes, &**limit), (sent, "100"), "{name}, {query}");
    }
    let response = call(service.clone(), preflight(path)).await;
    assert_eq!(response.headers()["access-control-allow-origin"], "https://example.com", "{name}");
    assert_eq!(read(response).await, (200, String::new()), "{name}: the layer responds to a preflight");
    let mut plain = get(path);
    *plain.method_mut() = Method::OPTIONS;
    let response = call(service.clone(), plain).await;
    assert_eq!(response.headers()["access-control-allow-origin"], "https://example.com", "{name}");
    assert_eq!(read(response).await, (200, "OPTIONS -".into()), "{name}: any other OPTIONS reaches it");
}

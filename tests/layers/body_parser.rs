//! `BodyParserLayer`: what is read, what is refused, and who reads it.

use crate::common;
use crate::common::{call, get, json, pieces, post, read};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tower::{Layer as _, ServiceBuilder, service_fn};
use tower_api_routes::{
    ApiRequest, ApiResponse, Body, BodyParserLayer, BoxError, HandlerExt as _, ParsedBody, RawBody, Result,
    RouteConfig,
};

/// Tells the kind of the parsed value, and what can still be read.
async fn echo(request: Request<Body>) -> Result<Response<Full<Bytes>>, Infallible> {
    let kind = request.extensions().get::<ParsedBody>().map_or("none", ParsedBody::kind);
    let bytes = request.into_body().collect().await.unwrap().to_bytes();
    Ok(Response::new(Full::from(format!("{kind}:{}", String::from_utf8_lossy(&bytes)))))
}

#[tokio::test]
async fn foreign_service_gets_value_and_readable_body() {
    let service = ServiceBuilder::new().layer(BodyParserLayer::new()).service_fn(echo);
    let cases = [
        ("application/json", r#"{"a":1}"#, r#"object:{"a":1}"#),
        ("application/json", "[1]", "array:[1]"),
        ("application/ld+json", "", "object:"),
        ("application/x-www-form-urlencoded", "a=1&a=2", "object:a=1&a=2"),
        ("text/plain", "hello", "string:hello"),
        ("application/octet-stream", "hello", "string:hello"),
        ("nonsense", "{}", "string:{}"),
    ];
    for (content_type, body, expected) in cases {
        for streamed in [false, true] {
            let pieces = body.as_bytes().chunks(3).map(Ok::<_, BoxError>);
            let stream = || Body::from_stream(futures_util::stream::iter(pieces.collect::<Vec<_>>()));
            let request = post(content_type, if streamed { stream() } else { Body::from(body) });
            assert_eq!(read(call(service, request).await).await, (200, expected.into()), "{content_type}");
        }
    }
    assert_eq!(
        read(call(service, get("/")).await).await,
        (200, "string:".into()),
        "no body is the empty string"
    );
}

#[tokio::test]
async fn bad_input_is_refused_before_the_service() {
    let inner = service_fn(|_: Request<Body>| async {
        panic!("the inner service was called");
        #[allow(unreachable_code)]
        Ok::<_, Infallible>(Response::new(Body::empty()))
    });
    let service = BodyParserLayer::new().size_limit("1kb").layer(inner);
    let broken = || Body::from_stream(futures_util::stream::iter([Ok("{"), Err(BoxError::from("reset"))]));
    let declared = |length| {
        let mut request = post("text/plain", pieces(1, 1));
        request.headers_mut().insert("content-length", http::HeaderValue::from_static(length));
        request
    };
    let cases = [
        ("no JSON", json("{"), 400, "Invalid JSON"),
        ("a number alone is JSON, two are not", json("1 2"), 400, "Invalid JSON"),
        ("an unknown charset", post("text/plain; charset=bogus", "x"), 400, "Invalid body"),
        ("a body that breaks off", post("application/json", broken()), 400, "Invalid body"),
        ("a whole body", post("text/plain", vec![b'x'; 1025]), 413, "Body exceeded 1kb limit"),
        ("a stream", post("text/plain", pieces(11, 100)), 413, "Body exceeded 1kb limit"),
        ("a declared length", declared("1025"), 413, "Body exceeded 1kb limit"),
    ];
    for (name, request, status, text) in cases {
        let response = call(service, request).await;
        let reason = response.extensions().get::<hyper::ext::ReasonPhrase>().cloned();
        assert_eq!(reason.unwrap().as_bytes(), text.as_bytes(), "the reason phrase of {name}");
        assert_eq!(read(response).await, (status, text.into()), "{name}");
    }
}

#[tokio::test]
async fn a_limit_is_text_or_bytes() {
    let cases = [
        (BodyParserLayer::new(), 1024 * 1024),
        (BodyParserLayer::new().size_limit("500kb"), 500 * 1024),
        (BodyParserLayer::new().size_limit("10"), 10),
        (BodyParserLayer::new().size_limit_bytes(7_usize.into()), 7),
        (BodyParserLayer::new().size_limit("10kb").size_limit("3b"), 3),
    ];
    for (layer, most) in cases {
        for (size, status) in [(most, 200), (most + 1, 413)] {
            let request = post("text/plain", vec![b'x'; size]);
            assert_eq!(
                call(layer.layer(service_fn(echo)), request).await.status(),
                status,
                "{layer:?} {size}"
            );
        }
    }
}

#[tokio::test]
async fn disabled_parser_leaves_the_body_unlimited() {
    async fn length(req: ApiRequest<Body>, res: ApiResponse) -> Result {
        let bytes = req.into_body().collect().await?;
        res.json(&bytes.to_bytes().len())
    }
    async fn kind(req: ApiRequest, res: ApiResponse) -> Result {
        res.send(req.body().kind())
    }
    let polled = Arc::new(AtomicUsize::new(0));
    let large = || {
        let count = Arc::clone(&polled);
        let pieces = (0..30).map(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, BoxError>(vec![b'{'; 100_000])
        });
        post("application/json", Body::from_stream(futures_util::stream::iter(pieces)))
    };
    let off = BodyParserLayer::new().enabled(false);
    let foreign = read(call(off.layer(service_fn(echo)), json("{")).await).await;
    assert_eq!(foreign, (200, "none:{".into()), "a foreign service");

    let handler = off.layer(kind.into_service());
    assert_eq!(read(call(handler, large()).await).await, (200, "undefined".into()));
    assert_eq!(polled.load(Ordering::Relaxed), 0, "nobody has touched the body");

    let stream = off.layer(length.into_service());
    assert_eq!(read(call(stream, large()).await).await, (200, "3000000".into()));
    assert_eq!(polled.load(Ordering::Relaxed), 30);
}

/// A body that says how often it was polled to the end.
fn counted(body: &'static str) -> (Body, Arc<AtomicUsize>) {
    let reads = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reads);
    let stream = futures_util::stream::once(async move {
        count.fetch_add(1, Ordering::Relaxed);
        Ok::<_, BoxError>(body)
    });
    (Body::from_stream(stream), reads)
}

#[derive(Deserialize)]
struct Post {
    title: String,
}

#[tokio::test]
async fn inner_handler_takes_the_parsed_value() {
    async fn typed(req: ApiRequest<Post>, res: ApiResponse) -> Result {
        let length = req.raw_body().len();
        res.send(format!("{} {length}", req.body().title))
    }
    async fn dynamic(req: ApiRequest, res: ApiResponse) -> Result {
        let title = req.body().get("title").unwrap_or("none");
        res.send(format!("{title} {}", req.raw_body().len()))
    }
    async fn raw(req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
        res.send(format!("a {}", req.body().len().min(req.raw_body().len())))
    }
    async fn stream(req: ApiRequest<Body>, res: ApiResponse) -> Result {
        let bytes = req.into_body().collect().await?.to_bytes();
        res.send(format!("a {}", bytes.len()))
    }
    let handlers = [
        ("typed", typed.into_service()),
        ("dynamic", dynamic.into_service()),
        ("raw", raw.into_service()),
        ("stream", stream.into_service()),
    ];
    for (name, handler) in handlers {
        let plain = common::any(BodyParserLayer::new().layer(handler.clone()));
        // A middleware that puts the body into a type of its own, as axum does.
        let boxed = common::any(
            ServiceBuilder::new()
                .layer(BodyParserLayer::new())
                .map_request(|request: Request<Body>| request.map(axum::body::Body::new))
                .service(handler),
        );
        for (place, service) in [("at once", plain), ("behind another middleware", boxed)] {
            let (body, reads) = counted(r#"{"title":"a"}"#);
            let response = read(call(service, post("application/json", body)).await).await;
            assert_eq!(response, (200, "a 13".into()), "{name}, {place}");
            assert_eq!(reads.load(Ordering::Relaxed), 1, "{name}, {place}");
        }
    }
}

#[tokio::test]
async fn a_handler_inside_does_not_parse_again() {
    // Well formed to the layer, which has replaced the bytes since: a second parsing would fail.
    async fn title(req: ApiRequest<Post>, res: ApiResponse) -> Result {
        res.send(req.into_body().title)
    }
    let service = ServiceBuilder::new()
        .layer(BodyParserLayer::new())
        .map_request(|request: Request<Body>| request.map(|_| Body::from("not JSON")))
        .service(title.into_service());
    assert_eq!(read(call(service, json(r#"{"title":"a"}"#)).await).await, (200, "a".into()));
}

#[tokio::test]
async fn of_nested_limits_each_is_kept() {
    async fn length(req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
        res.json(&req.body().len())
    }
    let limit = |limit: &'static str| BodyParserLayer::new().size_limit(limit);
    let small = RouteConfig::new().size_limit("10b");
    let services = [
        (
            "layers, the small one inside",
            common::any(limit("1kb").layer(limit("10b").layer(service_fn(echo)))),
        ),
        (
            "layers, the small one outside",
            common::any(limit("10b").layer(limit("1kb").layer(service_fn(echo)))),
        ),
        (
            "a handler's own inside",
            common::any(limit("1kb").layer(length.config(small.clone()).into_service())),
        ),
        ("a configuration inside", common::any(limit("1kb").layer(small.layer(service_fn(echo))))),
    ];
    for (name, service) in services {
        for (size, status) in [(10, 200), (11, 413)] {
            let response = call(service.clone(), post("text/plain", vec![b'x'; size])).await;
            assert_eq!(response.status(), status, "{name}: {size} bytes");
        }
    }
}

#[tokio::test]
async fn switch_alone_keeps_the_outer_limit() {
    let on = RouteConfig::new().body_parser(true);
    let service = BodyParserLayer::new().size_limit("2mb").layer(on.layer(service_fn(echo)));
    assert_eq!(call(service, post("text/plain", vec![b'x'; 1_500_000])).await.status(), 200);
    let alone = on.layer(service_fn(echo));
    assert_eq!(call(alone, post("text/plain", vec![b'x'; 1_500_000])).await.status(), 413);
}

#[tokio::test]
async fn inner_disabled_parser_hides_the_value() {
    async fn kind(req: ApiRequest, res: ApiResponse) -> Result {
        res.send(req.body().kind())
    }
    let off = RouteConfig::new().body_parser(false);
    let services = [
        ("by layer", common::any(BodyParserLayer::new().enabled(false).layer(kind.into_service()))),
        ("by configuration", common::any(kind.config(off).into_service())),
    ];
    for (name, inner) in services {
        let service = BodyParserLayer::new().layer(inner);
        assert_eq!(read(call(service, json("{}")).await).await, (200, "undefined".into()), "{name}");
    }
}

#[tokio::test]
async fn missing_value_behind_a_layer_is_500() {
    async fn title(req: ApiRequest<Post>, res: ApiResponse) -> Result {
        res.send(req.into_body().title)
    }
    let log = common::log::Log::capture();
    let service = BodyParserLayer::new().enabled(false).layer(title.into_service());
    assert_eq!(read(call(service, json("{}")).await).await, (500, "Internal Server Error".into()));
    let errors = log.take(tracing::Level::ERROR);
    assert!(errors[0].field("error").contains("the body parser is off"), "{errors:?}");
}

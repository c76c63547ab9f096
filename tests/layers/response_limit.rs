//! `ResponseLimitLayer`: what is counted, what is said of it, and what `enforce` keeps back.

use crate::common::log::Log;
use crate::common::{any, call, get, pieces, read, read_broken};
use crate::ways::ways_in_a_router;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use std::convert::Infallible;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, HandlerExt as _, MatchedRoute, ResponseLimitLayer, Result,
    RouteConfig, SizeLimit,
};

/// `/whole/N` and `/stream/N` respond with N bytes.
async fn sized(request: Request<Body>) -> Result<Response<Body>, Infallible> {
    let (kind, size) = request.uri().path()[1..].split_once('/').unwrap();
    let size = size.parse().unwrap();
    let piece = if size > 10_000 { size / 5 } else { 5 };
    Ok(Response::new(if kind == "whole" { "x".repeat(size).into() } else { pieces(size / piece, piece) }))
}

async fn handler(req: ApiRequest, res: ApiResponse) -> Result {
    let size = req.query().get("bytes").unwrap_or_default().parse()?;
    match req.query().get("chunk") {
        None => res.send("x".repeat(size)),
        Some(_) => res.stream(move |mut body| async move {
            for _ in 0..size / 5 {
                body.write("xxxxx").await?;
            }
            Ok(())
        }),
    }
}

fn limit(bytes: u64) -> ResponseLimitLayer {
    ResponseLimitLayer::new().response_limit_bytes(bytes.into())
}

#[tokio::test]
async fn large_response_warns_once_and_is_sent() {
    let log = Log::capture();
    let mb4 = 4 * 1024 * 1024;
    let cases = [
        (limit(10), "10", "whole", [0, 9], [10, 1000]),
        (limit(10), "10", "stream", [0, 5], [10, 1000]),
        (ResponseLimitLayer::new().response_limit("1kb"), "1kb", "whole", [1, 1023], [1024, 1025]),
        (ResponseLimitLayer::new().response_limit("1kb"), "1kb", "stream", [5, 1020], [1025, 2050]),
        (ResponseLimitLayer::new(), "4mb", "whole", [0, mb4 - 1], [mb4, mb4 + 1]),
        (ResponseLimitLayer::new(), "4mb", "stream", [0, mb4 - 4], [mb4 + 1, mb4 + 6]),
    ];
    for (layer, text, kind, quiet, loud) in cases {
        let sizes = quiet.map(|size| (size, false)).into_iter().chain(loud.map(|size| (size, true)));
        for (size, warns) in sizes {
            let response = call(layer.layer(service_fn(sized)), get(&format!("/{kind}/{size}"))).await;
            let (status, body) = read(response).await;
            assert_eq!((status, body.len()), (200, size), "{kind} of {size}");
            // A stream warns when it reaches the limit, before the rest is sent.
            let piece = if size > 10_000 { size / 5 } else { 5 };
            let bytes = usize::try_from(SizeLimit::new(text).bytes()).unwrap();
            let sent = if kind == "whole" { size } else { bytes.div_ceil(piece) * piece };
            let expected = warns.then(|| ["-".into(), sent.to_string(), text.into()]);
            assert_eq!(log.too_large(), Vec::from_iter(expected), "{kind} of {size} at {text}");
        }
    }
}

#[tokio::test]
async fn disabled_limit_applies_to_inner_handler() {
    let log = Log::capture();
    let layer = ResponseLimitLayer::new().enabled(false);
    read(call(layer.layer(service_fn(sized)), get("/whole/5000000")).await).await;
    read(call(layer.layer(handler.into_service()), get("/?bytes=5000000")).await).await;
    assert_eq!(log.too_large(), Vec::<[String; 3]>::new());
    read(call(handler.into_service(), get("/?bytes=5000000")).await).await;
    assert_eq!(log.too_large(), [["-", "5000000", "4mb"].map(String::from)], "the built-in default");
}

#[tokio::test]
async fn enforced_limit_is_500_or_breaks_stream() {
    let log = Log::capture();
    let service = limit(10).enforce_response_limit(true).layer(service_fn(sized));
    let cut = "xxxxxxxxxx !! the response exceeded its limit of 10";
    let cases = [
        ("/whole/9", 200, "xxxxxxxxx", 0),
        ("/whole/10", 200, "xxxxxxxxxx", 1),
        ("/whole/11", 500, "Internal Server Error", 1),
        ("/stream/5", 200, "xxxxx", 0),
        ("/stream/10", 200, "xxxxxxxxxx", 1),
        ("/stream/15", 200, cut, 1),
        ("/stream/50", 200, cut, 1),
    ];
    for (path, status, body, warnings) in cases {
        assert_eq!(read_broken(call(service, get(path)).await).await, (status, body.into()), "{path}");
        assert_eq!(log.too_large().len(), warnings, "{path}");
    }
    for own in ["10", "30"] {
        let config = RouteConfig::new().response_limit(own);
        let api = ApiRouter::new().config(config).route("/[x]", handler);
        let response = call(limit(10).enforce_response_limit(true).layer(api), get("/large?bytes=20")).await;
        let route = response.extensions().get::<MatchedRoute>().map(MatchedRoute::as_str);
        assert_eq!(
            (response.status().as_u16(), route),
            (500, Some("/[x]")),
            "a metric still knows the route"
        );
    }
    let open = limit(10).layer(service_fn(sized));
    assert_eq!(read(call(open, get("/whole/11")).await).await.0, 200, "it is opt-in");
}

#[tokio::test]
async fn warning_names_the_route_everywhere() {
    let log = Log::capture();
    let route = "/api/large/[id]";
    let config = RouteConfig::new().response_limit("10");
    let large = service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(pieces(20, 1))) });
    let mut ways = ways_in_a_router(route, &config, &limit(10), handler, Some(any(large)));
    let larger = ApiRouter::new().config(RouteConfig::new().response_limit("30")).route(route, handler);
    ways.push(("a layer around a larger limit", any(limit(10).layer(larger))));
    for (place, service) in ways {
        for query in ["bytes=20", "bytes=20&chunk=1"] {
            let request = get(&format!("/api/large/1?{query}"));
            assert_eq!(read(call(service.clone(), request).await).await.1.len(), 20);
            let [[named, _, limit]] = &log.too_large()[..] else {
                panic!("{place}, {query}: not one warning")
            };
            assert_eq!((&**named, &**limit), (route, "10"), "{place}, {query}");
        }
    }
}

#[tokio::test]
async fn nested_limits_warn_once() {
    let log = Log::capture();
    let own = RouteConfig::new().response_limit("10");
    let forward = |_: ApiRequest, res: ApiResponse| async move {
        let inner = limit(10).layer(service_fn(sized));
        res.forward(inner.oneshot(get("/stream/20")).await?)
    };
    let inside = own.clone();
    let forward_handler = move |_: ApiRequest, res: ApiResponse| {
        let inner = handler.config(inside.clone()).into_service();
        async move { res.forward(inner.oneshot(get("/?bytes=20&chunk=1")).await?) }
    };
    let larger = RouteConfig::new().response_limit("15");
    let services = [
        ("layers", any(limit(10).layer(limit(10).layer(handler.into_service())))),
        ("a larger limit outside", any(limit(15).layer(limit(10).layer(handler.into_service())))),
        ("a larger limit inside", any(limit(10).layer(limit(15).layer(handler.into_service())))),
        ("around a configured handler", any(limit(10).layer(handler.config(own.clone()).into_service()))),
        ("around a router", any(limit(10).layer(ApiRouter::new().config(own.clone()).route("/", handler)))),
        ("what was measured is forwarded", any(forward.config(own.clone()).into_service())),
        ("a handler is forwarded", any(forward_handler.clone().config(own).into_service())),
        ("by one with a larger limit", any(forward_handler.config(larger).into_service())),
    ];
    for (name, service) in services {
        for query in ["/?bytes=20", "/?bytes=20&chunk=1"] {
            read(call(service.clone(), get(query)).await).await;
            assert_eq!(log.too_large().len(), 1, "{name}, {query}");
        }
    }
}

#[tokio::test]
async fn inner_limit_replaces_the_routers_default() {
    let log = Log::capture();
    let default = RouteConfig::new().response_limit("10");
    let near = RouteConfig::new().response_limit("30");
    let routes = [
        ("a layer", any(limit(30).layer(handler.into_service()))),
        ("a layer that is off", any(ResponseLimitLayer::new().enabled(false).layer(handler.into_service()))),
        (
            "a handler's own",
            any(tower::layer::util::Identity::new().layer(handler.config(near).into_service())),
        ),
    ];
    for (name, route) in routes {
        let api = ApiRouter::new().config(default.clone()).route("/", route);
        for query in ["/?bytes=20", "/?bytes=20&chunk=1"] {
            assert_eq!(read(call(api.clone(), get(query)).await).await.0, 200);
            assert_eq!(log.too_large(), Vec::<[String; 3]>::new(), "{name}, {query}");
        }
    }
    let api = ApiRouter::new().config(default).route("/[...x]", service_fn(sized));
    for (path, sent) in [("/whole/20", "20"), ("/stream/20", "10")] {
        read(call(api.clone(), get(path)).await).await;
        assert_eq!(
            log.too_large(),
            [["/[...x]", sent, "10"].map(String::from)],
            "nobody else has spoken: {path}"
        );
    }
}

#[tokio::test]
async fn services_have_no_limit_by_default() {
    let log = Log::capture();
    let time = RouteConfig::new().max_duration(std::time::Duration::from_secs(60));
    let own = || time.clone().layer(service_fn(sized));
    let apis = [
        ("nothing set", ApiRouter::new().route("/[...x]", service_fn(sized))),
        ("a time of the router", ApiRouter::new().config(time.clone()).route("/[...x]", service_fn(sized))),
        ("a time of its own", ApiRouter::new().route("/[...x]", own())),
    ];
    for (name, api) in apis {
        for path in ["/whole/5000000", "/stream/5000000"] {
            assert_eq!(read(call(api.clone(), get(path)).await).await.1.len(), 5_000_000);
            assert_eq!(log.too_large(), Vec::<[String; 3]>::new(), "{name}, {path}");
        }
    }
}

#[tokio::test]
async fn small_whole_body_needs_no_wrapper() {
    let response = call(handler.into_service(), get("/?bytes=20")).await;
    assert_eq!(response.body().as_bytes().map(<[u8]>::len), Some(20), "it is still the bytes themselves");
    let bytes = bytes::Bytes::from(vec![b'x'; 20]);
    let sent = bytes.clone();
    let inner = service_fn(move |_: Request<Body>| {
        let body = http_body_util::Full::new(sent.clone());
        async move { Ok::<_, Infallible>(Response::new(body)) }
    });
    let response = limit(30).layer(inner).oneshot(get("/")).await.unwrap();
    assert!(response.extensions().is_empty(), "nothing was noted");
    assert_eq!(http_body::Body::size_hint(response.body()).exact(), Some(20));
    let data = response.into_body().frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(data.as_ptr(), bytes.as_ptr(), "nothing was copied");
}

#[tokio::test]
async fn a_stream_warns_when_it_reaches_the_limit() {
    let log = Log::capture();
    let mut body = call(limit(10).layer(service_fn(sized)), get("/stream/1000")).await.into_body();
    body.chunk().await.unwrap().unwrap();
    assert_eq!(log.too_large(), Vec::<[String; 3]>::new());
    body.chunk().await.unwrap().unwrap();
    assert_eq!(log.too_large(), [["-", "10", "10"].map(String::from)]);
}

#[tokio::test]
async fn a_stream_warns_once_whatever_its_limit() {
    let log = Log::capture();
    for bytes in [0, 1, 5, 20] {
        read(
            call(
                handler
                    .config(RouteConfig::new().response_limit_bytes(SizeLimit::from_bytes(bytes)))
                    .into_service(),
                get("/?bytes=20&chunk=1"),
            )
            .await,
        )
        .await;
        assert_eq!(log.too_large().len(), 1, "a limit of {bytes}");
    }
}

//! The table of `docs/composing-layers.md`: what the client, the hooks and the log get of each failure.

use crate::common::log::Log;
use crate::common::{AnyService, any, call, get, post_to, read_broken};
use crate::stack::cors;
use http::{Request, Response};
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::sleep;
use tower::{Layer as _, ServiceBuilder, service_fn};
use tower_api_routes::cors::ApiCorsLayer;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyParserLayer, BoxError, ExternalResolverLayer,
    HandlerExt as _, MaxDurationLayer, ResponseLimitLayer, Result, Route, RouteConfig,
};

const DEADLINE: Duration = Duration::from_millis(100);

/// `?do=…` says what is done after the body was read.
async fn handler(req: ApiRequest, res: ApiResponse) -> Result {
    let kind = req.query().get("do").unwrap_or_default().to_owned();
    match &*kind {
        "sleep" => {
            sleep(DEADLINE * 2).await;
            res.end()
        }
        "large" => res.send("x".repeat(2000)),
        "late" => {
            let (responder, pending) = res.detach();
            tokio::spawn(async move {
                sleep(DEADLINE / 2).await;
                responder.respond(ApiResponse::end)
            });
            Ok(pending)
        }
        "stream-sleep" | "stream-large" | "stream-fails" => res.stream(move |mut body| async move {
            body.write("first").await?;
            match &*kind {
                "stream-sleep" => sleep(DEADLINE * 2).await,
                "stream-large" => body.write("x".repeat(2000)).await?,
                _ => return Err("failed".into()),
            }
            Ok(())
        }),
        _ => res.end(),
    }
}

/// The same as a service that knows nothing of this crate. It does not read its body.
fn foreign() -> AnyService {
    any(service_fn(|request: Request<Body>| async move {
        let kind = request.uri().query().unwrap_or_default().trim_start_matches("do=").to_owned();
        let body = match &*kind {
            "sleep" => {
                sleep(DEADLINE * 2).await;
                Body::empty()
            }
            "late" => {
                sleep(DEADLINE / 2).await;
                Body::empty()
            }
            "large" => Body::from("x".repeat(2000)),
            "stream-sleep" | "stream-large" | "stream-fails" => {
                Body::from_stream(futures_util::stream::unfold(0, move |at| {
                    let kind = kind.clone();
                    async move {
                        let second = match (at, &*kind) {
                            (0, _) => Ok("first".into()),
                            (1, "stream-large") => Ok("x".repeat(2000)),
                            (1, "stream-sleep") => {
                                sleep(DEADLINE * 2).await;
                                Ok("second".into())
                            }
                            (1, _) => Err(BoxError::from("failed")),
                            _ => return None,
                        };
                        Some((second, at + 1))
                    }
                }))
            }
            _ => Body::empty(),
        };
        Ok::<_, Infallible>(Response::new(body))
    }))
}

/// What happens, the layer that is responsible, and the same as a configuration.
struct Failure {
    name: &'static str,
    request: fn() -> Request<Body>,
    config: RouteConfig,
    layer: fn(AnyService) -> AnyService,
}

fn failures() -> Vec<Failure> {
    let config = RouteConfig::new;
    let parser: fn(AnyService) -> AnyService =
        |inner| any(BodyParserLayer::new().size_limit("10b").layer(inner));
    let deadline: fn(AnyService) -> AnyService = |inner| any(MaxDurationLayer::new(DEADLINE).layer(inner));
    let limit: fn(AnyService) -> AnyService =
        |inner| any(ResponseLimitLayer::new().response_limit("1kb").layer(inner));
    let enforced: fn(AnyService) -> AnyService = |inner| {
        any(ResponseLimitLayer::new().response_limit("1kb").enforce_response_limit(true).layer(inner))
    };
    let failure = |name, request, config, layer| Failure { name, request, config, layer };
    vec![
        failure(
            "body parser: the body is over the limit",
            || post_to("/", "text/plain", "x".repeat(20)),
            config().size_limit("10b"),
            parser,
        ),
        failure(
            "body parser: the body is not JSON",
            || post_to("/", "application/json", "{"),
            config().size_limit("10b"),
            parser,
        ),
        failure(
            "body parser: the body breaks off",
            || {
                let broken = futures_util::stream::iter([Err::<&str, _>(BoxError::from("reset"))]);
                post_to("/", "text/plain", Body::from_stream(broken))
            },
            config().size_limit("10b"),
            parser,
        ),
        failure("deadline: before the head", || get("/?do=sleep"), config().max_duration(DEADLINE), deadline),
        failure(
            "deadline: after the head",
            || get("/?do=stream-sleep"),
            config().max_duration(DEADLINE),
            deadline,
        ),
        failure(
            "response limit: a whole body is over it",
            || get("/?do=large"),
            config().response_limit("1kb"),
            limit,
        ),
        failure(
            "response limit: a stream is over it",
            || get("/?do=stream-large"),
            config().response_limit("1kb"),
            limit,
        ),
        failure(
            "response limit, enforced: a whole body",
            || get("/?do=large"),
            config().response_limit("1kb").enforce_response_limit(true),
            enforced,
        ),
        failure(
            "response limit, enforced: a stream",
            || get("/?do=stream-large"),
            config().response_limit("1kb").enforce_response_limit(true),
            enforced,
        ),
        failure(
            "external resolver: a late response",
            || get("/?do=late"),
            config().external_resolver(true),
            |inner| any(ExternalResolverLayer::new().layer(inner)),
        ),
        failure(
            "CORS: around an error",
            || {
                let mut request = post_to("/", "application/json", "{");
                request.headers_mut().insert("origin", "https://a.example".parse().unwrap());
                request
            },
            config().cors(cors()).size_limit("10b"),
            |inner| {
                let parser = BodyParserLayer::new().size_limit("10b");
                any(ServiceBuilder::new().layer(ApiCorsLayer::new(cors())).layer(parser).service(inner))
            },
        ),
        failure("none: a stream fails by itself", || get("/?do=stream-fails"), config(), |inner| inner),
    ]
}

/// What came of a request, as cells of the table.
async fn outcome(log: &Log, router: ApiRouter, route: Route, request: Request<Body>) -> String {
    let seen: Arc<Mutex<(u32, Vec<&str>)>> = Arc::default();
    let (mapped, shown) = (Arc::clone(&seen), Arc::clone(&seen));
    let router = router
        .map_error(move |error, _| {
            mapped.lock().unwrap().0 += 1;
            error
        })
        .on_error(move |_, request| {
            shown.lock().unwrap().1.push(if request.head_sent() { "after the head" } else { "yes" });
        })
        .route("/", route);
    log.all();
    let response = call(router, request).await;
    let cors = response.headers().contains_key("access-control-allow-origin");
    let (status, text) = read_broken(response).await;
    let mut client = status.to_string();
    if status != 200 && status != 204 {
        write!(client, " `{text}`").unwrap();
    }
    if text.contains(" !! ") {
        client += ", breaks off";
    }
    if cors {
        client += ", with its headers";
    }
    let (mapped, shown) = std::mem::take(&mut *seen.lock().unwrap());
    assert!(mapped < 2, "an error is mapped once");
    let mapped = if mapped == 1 { "yes" } else { "–" };
    let shown = if shown.is_empty() { "–".to_owned() } else { shown.join(", ") };
    let logged = log.all().into_iter().map(|event| {
        let message = event.message().split(';').next().unwrap_or_default().to_owned();
        format!("{} `{message}`", event.level)
    });
    let logged = logged.collect::<Vec<_>>().join(", ");
    let logged = if logged.is_empty() { "–" } else { &*logged };
    format!("{client} | {mapped} | {shown} | {logged}")
}

async fn table() -> String {
    let log = Log::capture();
    let mut table = "| what happens | set by | client | `map_error` | `on_error` | log |\n\
                     | --- | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for Failure { name, request, config, layer } in failures() {
        // Rows that say the same are one.
        let mut rows: Vec<(Vec<String>, String)> = Vec::new();
        for (inner, service) in [("a handler", any(handler.into_service())), ("a service", foreign())] {
            let around = layer(service.clone()).config(RouteConfig::new());
            let plain = match inner {
                "a handler" => handler.config(RouteConfig::new()),
                _ => service.config(RouteConfig::new()),
            };
            let ways = [
                ("the configuration of", ApiRouter::new(), plain.clone().config(config.clone())),
                ("a layer around", ApiRouter::new(), around),
                ("the router's default for", ApiRouter::new().config(config.clone()), plain),
            ];
            for (way, router, route) in ways {
                let outcome = outcome(&log, router, route, request()).await;
                let way = format!("{way} {inner}");
                match rows.iter_mut().find(|(_, known)| *known == outcome) {
                    Some((ways, _)) => ways.push(way),
                    None => rows.push((vec![way], outcome)),
                }
            }
        }
        for (ways, outcome) in rows {
            let ways = match 6 - ways.len() {
                0 => "any".to_owned(),
                1 => "any other".to_owned(),
                _ => ways.join(", "),
            };
            writeln!(table, "| {name} | {ways} | {outcome} |").unwrap();
        }
    }
    table
}

#[tokio::test(start_paused = true)]
async fn the_table_of_the_guide_is_what_happens() {
    let table = table().await;
    let guide = include_str!("../../docs/composing-layers.md");
    assert!(guide.contains(&table), "the table in docs/composing-layers.md should be:\n\n{table}");
}

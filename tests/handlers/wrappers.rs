//! Functions around handlers: `handler.wrap(f)` and `from_fn(f)`.

use crate::common::log::Log;
use crate::common::{call, get, post_to, read};
use http::{HeaderValue, Request, StatusCode};
use std::convert::Infallible;
use std::time::Duration;
use tower::{ServiceBuilder, ServiceExt as _, service_fn};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Error, HandlerExt as _, Next, RawBody, Result, RouteConfig,
    from_fn, methods,
};

#[derive(Clone)]
struct User(String);

/// A guard, a value for the handler, a header before and one after.
async fn with_session(mut req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
    let Some(user) = req.cookies().get("user").map(str::to_owned) else {
        return Err(Error::new(401, "Sign in first"));
    };
    req.extensions_mut().insert(User(user));
    let mut response = next.run(req, res.set_header("before", "1").append_header("vary", "cookie")).await?;
    response.headers_mut().insert("after", HeaderValue::from_static("2"));
    Ok(response)
}

fn user<B>(req: &ApiRequest<B>) -> String {
    req.extensions().get::<User>().map_or_else(|| "nobody".into(), |user| user.0.clone())
}

async fn plain(req: ApiRequest, res: ApiResponse) -> Result {
    res.append_header("vary", "accept").send(format!("{} {:?}", user(&req), req.query().get("x")))
}
async fn typed(req: ApiRequest<Vec<u8>>, res: ApiResponse<Vec<u8>>) -> Result {
    res.json(req.body())
}
async fn raw(req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
    res.json(&req.body().len())
}
async fn streamed(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let mut body = req.into_body();
    res.stream(|mut out| async move {
        while let Some(chunk) = body.chunk().await? {
            out.write(chunk).await?;
        }
        Ok(())
    })
}
async fn late(_: ApiRequest, res: ApiResponse) -> Result {
    let (responder, response) = res.detach();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(5)).await;
        responder.respond(|res| res.status(202).set_header("after", "0").send("late"))
    });
    Ok(response)
}

fn api() -> ApiRouter {
    ApiRouter::new()
        .route("/plain/[x]", plain.wrap(with_session))
        .route("/typed", typed.wrap(with_session))
        .route("/raw", raw.wrap(with_session))
        .route("/streamed", streamed.wrap(with_session))
        .route("/late", late.config(RouteConfig::new().external_resolver(true)).wrap(with_session))
        .route("/methods", methods().get(plain).post(typed).wrap(with_session))
        .route("/service", plain.into_service().wrap(with_session))
}

fn signed_in(mut request: Request<Body>) -> Request<Body> {
    request.headers_mut().insert("cookie", HeaderValue::from_static("user=ann"));
    request
}

#[tokio::test]
async fn wrapper_fits_every_handler_and_as_layer() {
    let json = |path: &str, body: &'static str| post_to(path, "application/json", body);
    let unwrapped = ApiRouter::new()
        .route("/plain/[x]", plain)
        .route("/typed", typed)
        .route("/raw", raw)
        .route("/streamed", streamed)
        .route("/late", late.config(RouteConfig::new().external_resolver(true)))
        .route("/methods", methods().get(plain).post(typed))
        .route("/service", plain.into_service())
        .route_layer(from_fn(with_session));
    for (what, api) in [("wrap", api()), ("from_fn", unwrapped)] {
        let cases = [
            (get("/plain/7"), 200, "ann Some(\"7\")"),
            (json("/typed", "[1,2]"), 200, "[1,2]"),
            (
                json("/typed", "[true]"),
                422,
                "Invalid body: [0]: invalid type: boolean `true`, expected u8 at line 1 column 5",
            ),
            (json("/typed", "["), 400, "Invalid JSON"),
            (json("/raw", "[1]"), 200, "3"),
            (json("/streamed", "bytes"), 200, "bytes"),
            (get("/late"), 202, "late"),
            (get("/methods"), 200, "ann None"),
            (json("/methods", "[3]"), 200, "[3]"),
            (get("/service"), 200, "ann None"),
        ];
        for (request, status, body) in cases {
            let path = request.uri().clone();
            let response = call(api.clone(), signed_in(request)).await;
            if status < 300 {
                assert_eq!(response.headers()["before"], "1", "{what} {path}");
                assert_eq!(response.headers()["after"], "2", "{what} {path}: an edit wins over the handler");
            }
            assert_eq!(read(response).await, (status, body.to_owned()), "{what} {path}");
        }
        for path in ["/plain/7", "/raw", "/streamed", "/late", "/methods", "/service"] {
            let response = call(api.clone(), get(path)).await;
            assert_eq!(read(response).await, (401, "Sign in first".into()), "{what} {path}");
        }
    }
}

#[tokio::test]
async fn appended_headers_of_both_sides_stay() {
    let response = call(api(), signed_in(get("/plain/1"))).await;
    let vary: Vec<_> = response.headers().get_all("vary").iter().collect();
    assert_eq!(vary, ["cookie", "accept"]);
}

#[tokio::test]
async fn last_wrapper_is_the_outermost() {
    async fn a(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
        next.run(req, res.append_header("order", "a")).await
    }
    async fn b(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
        next.run(req, res.append_header("order", "b")).await
    }
    let api = ApiRouter::new().route("/[x]", plain.wrap(a).wrap(b));
    let response = call(api, get("/1")).await;
    let order: Vec<_> = response.headers().get_all("order").iter().collect();
    assert_eq!(order, ["b", "a"]);
    assert_eq!(read(response).await.1, "nobody Some(\"1\")");
}

#[tokio::test]
async fn handler_error_reaches_wrapper_and_hooks() {
    async fn fail(_: ApiRequest, _: ApiResponse) -> Result {
        Err(std::io::Error::other("disk").into())
    }
    async fn recover(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
        match next.run(req, res).await {
            Err(error) if error.downcast_ref::<std::io::Error>().is_some() => {
                Err(Error::new(503, "try later"))
            }
            result => result,
        }
    }
    let api = ApiRouter::new()
        .route("/fail", fail.wrap(recover))
        .map_error(|error, request| Error::new(error.status(), format!("{error} at {}", request.path())));
    let log = Log::capture();
    assert_eq!(
        read(call(api, get("/fail")).await).await,
        (503, "503 Service Unavailable: try later at /fail".into())
    );
    assert!(log.take(tracing::Level::ERROR).is_empty(), "the wrapper has handled the error");
}

#[tokio::test]
async fn an_error_of_the_response_stops_the_wrapper() {
    async fn never(_: ApiRequest, _: ApiResponse) -> Result {
        panic!("never called")
    }
    async fn wrong(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
        next.run(req, res.set_header("x-first", 1).set_header("x-a", "a\nb")).await
    }
    async fn calls(req: ApiRequest, res: ApiResponse) -> Result {
        req.call(never, res.set_header("x-first", 1).status(42)).await
    }
    let api = ApiRouter::new().route("/wrapped", never.wrap(wrong)).route("/calls", calls);
    for path in ["/wrapped", "/calls"] {
        let response = call(api.clone(), get(path)).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["x-first"]),
            (500, &"1".parse().unwrap())
        );
    }
}

#[tokio::test(start_paused = true)]
async fn handler_deadline_covers_its_wrapper() {
    async fn slow(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
        tokio::time::sleep(Duration::from_secs(60)).await;
        next.run(req, res).await
    }
    let config = RouteConfig::new().max_duration(Duration::from_secs(1));
    let api = ApiRouter::new().route("/[x]", plain.config(config).wrap(slow));
    assert_eq!(read(call(api, get("/1")).await).await.0, 504);
}

#[tokio::test]
async fn a_panic_in_a_wrapper_is_a_500() {
    async fn panics(_: ApiRequest<Body>, _: ApiResponse, _: Next) -> Result {
        panic!("out of order")
    }
    let api = ApiRouter::new().route("/[x]", plain.wrap(panics));
    assert_eq!(read(call(api, get("/1")).await).await, (500, "Internal Server Error".into()));
}

#[tokio::test]
async fn from_fn_is_a_layer_for_any_service() {
    let page = service_fn(|request: Request<Body>| async move {
        let user = request.extensions().get::<User>().map(|user| user.0.clone());
        Ok::<_, Infallible>(http::Response::new(Body::from(user.unwrap_or_default())))
    });
    let service = ServiceBuilder::new().layer(from_fn(with_session)).service(page);
    let response = service.clone().oneshot(signed_in(get("/anything"))).await.unwrap();
    assert_eq!(response.headers()["after"], "2");
    assert_eq!(read(response).await, (200, "ann".into()));
    assert_eq!(service.oneshot(get("/anything")).await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn pending_response_keeps_edits() {
    async fn edit(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
        let mut response = next.run(req, res).await?;
        assert_eq!(response.status(), None);
        response.set_status(StatusCode::ACCEPTED);
        response.headers_mut().insert("after", HeaderValue::from_static("edited"));
        response.extensions_mut().insert(User("ann".into()));
        Ok(response)
    }
    let api = ApiRouter::new().route("/", late.config(RouteConfig::new().external_resolver(true)).wrap(edit));
    let response = call(api, get("/")).await;
    assert_eq!(response.headers()["after"], "edited");
    assert_eq!(response.extensions().get::<User>().unwrap().0, "ann");
    assert_eq!(read(response).await, (202, "late".into()));
}

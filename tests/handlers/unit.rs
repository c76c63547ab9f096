//! A handler called without a router.

use crate::common::panics::message_of;
use crate::common::{get, json};
use http::Request;
use tower_api_routes::{
    ApiRequest, ApiResponse, Body, HandlerInput, ParsedBody, RawBody, Result, RouteConfig,
};

async fn parse<B: tower_api_routes::FromBody>(input: HandlerInput) -> Result<B> {
    let (req, _): (ApiRequest<B>, ApiResponse) = input.build().await?;
    Ok(req.into_body())
}

#[tokio::test]
async fn the_arguments_are_those_that_a_router_gives() {
    #[allow(clippy::unused_async)] // a handler is async
    async fn show(req: ApiRequest, res: ApiResponse<str>) -> Result {
        let state = req.state::<u8>()?;
        let response = format!("{:?} {} {state}", req.route(), serde_json::to_string(req.query())?);
        res.set_header("x-version", 2).json(&response[..])
    }
    let input = HandlerInput::new(get("/api/a%20b/c/d?x=1")).route("/api/[one]/[...rest]").state(7_u8);
    let (req, res) = input.build().await.unwrap();
    let response = show(req, res).await.unwrap().resolve().await.unwrap();
    assert_eq!(response.headers()["x-version"], "2");
    let text = std::str::from_utf8(response.body().as_bytes().unwrap()).unwrap();
    assert_eq!(
        text,
        r#""Some(\"/api/[one]/[...rest]\") {\"x\":\"1\",\"one\":\"a b\",\"rest\":[\"c\",\"d\"]} 7""#
    );
}

#[tokio::test]
async fn body_is_read_into_the_handlers_type() {
    assert_eq!(parse::<Vec<u8>>(HandlerInput::new(json("[1,2]"))).await.unwrap(), [1, 2]);
    assert_eq!(parse::<RawBody>(HandlerInput::new(json("[1,2]"))).await.unwrap().0, "[1,2]");
    assert_eq!(parse::<ParsedBody>(HandlerInput::new(json("{}"))).await.unwrap().kind(), "object");
    let mut stream = parse::<Body>(HandlerInput::new(json("[1]"))).await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "[1]");

    let small = RouteConfig::new().size_limit("2b");
    let cases = [
        (parse::<Vec<u8>>(HandlerInput::new(json("[true]"))).await.unwrap_err(), 422),
        (parse::<Vec<u8>>(HandlerInput::new(json("["))).await.unwrap_err(), 400),
        (parse::<Vec<u8>>(HandlerInput::new(json("[1,2]")).config(small)).await.unwrap_err(), 413),
        (parse::<Vec<u8>>(HandlerInput::new(Request::new(Body::from("text")))).await.unwrap_err(), 415),
    ];
    for (error, status) in cases {
        assert_eq!(error.status(), status, "{error}");
    }
}

#[test]
fn a_route_that_does_not_match_is_refused() {
    for (pattern, part) in [("/api/[x]", "does not match the path `/other`"), ("api", "starts with a slash")]
    {
        let message = message_of(|| drop(HandlerInput::new(get("/other")).route(pattern)));
        assert!(message.contains(part), "{message}");
    }
}

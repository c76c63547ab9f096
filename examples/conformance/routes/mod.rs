//! The routes of the conformance vectors.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyWriter, HandlerExt as _, Result, RouteConfig, SizeLimit,
};

mod preview;
mod respond;

pub(crate) fn router() -> ApiRouter {
    const PROBES: &[&str] = &[
        "/api",
        "/api/echo",
        "/api/file.json",
        "/api/with-dash_under",
        "/api/post/create",
        "/api/post/[pid]",
        "/api/post/[...slug]",
        "/api/must/[...slug]",
        "/api/may/[[...slug]]",
        "/api/nest/[a]/[b]",
        "/api/nest/[a]/fixed",
        "/api/nest/fixed/[b]",
        "/api/nest/[a]/[b]/[...rest]",
        "/api/blog",
        "/api/blog/[id]/comment/[cid]",
        "/api/deep/[x]/y/[[...z]]",
        "/api/users",
        "/api/users/[id]",
        "/api/users/[id]/posts/[postId]",
        "/api/users/me",
    ];
    let config = RouteConfig::new;
    let api = PROBES.iter().fold(ApiRouter::new(), |api, route| api.route(route, probe));
    api.route("/api/echo-1kb", probe.config(config().size_limit("1kb")))
        .route("/api/echo-500", probe.config(config().size_limit_bytes(SizeLimit::from_bytes(500))))
        .route("/api/echo-2mb", probe.config(config().size_limit("2mb")))
        .route("/api/hello", hello)
        .route("/api/raw", raw.config(config().body_parser(false)))
        .route("/api/respond", respond::respond)
        .route("/api/stream", stream)
        .route("/api/large", large)
        .route("/api/large-8mb", large.config(config().response_limit("8mb")))
        .route("/api/large-off", large.config(config().no_response_limit()))
        .route("/api/large-10", large.config(config().response_limit("10")))
        .route("/api/no-end", no_end)
        .route("/api/no-end-external", no_end.config(config().external_resolver(true)))
        .route("/api/draft", preview::draft)
        .route("/api/preview", preview::preview)
        .route("/api/multi-cookie", preview::multi_cookie)
}

/// What the handler sees.
async fn probe(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&json!({
        "route": req.route(),
        "method": req.method().as_str(),
        "query": req.query(),
        "cookies": req.cookies(),
        "bodyKind": req.body().kind(),
        "body": req.body(),
    }))
}

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    res.status(200).json(&json!({ "message": "Hello from Next.js!" }))
}

async fn raw(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let (mut body, mut length, mut hash) = (req.into_body(), 0, Sha256::new());
    while let Some(chunk) = body.chunk().await? {
        length += chunk.len();
        hash.update(&chunk);
    }
    res.json(&json!({ "parsed": "undefined", "length": length, "sha256": hex(&hash.finalize()) }))
}

async fn stream(_req: ApiRequest, res: ApiResponse) -> Result {
    let headers = [("content-type", "text/event-stream"), ("cache-control", "no-store")];
    res.write_head(200, headers).stream(|mut body: BodyWriter| async move {
        for i in 0..10 {
            body.write(format!("data: {i}\n\n")).await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    })
}

async fn large(req: ApiRequest, res: ApiResponse) -> Result {
    let number = |name| req.query().get(name).and_then(|text| text.parse::<usize>().ok());
    let bytes = number("bytes").unwrap_or(0);
    let Some(chunk) = number("chunk").filter(|chunk| *chunk > 0) else { return res.send("x".repeat(bytes)) };
    res.stream(move |mut body| async move {
        let mut left = bytes;
        while left > 0 {
            let size = left.min(chunk);
            body.write(vec![b'x'; size]).await?;
            left -= size;
        }
        Ok(())
    })
}

async fn no_end(_req: ApiRequest, res: ApiResponse) -> Result {
    let (responder, pending) = res.detach();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        responder.respond(|res| res.status(200).send("later"))
    });
    Ok(pending)
}

/// Text of a JSON value, as JavaScript's `String(value)` has it.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! All that a configuration changes, seen from the outside.

use crate::common::log::Log;
use crate::common::{AnyService, call, get, post_to, read_broken};
use std::time::Duration;
use tower_api_routes::{ApiRequest, ApiResponse, Result};

/// Does what the query asks for, so that every field shows.
pub(crate) async fn probe(req: ApiRequest, res: ApiResponse) -> Result {
    let kind = req.body().kind();
    match req.query().get("do") {
        Some("large") => res.send("x".repeat(25)),
        Some("slow") => {
            tokio::time::sleep(Duration::from_millis(100)).await;
            res.send("slow")
        }
        Some("late") => {
            let (responder, pending) = res.detach();
            tokio::spawn(async move { responder.respond(|res| res.send("late")) });
            Ok(pending)
        }
        _ => res.send(kind),
    }
}

/// All that can be seen of a service from the outside, and in the log.
pub(crate) async fn behaviour(service: AnyService) -> Vec<String> {
    let log = Log::capture();
    let mut seen = Vec::new();
    let requests = [
        ("small", post_to("/", "text/plain", "0123456789")),
        ("json", post_to("/", "application/json", "{")),
        ("11 bytes", post_to("/", "text/plain", "0123456789a")),
        ("1.5mb", post_to("/", "text/plain", vec![b'x'; 1_500_000])),
        ("large", get("/?do=large")),
        ("slow", get("/?do=slow")),
        ("late", get("/?do=late")),
    ];
    for (name, request) in requests {
        let response = call(service.clone(), request).await;
        let etag = response.headers().contains_key("etag");
        let (status, body) = read_broken(response).await;
        let warnings = log.warnings().len();
        seen.push(format!("{name}: {status} {body} etag={etag} warnings={warnings}"));
    }
    seen
}

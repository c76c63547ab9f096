//! AWS Lambda: the router is the service that `lambda_http` runs, as it is.
//!
//! ```sh
//! cd examples/lambda
//! cargo lambda watch              # then: curl localhost:9000/api/hello
//! cargo lambda build --release && cargo lambda deploy --enable-function-url
//! ```
//!
//! Buffered, the response goes out when it is whole. With `STREAM=1` in the function's environment, and the function URL's
//! invoke mode on `RESPONSE_STREAM`, each chunk goes out as it is written.
//!
//! Behind an API Gateway stage other than `$default` the path starts with the stage's name: say `.base_path("/prod")`, or set
//! `AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH=true`. A deadline (`max_duration`) a little below the function's own timeout
//! gives the client a 504 in the place of a broken connection.

use lambda_http::Error;
use serde_json::json;
use std::time::Duration;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result, RouteConfig, methods};

async fn hello(req: ApiRequest, res: ApiResponse) -> Result {
    let name = req.query().get("name").unwrap_or("Lambda").to_owned();
    res.json(&json!({ "message": format!("Hello from {name}!"), "theme": req.cookies().get("theme") }))
}

async fn echo(req: ApiRequest, res: ApiResponse) -> Result {
    res.cookie(("seen", "1")).cookie(("twice", "1")).status(201).json(req.body())
}

async fn ticks(_req: ApiRequest, res: ApiResponse) -> Result {
    res.write_head(200, [("content-type", "text/event-stream")]).stream(|mut body| async move {
        for i in 0..3 {
            body.write(format!("data: {i}\n\n")).await?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    })
}

fn router() -> ApiRouter {
    ApiRouter::new()
        .config(RouteConfig::new().max_duration_secs(25))
        .route("/api/hello", hello)
        .route("/api/echo", methods().post(echo))
        .route("/api/ticks", ticks)
}

#[tokio::main]
async fn main() -> std::result::Result<(), Error> {
    if std::env::var_os("STREAM").is_some() {
        lambda_http::run_with_streaming_response(router()).await
    } else {
        lambda_http::run(router()).await
    }
}

#[cfg(test)]
mod tests;

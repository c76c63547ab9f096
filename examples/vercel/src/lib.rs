//! The routes, and the router as the service that [`vercel_runtime::run`] takes. (A second file in `api` would be a
//! second function.)

use http_body_util::BodyExt as _;
use serde_json::json;
use std::convert::Infallible;
use std::time::Duration;
use tower::{Service, ServiceExt as _};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Error, Result, RouteConfig, methods};
use vercel_runtime::{AppState, Request, Response, ResponseBody};

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&json!({ "message": "Hello from Vercel!" }))
}

/// Work that goes on after the response: Vercel's `waitUntil`, through the state that the runtime gives each request.
async fn order(req: ApiRequest<serde_json::Value>, res: ApiResponse) -> Result {
    let vercel = req.extensions().get::<AppState>().cloned();
    let vercel = vercel.ok_or_else(|| Error::new(503, "This is not Vercel's runtime"))?;
    let order = req.into_body();
    vercel.wait_until({
        let vercel = vercel.clone();
        async move { vercel.log_context.info(&format!("a receipt goes out for {order}")) }
    });
    res.status(202).end()
}

async fn ticks(_req: ApiRequest, res: ApiResponse) -> Result {
    res.write_head(200, [("content-type", "text/plain")]).stream(|mut body| async move {
        for i in 0..3 {
            body.write(format!("{i}\n")).await?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    })
}

fn router() -> ApiRouter {
    ApiRouter::new()
        .config(RouteConfig::new().max_duration_secs(25))
        .route("/api/hello", hello)
        .route("/api/order", methods().post(order))
        .route("/api/ticks", ticks)
}

/// The runtime's request is hyper's, beside a state of its own; its response wants a boxed body.
pub fn service() -> impl Service<
    (AppState, Request),
    Response = Response<ResponseBody>,
    Error = vercel_runtime::Error,
    Future: Send,
> + Clone
+ Send {
    router()
        .map_request(|(state, mut request): (AppState, Request)| {
            request.extensions_mut().insert(state);
            request
        })
        .map_response(|response: Response<Body>| {
            response.map(|body| ResponseBody(body.map_err(Into::into).boxed()))
        })
        .map_err(|never: Infallible| match never {})
}

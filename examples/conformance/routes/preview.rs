//! Draft mode and preview data.

use serde_json::{Value, json};
use tower_api_routes::{ApiRequest, ApiResponse, PreviewOptions, Result};

pub(super) async fn draft(req: ApiRequest, res: ApiResponse) -> Result {
    let res = set_draft_mode(res, req.query().get("enable"));
    respond(&req, res)
}

pub(super) async fn preview(req: ApiRequest, mut res: ApiResponse) -> Result {
    let query = req.query();
    let mut options = PreviewOptions::new();
    if let Some(path) = query.get("path") {
        options = options.path(path.to_owned());
    }
    if query.get("clear").is_some_and(|clear| !clear.is_empty()) {
        res = res.clear_preview_data(options.clone());
    }
    if let Some(data) = query.get("data") {
        if let Some(max_age) = query.get("maxAge") {
            match max_age.parse() {
                Ok(seconds) => options = options.max_age(seconds),
                Err(error) => return Err(res.fail(error)),
            }
        }
        match serde_json::from_str::<Value>(data) {
            Ok(data) => res = res.set_preview_data(&data, options).await,
            Err(error) => return Err(res.fail(error)),
        }
    }
    respond(&req, res)
}

pub(super) async fn multi_cookie(req: ApiRequest, res: ApiResponse) -> Result {
    let res = res.set_header("set-cookie", "a=1; Path=/").append_header("set-cookie", "b=2; HttpOnly");
    set_draft_mode(res, req.query().get("draft")).status(200).json(&json!({ "ok": true }))
}

fn set_draft_mode(res: ApiResponse, switch: Option<&str>) -> ApiResponse {
    match switch {
        Some("1") => res.set_draft_mode(true),
        Some("0") => res.set_draft_mode(false),
        _ => res,
    }
}

/// JavaScript has `undefined` where neither mode is on, and `false` for the data.
fn respond(req: &ApiRequest, res: ApiResponse) -> Result {
    let on = req.draft_mode().then_some(true);
    let data = req.preview_data().unwrap_or(&Value::Bool(false));
    res.status(200).json(&json!({ "draftMode": on, "preview": on, "previewData": data }))
}

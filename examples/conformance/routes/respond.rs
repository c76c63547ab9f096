//! An interpreter of response helpers: the body is `{"steps": [[op, ...args], ...]}`.

use super::text;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::time::Duration;
use tower_api_routes::{ApiRequest, ApiResponse, BodyWriter, Result};

type Step = Vec<Value>;

const NO_HEADERS: [(&str, &str); 0] = [];

pub(super) async fn respond(mut req: ApiRequest, mut res: ApiResponse) -> Result {
    let body = std::mem::take(req.body_mut());
    let mut steps: std::vec::IntoIter<Step> = match body.as_json().and_then(|json| json.get("steps")) {
        Some(steps) => serde_json::from_value::<Vec<Step>>(steps.clone())?.into_iter(),
        None => Vec::new().into_iter(),
    };
    let mut written = false;
    while let Some(step) = steps.next() {
        let op = step.first().and_then(Value::as_str).unwrap_or_default();
        let arg = |i: usize| step.get(i).unwrap_or(&Value::Null);
        res = match op {
            // In Node the head is out: what would change it changes nothing.
            "status" | "setHeader" if written => res,
            "status" => res.status(status(arg(1))),
            "setHeader" => set_header(res, &text(arg(1)), arg(2)),
            "removeHeader" => res.remove_header(&text(arg(1))),
            "writeHead" => {
                written = true;
                write_head(res.write_head(status(arg(1)), NO_HEADERS), arg(2))
            }
            "sleep" => {
                sleep(arg(1)).await;
                res
            }
            "json" => return res.json(arg(1)),
            "send" => return res.send(arg(1)),
            "sendUndefined" => return res.send(()),
            "sendBuffer" => return res.send(STANDARD.decode(text(arg(1)))?),
            "redirect" if step.len() > 2 => return res.redirect_with(status(arg(1)), text(arg(2))),
            "redirect" => return res.redirect(text(arg(1))),
            "end" if step.len() > 1 => return end(res, text(arg(1))),
            "end" => return res.end(),
            "write" => return write_on(res, step, steps),
            _ => return Err(res.fail(format!("the step {op:?} failed"))),
        };
    }
    res.end()
}

/// A number that is no status becomes one that `status` refuses.
fn status(value: &Value) -> u16 {
    value.as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(0)
}

async fn sleep(milliseconds: &Value) {
    tokio::time::sleep(Duration::from_millis(milliseconds.as_u64().unwrap_or(0))).await;
}

fn set_header(res: ApiResponse, name: &str, value: &Value) -> ApiResponse {
    match value {
        Value::Array(values) => {
            values.iter().fold(res.remove_header(name), |res, value| res.append_header(name, text(value)))
        }
        value => res.set_header(name, text(value)),
    }
}

fn write_head(res: ApiResponse, headers: &Value) -> ApiResponse {
    let headers = headers.as_object().into_iter().flatten();
    headers.fold(res, |res, (name, value)| set_header(res, name, value))
}

/// `res.end(text)`: the text as it is, without an ETag.
fn end(res: ApiResponse, text: String) -> Result {
    res.end_with(text)
}

/// From the first write on the steps run inside the body.
fn write_on(res: ApiResponse, first: Step, rest: std::vec::IntoIter<Step>) -> Result {
    res.stream(move |mut body: BodyWriter| async move {
        for step in std::iter::once(first).chain(rest) {
            let arg = step.get(1).unwrap_or(&Value::Null);
            match step.first().and_then(Value::as_str).unwrap_or_default() {
                "write" => body.write(text(arg)).await?,
                "sleep" => sleep(arg).await,
                // The head is out: what would change it changes nothing.
                "status" | "setHeader" => {}
                "json" => return Ok(body.write(arg.to_string()).await?),
                "send" => return Ok(body.write(text(arg)).await?),
                "throw" => return Err(text(arg).into()),
                "end" if step.len() > 1 => return Ok(body.write(text(arg)).await?),
                _ => return Ok(()),
            }
        }
        Ok(())
    })
}

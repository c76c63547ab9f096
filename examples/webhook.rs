//! A webhook: GitHub's signature over the exact bytes of the body, checked in constant time.
//!
//! ```sh
//! WEBHOOK_SECRET=secret cargo run --example webhook
//! body='{"action":"opened"}'
//! signature=$(printf %s "$body" | openssl dgst -sha256 -hmac secret | sed 's/.* //')
//! curl -i localhost:4000/api/webhook -H "x-hub-signature-256: sha256=$signature" -H x-github-event:issues --json "$body"
//! ```
//!
//! The signature is of the bytes, not of the JSON they mean: `ApiRequest<RawBody>` reads them, up to the route's limit, and
//! parses nothing before the signature is known to be good. A handler that takes a parsed body has them, too, as
//! `req.raw_body()`.
//!
//! Source: <https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries>.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;
use tokio::net::TcpListener;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Error, HandlerExt as _, RawBody, Result, RouteConfig, methods, serve,
    shutdown_signal,
};

struct Secret(Vec<u8>);

impl Secret {
    /// Whether the header is the signature of the body. `verify_slice` takes the same time wherever they differ.
    fn signed(&self, body: &[u8], header: Option<&str>) -> Result<bool> {
        let Some(signature) = header.and_then(|header| header.strip_prefix("sha256=")).and_then(from_hex)
        else {
            return Ok(false);
        };
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0)?;
        mac.update(body);
        Ok(mac.verify_slice(&signature).is_ok())
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}

#[derive(Deserialize)]
struct Event {
    action: String,
}

async fn webhook(req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
    let secret = req.state::<Secret>()?;
    if !secret.signed(req.body(), req.header("x-hub-signature-256").as_deref())? {
        return Err(Error::new(401, "Bad signature"));
    }
    let Ok(event) = serde_json::from_slice::<Event>(req.body()) else {
        return Err(Error::new(400, "Not an event with an action"));
    };
    let kind = req.header("x-github-event").unwrap_or("an event of no kind".into());
    println!("{kind}: {}", event.action);
    res.status(202).end()
}

/// The routes.
pub fn router(secret: impl Into<Vec<u8>>) -> ApiRouter {
    ApiRouter::new()
        .state(Secret(secret.into()))
        // GitHub sends up to 25 MB.
        .route("/api/webhook", methods().post(webhook).config(RouteConfig::new().size_limit("25mb")))
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt::init();
    let secret =
        std::env::var("WEBHOOK_SECRET").map_err(|_| "set WEBHOOK_SECRET to the secret that GitHub has")?;
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(serve(listener, router(secret)).with_graceful_shutdown(shutdown_signal()).await?)
}

//! Sessions: a signed cookie, and a tower layer in front that lets only those in who have one.
//!
//! ```sh
//! SESSION_KEY=$(openssl rand -hex 32) PASSWORD=s3cret cargo run --example auth
//! curl -i localhost:4000/api/admin/users                                     # 401
//! curl -ic jar localhost:4000/api/login --json '{"password": "s3cret"}'      # 204 and the cookie
//! curl -ib jar localhost:4000/api/admin/users                                # 200
//! curl -i --path-as-is localhost:4000/api/open/../admin/users                # 401: no way around
//! ```
//!
//! The layer stands before the router and asks [`ApiRouter::route_for`] which route would respond. It never compares the raw
//! path: `/api/open/../admin/users` does not start with `/api/admin`, and yet the admin's route would match it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac};
use http::{Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tower::{Service, ServiceBuilder};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Cookie, Cookies, Error, Result, SameSite, methods, serve,
    shutdown_signal,
};
use tower_http::validate_request::ValidateRequestHeaderLayer;

const LIFETIME: Duration = Duration::from_secs(3600);

/// Who is asking; the layer puts it into the request's extensions.
#[derive(Clone)]
struct Session {
    user: String,
}

/// Makes and checks the cookie's value: `user|expiry`, then a dot and the signature, in base64.
struct Sessions {
    key: Vec<u8>,
    password: String,
}

impl Sessions {
    fn mac(&self, text: &[u8]) -> Result<Hmac<Sha256>> {
        let mut mac = Hmac::new_from_slice(&self.key)?;
        mac.update(text);
        Ok(mac)
    }

    fn seal(&self, user: &str, expires: u64) -> Result<String> {
        let text = format!("{user}|{expires}");
        let signature = self.mac(text.as_bytes())?.finalize().into_bytes();
        Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(text), URL_SAFE_NO_PAD.encode(signature)))
    }

    fn open(&self, cookie: &str) -> Option<Session> {
        let (text, signature) = cookie.split_once('.')?;
        let (text, signature) = (URL_SAFE_NO_PAD.decode(text).ok()?, URL_SAFE_NO_PAD.decode(signature).ok()?);
        // The signature first, and in constant time; nothing of the text is believed before.
        self.mac(&text).ok()?.verify_slice(&signature).ok()?;
        let text = String::from_utf8(text).ok()?;
        let (user, expires) = text.rsplit_once('|')?;
        (now() < expires.parse().ok()?).then(|| Session { user: user.to_owned() })
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

#[derive(Deserialize)]
struct Login {
    password: String,
}

async fn login(req: ApiRequest<Login>, res: ApiResponse) -> Result {
    let sessions = req.state::<Arc<Sessions>>()?;
    // Two signatures are compared, so that the time says nothing about the password. (One of many is kept hashed, with
    // argon2.)
    let right = sessions.mac(sessions.password.as_bytes())?.finalize().into_bytes();
    if sessions.mac(req.body().password.as_bytes())?.verify(&right).is_err() {
        return Err(Error::json(401, &json!({ "error": "wrong password" })));
    }
    let value = sessions.seal("admin", now() + LIFETIME.as_secs())?;
    // `SameSite=Strict`: no other site's page can send it along.
    let cookie = Cookie::build(("session", value))
        .path("/")
        .http_only(true)
        .secure(true)
        .same_site(SameSite::Strict)
        .max_age(LIFETIME.try_into()?);
    res.cookie(cookie).status(204).end()
}

async fn users(req: ApiRequest, res: ApiResponse) -> Result {
    let session = req.extensions().get::<Session>();
    res.json(&json!({ "asked_by": session.map(|session| &session.user), "users": ["Ada", "Grace"] }))
}

async fn open(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&json!({ "page": req.query().get("page") }))
}

/// The guard and the routes behind it.
pub fn service(
    key: String,
    password: String,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send {
    let sessions = Arc::new(Sessions { key: key.into_bytes(), password });
    let api = ApiRouter::new()
        .state(Arc::clone(&sessions))
        .route("/api/login", methods().post(login))
        .route("/api/open/[page]", open)
        .route("/api/admin/users", users);
    let guarded = api.clone();
    #[allow(clippy::result_large_err)] // the shape is tower-http's
    let guard = move |request: &mut Request<Body>| {
        if !guarded.route_for(request.uri()).is_some_and(|route| route.starts_with("/api/admin/")) {
            return Ok(());
        }
        let cookies = Cookies::from_headers(request.headers());
        let Some(session) = cookies.get("session").and_then(|cookie| sessions.open(cookie)) else {
            let mut response = Response::new(Body::from("Log in first"));
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            return Err(response);
        };
        request.extensions_mut().insert(session);
        Ok(())
    };
    ServiceBuilder::new().layer(ValidateRequestHeaderLayer::custom(guard)).service(api)
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt::init();
    let key = std::env::var("SESSION_KEY")
        .map_err(|_| "set SESSION_KEY to 32 random bytes: openssl rand -hex 32")?;
    let password = std::env::var("PASSWORD").map_err(|_| "set PASSWORD to the admin's password")?;
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(serve(listener, service(key, password)).with_graceful_shutdown(shutdown_signal()).await?)
}

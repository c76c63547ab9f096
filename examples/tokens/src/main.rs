//! Who is signed in, where the session is not a sealed cookie: a session in the database of Auth.js, a token of Clerk or
//! Supabase, and a cookie that `jose` has signed.
//!
//! ```sh
//! curl https://your-app.clerk.accounts.dev/.well-known/jwks.json > jwks.json
//! cd examples && AUTH_SECRET=secret JWKS=../jwks.json ISSUER=https://your-app.clerk.accounts.dev cargo run -p example-tokens
//! curl localhost:4000/api/database -H 'cookie: authjs.session-token=…'
//! curl localhost:4000/api/token -H 'authorization: Bearer …'
//! curl localhost:4000/api/jose -H 'cookie: session=…'
//! ```

mod database;
mod jwt;

use database::Database;
use jwt::{Keys, Secret};
use serde_json::json;
use tokio::net::TcpListener;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, OrStatus as _, Result, Sessions, serve, shutdown_signal,
};

/// Auth.js with `session: { strategy: "database" }`: the cookie has the id of a row.
async fn database(req: ApiRequest, res: ApiResponse) -> Result {
    let id = req.session_token().or_status(401)?;
    let user = req.state::<Database>()?.user_of_session(&id)?.or_status(401)?;
    res.json(&user)
}

/// Clerk and Supabase: a token in `Authorization`, and in the cookie `__session` of Clerk.
async fn token(req: ApiRequest, res: ApiResponse) -> Result {
    let header = req.header("authorization").unwrap_or_default();
    let token = header.strip_prefix("Bearer ").or_else(|| req.cookies().get("__session"));
    let claims = req.state::<Keys>()?.verify(token.or_status(401)?).or_status(401)?;
    res.json(&json!({ "id": claims.sub }))
}

/// `await new SignJWT(session).setProtectedHeader({ alg: "HS256" }).sign(secret)` in a cookie.
async fn jose(req: ApiRequest, res: ApiResponse) -> Result {
    let cookie = req.cookies().get("session").or_status(401)?;
    let claims = req.state::<Secret>()?.verify(cookie).or_status(401)?;
    res.json(&json!({ "id": claims.sub }))
}

fn router(sessions: Sessions, database_: Database, keys: Keys, secret: Secret) -> ApiRouter {
    ApiRouter::new()
        .sessions(sessions) // names the cookie that `session_token` reads
        .state(database_)
        .state(keys)
        .state(secret)
        .route("/api/database", database)
        .route("/api/token", token)
        .route("/api/jose", jose)
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let secret = std::env::var("AUTH_SECRET")?;
    let keys = Keys::new(&std::fs::read_to_string(std::env::var("JWKS")?)?, &std::env::var("ISSUER")?)?;
    let sessions = Sessions::auth_js_from_env()?;
    let api = router(sessions, Database::open("auth.db")?, keys, Secret::new(secret.as_bytes()));
    let listener = TcpListener::bind("127.0.0.1:4000").await?;
    serve(listener, api).with_graceful_shutdown(shutdown_signal()).await?;
    Ok(())
}

#[cfg(test)]
mod tests;

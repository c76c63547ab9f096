//! A REST resource over a database: users in SQLite, validated, listed page by page.
//!
//! ```sh
//! cd examples && cargo run -p example-rest
//! ```
//!
//! It keeps its users in `users.db` (or in the file that `DATABASE` names) and listens on 127.0.0.1:4000. Ask it:
//!
//! ```sh
//! curl localhost:4000/api/users --json '{"name": "Ada", "email": "ada@example.com"}'   # 201 and Location
//! curl localhost:4000/api/users --json '{"name": "", "email": "ada"}'                  # 422, both fields named
//! curl 'localhost:4000/api/users?limit=10'                                             # a page, and the way to the next
//! curl localhost:4000/api/users/1
//! curl -X PUT localhost:4000/api/users/1 --json '{"name": "Ada L.", "email": "ada@example.com"}'
//! curl -X DELETE localhost:4000/api/users/1                                            # 204
//! ```
//!
//! The handlers know SQL and nothing of SQL's errors: `map_error` maps all of them to responses in one place.

mod users;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::TcpListener;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Error, ErrorContext, Result, methods, serve, shutdown_signal,
};
use users::{NewUser, User, Users};

/// A page of a list: the users after the one with this id. Unlike an offset it stays right while users come and go.
#[derive(Deserialize)]
struct Page {
    after: Option<i64>,
    limit: Option<u32>,
}

#[derive(Serialize)]
struct List {
    users: Vec<User>,
    next: Option<String>,
}

/// The parameter of `/api/users/[id]`; what is not a number is a 400.
#[derive(Deserialize)]
struct Id {
    id: i64,
}

async fn list(req: ApiRequest, res: ApiResponse<List>) -> Result {
    let Page { after, limit } = req.query_as()?;
    let limit = limit.unwrap_or(20).clamp(1, 100);
    let users = req.state::<Users>()?.list(after.unwrap_or(0), limit).await?;
    let full = users.len() == limit as usize;
    let next =
        users.last().filter(|_| full).map(|last| format!("/api/users?after={}&limit={limit}", last.id));
    res.json(&List { users, next })
}

async fn create(req: ApiRequest<NewUser>, res: ApiResponse<User>) -> Result {
    let (req, new) = req.into_parts();
    new.validate()?;
    let user = req.state::<Users>()?.insert(new).await?;
    res.status(201).set_header("location", format!("/api/users/{}", user.id)).json(&user)
}

async fn show(req: ApiRequest, res: ApiResponse<User>) -> Result {
    let Id { id } = req.query_as()?;
    res.json(&req.state::<Users>()?.get(id).await?)
}

async fn replace(req: ApiRequest<NewUser>, res: ApiResponse<User>) -> Result {
    let (req, new) = req.into_parts();
    let Id { id } = req.query_as()?;
    new.validate()?;
    res.json(&req.state::<Users>()?.replace(id, new).await?)
}

async fn remove(req: ApiRequest, res: ApiResponse) -> Result {
    let Id { id } = req.query_as()?;
    req.state::<Users>()?.remove(id).await?;
    res.status(204).end()
}

/// No such row is a 404, a second user with the same address a 409; what else goes wrong stays a 500.
fn response_for(error: Error, _request: &ErrorContext<'_>) -> Error {
    match error.downcast_ref::<rusqlite::Error>() {
        Some(rusqlite::Error::QueryReturnedNoRows) => Error::json(404, &json!({ "error": "no such user" })),
        Some(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
            Error::json(409, &json!({ "error": "this email address is taken" }))
        }
        _ => error,
    }
}

fn router(users: Users) -> ApiRouter {
    ApiRouter::new()
        .state(users)
        .map_error(response_for)
        .route("/api/users", methods().get(list).post(create))
        .route("/api/users/[id]", methods().get(show).put(replace).delete(remove))
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt::init();
    let users = Users::open(&std::env::var("DATABASE").unwrap_or_else(|_| "users.db".into()))?;
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, router(users)).with_graceful_shutdown(shutdown_signal()).await?;
    Ok(())
}

#[cfg(test)]
mod tests;

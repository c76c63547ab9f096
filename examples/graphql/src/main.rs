//! GraphQL: async-graphql behind one route, answered by a task of its own.
//!
//! ```sh
//! cd examples && cargo run -p example-graphql
//! curl localhost:4000/api/graphql --json '{"query": "{ users { name } }"}'
//! curl localhost:4000/api/graphql --json '{"query": "mutation { addUser(name: \"Ada\") { id } }"}'
//! ```
//!
//! The body is parsed straight into async-graphql's request. The handler hands the response to a task and returns at once:
//! that is what `external_resolver` tells the route, as `externalResolver` does in Next.js. When the client goes away,
//! the task notices and stops.

use async_graphql::{BatchRequest, Context, EmptySubscription, Object, Schema, SimpleObject};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, HandlerExt as _, Result, RouteConfig, methods, serve, shutdown_signal,
};

#[derive(Clone, SimpleObject)]
struct User {
    id: usize,
    name: String,
}

#[derive(Default)]
struct Users(Mutex<Vec<User>>);

impl Users {
    fn of<'a>(context: &Context<'a>) -> async_graphql::Result<MutexGuard<'a, Vec<User>>> {
        Ok(context.data::<Self>()?.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Query;

#[Object]
impl Query {
    async fn users(&self, context: &Context<'_>) -> async_graphql::Result<Vec<User>> {
        Ok(Users::of(context)?.clone())
    }

    async fn user(&self, context: &Context<'_>, id: usize) -> async_graphql::Result<Option<User>> {
        Ok(Users::of(context)?.iter().find(|user| user.id == id).cloned())
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn add_user(&self, context: &Context<'_>, name: String) -> async_graphql::Result<User> {
        let mut users = Users::of(context)?;
        let user = User { id: users.len() + 1, name };
        users.push(user.clone());
        Ok(user)
    }
}

type Api = Schema<Query, Mutation, EmptySubscription>;

/// One request or a batch of them. GraphQL's own errors are a 200 with `errors`; a body that is no request is a 422.
async fn graphql(req: ApiRequest<BatchRequest>, res: ApiResponse) -> Result {
    let (req, batch) = req.into_parts();
    let schema = req.state::<Api>()?.clone();
    let (mut responder, pending) = res.detach();
    tokio::spawn(async move {
        tokio::select! {
            answer = schema.execute_batch(batch) => {
                _ = responder.respond(|res| res.json(&answer)); // or nobody waits any more
            }
            () = responder.closed() => {}
        }
    });
    Ok(pending)
}

fn router() -> ApiRouter {
    let schema = Schema::build(Query, Mutation, EmptySubscription)
        .data(Users::default())
        .limit_depth(8)
        .limit_complexity(100)
        .finish();
    ApiRouter::new()
        .state(schema)
        .route("/api/graphql", methods().post(graphql).config(RouteConfig::new().external_resolver(true)))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt::init();
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, router()).with_graceful_shutdown(shutdown_signal()).await
}

#[cfg(test)]
mod tests;

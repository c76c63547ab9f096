//! GraphQL: async-graphql behind one route, which a task of its own responds to.
//!
//! ```sh
//! cd examples && cargo run -p example-graphql
//! curl localhost:4000/api/graphql --json '{"query": "{ users { name } }"}'
//! curl localhost:4000/api/graphql --json '{"query": "mutation { addUser(name: \"Ada\") { id } }"}'
//! curl -G localhost:4000/api/graphql --data-urlencode 'query={ users { name } }'
//! ```
//!
//! In a browser, `http://localhost:4000/api/graphql` is `GraphiQL`. A query may also come by GET, a mutation only by POST.
//!
//! A page of another site can post a form or a text with the user's cookies and without asking. So a POST has to be JSON: for
//! that a browser asks first, with a preflight that nothing here responds to. Anything else is a 415.
//!
//! The body is parsed straight into async-graphql's request. The handler hands the response to a task and returns at once:
//! that is what `external_resolver` tells the route, as `externalResolver` does in Next.js. When the client goes away,
//! the task notices and stops.

use async_graphql::http::GraphiQLSource;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::OperationType;
use async_graphql::{BatchRequest, Context, EmptySubscription, Object, Schema, SimpleObject};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Error, HandlerExt as _, RawBody, Response, Result, RouteConfig,
    methods, serve, shutdown_signal,
};

#[derive(Clone, SimpleObject)]
struct User {
    id: usize,
    name: String,
}

struct Users(Mutex<Vec<User>>);

impl Default for Users {
    /// With one user, so that there is something to see.
    fn default() -> Self {
        Self(Mutex::new(vec![User { id: 1, name: "Nextjs".into() }]))
    }
}

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
async fn post(req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
    let is_json = req.header("content-type").is_some_and(|kind| {
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    });
    if !is_json {
        return Err(Error::new(415, "Unsupported media type: send `application/json`"));
    }
    let batch = serde_json::from_slice(req.body())
        .map_err(|error| Error::new(422, format!("Invalid body: {error}")))?;
    Ok(execute(req.state::<Api>()?.clone(), batch, res))
}

/// `GraphiQL` for a browser, the response to a query for anybody who sends one.
async fn get(req: ApiRequest, res: ApiResponse) -> Result {
    let Some(query) = req.query().get("query") else {
        let page = GraphiQLSource::build().endpoint("/api/graphql").finish();
        return res.set_header("content-type", "text/html; charset=utf-8").send(page);
    };
    let parsed = parse_query(query);
    let is_query = |document: &async_graphql::parser::types::ExecutableDocument| {
        document.operations.iter().all(|(_, operation)| operation.node.ty == OperationType::Query)
    };
    if parsed.as_ref().is_ok_and(|document| !is_query(document)) {
        return Err(Error::new(405, "A mutation has to be sent by POST").append_header("allow", "POST"));
    }
    let mut request = async_graphql::Request::new(query);
    if let Some(variables) = req.query().get("variables") {
        let variables: serde_json::Value =
            serde_json::from_str(variables).map_err(|_| Error::new(400, "The variables are not JSON"))?;
        request = request.variables(async_graphql::Variables::from_json(variables));
    }
    if let Some(operation) = req.query().get("operationName") {
        request = request.operation_name(operation);
    }
    Ok(execute(req.state::<Api>()?.clone(), request.into(), res))
}

fn execute(schema: Api, batch: BatchRequest, res: ApiResponse) -> Response {
    let (mut responder, pending) = res.detach();
    tokio::spawn(async move {
        tokio::select! {
            result = schema.execute_batch(batch) => {
                _ = responder.respond(|res| res.json(&result)); // or nobody waits any more
            }
            () = responder.closed() => {}
        }
    });
    pending
}

fn router() -> ApiRouter {
    let schema = Schema::build(Query, Mutation, EmptySubscription)
        .data(Users::default())
        .limit_depth(8)
        .limit_complexity(100)
        .finish();
    ApiRouter::new().state(schema).route(
        "/api/graphql",
        methods().get(get).post(post).config(RouteConfig::new().external_resolver(true)),
    )
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

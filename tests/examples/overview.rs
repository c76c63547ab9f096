//! The design's own example, as it is written there, and programs as users of axum and of tower write them.

use serde::{Deserialize, Serialize};
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tower::limit::ConcurrencyLimitLayer;
use tower::util::BoxCloneSyncService;
use tower::{ServiceBuilder, ServiceExt as _};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyParserLayer, Error, HandlerExt as _, MaxDurationLayer,
    Next, ResponseLimitLayer, Result, RouteConfig, from_fn, methods,
};
use tower_http::trace::TraceLayer;

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    res.status(200).json(&json!({ "message": "Hello from Rust!" }))
}

#[derive(Deserialize)]
struct NewPost {
    title: String,
    tags: Vec<String>,
}
#[derive(Serialize)]
struct Post {
    id: u64,
    title: String,
}

#[allow(clippy::unused_async)] // stands for a database
async fn store(post: NewPost) -> std::io::Result<Post> {
    Ok(Post { id: post.tags.len() as u64, title: post.title })
}

async fn create(req: ApiRequest<NewPost>, res: ApiResponse<Post>) -> Result {
    let post = store(req.into_body()).await?;
    res.status(201).json(&post)
}

async fn list(_req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&["first"])
}

async fn show(req: ApiRequest, res: ApiResponse) -> Result {
    res.send(format!("Post: {}", req.query().get("pid").unwrap_or_default()))
}

async fn files(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(req.query())
}

async fn upload(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let (mut body, mut bytes) = (req.into_body(), 0);
    while let Some(chunk) = body.chunk().await? {
        bytes += chunk.len();
    }
    res.json(&bytes)
}

async fn search(req: ApiRequest, res: ApiResponse) -> Result {
    res.send(req.body().as_text().unwrap_or_default().to_owned())
}

async fn with_session(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
    if req.cookies().get("session").is_none() {
        return Err(Error::new(401, "Sign in first"));
    }
    let mut response = next.run(req, res).await?;
    response.headers_mut().insert("cache-control", http::HeaderValue::from_static("private"));
    Ok(response)
}

mod admin {
    use super::{ApiRouter, list};

    pub(super) fn routes() -> ApiRouter {
        ApiRouter::new().route("/api/admin/users", list)
    }
}

const UPLOAD: RouteConfig = RouteConfig::new().body_parser(false).max_duration(Duration::from_secs(60));

/// Method, path, headers and body of a request; status and body of its response.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str, u16, &'a str);

async fn check<S, B>(service: S, cases: &[Case<'_>])
where
    S: tower::Service<http::Request<Body>, Response = http::Response<B>, Error = Infallible> + Clone,
    B: http_body::Body<Error: std::fmt::Debug>,
{
    for (method, path, headers, body, status, expected) in cases {
        let mut request = http::Request::builder().method(*method).uri(*path);
        for (name, value) in *headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from((*body).to_owned())).unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), *status, "{method} {path}");
        let text = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
        assert_eq!(text, *expected, "{method} {path}");
    }
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];

#[tokio::test]
async fn the_designs_example_compiles_and_responds() {
    let search = ServiceBuilder::new()
        .layer(MaxDurationLayer::new(Duration::from_secs(5)))
        .layer(BodyParserLayer::new().size_limit("10b"))
        .service(search.into_service());

    let api = ApiRouter::new()
        .route("/api/hello", hello)
        .route("/api/post", methods().get(list).post(create))
        .route("/api/post/[pid]", show.wrap(with_session))
        .route("/api/files/[[...path]]", files)
        .route("/api/upload", upload.config(UPLOAD))
        .route("/api/search", search)
        .merge(admin::routes())
        .layer(TraceLayer::new_for_http());

    check(
        api,
        &[
            ("GET", "/api/hello", &[], "", 200, r#"{"message":"Hello from Rust!"}"#),
            ("POST", "/api/post", JSON, r#"{"title":"a","tags":["b"]}"#, 201, r#"{"id":1,"title":"a"}"#),
            ("GET", "/api/post", &[], "", 200, r#"["first"]"#),
            ("PUT", "/api/post", &[], "", 405, "Method Not Allowed"),
            ("GET", "/api/post/7", &[("cookie", "session=1")], "", 200, "Post: 7"),
            ("GET", "/api/post/7", &[], "", 401, "Sign in first"),
            ("GET", "/api/files/a/b", &[], "", 200, r#"{"path":["a","b"]}"#),
            ("GET", "/api/files", &[], "", 200, "{}"),
            ("POST", "/api/upload", &[], "four", 200, "4"),
            ("POST", "/api/search", &[], "text", 200, "text"),
            ("POST", "/api/search", &[], "more than ten bytes", 413, "Body exceeded 10b limit"),
            ("GET", "/api/admin/users", &[], "", 200, r#"["first"]"#),
            ("GET", "/api/none", &[], "", 404, "Not Found"),
        ],
    )
    .await;
}

/// State, nested routers, a layer, and axum's own router around it.
#[tokio::test]
async fn a_program_of_an_axum_user() {
    #[derive(Clone)]
    struct App {
        name: Arc<str>,
    }

    async fn name(req: ApiRequest, res: ApiResponse) -> Result {
        res.send(req.state::<App>()?.name.to_string())
    }

    let posts = ApiRouter::new().route("/", methods().get(list).post(create)).route("/[pid]", show);
    let api = ApiRouter::new()
        .state(App { name: "blog".into() })
        .route("/api/name", name)
        .nest("/api/posts", posts)
        .route_layer(from_fn(with_session))
        .layer(TraceLayer::new_for_http());
    let app: axum::Router = axum::Router::new()
        .route("/health", axum::routing::get(|| async { "ok" }))
        .nest_service("/v1", api.clone())
        .fallback_service(api);

    let session: &[(&str, &str)] = &[("cookie", "session=1")];
    check(
        app,
        &[
            ("GET", "/health", &[], "", 200, "ok"),
            ("GET", "/api/name", session, "", 200, "blog"),
            ("GET", "/v1/api/name", session, "", 200, "blog"),
            ("GET", "/api/posts", session, "", 200, r#"["first"]"#),
            ("GET", "/api/posts/7", session, "", 200, "Post: 7"),
            ("GET", "/api/posts/7", &[], "", 401, "Sign in first"),
            ("GET", "/elsewhere", &[], "", 404, "Not Found"),
        ],
    )
    .await;
}

/// Layers that are switched, tower's own limits, and a service whose type is erased.
#[tokio::test]
async fn a_program_of_a_tower_user() {
    for production in [true, false] {
        let service = ServiceBuilder::new()
            .layer(MaxDurationLayer::new(Duration::from_secs(5)).enabled(production))
            .layer(
                ResponseLimitLayer::new()
                    .response_limit("1kb")
                    .enforce_response_limit(true)
                    .enabled(production),
            )
            .layer(ConcurrencyLimitLayer::new(64))
            .layer(BodyParserLayer::new().size_limit("1kb"))
            .service(upload.into_service());
        let service = tower::ServiceExt::<http::Request<Body>>::map_response(service, |response| {
            response.map(Body::new)
        });
        let erased: BoxCloneSyncService<http::Request<Body>, http::Response<Body>, Infallible> =
            BoxCloneSyncService::new(service);
        let fallible = ServiceBuilder::new().load_shed().service(erased.clone());
        let api = ApiRouter::new()
            .route("/api/upload", erased)
            .route("/api/shed", fallible)
            .map_error(|error, _| Error::new(error.status(), "mapped"));
        check(
            api,
            &[("POST", "/api/upload", &[], "four", 200, "4"), ("POST", "/api/shed", &[], "four", 200, "4")],
        )
        .await;
    }
}

#[tokio::test]
async fn a_site_behind_the_api() {
    let site = axum::Router::new().route("/", axum::routing::get(|| async { "a page" }));
    let service = ApiRouter::new().route("/api/hello", hello).in_front_of(site);
    check(
        service,
        &[
            ("GET", "/", &[], "", 200, "a page"),
            ("GET", "/api/hello", &[], "", 200, r#"{"message":"Hello from Rust!"}"#),
        ],
    )
    .await;
}

//! The routes, the log, and the server.

use crate::counts::{BEGUN, COUNTS, LOGGED, LOGGED_WITHOUT_ADDRESS};
use hyper_util::rt::TokioIo;
use std::io::Write;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyWriter, HandlerExt as _, RemoteAddr, Result, RouteConfig,
    methods, serve,
};
use tower_http::trace::TraceLayer;

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    BEGUN.fetch_add(1, Relaxed);
    res.json(&serde_json::json!({ "message": "Hello" }))
}

async fn show(req: ApiRequest, res: ApiResponse) -> Result {
    BEGUN.fetch_add(1, Relaxed);
    res.json(&(req.query().get("pid"), req.query().get("page"), req.cookies().get("session")))
}

async fn create(req: ApiRequest<serde_json::Value>, res: ApiResponse) -> Result {
    BEGUN.fetch_add(1, Relaxed);
    res.status(201).json(req.body())
}

async fn form(req: ApiRequest, res: ApiResponse) -> Result {
    BEGUN.fetch_add(1, Relaxed);
    res.json(req.body())
}

async fn files(req: ApiRequest, res: ApiResponse) -> Result {
    BEGUN.fetch_add(1, Relaxed);
    res.json(req.query())
}

async fn stream(_req: ApiRequest, res: ApiResponse) -> Result {
    BEGUN.fetch_add(1, Relaxed);
    res.stream(|mut body: BodyWriter| async move {
        for i in 0..5 {
            body.write(format!("data: {i}\n\n")).await?;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    })
}

/// The size of a response that the buffers of the sockets do not hold.
pub(crate) const LARGE: usize = 8 << 20;
/// How long a client may take nothing.
pub(crate) const SEND_TIMEOUT: Duration = Duration::from_secs(2);

async fn large(_req: ApiRequest, res: ApiResponse) -> Result {
    res.set_header("content-length", LARGE).stream(|mut body: BodyWriter| async move {
        let piece = bytes::Bytes::from(vec![b'x'; 1 << 16]);
        for _ in 0..LARGE / piece.len() {
            body.write(piece.clone()).await?;
        }
        Ok(())
    })
}

async fn fail(_req: ApiRequest, _res: ApiResponse) -> Result {
    BEGUN.fetch_add(1, Relaxed);
    Err("on purpose".into())
}

/// Switches to a protocol that says everything twice.
async fn tunnel(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    BEGUN.fetch_add(1, Relaxed);
    let mut request = req.into_request();
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(stream) = upgrade.await else { return };
        let (mut reader, mut writer) = tokio::io::split(TokioIo::new(stream));
        _ = tokio::io::copy(&mut reader, &mut writer).await;
        COUNTS.tunnels_ended.fetch_add(1, Relaxed);
    });
    let response =
        http::Response::builder().status(101).header("connection", "upgrade").header("upgrade", "echo");
    res.forward(response.body(Body::empty())?)
}

/// Each line that is logged within a request has the client's address.
fn api() -> ApiRouter {
    let trace = TraceLayer::new_for_http().make_span_with(|request: &http::Request<Body>| {
        let client = request.extensions().get::<RemoteAddr>().and_then(|addr| addr.socket_addr());
        tracing::error_span!("request", client = client.map(tracing::field::display))
    });
    ApiRouter::new()
        .route("/api/hello", hello)
        .route("/api/post/[pid]", methods().get(show).post(create))
        .route("/api/form", form)
        .route("/api/files/[...path]", files)
        .route("/api/stream", stream)
        .route("/api/tunnel", tunnel)
        .route("/api/large", large.config(RouteConfig::new().response_limit("16mb")))
        .route("/api/fail", fail)
        .layer(trace.on_failure(()))
}

/// Counts what is logged at `warn` and above.
pub(crate) struct Log;

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        if !line.is_empty() {
            LOGGED.fetch_add(1, Relaxed);
            let text = String::from_utf8_lossy(line);
            if !text.contains("client=127.0.0.1:") {
                LOGGED_WITHOUT_ADDRESS.fetch_add(1, Relaxed);
                eprint!("logged without an address: {text}");
            } else if !text.contains("on purpose") {
                eprint!("logged: {text}");
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(crate) struct Server {
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Starts a server on a copy of the listening socket.
    pub(crate) fn start(listener: &std::net::TcpListener) -> std::io::Result<Self> {
        let listener = TcpListener::from_std(listener.try_clone()?)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let server = serve(listener, api()).with_remote_addr().grace_period(Duration::from_secs(10));
        // A tunnel takes fifteen seconds.
        let server = server.send_timeout(SEND_TIMEOUT).upgrade_grace_period(Duration::from_secs(20));
        let server = server.with_graceful_shutdown(async { _ = stopped.await });
        Ok(Self { stop, task: tokio::spawn(server.into_future()) })
    }

    /// Stops it, and waits until it has ended.
    pub(crate) async fn stop(self) -> std::io::Result<()> {
        _ = self.stop.send(());
        self.task.await?
    }
}

//! The Rust server, on a port of its own.

use super::build::tee;
use super::children::Child;
use super::front::text;
use super::next::Next;
use crate::cli::Dev;
use crate::status::comparisons::SHADOW;
use anyhow::{Context as _, Result};
use http::{Request, Response, StatusCode};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tower_api_routes::proxy::ForwardedHeaders;
use tower_api_routes::{Body, Proxy};

/// A server that runs.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    running: Arc<Running>,
    /// The last lines of its stderr.
    said: JoinHandle<String>,
}

/// What requests need of a server.
#[derive(Debug)]
pub(super) struct Running {
    proxy: Proxy,
}

impl Running {
    pub(super) async fn send(&self, request: Request<Body>) -> Response<Body> {
        match self.proxy.send(request).await {
            Ok(response) => response,
            Err(error) => {
                let cause = error.source().map(ToString::to_string).unwrap_or_default();
                text(
                    StatusCode::BAD_GATEWAY,
                    format!("the server has not responded: {error}: {cause}").into_bytes(),
                )
            }
        }
    }
}

/// The variables for the server.
pub(super) fn settings(dev: &Dev, next: &Next) -> Vec<(String, String)> {
    let mut variables = next.variables().to_vec();
    let own = [
        next.dist().map(|dist| ("NEXT_DIST", dist)),
        Some(("SHADOW_LOG", SHADOW.to_owned())),
        dev.shadow.then(|| ("SHADOW_RATE", "1".to_owned())),
    ];
    variables.extend(own.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)));
    // What the user has set counts.
    variables.retain(|(name, _)| std::env::var_os(name).is_none());
    variables.extend(next.origin().map(|origin| ("NEXT_ORIGIN".to_owned(), origin.to_owned())));
    variables
}

impl Server {
    /// Starts a server and waits until it listens. The text is what it has said, if it ends before.
    pub(super) async fn start(
        program: &Path,
        folder: &Path,
        variables: &[(String, String)],
    ) -> Result<Result<Self, String>> {
        let port = free_port()?;
        let address = format!("127.0.0.1:{port}");
        let mut child = Child::start(program, |command| {
            let variables = variables.iter().map(|(name, value)| (name, value));
            command.envs(variables).env("ADDR", &address);
            command.current_dir(folder).stdout(Stdio::inherit()).stderr(Stdio::piped());
        })?;
        let stderr = child.stderr().context("the server has no stderr")?;
        let said = tokio::spawn(tee(stderr, 40));
        while TcpStream::connect(&address).await.is_err() {
            if let Some(status) = child.ended() {
                let said = said.await.unwrap_or_default();
                return Ok(Err(format!(
                    "the server has ended before it listened on ADDR={address}: {status}\n\n{said}"
                )));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // The server itself writes what Next.js is to know of the client. A handler may take as long as it likes.
        let proxy = Proxy::new(&format!("http://{address}"))?;
        let proxy = proxy.forwarded_headers(ForwardedHeaders::Off).timeout(Duration::from_hours(24));
        Ok(Ok(Self { child, running: Arc::new(Running { proxy }), said }))
    }

    pub(super) fn upstream(&self) -> Arc<Running> {
        Arc::clone(&self.running)
    }

    /// Waits until no request waits for the head of its response, 30 seconds at most.
    pub(super) async fn idle(&self) {
        for _ in 0..3000 {
            if Arc::strong_count(&self.running) == 1 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until the server ends, and returns what it has said.
    pub(super) async fn ended(&mut self) -> String {
        let status =
            self.child.wait().await.map_or_else(|error| error.to_string(), |status| status.to_string());
        let said = (&mut self.said).await.unwrap_or_default();
        format!("the server has ended: {status}\n\n{said}")
    }

    pub(super) async fn stop(self) {
        super::stop(self.child).await;
    }
}

/// Returns a port that is free now.
pub(super) fn free_port() -> Result<u16> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").context("there is no free port")?;
    Ok(listener.local_addr()?.port())
}

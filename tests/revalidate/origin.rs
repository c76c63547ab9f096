//! A server in the place of Next.js, which remembers what it was asked.

use http::{Request, Response};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::Barrier;
use tokio::task::JoinHandle;
use tower::service_fn;
use tower_api_routes::{Body, serve};

pub(crate) struct Origin {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Request<()>>>>,
    task: JoinHandle<()>,
}

impl Origin {
    pub(crate) async fn start(status: u16, headers: &[(&str, &str)]) -> Self {
        Self::start_with(status, headers, || std::future::ready(())).await
    }

    /// Responds when as many servers have been asked as the barrier counts.
    pub(crate) async fn start_together(status: u16, barrier: Arc<Barrier>) -> Self {
        Self::start_with(status, &[], move || {
            let barrier = Arc::clone(&barrier);
            async move { _ = barrier.wait().await }
        })
        .await
    }

    /// Is asked, and does not respond.
    pub(crate) async fn start_stuck() -> Self {
        Self::start_with(200, &[], std::future::pending).await
    }

    async fn start_with<F>(
        status: u16,
        headers: &[(&str, &str)],
        wait: impl Fn() -> F + Clone + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let asked = Arc::<Mutex<Vec<Request<()>>>>::default();
        let seen = Arc::clone(&asked);
        let service = service_fn(move |request: Request<tower_api_routes::Body>| {
            seen.lock().unwrap().push(request.map(|_| ()));
            let mut response = Response::builder().status(status);
            for (name, value) in &headers {
                response = response.header(name, value);
            }
            let wait = wait();
            async move {
                wait.await;
                Ok::<_, Infallible>(response.body(Body::empty()).unwrap())
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move { serve(listener, service).await.unwrap() });
        Self { address, asked, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    pub(crate) fn last(&self) -> Request<()> {
        self.asked.lock().unwrap().pop().unwrap()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An address where nobody listens.
pub(crate) async fn refused() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

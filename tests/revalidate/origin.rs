//! A server in the place of Next.js, which remembers what it was asked.

use http::{Request, Response};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
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
        Self::start_slow(status, headers, Duration::ZERO).await
    }

    pub(crate) async fn start_slow(status: u16, headers: &[(&str, &str)], delay: Duration) -> Self {
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let asked = Arc::<Mutex<Vec<Request<()>>>>::default();
        let seen = Arc::clone(&asked);
        let service = service_fn(move |request: Request<hyper::body::Incoming>| {
            seen.lock().unwrap().push(request.map(|_| ()));
            let mut response = Response::builder().status(status);
            for (name, value) in &headers {
                response = response.header(name, value);
            }
            async move {
                tokio::time::sleep(delay).await;
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

use super::*;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tower::ServiceExt as _;

/// What is logged, in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(data)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn ask(
    service: &(
         impl Service<
        Request<Body>,
        Response = Response<impl http_body::Body<Data: Send, Error: Into<BoxError>> + Send + 'static>,
        Error = Infallible,
    > + Clone
     ),
    target: &str,
) -> (u16, String) {
    let request = Request::get(target).body(Body::empty()).unwrap();
    let Ok(response) = service.clone().oneshot(request).await;
    let status = response.status().as_u16();
    let (mut body, mut text) = (Body::new(response.into_body()), String::new());
    while let Some(chunk) = body.chunk().await.unwrap() {
        text += std::str::from_utf8(&chunk).unwrap();
    }
    (status, text)
}

#[tokio::test]
async fn metrics_and_logs_have_the_route() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let service = service::<Body>(router(meters().unwrap()));
    for (target, status) in
        [("/api/post/1", 200), ("/api/post/2", 200), ("/api/broken", 500), ("/nothing", 404)]
    {
        assert_eq!(ask(&service, target).await.0, status, "{target}");
    }

    let (_, metrics) = ask(&service, "/metrics").await;
    let count = |labels: &[&str]| -> u32 {
        let lines =
            metrics.lines().filter(|line| line.starts_with("http_server_request_duration_seconds_count"));
        let lines = lines.filter(|line| labels.iter().all(|label| line.contains(label)));
        lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u32>().unwrap()).sum()
    };
    assert_eq!(count(&[r#"http_route="/api/post/[pid]""#, r#"status_code="200""#]), 2, "{metrics}");
    assert_eq!(count(&[r#"http_route="/api/broken""#, r#"status_code="500""#]), 1, "{metrics}");
    assert_eq!(count(&[]), 4, "{metrics}");
    assert!(!metrics.contains("/api/post/1"), "{metrics}");

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let line =
        |what: &str| log.lines().filter(|line| line.contains(what)).map(str::to_owned).collect::<Vec<_>>();
    assert!(line("looking the post up")[0].contains(r#"http.route="/api/post/[pid]""#), "{log}");
    assert!(line("API route failed")[0].contains(r#"http.route="/api/broken""#), "{log}");
    assert_eq!(line("completed").len(), 5, "{log}");
    assert!(line("completed")[0].contains("http.response.status_code=200"), "{log}");
}

//! A writer in another task, whose client goes.

use super::memory::{head, start};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, BodyWriter, Result};

/// Moves the writer to a task of its own, which writes until it fails.
async fn elsewhere(req: ApiRequest, res: ApiResponse) -> Result {
    let failed = req.state::<mpsc::UnboundedSender<Instant>>()?.clone();
    res.stream(async move |mut body: BodyWriter| {
        let (keep, ended) = oneshot::channel::<()>();
        tokio::spawn(async move {
            while body.write(vec![b'x'; 16 * 1024]).await.is_ok() {}
            failed.send(Instant::now()).unwrap();
            drop(keep);
        });
        _ = ended.await;
        Ok(())
    })
}

#[tokio::test(start_paused = true)]
async fn waiting_writer_in_another_task_is_woken() {
    let (sender, mut failed) = mpsc::unbounded_channel::<Instant>();
    let (server, _task) =
        start(ApiRouter::new().state(sender).route("/api/elsewhere", elsewhere), |serve| serve);
    let mut client = server.send("GET /api/elsewhere HTTP/1.1\r\nHost: x\r\n\r\n").await;
    head(&mut client).await;
    // What follows is not read: the writer soon waits.
    sleep(Duration::from_secs(60)).await;
    assert!(failed.try_recv().is_err(), "it failed while its client was there");
    let gone = Instant::now();
    drop(client);
    let failed = timeout(Duration::from_secs(60), failed.recv()).await.expect("it still waits").unwrap();
    assert!(failed - gone <= Duration::from_millis(100), "{:?}", failed - gone);
}

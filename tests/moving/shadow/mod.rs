mod forms;
mod limits;
mod live;
mod reports;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::time::sleep;
use tower_api_routes::ShadowLayer;
use tower_api_routes::shadow::ShadowCounts;

/// A layer whose reports are kept as text.
fn noted<T>(layer: ShadowLayer<T>) -> (ShadowLayer<T>, Arc<Mutex<Vec<String>>>) {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&reports);
    let layer = layer.on_report(move |report| {
        let route = report.route.as_ref().map_or("-", |route| route.as_str());
        notes.lock().unwrap().push(format!("[{route}] {report}"));
    });
    (layer, reports)
}

/// The counts as equal, different, skipped and unavailable.
fn numbers(counts: ShadowCounts) -> [u64; 4] {
    [counts.equal, counts.different, counts.skipped, counts.unavailable]
}

/// Waits until so many copies have come to an end.
pub(crate) async fn settled<T>(layer: &ShadowLayer<T>, copies: u64) -> [u64; 4] {
    let start = Instant::now();
    loop {
        let now = numbers(layer.counts());
        if now.iter().sum::<u64>() >= copies || start.elapsed() > Duration::from_secs(10) {
            return now;
        }
        sleep(Duration::from_millis(5)).await;
    }
}

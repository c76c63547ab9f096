//! Streams: Next.js's own example of server-sent events, a feed that goes on where a browser left off, an echo that responds
//! while it reads, and a page that shows them.
//!
//! ```sh
//! cargo run --example streaming
//! curl -N localhost:4000/api/ticks                        # a number a second
//! curl -N localhost:4000/api/clock                        # events with names and ids
//! curl -N localhost:4000/api/clock -H 'last-event-id: 41' # from 42 on
//! curl -N -T - localhost:4000/api/echo                    # type lines; ctrl-d ends it
//! ```
//!
//! Or open <http://localhost:4000> and stop the server for a while: the browser connects again and misses nothing.
//!
//! No task is spawned for a stream. Its code runs when the client has room for more, and is dropped when the client goes.
//!
//! Source: <https://nextjs.org/docs/pages/building-your-application/routing/api-routes#streaming-responses>.

use std::time::Duration;
use tokio::net::TcpListener;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Error, Event, Result, serve, shutdown_signal,
};

const PAGE: &str = r#"<!doctype html>
<meta charset="utf-8">
<title>Streams</title>
<p>The connection is <b id="state">closed</b>. <button id="stop">Stop</button></p>
<ol id="log"></ol>
<script>
  const events = new EventSource("/api/clock");
  const state = (text) => (document.getElementById("state").textContent = text);
  events.onopen = () => state("open");
  events.onerror = () => state("lost; the browser tries again");
  events.addEventListener("tick", (event) => {
    const item = document.createElement("li");
    item.textContent = `tick ${event.lastEventId}: ${event.data}`;
    document.getElementById("log").prepend(item);
  });
  document.getElementById("stop").onclick = () => { events.close(); state("closed"); };
</script>
"#;

async fn page(_req: ApiRequest, res: ApiResponse) -> Result {
    res.set_header("content-type", "text/html; charset=utf-8").send(PAGE)
}

/// Next.js's example, line by line.
async fn ticks(_req: ApiRequest, res: ApiResponse) -> Result {
    let headers = [("content-type", "text/event-stream"), ("cache-control", "no-store")];
    res.write_head(200, headers).stream(|mut body| async move {
        for i in 0..10 {
            body.write(format!("data: {i}\n\n")).await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    })
}

/// The same with the helper for events. After a break the browser says which it saw last.
async fn clock(req: ApiRequest, res: ApiResponse) -> Result {
    let seen = req.last_event_id().map(str::parse::<u64>).transpose();
    let next = seen.map_err(|_| Error::new(400, "Last-Event-ID is not a number"))?.map_or(1, |seen| seen + 1);
    res.sse(move |mut events| async move {
        events.keep_alive(Duration::from_secs(15));
        events.send(Event::default().retry(Duration::from_secs(1))).await?;
        for id in next.. {
            let data = format!("{id} seconds\nand counting");
            events.send(Event::new(data).event("tick").id(id.to_string())).await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    })
}

/// Both directions at once: an upload of any size, in the memory of one piece.
async fn echo(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let mut pieces = req.into_body();
    res.set_header("content-type", "text/plain; charset=utf-8").stream(|mut body| async move {
        while let Some(piece) = pieces.chunk().await? {
            body.write(piece.to_ascii_uppercase()).await?;
        }
        Ok(())
    })
}

/// The page and the routes.
pub fn router() -> ApiRouter {
    ApiRouter::new()
        .route("/", page)
        .route("/api/ticks", ticks)
        .route("/api/clock", clock)
        .route("/api/echo", echo)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt::init();
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, router()).with_graceful_shutdown(shutdown_signal()).await
}

//! `cargo api-routes dev`: both servers under one address, built again at each change.
//!
//! This program holds the listening socket. A request waits while the server is built, and goes to the server's own
//! port. The new server is ready before the old one is told to stop, and the old one is told only when no request waits
//! for the head of its response.

mod build;
mod children;
mod front;
mod next;
mod server;
mod watch;

use crate::cli::Dev;
use crate::manifest::Manifest;
use crate::status::{State, rows, summary};
use crate::terminal::{BOLD, GREEN, RED, RESET, YELLOW};
use anstream::{eprintln, println};
use anyhow::{Context as _, Result, anyhow};
use build::{Built, build};
use children::Child;
use front::{Front, Upstream};
use next::Next;
use server::{Server, settings};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tower_api_routes::shutdown_signal;
use watch::Changes;

/// Runs until Ctrl-C.
pub(crate) fn run(dev: &Dev) -> Result<bool> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(dev))
}

async fn serve(dev: &Dev) -> Result<bool> {
    let folder = std::fs::canonicalize(&dev.path)
        .with_context(|| format!("there is no folder `{}`", dev.path.display()))?;
    let manifest = Manifest::read(&folder)?;
    let mut changes = Changes::watch(&folder)?;
    let listener =
        TcpListener::bind(&dev.addr).await.with_context(|| format!("cannot listen on {}", dev.addr))?;
    let address = listener.local_addr()?;
    let front = Front::default();
    let signal = tokio::spawn(shutdown_signal());
    let (next, mut next_process) = Next::start(dev, &manifest, &folder)?;
    let serving = front.serve(listener);
    println!("{BOLD}http://{address}{RESET}: {}", overview(&folder));
    if let Some(origin) = next.origin() {
        println!("Next.js is at {origin}");
    }

    let mut current: Option<Server> = None;
    let end = {
        let work = async {
            loop {
                if !dev.keep_last_good || current.is_none() {
                    front.set(Upstream::Building);
                }
                let replaced = tokio::select! {
                    replaced = replace(dev, &folder, &next, &front, &mut current) => replaced?,
                    // What is being built is out of date.
                    () = changes.next() => continue,
                };
                if replaced {
                    println!("{GREEN}ready{RESET}: {}", overview(&folder));
                }
                tokio::select! {
                    () = changes.next() => {}
                    failure = ended(&mut current) => {
                        eprintln!("{RED}error{RESET}: {failure}");
                        front.set(Upstream::Failed(failure.into()));
                        changes.next().await;
                    }
                }
                println!("{YELLOW}changed{RESET}: {}", changes.what().display());
            }
            #[allow(unreachable_code)] // the type of the block
            Ok::<bool, anyhow::Error>(true)
        };
        let stopped = async {
            let _ = signal.await;
        };
        tokio::select! {
            error = work => error,
            status = status(&mut next_process) => Err(anyhow!("Next.js has ended: {status}")),
            () = stopped => Ok(true),
        }
    };
    // A second Ctrl-C ends this program at once; the children are killed when it drops them.
    serving.abort();
    let server = async {
        if let Some(server) = current {
            server.stop().await;
        }
    };
    let next = async {
        if let Some(process) = next_process {
            stop(process).await;
        }
    };
    tokio::join!(server, next);
    end
}

/// Builds, starts the new server, lets it have the requests, and stops the old one.
async fn replace(
    dev: &Dev,
    folder: &Path,
    next: &Next,
    front: &Front,
    current: &mut Option<Server>,
) -> Result<bool> {
    let begun = Instant::now();
    let failed = |text: String| {
        // With the last good build, only the terminal has the error.
        if !(dev.keep_last_good && current.is_some()) {
            front.set(Upstream::Failed(text.into()));
        }
    };
    let program = match build(folder, dev.release).await? {
        Built::Program(program) => program,
        Built::Failed(text) => {
            failed(text);
            return Ok(false);
        }
    };
    next.ready().await;
    let new = match Server::start(&program, folder, &settings(dev, next)).await? {
        Ok(new) => new,
        Err(text) => {
            eprintln!("{RED}error{RESET}: {text}");
            failed(text);
            return Ok(false);
        }
    };
    front.set(Upstream::Ready(new.upstream()));
    if let Some(old) = current.replace(new) {
        tokio::spawn(async move {
            old.idle().await;
            old.stop().await;
        });
    }
    println!("built in {:.1} s", begun.elapsed().as_secs_f32());
    Ok(true)
}

/// Waits until a process ends by itself.
async fn status(process: &mut Option<Child>) -> String {
    match process {
        Some(process) => {
            process.wait().await.map_or_else(|error| error.to_string(), |status| status.to_string())
        }
        None => std::future::pending().await,
    }
}

/// Waits until the server ends by itself, and returns what it has said.
async fn ended(current: &mut Option<Server>) -> String {
    match current {
        Some(server) => server.ended().await,
        None => std::future::pending().await,
    }
}

/// Says how many routes have moved, and which.
fn overview(folder: &Path) -> String {
    match rows(folder) {
        Ok(rows) => {
            let moved = rows.iter().filter(|row| row.state == State::Moved).map(|row| row.route.as_str());
            let moved: Vec<_> = moved.take(20).collect();
            if moved.is_empty() {
                summary(&rows)
            } else {
                format!("{} ({})", summary(&rows), moved.join(", "))
            }
        }
        // A file in the middle of an edit: the build says more.
        Err(error) => format!("{error:#}"),
    }
}

/// How long a child has to end by itself.
const GRACE: Duration = Duration::from_secs(10);

/// Tells a child to stop, and kills it if it does not.
async fn stop(mut child: Child) {
    child.tell();
    if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
        child.kill().await;
    }
}

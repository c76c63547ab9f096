//! `cargo api-routes replay`

mod har;

use crate::cli::Replay;
use crate::manifest::Manifest;
use crate::status::comparisons::{Line, REPLAY, append};
use anstream::println;
use anyhow::{Context as _, Result, anyhow};
use bytes::Bytes;
use har::Entry;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use std::fs;
use std::path::{Path, PathBuf};
use tower_api_routes::shadow::{Compared, Comparison};
use tower_api_routes::{Error, Proxy};

/// One line of the table, and what differs.
#[derive(Debug)]
struct Row {
    entry: Entry,
    /// The statuses of the old and the new server.
    statuses: [u16; 2],
    compared: Compared,
}

/// Returns whether all responses are equal.
pub(crate) fn run(replay: &Replay) -> Result<bool> {
    let har = fs::read_to_string(&replay.file)
        .with_context(|| format!("cannot read `{}`", replay.file.display()))?;
    let entries = har::entries(&har).with_context(|| format!("cannot read `{}`", replay.file.display()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let rows = runtime.block_on(ask_all(replay, entries))?;
    println!("{}", table(&rows));
    if let Some(log) = log_file(replay) {
        append(&log, &rows.iter().map(line).collect::<Vec<_>>())?;
    }
    Ok(rows.iter().all(|row| row.compared.differences.is_empty()))
}

/// Sends the recorded requests to both servers.
async fn ask_all(replay: &Replay, entries: Vec<Entry>) -> Result<Vec<Row>> {
    // Each server sees its own host, and no trace of the other.
    let server = |origin: &str| Proxy::new(origin).map(|proxy| proxy.preserve_host(false));
    let (old, new) = (server(&replay.old)?, server(&replay.new)?);
    let comparison =
        replay.ignore.iter().fold(Comparison::new(), |comparison, path| comparison.ignore_json(path));
    let is_sent = |method: &Method| {
        replay.all
            || [Method::GET, Method::HEAD].contains(method)
            || replay.methods.iter().any(|name| name.eq_ignore_ascii_case(method.as_str()))
    };
    let mut rows = Vec::new();
    for entry in entries {
        if !is_sent(&entry.method) || !entry.target.starts_with(&replay.path) {
            continue;
        }
        let (before, after) = (ask(&old, &replay.old, &entry).await?, ask(&new, &replay.new, &entry).await?);
        let statuses = [before.status().as_u16(), after.status().as_u16()];
        rows.push(Row { compared: comparison.compare(&after, &before), statuses, entry });
    }
    Ok(rows)
}

async fn ask(server: &Proxy, origin: &str, entry: &Entry) -> Result<Response<Bytes>> {
    let mut request = Request::new(Full::new(entry.body.clone()));
    *request.method_mut() = entry.method.clone();
    *request.uri_mut() = entry.target.parse()?;
    *request.headers_mut() = entry.headers.clone();
    let failed = |error: Error| {
        let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        anyhow!("{entry} to {origin}: {cause}")
    };
    let (parts, body) = server.send(request).await.map_err(failed)?.into_parts();
    let body = body.collect().await.map_err(|error| anyhow!("{entry} to {origin}: {error}"))?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}

/// Returns the table; a difference is a line of its own below its request.
fn table(rows: &[Row]) -> String {
    let mut lines = vec![format!("{:<9} {:>4} {:>4}  request", "result", "old", "new")];
    for Row { entry, statuses: [old, new], compared } in rows {
        let result = match (compared.differences.is_empty(), compared.body_compared) {
            (true, true) => "equal",
            (true, false) => "head only",
            (false, _) => "DIFFERENT",
        };
        lines.push(format!("{result:<9} {old:>4} {new:>4}  {entry}"));
        // The client's response is the new one, the shadow the old one.
        lines.extend(compared.differences.iter().map(|difference| format!("{:21}{difference}", "")));
    }
    let different = rows.iter().filter(|row| !row.compared.differences.is_empty()).count();
    lines.push(format!("{} requests, {different} different", rows.len()));
    lines.join("\n")
}

/// The file that `--log` names, or that of the crate in the current folder.
fn log_file(replay: &Replay) -> Option<PathBuf> {
    let in_crate = || Manifest::read(Path::new(".")).ok()?.next_app.map(|_| PathBuf::from(REPLAY));
    replay.log.clone().or_else(in_crate)
}

fn line(row: &Row) -> Line {
    Line {
        method: row.entry.method.to_string(),
        path: row.entry.target.split('?').next().unwrap_or_default().to_owned(),
        route: None,
        differences: row
            .compared
            .differences
            .iter()
            .map(|difference| difference.subject().to_owned())
            .collect(),
    }
}

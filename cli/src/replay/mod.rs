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
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tower_api_routes::shadow::{Compared, Comparison, Kinds};
use tower_api_routes::{Error, Proxy};

/// One line of the table, and what differs.
#[derive(Debug)]
struct Row {
    entry: Entry,
    /// The statuses of the old and the new server.
    statuses: [u16; 2],
    compared: Compared,
}

/// What a replay has found.
#[derive(Debug, Default)]
struct Replayed {
    rows: Vec<Row>,
    /// The methods of the requests that were left out, because they change something.
    left_out: BTreeMap<String, usize>,
}

/// Returns whether no response differs.
pub(crate) fn run(replay: &Replay) -> Result<bool> {
    let har = fs::read_to_string(&replay.file)
        .with_context(|| format!("cannot read `{}`", replay.file.display()))?;
    let entries = har::entries(&har).with_context(|| format!("cannot read `{}`", replay.file.display()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let replayed = runtime.block_on(ask_all(replay, entries))?;
    println!("{}", table(&replayed));
    if let Some(log) = log_file(replay) {
        append(&log, &replayed.rows.iter().map(line).collect::<Vec<_>>())?;
    }
    Ok(replayed.rows.iter().all(|row| row.compared.differences.is_empty()))
}

/// Sends the recorded requests to both servers.
async fn ask_all(replay: &Replay, entries: Vec<Entry>) -> Result<Replayed> {
    // Each server sees its own host, and no trace of the other.
    let server = |origin: &str| Proxy::new(origin).map(|proxy| proxy.preserve_host(false));
    let (old, new) = (server(&replay.old)?, server(&replay.new)?);
    let comparison =
        replay.ignore.iter().fold(Comparison::new(), |comparison, path| comparison.ignore_json(path));
    let comparison =
        replay.unordered.iter().fold(comparison, |comparison, path| comparison.unordered_json(path));
    let is_sent = |method: &Method| {
        replay.all
            || [Method::GET, Method::HEAD].contains(method)
            || replay.methods.iter().any(|name| name.eq_ignore_ascii_case(method.as_str()))
    };
    let mut replayed = Replayed::default();
    for entry in entries {
        if !entry.target.starts_with(&replay.path) {
            continue;
        }
        if !is_sent(&entry.method) {
            *replayed.left_out.entry(entry.method.to_string()).or_default() += 1;
            continue;
        }
        let (before, after) = (ask(&old, &replay.old, &entry).await?, ask(&new, &replay.new, &entry).await?);
        let statuses = [before.status().as_u16(), after.status().as_u16()];
        replayed.rows.push(Row { compared: comparison.compare(&before, &after), statuses, entry });
    }
    Ok(replayed)
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

/// Returns the table. A difference is a line of its own below its request.
fn table(Replayed { rows, left_out }: &Replayed) -> String {
    let mut lines = vec![format!("{:<10} {:>4} {:>4}  request", "result", "old", "new")];
    let mut kinds = Kinds::default();
    for Row { entry, statuses: [old, new], compared } in rows {
        let result = match (compared.differences.is_empty(), compared.body_compared) {
            (true, true) if compared.forms.is_empty() => "equal",
            (true, true) => "same value",
            (true, false) => "head only",
            (false, _) => "DIFFERENT",
        };
        lines.push(format!("{result:<10} {old:>4} {new:>4}  {entry}"));
        lines.extend(compared.differences.iter().map(|difference| format!("{:22}{difference}", "")));
        kinds.add(&compared.differences, &compared.forms);
    }
    let different = rows.iter().filter(|row| !row.compared.differences.is_empty()).count();
    lines.push(format!("{} requests, {different} different", rows.len()));
    lines.extend(kinds.to_string().lines().map(|kind| format!("  {kind}")));
    if !left_out.is_empty() {
        let methods: Vec<_> = left_out.iter().map(|(method, number)| format!("{number} {method}")).collect();
        lines.push(format!(
            "left out: {}. They change something: `--method` sends one more, `--all` every one",
            methods.join(", ")
        ));
    }
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

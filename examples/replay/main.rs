//! Recorded traffic against two servers: what differs is a table, and the exit code says whether anything does.
//!
//! ```sh
//! cargo run --example replay -- traffic.har http://127.0.0.1:3000 http://127.0.0.1:4000
//! cargo run --example replay -- --all --ignore '$.time' traffic.har http://old:3000 http://new:4000
//! ```
//!
//! The file is a HAR, as the developer tools of a browser and most proxies export it. Each request goes to the old server
//! (the first address) and to the new one, one after the other, so that what a request changes is there for the next.
//! GET and HEAD are sent, with `--all` the others too; the table ends with what was left out. `--path /api/` takes only
//! paths that begin so, which is the default.
//!
//! Below a request that differs is a line for each difference, with the values of the old and the new server. `same value`
//! is a response that is equal but for the order of keys or the form of dates. At the end is how often each kind of
//! difference was found. The exit code is 0 if no response differs, 1 if one does, 2 if a server or the file could not be
//! read.

mod har;

use bytes::Bytes;
use har::Entry;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use std::collections::BTreeMap;
use std::process::ExitCode;
use tower_api_routes::Proxy;
use tower_api_routes::shadow::{Compared, Comparison, Kinds};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What the command line asks for.
#[derive(Debug)]
pub(crate) struct Options {
    /// The HAR file.
    pub(crate) file: String,
    /// The server that is being replaced.
    pub(crate) old: String,
    /// The server that replaces it.
    pub(crate) new: String,
    /// Methods that change something are sent, too.
    pub(crate) all: bool,
    /// The start of the paths that are replayed.
    pub(crate) path: String,
    /// Paths within JSON that may differ.
    pub(crate) ignore: Vec<String>,
}

impl Options {
    /// Reads the command line without the program's name.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, BoxError> {
        let mut options = Self {
            file: String::new(),
            old: String::new(),
            new: String::new(),
            all: false,
            path: "/api/".into(),
            ignore: Vec::new(),
        };
        let (mut names, mut arguments) = (Vec::new(), arguments.into_iter());
        while let Some(argument) = arguments.next() {
            match &*argument {
                "--all" => options.all = true,
                "--path" => options.path = arguments.next().ok_or("--path needs a path")?,
                "--ignore" => {
                    options.ignore.push(arguments.next().ok_or("--ignore needs a path within JSON")?);
                }
                _ => names.push(argument),
            }
        }
        let [file, old, new] = <[String; 3]>::try_from(names)
            .map_err(|_| "usage: replay [--all] [--path P] [--ignore J] FILE OLD NEW")?;
        Ok(Self { file, old, new, ..options })
    }
}

/// One line of the table, and what differs.
#[derive(Debug)]
pub(crate) struct Row {
    /// The request.
    pub(crate) entry: Entry,
    /// The statuses of the old and the new server.
    pub(crate) statuses: [u16; 2],
    /// What the comparison has found.
    pub(crate) compared: Compared,
}

/// What a replay has found.
#[derive(Debug, Default)]
pub(crate) struct Replayed {
    /// The requests that were sent.
    pub(crate) rows: Vec<Row>,
    /// The methods of the requests that were left out, because they change something.
    pub(crate) left_out: BTreeMap<String, usize>,
}

/// Sends the recorded requests to both servers.
pub(crate) async fn replay(options: &Options, har: &str) -> Result<Replayed, BoxError> {
    // Each server sees its own host, and no trace of the other.
    let server = |origin: &str| Proxy::new(origin).map(|proxy| proxy.preserve_host(false));
    let (old, new) = (server(&options.old)?, server(&options.new)?);
    let comparison =
        options.ignore.iter().fold(Comparison::new(), |comparison, path| comparison.ignore_json(path));
    let mut replayed = Replayed::default();
    for entry in har::entries(har)? {
        if !entry.target.starts_with(&options.path) {
            continue;
        }
        let is_safe = [Method::GET, Method::HEAD].contains(&entry.method);
        if !is_safe && !options.all {
            *replayed.left_out.entry(entry.method.to_string()).or_default() += 1;
            continue;
        }
        let (before, after) = (ask(&old, &entry).await?, ask(&new, &entry).await?);
        let statuses = [before.status().as_u16(), after.status().as_u16()];
        replayed.rows.push(Row { compared: comparison.compare(&before, &after), statuses, entry });
    }
    Ok(replayed)
}

async fn ask(server: &Proxy, entry: &Entry) -> Result<Response<Bytes>, BoxError> {
    let mut request = Request::new(Full::new(entry.body.clone()));
    *request.method_mut() = entry.method.clone();
    *request.uri_mut() = entry.target.parse()?;
    *request.headers_mut() = entry.headers.clone();
    let response = server.send(request).await.map_err(|error| format!("{entry}: {error:?}"))?;
    let (parts, body) = response.into_parts();
    Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
}

/// Prints the table. A difference is a line of its own below its request.
pub(crate) fn table(Replayed { rows, left_out }: &Replayed) -> String {
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
            "left out: {}. They change something; `--all` sends them, too",
            methods.join(", ")
        ));
    }
    lines.join("\n")
}

#[tokio::main]
async fn main() -> ExitCode {
    let run = async {
        let options = Options::parse(std::env::args().skip(1))?;
        let har =
            std::fs::read_to_string(&options.file).map_err(|error| format!("{}: {error}", options.file))?;
        replay(&options, &har).await
    };
    match run.await {
        Ok(replayed) => {
            println!("{}", table(&replayed));
            ExitCode::from(u8::from(replayed.rows.iter().any(|row| !row.compared.differences.is_empty())))
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

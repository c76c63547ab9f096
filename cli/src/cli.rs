//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// What cargo starts for `cargo api-routes`: the first argument is the name of the subcommand.
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo")]
pub(crate) enum Cargo {
    ApiRoutes(Arguments),
}

/// Moves the API routes of a Next.js app to Rust, one at a time
///
/// `import` writes a Rust crate that serves the whole API at once: each route is forwarded to Next.js until it is written. `dev` runs both
/// servers under one address, `status` says what has moved, and `replay` compares their responses.
#[derive(Args, Debug)]
#[command(version, max_term_width = 100, after_long_help = AFTER)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Colours: `auto` has them on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

const AFTER: &str = "\
The first minutes:

    cargo api-routes import ../shop          # writes shop-api, and says what it has read
    cd shop-api
    cargo api-routes dev                     # http://127.0.0.1:3000, Next.js behind it
    $EDITOR 'src/pages/api/hello.rs'         # in place of `next::forward(req, res).await`
    cargo api-routes status

Exit codes:

    0   done; with `replay`, all responses are equal
    1   done, but: a file could not be parsed (`import`), a response differs (`replay`)
    2   not done: the message says why";

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Import(Import),
    Status(Status),
    Replay(Replay),
    Dev(Dev),
    New(New),
}

/// Writes a Rust crate for the API routes of a Next.js app
///
/// Reads `pages/api` or `src/pages/api`, `next.config.*` as far as it is literal, and the `routes-manifest.json` of a build if there is one.
/// Each route becomes a file of the same name that compiles, forwards to Next.js, and has what could be read: methods, configuration, types,
/// and what to write for what the old file uses.
///
/// A file that exists is never written again. Run it again when the app has new routes.
#[derive(Args, Debug)]
pub(crate) struct Import {
    /// The folder of the Next.js app, with its package.json
    pub(crate) app: PathBuf,
    /// The folder for the crate [default: the app's name and `-api`, in the current folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Says what would be written, and writes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) source: CrateSource,
}

/// Writes a Rust crate with two route files and a test, without a Next.js app
#[derive(Args, Debug)]
pub(crate) struct New {
    /// The name of the crate, and of its folder in the current one
    pub(crate) name: String,
    /// Says what would be written, and writes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) source: CrateSource,
}

#[derive(Args, Debug)]
pub(crate) struct CrateSource {
    /// The folder of tower-api-routes [default: the clone that this program was installed from, if there is one]
    #[arg(long, value_name = "DIR")]
    pub(crate) crate_path: Option<PathBuf>,
    /// The version of tower-api-routes on crates.io, in place of a folder
    #[arg(long, value_name = "VERSION", conflicts_with = "crate_path")]
    pub(crate) crate_version: Option<String>,
}

/// Lists the routes: moved or forwarded, what they need, and what the last comparison has found
///
/// The comparisons are those of `replay` and of the shadow (`SHADOW_RATE`, `SHADOW_LOG`): the last one of each route and method counts.
#[derive(Args, Debug)]
pub(crate) struct Status {
    /// The folder of the crate
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Writes JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Sends recorded requests to two servers, and compares the responses
///
/// The file is a HAR, as the developer tools of a browser export it (*Save all as HAR*). Each request goes to the old server and to the new
/// one, one after the other, so that what a request changes is there for the next.
///
/// Below a request that differs is a line for each difference, with the values of the old and the new server. `same value` is a response
/// that is equal but for the order of keys or the form of dates. At the end is how often each kind of difference was found.
#[derive(Args, Debug)]
pub(crate) struct Replay {
    /// The HAR file
    pub(crate) file: PathBuf,
    /// The address of the server that is being replaced, such as <http://127.0.0.1:3000>
    pub(crate) old: String,
    /// The address of the server that replaces it, such as <http://127.0.0.1:4000>
    pub(crate) new: String,
    /// Another method than GET and HEAD that is sent, too; both servers carry it out
    #[arg(long = "method", value_name = "METHOD", value_delimiter = ',')]
    pub(crate) methods: Vec<String>,
    /// Every method is sent
    #[arg(long, conflicts_with = "methods")]
    pub(crate) all: bool,
    /// The start of the paths that are sent
    #[arg(long, value_name = "PATH", default_value = "/api/")]
    pub(crate) path: String,
    /// A path within JSON that may differ, such as `$.generatedAt`
    #[arg(long, value_name = "PATH")]
    pub(crate) ignore: Vec<String>,
    /// A path to an array within JSON whose order may differ, such as `$.tags`
    #[arg(long, value_name = "PATH")]
    pub(crate) unordered: Vec<String>,
    /// A file for the results, for `status` [default: replay.jsonl, in the folder of an imported crate]
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
}

/// Runs Next.js and the Rust server under one address, and builds again at each change
///
/// The address is held by this command, so that no request is refused while the server is built and restarted: requests wait, 30 seconds
/// at most. A compile error is shown here and, as a 500, to whoever asks meanwhile.
#[derive(Args, Debug)]
pub(crate) struct Dev {
    /// The folder of the crate
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// The address to listen on
    #[arg(long, env = "ADDR", default_value = "127.0.0.1:3000")]
    pub(crate) addr: String,
    /// The address of a Next.js that runs already [default: `next dev` is started]
    #[arg(long, value_name = "URL", env = "NEXT_ORIGIN")]
    pub(crate) next_origin: Option<String>,
    /// Starts no Next.js
    #[arg(long, conflicts_with = "next_origin")]
    pub(crate) no_next: bool,
    /// Goes on with the last server that compiled, while a build runs and when it fails
    #[arg(long)]
    pub(crate) keep_last_good: bool,
    /// Sends each GET request to Next.js, too, and compares; `status` has the results
    #[arg(long)]
    pub(crate) shadow: bool,
    /// Builds with optimisation
    #[arg(long)]
    pub(crate) release: bool,
}

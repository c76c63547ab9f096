//! The files of a crate that are not routes.

use super::File;
use crate::app::{App, Sessions, Slash};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Where `tower-api-routes` comes from.
#[derive(Clone, Debug)]
pub(crate) enum Dependency {
    /// A version of crates.io.
    Version(String),
    /// A folder.
    Path(String),
}

impl Dependency {
    fn toml(&self) -> String {
        match self {
            Self::Version(version) => format!("version = {version:?}"),
            Self::Path(path) => format!("path = {path:?}"),
        }
    }
}

/// What an imported server is made of, beside its routes.
#[derive(Debug)]
pub(crate) struct Server<'a> {
    pub(crate) name: &'a str,
    pub(crate) app: &'a App,
    /// The path from the crate to the app.
    pub(crate) app_path: &'a str,
    pub(crate) features: &'a BTreeSet<&'static str>,
    pub(crate) dependency: &'a Dependency,
}

const BUILD: &str = "fn main() {\n    tower_api_routes::build::routes(\"src/pages\");\n}\n";
const IGNORE: &str = "/target\n/shadow.jsonl\n/replay.jsonl\n";

/// Returns the files of an imported crate.
pub(crate) fn imported(server: &Server<'_>) -> Vec<File> {
    let features =
        server.features.iter().copied().chain(["preserve_order", "proxy", "shadow"]).collect::<BTreeSet<_>>();
    let manifest = manifest(server.name, server.dependency, &features, &[])
        + &format!("\n[package.metadata.api-routes]\nnext-app = {:?}\n", server.app_path);
    let readme = include_str!("../../templates/README.md")
        .replace("{{name}}", server.name)
        .replace("{{app}}", server.app_path)
        .replace("{{variables}}", &variables(server));
    let next = include_str!("../../templates/next.rs").to_owned();
    vec![
        File::new("Cargo.toml", manifest),
        File::new("build.rs", BUILD),
        File::new(".gitignore", IGNORE),
        File::new("README.md", readme),
        File::new("src/main.rs", main(server)),
        File::new("src/next.rs", next),
    ]
}

/// The rows of the README for variables that not every server reads.
fn variables(server: &Server<'_>) -> String {
    let mut rows = String::new();
    if server.features.contains("draft") {
        rows += "| `NEXT_DIST` | the build of the app, for the keys of draft mode | that of the app |\n";
    }
    rows += match server.app.sessions() {
        Some(Sessions::NextAuth) => {
            "| `NEXTAUTH_SECRET`, `NEXTAUTH_URL` | the sessions, as in the app | none |\n"
        }
        Some(Sessions::AuthJs) => "| `AUTH_SECRET`, `AUTH_URL` | the sessions, as in the app | none |\n",
        Some(Sessions::Iron) => {
            "| `SESSION_PASSWORD`, `SESSION_COOKIE` | the `password` and the `cookieName` of the app | none |\n"
        }
        None => "",
    };
    rows
}

/// Returns the files of a crate without a Next.js app.
pub(crate) fn starter(name: &str, dependency: &Dependency) -> Vec<File> {
    let dev = ["http-body-util = \"0.1\"", "tower = { version = \"0.5\", features = [\"util\"] }"];
    vec![
        File::new("Cargo.toml", manifest(name, dependency, &BTreeSet::new(), &dev)),
        File::new("build.rs", BUILD),
        File::new(".gitignore", IGNORE),
        File::new("README.md", include_str!("../../templates/new/README.md").replace("{{name}}", name)),
        File::new("src/main.rs", include_str!("../../templates/new/main.rs")),
        File::new("src/tests.rs", include_str!("../../templates/new/tests.rs")),
        File::new("src/pages/api/hello.rs", include_str!("../../templates/new/hello.rs")),
        File::new("src/pages/api/post/[pid].rs", include_str!("../../templates/new/pid.rs")),
    ]
}

/// Without optimization the key of preview data takes seconds.
const DRAFT_PROFILE: &str = "
# The key of preview data takes 100,000 rounds of a hash.
[profile.dev.package]
digest.opt-level = 3
hmac.opt-level = 3
pbkdf2.opt-level = 3
sha2.opt-level = 3
";

fn manifest(name: &str, dependency: &Dependency, features: &BTreeSet<&str>, dev: &[&str]) -> String {
    let source = dependency.toml();
    let profile = if features.contains("draft") { DRAFT_PROFILE } else { "" };
    let quoted: Vec<_> = features.iter().map(|feature| format!("{feature:?}")).collect();
    let features =
        if quoted.is_empty() { String::new() } else { format!(", features = [{}]", quoted.join(", ")) };
    let dev =
        if dev.is_empty() { String::new() } else { format!("\n[dev-dependencies]\n{}\n", dev.join("\n")) };
    format!(
        "[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
         [dependencies]\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n\
         serde_json = \"1\"\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"net\", \"rt-multi-thread\"] }}\n\
         tower-api-routes = {{ {source}{features} }}\n\
         tracing = {{ version = \"0.1\", default-features = false, features = [\"std\"] }}\n\
         tracing-subscriber = {{ version = \"0.3\", default-features = false, features = [\"fmt\", \"std\"] }}\n\n\
         [build-dependencies]\n\
         tower-api-routes = {{ {source}, default-features = false, features = [\"build\"] }}\n{dev}{profile}"
    )
}

fn main(server: &Server<'_>) -> String {
    let settings = &server.app.settings;
    let (keys, revalidate) = (server.features.contains("draft"), server.features.contains("revalidate"));
    let mut out = format!(
        "//! The API of `{}`: the routes in `src/pages/api`, and Next.js behind them for everything else.\n\nmod next;\n\n",
        server.app.name
    );
    let mut names = vec!["ApiRouter"];
    if revalidate {
        names.push("HttpRevalidator");
    }
    if keys {
        names.push("PreviewProps");
    }
    if server.app.sessions().is_some() {
        names.push("Sessions");
    }
    if settings.slash != Slash::Remove {
        names.push("TrailingSlash");
    }
    names.extend(["serve", "shutdown_signal"]);
    // Writing to a `String` cannot fail.
    let _ = writeln!(out, "use std::error::Error;");
    if keys {
        let _ = writeln!(out, "use std::path::Path;");
    }
    let _ = writeln!(out, "use std::time::Duration;\nuse tokio::net::TcpListener;");
    let _ = writeln!(
        out,
        "use tower_api_routes::{{{}}};\n\ntower_api_routes::include_routes!();\n",
        names.join(", ")
    );
    out += MAIN;
    let mut api = String::new();
    if !settings.base_path.is_empty() {
        let _ = write!(api, ".base_path({:?})", settings.base_path);
    }
    match settings.slash {
        Slash::Remove => {}
        Slash::Require => api += ".trailing_slash(TrailingSlash::Require)",
        Slash::Ignore => api += ".trailing_slash(TrailingSlash::Ignore)",
    }
    let mutable = "let mut api";
    let _ = writeln!(
        out,
        "/// Returns the whole server.\nfn api(origin: &str) -> Result<ApiRouter, Box<dyn Error + Send + Sync>> {{\n    \
         let next = next::proxy(origin)?;\n    {mutable} = router(){api}.state(next.clone());"
    );
    if keys {
        let dist = format!("{}/{}", server.app_path.trim_end_matches('/'), settings.dist);
        let _ = write!(
            out,
            "    // The keys of draft mode, from the build of the app: both servers read each other's cookies.\n    \
             let dist = std::env::var(\"NEXT_DIST\").unwrap_or_else(|_| {dist:?}.to_owned());\n    \
             let manifest = Path::new(&dist).join(\"prerender-manifest.json\");\n    \
             if manifest.is_file() {{\n        \
             let props = PreviewProps::from_manifest(manifest)?.development(dist.ends_with(\"dev\"));\n"
        );
        if revalidate {
            let _ = writeln!(
                out,
                "        api = api.revalidator(HttpRevalidator::new(props.mode_id(), [origin])?);"
            );
        }
        let _ = writeln!(out, "        api = api.preview(props);");
        let _ = writeln!(
            out,
            "    }} else {{\n        tracing::warn!(%dist, \"no build of Next.js: draft mode and revalidation are off\");\n    }}"
        );
    }
    out += server.app.sessions().map_or("", sessions);
    out += "    if let Some(shadow) = next::shadow(origin)? {\n        api = api.route_layer(shadow);\n    }\n    Ok(api.fallback(next))\n}\n";
    out
}

/// Sessions by the variables that the app itself reads. Without them the server starts: its routes are still forwarded.
fn sessions(sessions: Sessions) -> &'static str {
    match sessions {
        Sessions::NextAuth => {
            r#"    // The sessions of NextAuth 4, by the variables of the app: NEXTAUTH_SECRET and NEXTAUTH_URL.
    match Sessions::next_auth_from_env() {
        Ok(sessions) => api = api.sessions(sessions),
        Err(error) => tracing::warn!(%error, "sessions are off"),
    }
"#
        }
        Sessions::AuthJs => {
            r#"    // The sessions of Auth.js 5, by the variables of the app: AUTH_SECRET and AUTH_URL.
    match Sessions::auth_js_from_env() {
        Ok(sessions) => api = api.sessions(sessions),
        Err(error) => tracing::warn!(%error, "sessions are off"),
    }
"#
        }
        Sessions::Iron => {
            r#"    // The sessions of iron-session: the `password` and the `cookieName` of the app.
    match (std::env::var("SESSION_PASSWORD"), std::env::var("SESSION_COOKIE")) {
        (Ok(password), Ok(name)) => api = api.sessions(Sessions::iron(password)?.cookie_name(name)),
        _ => tracing::warn!("sessions are off: set SESSION_PASSWORD and SESSION_COOKIE, as in the app"),
    }
"#
        }
    }
}

const MAIN: &str = r#"#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    tracing_subscriber::fmt::init();
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".to_owned());
    let origin = next::origin();
    let api = api(&origin)?;
    let listener = TcpListener::bind(&address).await?;
    println!("listening on http://{}, with Next.js at {origin}", listener.local_addr()?);
    // A second Ctrl-C ends the server at once.
    serve(listener, api)
        .with_remote_addr()
        .with_graceful_shutdown(shutdown_signal())
        .grace_period(Duration::from_secs(10))
        .await?;
    Ok(())
}

"#;

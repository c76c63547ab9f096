//! The Rust file of a route: it serves through the proxy, and has what could be read of the old file.

use crate::plan::Planned;
use crate::read::{Config, Limit};
use crate::types::snake_case;
use std::fmt::Write as _;

const WRAPPERS: &str = "https://github.com/tower-api-routes/tower-api-routes/blob/main/docs/wrappers.md";

/// Returns the text of the file.
pub(crate) fn route_file(route: &Planned) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = head(&mut out, route);
    let _ = imports(&mut out, route);
    let _ = config(&mut out, &route.config);
    let _ = handlers(&mut out, route);
    if !route.types.is_empty() {
        let _ = write!(out, "\n{}", route.types.code());
    }
    out
}

fn head(out: &mut String, route: &Planned) -> std::fmt::Result {
    writeln!(out, "//! `{}`: `{}` in Next.js.", route.route, route.file)?;
    writeln!(out, "//!")?;
    writeln!(
        out,
        "//! Not written yet: Next.js responds, by `next::forward`. Write the body of a handler in its place, with the body's"
    )?;
    writeln!(out, "//! type in place of `Body`, and the route has moved.")?;
    if !route.wrappers.is_empty() {
        let wrappers: Vec<_> = route.wrappers.iter().map(|name| format!("`{name}`")).collect();
        writeln!(
            out,
            "//!\n//! Around the handler in Next.js: {}. Here: `handler.wrap(f)`, see <{WRAPPERS}>.",
            wrappers.join(", ")
        )?;
    }
    if !route.uses.is_empty() {
        writeln!(out, "//!\n//! | the old file uses | write | guide |\n//! | --- | --- | --- |")?;
        for found in &route.uses {
            writeln!(
                out,
                "//! | `{}` (line {}) | {} | <{}> |",
                found.name,
                found.line,
                found.here.replace('|', "\\|"),
                found.guide
            )?;
        }
    }
    for rule in &route.rules {
        let to = rule.destination.as_ref().map(|to| format!(" to `{to}`")).unwrap_or_default();
        writeln!(
            out,
            "//!\n//! `{}` of next.config has `{}`{to}: it is applied by Next.js only.",
            rule.kind, rule.source
        )?;
    }
    if !route.unread.is_empty() {
        writeln!(out, "//!\n//! Not read:\n//!")?;
        for line in &route.unread {
            writeln!(out, "//! - {}", line.replace('\n', " "))?;
        }
    }
    if !route.types.is_empty() {
        writeln!(out, "\n#![allow(dead_code)] // until the handlers are written")?;
    }
    writeln!(out)
}

fn imports(out: &mut String, route: &Planned) -> std::fmt::Result {
    writeln!(out, "use crate::next;")?;
    if !route.types.is_empty() {
        writeln!(out, "use serde::{{Deserialize, Serialize}};")?;
    }
    let mut names = vec!["ApiRequest", "ApiResponse", "Body", "Result"];
    if !route.methods.is_empty() {
        names.extend(["Methods", "methods"]);
    }
    if !settings(&route.config).is_empty() {
        names.push("RouteConfig");
    }
    // rustfmt's order: types before functions.
    names.sort_by_key(|name| (name.starts_with(char::is_lowercase), *name));
    writeln!(out, "use tower_api_routes::{{{}}};", names.join(", "))
}

/// Returns the calls that set what the old file sets.
fn settings(config: &Config) -> Vec<String> {
    let mut calls = Vec::new();
    if config.no_body_parser {
        calls.push("body_parser(false)".to_owned());
    }
    calls.extend(config.size_limit.as_ref().map(|limit| self::limit("size_limit", limit)));
    calls.extend(config.response_limit.as_ref().map(|limit| self::limit("response_limit", limit)));
    if config.external_resolver {
        calls.push("external_resolver(true)".to_owned());
    }
    calls.extend(config.max_duration.map(|seconds| format!("max_duration_secs({seconds})")));
    calls
}

fn config(out: &mut String, config: &Config) -> std::fmt::Result {
    let calls = settings(config);
    if calls.is_empty() {
        return Ok(());
    }
    if config.max_duration.is_some() {
        writeln!(out, "\n// The deadline is enforced here, as by Vercel. `next start` has none.")?;
    } else {
        writeln!(out)?;
    }
    writeln!(out, "pub const CONFIG: RouteConfig = RouteConfig::new().{};", calls.join("."))
}

fn limit(name: &str, limit: &Limit) -> String {
    match limit {
        Limit::None => format!("no_{name}()"),
        Limit::Text(text) => format!("{name}({text:?})"),
        Limit::Bytes(bytes) => format!("{name}(\"{bytes}\")"),
    }
}

fn handlers(out: &mut String, route: &Planned) -> std::fmt::Result {
    if route.methods.is_empty() {
        return handler(out, route, "pub async fn handler", "every method");
    }
    let calls: String = route.methods.iter().map(|method| format!(".{0}({0})", snake_case(method))).collect();
    writeln!(
        out,
        "\npub fn route() -> Methods {{\n    methods(){calls}{}\n}}",
        other_methods(&route.methods)
    )?;
    for method in &route.methods {
        handler(out, route, &format!("async fn {}", snake_case(method)), method)?;
    }
    Ok(())
}

/// What Next.js does with the methods that the file does not name, it goes on doing.
fn other_methods(methods: &[String]) -> String {
    let others = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].into_iter();
    others
        // HEAD is what GET is, unless the file has it.
        .filter(|other| !methods.iter().any(|method| method == other || method == "GET" && *other == "HEAD"))
        .map(|other| format!(".{}(next::other_methods)", other.to_ascii_lowercase()))
        .collect()
}

fn handler(out: &mut String, route: &Planned, signature: &str, method: &str) -> std::fmt::Result {
    writeln!(out)?;
    if let Some(body) = route.body.as_ref().filter(|_| !matches!(method, "GET" | "HEAD" | "OPTIONS")) {
        writeln!(out, "/// Takes an `ApiRequest<{body}>`, once it is written.")?;
    }
    let response = route.response.as_ref().map(|ty| format!("<{ty}>")).unwrap_or_default();
    writeln!(out, "{signature}(req: ApiRequest<Body>, res: ApiResponse{response}) -> Result {{")?;
    writeln!(out, "    next::forward(req, res).await\n}}")
}

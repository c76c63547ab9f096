//! Writes the file.

use super::declarations::Declarations;
use super::{RouteTypes, Type, TypescriptError};
use crate::routing::{Pattern, Segment};
use http::Method;
use std::fmt::Write as _;

/// The types and the functions that are the same for every API.
const CLIENT: &str = include_str!("client.ts");

/// A handler of a route, with its method; `None` responds to all methods.
pub(crate) type Operation = (Option<Method>, RouteTypes);

/// Returns the file for routes that are sorted in the order in which they are tried.
pub(crate) fn file(
    base_path: &str,
    routes: &[(&Pattern, Vec<Operation>)],
) -> Result<String, TypescriptError> {
    let mut declarations = Declarations::new();
    let types = routes.iter().flat_map(|(_, operations)| operations).flat_map(|(_, types)| types.all());
    types.for_each(|known| (known.declare)(&mut declarations));
    let declared = declarations.finish(&reserved())?;

    let (mut table, mut order) = (String::new(), String::new());
    for (pattern, operations) in routes {
        let path = quoted(&full_path(base_path, pattern));
        let _ = writeln!(order, "  {path},");
        let _ = writeln!(table, "  {path}: {{");
        for operation in operations {
            let _ = writeln!(table, "    {};", entry(&declarations, pattern, operation));
        }
        table.push_str("  };\n");
    }
    Ok(format!(
        "// Written by tower-api-routes from the routes of the server. Do not edit.\n/* eslint-disable */\n\n{declared}\n\
         /** The routes of the API, by pattern and method; `*` is every method. */\nexport interface ApiRoutes {{\n{table}}}\n\n\
         // The patterns, in the order in which they are tried.\ntype ApiOrder = [\n{order}];\n\n{CLIENT}"
    ))
}

/// Returns the names that the file has for itself.
fn reserved() -> Vec<&'static str> {
    let declared = CLIENT.lines().filter_map(|line| {
        let line = line.strip_prefix("export ").unwrap_or(line).strip_prefix("type ")?;
        line.split(|c: char| !c.is_alphanumeric()).next()
    });
    // The last three are types of the language that the file uses.
    declared.chain(["ApiRoutes", "ApiOrder", "Array", "Omit", "Promise"]).collect()
}

fn entry(declarations: &Declarations, pattern: &Pattern, (method, types): &Operation) -> String {
    let name = |known: Option<Type>, unknown: &str| {
        known.map_or_else(|| unknown.to_owned(), |known| (known.name)(&declarations.config))
    };
    // `fetch` refuses a body for these two.
    let body = if matches!(*method, Some(Method::GET | Method::HEAD)) {
        "never".to_owned()
    } else {
        name(types.body, "unknown")
    };
    format!(
        "{}: {{ params: {}; query: {}; body: {body}; response: {} }}",
        quoted(method.as_ref().map_or("*", Method::as_str)),
        params(pattern),
        name(types.query, "ApiQuery"),
        name(types.response, "unknown"),
    )
}

fn params(pattern: &Pattern) -> String {
    let params = pattern.segments().iter().filter_map(|segment| match segment {
        Segment::Static(_) => None,
        Segment::Param(name) => Some(format!("{}: string", quoted(name))),
        Segment::CatchAll(name) => Some(format!("{}: string[]", quoted(name))),
        Segment::OptionalCatchAll(name) => Some(format!("{}?: string[]", quoted(name))),
    });
    let params: Vec<_> = params.collect();
    if params.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", params.join("; ")) }
}

fn full_path(base_path: &str, pattern: &Pattern) -> String {
    match pattern.as_str() {
        "/" if !base_path.is_empty() => base_path.to_owned(),
        pattern => format!("{base_path}{pattern}"),
    }
}

/// Returns a text as a literal of TypeScript, which is that of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

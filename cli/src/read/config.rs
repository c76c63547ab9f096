//! `export const config`, and `maxDuration` and `runtime` beside it.

use super::literal::Literal;
use super::{Lines, Source};
use oxc_ast::ast::{AssignmentTarget, Declaration, Expression, Program, Statement};
use oxc_span::GetSpan as _;
use tower_api_routes::SizeLimit;

/// The configuration of a route file, as far as it is written as literals.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Config {
    /// `api.bodyParser: false`.
    pub(crate) no_body_parser: bool,
    /// `api.bodyParser.sizeLimit`.
    pub(crate) size_limit: Option<Limit>,
    /// `api.responseLimit`, and `Limit::None` for `false`.
    pub(crate) response_limit: Option<Limit>,
    /// `api.externalResolver`.
    pub(crate) external_resolver: bool,
    /// `maxDuration`, in seconds.
    pub(crate) max_duration: Option<u32>,
    /// `runtime`.
    pub(crate) runtime: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    None,
    Text(String),
    Bytes(u64),
}

impl Config {
    /// Returns whether the route runs in the edge runtime, which has no `(req, res)`.
    pub(crate) fn is_edge(&self) -> bool {
        matches!(self.runtime.as_deref(), Some("edge" | "experimental-edge"))
    }
}

pub(super) fn read(program: &Program<'_>, lines: &Lines<'_>, source: &mut Source) {
    for statement in &program.body {
        for (name, value) in exported_values(statement) {
            let (literal, line) = (Literal::of(value), lines.line(value.span().start));
            match &*name {
                "config" => object(&literal, line, source),
                "maxDuration" => max_duration(&literal, line, source),
                "runtime" => runtime(&literal, line, source),
                _ => {}
            }
        }
    }
    for name in ["config", "maxDuration", "runtime"] {
        if let Some(super::Exported::From(import)) = source.exports.get(name) {
            source.unread.push(format!(
                "`{name}` comes from \"{}\": Next.js, too, reads it only in the file",
                import.module
            ));
        }
    }
}

/// `export const name = value`, `module.exports.name = value` and `exports.name = value`.
fn exported_values<'s, 'a>(statement: &'s Statement<'a>) -> Vec<(String, &'s Expression<'a>)> {
    match statement {
        Statement::ExportDeclaration(export) => match &export.declaration {
            Declaration::VariableDeclaration(variables) => variables
                .declarations
                .iter()
                .filter_map(|variable| {
                    Some((variable.id.get_identifier_name()?.to_string(), variable.init.as_ref()?))
                })
                .collect(),
            _ => Vec::new(),
        },
        Statement::ExpressionStatement(statement) => match &statement.expression {
            Expression::AssignmentExpression(assignment) => {
                let name = match &assignment.left {
                    AssignmentTarget::StaticMemberExpression(member) if is_exports(&member.object) => {
                        Some(member.property.name.to_string())
                    }
                    _ => None,
                };
                name.map(|name| (name, &assignment.right)).into_iter().collect()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

pub(super) fn is_exports(expression: &Expression<'_>) -> bool {
    expression.is_specific_id("exports") || expression.is_specific_member_access("module", "exports")
}

fn object(config: &Literal, line: usize, source: &mut Source) {
    let Literal::Object(properties) = config else {
        source.unread.push(format!("`config` (line {line}) is not an object literal"));
        return;
    };
    for (name, value) in properties {
        match &**name {
            "api" => api(value, line, source),
            "maxDuration" => max_duration(value, line, source),
            "runtime" => runtime(value, line, source),
            // For the platform, not for the server.
            "regions"
            | "memory"
            | "preferredRegion"
            | "unstable_allowDynamic"
            | "supportsResponseStreaming" => {}
            _ => source.unread.push(format!("`config.{name}` (line {line}) has no counterpart")),
        }
    }
}

fn api(api: &Literal, line: usize, source: &mut Source) {
    let Literal::Object(properties) = api else {
        source.unread.push(format!("`config.api` (line {line}) is not an object literal"));
        return;
    };
    for (name, value) in properties {
        let read = match (&**name, value) {
            ("bodyParser", Literal::Bool(on)) => {
                source.config.no_body_parser = !on;
                true
            }
            ("bodyParser", parser @ Literal::Object(_)) => match parser.get("sizeLimit").map(limit) {
                Some(Some(size)) => {
                    source.config.size_limit = Some(size);
                    true
                }
                Some(None) => false,
                None => true,
            },
            ("responseLimit", Literal::Bool(false)) => {
                source.config.response_limit = Some(Limit::None);
                true
            }
            ("responseLimit", Literal::Bool(true)) => true, // the default
            ("responseLimit", value) => {
                source.config.response_limit = limit(value);
                source.config.response_limit.is_some()
            }
            ("externalResolver", Literal::Bool(on)) => {
                source.config.external_resolver = *on;
                true
            }
            _ => false,
        };
        if !read {
            source.unread.push(format!("`config.api.{name}` (line {line}) is not a literal of Next.js"));
        }
    }
}

/// A size as Next.js takes it. The library's own parser says whether it is one.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked
fn limit(value: &Literal) -> Option<Limit> {
    match value {
        Literal::Text(text) if SizeLimit::parse(text).is_ok() => Some(Limit::Text(text.clone())),
        Literal::Number(bytes) if *bytes >= 0.0 && *bytes < 2f64.powi(53) => {
            Some(Limit::Bytes(*bytes as u64))
        }
        _ => None,
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked
fn max_duration(value: &Literal, line: usize, source: &mut Source) {
    match value {
        Literal::Number(seconds) if (1.0..86_400.0).contains(seconds) && seconds.fract() == 0.0 => {
            source.config.max_duration = Some(*seconds as u32);
        }
        _ => source.unread.push(format!("`maxDuration` (line {line}) is not a number of seconds")),
    }
}

fn runtime(value: &Literal, line: usize, source: &mut Source) {
    match value.text() {
        Some(text) => source.config.runtime = Some(text.to_owned()),
        None => source.unread.push(format!("`runtime` (line {line}) is not a text")),
    }
}

//! `export const config`, and `maxDuration` and `runtime` beside it.

use super::export::top_level;
use super::literal::Literal;
use super::{Lines, Source};
use oxc_ast::ast::{
    AssignmentExpression, AssignmentTarget, Declaration, Expression, ObjectExpression, ObjectPropertyKind,
    Program, Statement, StaticMemberExpression,
};
use oxc_span::GetSpan as _;
use std::collections::{BTreeMap, BTreeSet};
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
    let values = top_level(program);
    let mut exported = BTreeSet::new();
    let each = program.body.iter().flat_map(|statement| {
        let direct = !matches!(statement, Statement::ExportNamedDeclaration(_));
        exported_values(statement, &values).into_iter().map(move |(name, value)| (name, value, direct))
    });
    for (name, value, direct) in each {
        // What a variable has, Next.js reads while it runs, and not in the source.
        let (value, direct) = match value.get_inner_expression() {
            Expression::Identifier(variable) => {
                values.get(variable.name.as_str()).map_or((value, true), |value| (*value, false))
            }
            _ => (value, direct),
        };
        let (literal, line) = (Literal::of(value), lines.line(value.span().start));
        match (name.as_str(), direct) {
            ("config", _) => object(&literal, line, direct, source),
            ("maxDuration", true) => max_duration(&literal, line, source),
            ("runtime", true) => runtime(&literal, line, source),
            ("maxDuration" | "runtime", false) => source.unread.push(not_direct(&name, line)),
            _ => {}
        }
        exported.insert(name);
    }
    for name in ["config", "maxDuration", "runtime"] {
        let from = match source.exports.get(name) {
            Some(super::Exported::From(import)) => Some(import),
            Some(super::Exported::Local(local)) => source.imports.get(local),
            None => continue,
        };
        if let Some(import) = from {
            source.unread.push(format!(
                "`{name}` comes from \"{}\": Next.js, too, reads it only in the file",
                import.module
            ));
        } else if !exported.contains(name) {
            source.unread.push(format!("`{name}` is exported, and its value is not read"));
        }
    }
}

fn not_direct(name: &str, line: usize) -> String {
    format!("`{name}` (line {line}) is not in an exported literal: Next.js, too, does not read it there")
}

/// `export const name = value`, `export { name }`, `module.exports.name = value`, `module.exports = { name: value }` and
/// `exports.name = value`.
fn exported_values<'s, 'a>(
    statement: &'s Statement<'a>,
    values: &BTreeMap<&'s str, &'s Expression<'a>>,
) -> Vec<(String, &'s Expression<'a>)> {
    match statement {
        Statement::ExportNamedDeclaration(export) => {
            let named = export.specifiers.iter().filter_map(|specifier| {
                let value = values.get(specifier.local.name().as_str())?;
                Some((specifier.exported.name().to_string(), *value))
            });
            named.collect()
        }
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
                if let Some(properties) = properties(assignment) {
                    return properties;
                }
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

/// The properties of `module.exports = { … }`.
fn properties<'s, 'a>(assignment: &'s AssignmentExpression<'a>) -> Option<Vec<(String, &'s Expression<'a>)>> {
    let AssignmentTarget::StaticMemberExpression(member) = &assignment.left else { return None };
    let Expression::ObjectExpression(object) = assignment.right.get_inner_expression() else { return None };
    is_module_exports(member).then(|| named(object).collect())
}

/// The properties of an object that have a name.
pub(super) fn named<'s, 'a>(
    object: &'s ObjectExpression<'a>,
) -> impl Iterator<Item = (String, &'s Expression<'a>)> {
    object.properties.iter().filter_map(|property| match property {
        ObjectPropertyKind::ObjectProperty(property) => {
            Some((property.key.static_name()?.to_string(), &property.value))
        }
        ObjectPropertyKind::SpreadProperty(_) => None,
    })
}

pub(super) fn is_module_exports(member: &StaticMemberExpression<'_>) -> bool {
    member.object.is_specific_id("module") && member.property.name == "exports"
}

pub(super) fn is_exports(expression: &Expression<'_>) -> bool {
    expression.is_specific_id("exports") || expression.is_specific_member_access("module", "exports")
}

fn object(config: &Literal, line: usize, direct: bool, source: &mut Source) {
    let Literal::Object(properties) = config else {
        source.unread.push(format!("`config` (line {line}) is not an object literal"));
        return;
    };
    for (name, value) in properties {
        match &**name {
            "api" => api(value, line, source),
            "maxDuration" | "runtime" if !direct => {
                source.unread.push(not_direct(&format!("config.{name}"), line));
            }
            "maxDuration" => max_duration(value, line, source),
            "runtime" => runtime(value, line, source),
            // For the platform, not for the server.
            "regions"
            | "memory"
            | "preferredRegion"
            | "unstable_allowDynamic"
            | "supportsResponseStreaming" => {}
            name if !is_name(name) => source.unread.push(other_part("config", name, line)),
            _ => source.unread.push(format!("`config.{name}` (line {line}) has no counterpart")),
        }
    }
}

/// Returns whether a property has a name, and is no spread and no computed key.
fn is_name(property: &str) -> bool {
    !matches!(property, "..." | "[…]")
}

fn other_part(object: &str, property: &str, line: usize) -> String {
    let what = if property == "..." { "a spread" } else { "a computed key" };
    format!("`{object}` (line {line}) has {what}, which is not a literal")
}

fn api(api: &Literal, line: usize, source: &mut Source) {
    let Literal::Object(properties) = api else {
        source.unread.push(format!("`config.api` (line {line}) is not an object literal"));
        return;
    };
    for (name, value) in properties {
        if !is_name(name) {
            source.unread.push(other_part("config.api", name, line));
            continue;
        }
        let read = match (&**name, value) {
            ("bodyParser", Literal::Bool(on)) => {
                source.config.no_body_parser = !on;
                true
            }
            ("bodyParser", parser @ Literal::Object(properties)) => {
                let size = parser.get("sizeLimit").map(limit);
                let is_read = !matches!(size, Some(None));
                source.config.size_limit = size.flatten();
                is_read && properties.iter().all(|(name, _)| is_name(name))
            }
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

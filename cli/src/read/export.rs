//! Imports and exports: what the file takes from others, and what its default export is made of.

use super::config::{is_exports, is_module_exports, named};
use super::literal::Literal;
use super::{Exported, Handler, Import, Lines, Source};
use oxc_ast::ast::{
    Argument, AssignmentTarget, CallExpression, Declaration, ExportDefaultDeclarationKind, Expression,
    ImportDeclarationSpecifier, ImportExpression, Program, Statement,
};
use oxc_ast_visit::{Visit, walk};
use std::collections::BTreeMap;

pub(super) fn read(program: &Program<'_>, lines: &Lines<'_>, source: &mut Source) {
    for statement in &program.body {
        match statement {
            Statement::ImportDeclaration(import) => {
                let module = import.source.value.to_string();
                for specifier in import.specifiers.iter().flatten() {
                    let name = match specifier {
                        ImportDeclarationSpecifier::ImportSpecifier(specifier) => {
                            specifier.imported.name().to_string()
                        }
                        ImportDeclarationSpecifier::ImportDefaultSpecifier(_) => "default".into(),
                        ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => "*".into(),
                    };
                    let local = specifier.local().name.to_string();
                    source.imports.insert(local, Import { module: module.clone(), name });
                }
                source.modules.entry(module).or_insert_with(|| lines.line(import.span.start));
            }
            Statement::ExportNamedDeclaration(export) => {
                for specifier in &export.specifiers {
                    let local = Exported::Local(specifier.local.name().to_string());
                    source.exports.insert(specifier.exported.name().to_string(), local);
                }
            }
            Statement::ExportFromDeclaration(export) => {
                let module = export.source.value.to_string();
                source.modules.entry(module.clone()).or_insert_with(|| lines.line(export.span.start));
                for specifier in &export.specifiers {
                    let from = Import { module: module.clone(), name: specifier.local.name().to_string() };
                    source.exports.insert(specifier.exported.name().to_string(), Exported::From(from));
                }
            }
            Statement::ExportAllDeclaration(export) => {
                source.star_exports.push(export.source.value.to_string());
            }
            Statement::ExportDeclaration(export) => {
                for name in declared(&export.declaration) {
                    source.exports.insert(name.clone(), Exported::Local(name));
                }
            }
            _ => {}
        }
    }
    let mut calls = Requires { lines, modules: &mut source.modules, imports: &mut source.imports };
    calls.visit_program(program);
    source.handler = handler(program, source);
}

/// Returns the default export, or `module.exports`, as a literal: an object, or what a function returns. With it come the names
/// of the functions that it is passed to.
pub(super) fn literal(program: &Program<'_>) -> Option<(Literal, Vec<String>)> {
    let values = top_level(program);
    let mut expression = default_expression(program)?;
    let mut wrappers = Vec::new();
    let mut assigned = Assigned { names: Vec::new(), properties: Vec::new() };
    // `const config = {…}; module.exports = withPlugin(config)`: the plugin's own part cannot be read.
    for _ in 0..8 {
        expression = match expression.get_inner_expression() {
            Expression::Identifier(name) => {
                assigned.names.push(name.name.as_str());
                match values.get(name.name.as_str()) {
                    Some(value) => value,
                    None => break,
                }
            }
            Expression::CallExpression(call) => {
                match call.arguments.first().and_then(Argument::as_expression) {
                    Some(argument) => {
                        wrappers.push(callee(call, &BTreeMap::new()).unwrap_or_else(|| "a function".into()));
                        argument
                    }
                    None => break,
                }
            }
            _ => break,
        };
    }
    let mut literal = Literal::of(expression);
    // `config.basePath = …` below the object: which value counts, the file does not say.
    assigned.visit_program(program);
    if let Literal::Object(properties) = &mut literal {
        properties.extend(assigned.properties.into_iter().map(|name| (name, Literal::Computed)));
    }
    Some((literal, wrappers))
}

/// The properties that are assigned to one of these variables or to `module.exports`.
struct Assigned<'p> {
    names: Vec<&'p str>,
    properties: Vec<String>,
}

impl<'a> Visit<'a> for Assigned<'_> {
    fn visit_assignment_target(&mut self, it: &AssignmentTarget<'a>) {
        if let AssignmentTarget::StaticMemberExpression(member) = it
            && (is_exports(&member.object)
                || self.names.iter().any(|name| member.object.is_specific_id(name)))
            && member.property.name != "default"
        {
            self.properties.push(member.property.name.to_string());
        }
        walk::walk_assignment_target(self, it);
    }
}

pub(super) fn default_expression<'p, 'a>(program: &'p Program<'a>) -> Option<&'p Expression<'a>> {
    program.body.iter().find_map(|statement| match statement {
        Statement::ExportDefaultDeclaration(export) => export.declaration.as_expression(),
        Statement::TSExportAssignment(export) => Some(&export.expression),
        Statement::ExpressionStatement(statement) => match &statement.expression {
            Expression::AssignmentExpression(assignment) => match &assignment.left {
                AssignmentTarget::StaticMemberExpression(member)
                    if is_module_exports(member)
                        || (is_exports(&member.object) && member.property.name == "default") =>
                {
                    Some(&assignment.right)
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    })
}

/// The values of the variables at the top of the file.
pub(super) fn top_level<'p, 'a>(program: &'p Program<'a>) -> BTreeMap<&'p str, &'p Expression<'a>> {
    let variables = |statement: &'p Statement<'a>| match statement {
        Statement::VariableDeclaration(variables) => Some(&**variables),
        Statement::ExportDeclaration(export) => match &export.declaration {
            Declaration::VariableDeclaration(variables) => Some(&**variables),
            _ => None,
        },
        _ => None,
    };
    let values = program.body.iter().filter_map(variables).flat_map(|variables| &variables.declarations);
    values
        .filter_map(|variable| {
            Some((variable.id.get_binding_identifier()?.name.as_str(), variable.init.as_ref()?))
        })
        .collect()
}

fn declared(declaration: &Declaration<'_>) -> Vec<String> {
    match declaration {
        Declaration::VariableDeclaration(variables) => variables
            .declarations
            .iter()
            .flat_map(|variable| variable.id.get_binding_identifiers())
            .map(|name| name.name.to_string())
            .collect(),
        other => other.id().map(|id| id.name.to_string()).into_iter().collect(),
    }
}

fn handler(program: &Program<'_>, source: &Source) -> Option<Handler> {
    let is_declared = program.body.iter().any(|statement| {
        let Statement::ExportDefaultDeclaration(export) = statement else { return false };
        matches!(
            export.declaration,
            ExportDefaultDeclarationKind::FunctionDeclaration(_)
                | ExportDefaultDeclarationKind::ClassDeclaration(_)
        )
    });
    if is_declared {
        return Some(Handler::default());
    }
    let values = top_level(program);
    if let Some(expression) = default_expression(program) {
        let mut handler = Handler::default();
        return unwrap(expression, &values, source, &mut handler, 0).then_some(handler);
    }
    match source.exports.get("default")? {
        Exported::From(import) => Some(Handler { from: Some(import.clone()), ..Handler::default() }),
        Exported::Local(name) => {
            let mut handler = Handler::default();
            let is_function = match (values.get(name.as_str()), source.imports.get(name)) {
                (Some(value), _) => unwrap(value, &values, source, &mut handler, 0),
                (None, import) => {
                    handler.from = import.cloned();
                    true
                }
            };
            is_function.then_some(handler)
        }
    }
}

/// Follows a default export inwards: `withAuth(withLog(handler))`, `handler` a variable or an import. Returns `false` for what
/// is no function.
fn unwrap(
    expression: &Expression<'_>,
    values: &BTreeMap<&str, &Expression<'_>>,
    source: &Source,
    handler: &mut Handler,
    depth: usize,
) -> bool {
    if depth > 16 {
        return true; // a circle of variables
    }
    match expression.get_inner_expression() {
        Expression::Identifier(name) => match values.get(name.name.as_str()) {
            Some(value) => return unwrap(value, values, source, handler, depth + 1),
            None => handler.from = source.imports.get(name.name.as_str()).cloned(),
        },
        Expression::CallExpression(call) => {
            if let Some(module) = call.common_js_require() {
                handler.from = Some(Import { module: module.value.to_string(), name: "default".into() });
                return true;
            }
            let wrapper = callee(call, values);
            handler.is_made |= wrapper.is_none();
            handler.wrappers.extend(wrapper);
            // The last argument that can be a function: options come first, or behind it.
            let inner = call.arguments.iter().filter_map(Argument::as_expression).rfind(|argument| {
                matches!(
                    argument.get_inner_expression(),
                    Expression::Identifier(_)
                        | Expression::CallExpression(_)
                        | Expression::ArrowFunctionExpression(_)
                        | Expression::FunctionExpression(_)
                )
            });
            match inner {
                Some(inner) => drop(unwrap(inner, values, source, handler, depth + 1)),
                None => handler.is_made = true,
            }
        }
        Expression::AwaitExpression(wait) => {
            return unwrap(&wait.argument, values, source, handler, depth + 1);
        }
        // `module.exports = { default: handler }`
        Expression::ObjectExpression(object) => {
            let default = named(object).find(|(name, _)| name == "default");
            return default.is_some_and(|(_, value)| unwrap(value, values, source, handler, depth + 1));
        }
        inner => return !inner.is_literal() && !matches!(inner, Expression::ArrayExpression(_)),
    }
    true
}

/// Returns the name of what is called, if it is a wrapper: `withAuth`, `Sentry.withSentry`, and `cors` of `cors(options)(handler)`.
/// `router.handler()` and `nc().get(…)` are routers, not wrappers.
fn callee(call: &CallExpression<'_>, values: &BTreeMap<&str, &Expression<'_>>) -> Option<String> {
    match call.callee.get_inner_expression() {
        Expression::Identifier(name) => Some(name.name.to_string()),
        Expression::CallExpression(inner) => callee(inner, values),
        other => {
            let member = other.as_member_expression()?;
            match member.object().get_inner_expression() {
                Expression::Identifier(object) if !values.contains_key(object.name.as_str()) => {
                    Some(format!("{}.{}", object.name, member.static_property_name()?))
                }
                _ => None,
            }
        }
    }
}

/// `require("module")` and `import("module")`.
struct Requires<'r, 't> {
    lines: &'r Lines<'t>,
    modules: &'r mut BTreeMap<String, usize>,
    imports: &'r mut BTreeMap<String, Import>,
}

impl<'a> Visit<'a> for Requires<'_, '_> {
    fn visit_variable_declarator(&mut self, it: &oxc_ast::ast::VariableDeclarator<'a>) {
        if let Some(Expression::CallExpression(call)) = it.init.as_ref().map(Expression::get_inner_expression)
            && let Some(module) = call.common_js_require()
        {
            let module = module.value.to_string();
            for name in it.id.get_binding_identifiers() {
                // `const f = require(…)` is the whole, and `const { f } = require(…)` the export of that name.
                let whole = it.id.is_binding_identifier();
                let import = if whole { "default".to_owned() } else { name.name.to_string() };
                self.imports.insert(name.name.to_string(), Import { module: module.clone(), name: import });
            }
        }
        walk::walk_variable_declarator(self, it);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if let Some(module) = it.common_js_require() {
            let line = self.lines.line(it.span.start);
            self.modules.entry(module.value.to_string()).or_insert(line);
        }
        walk::walk_call_expression(self, it);
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        if let Literal::Text(module) = Literal::of(&it.source) {
            let line = self.lines.line(it.span.start);
            self.modules.entry(module).or_insert(line);
        }
        walk::walk_import_expression(self, it);
    }
}

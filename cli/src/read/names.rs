//! What the parameters of handlers are called, and which variables hold what the readers of methods and calls ask for.

use super::Source;
use oxc_ast::ast::{
    ArrowFunctionExpression, BindingPattern, CallExpression, Expression, FormalParameters, Function,
    ObjectPropertyKind, Program, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_syntax::scope::ScopeFlags;
use std::collections::{BTreeMap, BTreeSet};

/// The methods of HTTP that a route file may name.
pub(super) const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

#[derive(Debug, Default)]
pub(super) struct Names {
    /// Names of the request, such as `req`.
    requests: BTreeSet<String>,
    /// Names of the response, such as `res`.
    responses: BTreeSet<String>,
    /// Variables that hold `req.method`.
    methods: BTreeSet<String>,
    /// Variables that hold an object with methods as its keys, or a list of methods.
    tables: BTreeMap<String, Vec<String>>,
    /// Variables that hold a router of `next-connect`.
    routers: BTreeSet<String>,
    /// Names of the functions that make such a router.
    makers: BTreeSet<String>,
}

impl Names {
    pub(super) fn of(program: &Program<'_>, source: &Source) -> Self {
        let maker = |(local, import): (&String, &super::Import)| {
            (import.module == "next-connect" || import.module.starts_with("next-connect/"))
                .then(|| local.clone())
        };
        let mut names = Self { makers: source.imports.iter().filter_map(maker).collect(), ..Self::default() };
        // Twice, since a variable may be used above its declaration.
        for _ in 0..2 {
            names.visit_program(program);
        }
        names
    }

    pub(super) fn is_request(&self, expression: &Expression<'_>) -> bool {
        named(expression, &self.requests)
    }

    pub(super) fn is_response(&self, expression: &Expression<'_>) -> bool {
        named(expression, &self.responses)
    }

    /// Returns whether the expression is `req.method`, or a variable with it, in any case of its letters.
    pub(super) fn is_method(&self, expression: &Expression<'_>) -> bool {
        let expression = inner(expression);
        match expression {
            Expression::Identifier(name) => self.methods.contains(name.name.as_str()),
            Expression::LogicalExpression(either) => self.is_method(&either.left),
            Expression::CallExpression(call) => {
                call.callee.get_inner_expression().as_member_expression().is_some_and(|member| {
                    matches!(member.static_property_name(), Some("toUpperCase" | "toLowerCase" | "toString"))
                        && self.is_method(member.object())
                })
            }
            _ => {
                expression.as_member_expression().is_some_and(|member| {
                    member.static_property_name() == Some("method") && self.is_request(member.object())
                }) || chained_method(expression).is_some_and(|object| self.is_method_of(object))
            }
        }
    }

    fn is_method_of(&self, object: &Expression<'_>) -> bool {
        self.is_request(object) || self.is_method(object)
    }

    /// Returns the methods that an object has as keys, or that a list has, directly or through a variable.
    pub(super) fn table(&self, expression: &Expression<'_>) -> Option<Vec<String>> {
        match expression.get_inner_expression() {
            Expression::Identifier(name) => self.tables.get(name.name.as_str()).cloned(),
            other => table(other),
        }
    }

    /// Returns whether a chain of calls starts at a router of `next-connect`.
    pub(super) fn is_router(&self, expression: &Expression<'_>) -> bool {
        match expression.get_inner_expression() {
            Expression::Identifier(name) => self.routers.contains(name.name.as_str()),
            Expression::CallExpression(call) => self.makes_router(call),
            _ => false,
        }
    }

    fn makes_router(&self, call: &CallExpression<'_>) -> bool {
        match call.callee.get_inner_expression() {
            Expression::Identifier(name) => self.makers.contains(name.name.as_str()),
            other => other.as_member_expression().is_some_and(|member| self.is_router(member.object())),
        }
    }

    fn parameters(&mut self, parameters: &FormalParameters<'_>) {
        let [request, rest @ ..] = parameters.items.as_slice() else { return };
        let called = |pattern: &BindingPattern<'_>, words: &[&str]| {
            pattern.get_identifier_name().is_some_and(|name| {
                let name = name.trim_start_matches('_').to_ascii_lowercase();
                words.contains(&name.as_str())
            })
        };
        let typed = |parameter: &oxc_ast::ast::FormalParameter<'_>, end: &str| {
            parameter.type_annotation.as_ref().is_some_and(|annotation| {
                super::type_syntax::Type::of(&annotation.type_annotation).names(end)
            })
        };
        let is_response = rest.first().is_some_and(|response| {
            called(&response.pattern, &["res", "response", "apires"]) || typed(response, "NextApiResponse")
        });
        let is_request =
            called(&request.pattern, &["req", "request", "apireq"]) || typed(request, "NextApiRequest");
        if is_request || is_response {
            if let Some(name) = request.pattern.get_identifier_name() {
                self.requests.insert(name.to_string());
            }
            self.destructured(&request.pattern);
        }
        if is_response || is_request && !rest.is_empty() {
            let name = rest.first().and_then(|response| response.pattern.get_identifier_name());
            self.responses.extend(name.map(|name| name.to_string()));
        }
    }

    /// `const { method } = req`, `({ method }, res) => …`.
    fn destructured(&mut self, pattern: &BindingPattern<'_>) {
        let BindingPattern::ObjectPattern(object) = pattern else { return };
        for property in &object.properties {
            if property.key.static_name().as_deref() == Some("method") {
                self.methods.extend(property.value.get_identifier_name().map(|name| name.to_string()));
            }
        }
    }
}

impl<'a> Visit<'a> for Names {
    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        self.parameters(&it.params);
        walk::walk_function(self, it, flags);
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.parameters(&it.params);
        walk::walk_arrow_function_expression(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if let Some(value) = &it.init {
            if self.is_request(value) {
                self.destructured(&it.id);
            }
            if let Some(name) = it.id.get_identifier_name() {
                if self.is_method(value) {
                    self.methods.insert(name.to_string());
                }
                if let Some(methods) = table(value.get_inner_expression()) {
                    self.tables.insert(name.to_string(), methods);
                }
                if self.is_router(value) {
                    self.routers.insert(name.to_string());
                }
            }
        }
        walk::walk_variable_declarator(self, it);
    }
}

/// Looks through parentheses, casts and a chain's `?.`.
pub(super) fn inner<'e, 'a>(expression: &'e Expression<'a>) -> &'e Expression<'a> {
    expression.get_inner_expression()
}

/// Returns the object of `object?.method`, or of `object?.method.toUpperCase()`.
fn chained_method<'e, 'a>(expression: &'e Expression<'a>) -> Option<&'e Expression<'a>> {
    let Expression::ChainExpression(chain) = expression else { return None };
    match &chain.expression {
        oxc_ast::ast::ChainElement::CallExpression(call) => {
            let member = call.callee.as_member_expression()?;
            matches!(member.static_property_name(), Some("toUpperCase" | "toLowerCase"))
                .then(|| member.object())
        }
        other => {
            let member = other.member_expression()?;
            (member.static_property_name() == Some("method")).then(|| member.object())
        }
    }
}

fn named(expression: &Expression<'_>, names: &BTreeSet<String>) -> bool {
    matches!(inner(expression), Expression::Identifier(name) if names.contains(name.name.as_str()))
}

fn table(expression: &Expression<'_>) -> Option<Vec<String>> {
    let known = |name: &str| {
        METHODS.iter().find(|known| name.eq_ignore_ascii_case(known)).map(|known| (*known).to_owned())
    };
    match expression {
        Expression::ObjectExpression(object) if !object.properties.is_empty() => object
            .properties
            .iter()
            .map(|property| match property {
                ObjectPropertyKind::ObjectProperty(property) => known(&property.key.static_name()?),
                ObjectPropertyKind::SpreadProperty(_) => None,
            })
            .collect(),
        Expression::ArrayExpression(array) if !array.elements.is_empty() => array
            .elements
            .iter()
            .map(|element| match element.as_expression()?.get_inner_expression() {
                Expression::StringLiteral(text) => known(&text.value),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

//! The methods that a route distinguishes: by `switch` and comparisons of `req.method`, maps of handlers, lists, and
//! `next-connect`.

use super::export::{default_expression, top_level};
use super::literal::Literal;
use super::names::{METHODS, Names};
use super::{Lines, Source};
use oxc_ast::ast::{
    BinaryExpression, CallExpression, ComputedMemberExpression, Expression, Program, SwitchStatement,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::GetSpan as _;
use oxc_syntax::operator::BinaryOperator;
use std::collections::BTreeMap;

pub(super) fn read(program: &Program<'_>, names: &Names, lines: &Lines<'_>, source: &mut Source) {
    let mut reader = Reader { names, methods: Vec::new(), all: false, unread: None, passed: None };
    reader.visit_program(program);
    if let Some(expression) = default_expression(program) {
        reader.add_tables(expression, &top_level(program), 0);
    }
    let is_known = reader.all || !reader.methods.is_empty();
    if let Some(offset) = reader.unread {
        let line = lines.line(offset);
        source
            .unread
            .push(format!("`req.method` (line {line}) is compared with what is not a literal of this file"));
    } else if let Some(offset) = reader.passed.filter(|_| !is_known) {
        let line = lines.line(offset);
        source
            .unread
            .push(format!("`req.method` (line {line}) is passed to a function: its methods are not read"));
    } else if !is_known && source.handler.as_ref().is_some_and(|handler| handler.is_made) {
        source.unread.push("the handler is made by a function: its methods are not read".into());
    }
    // A handler of every method beside others: the file does not say which there are.
    source.methods = if reader.all { Vec::new() } else { reader.methods };
}

struct Reader<'n> {
    names: &'n Names,
    methods: Vec<String>,
    all: bool,
    /// The first place where a method is asked for, and the file does not say which.
    unread: Option<u32>,
    /// The first place where a method is passed to a function that says nothing about it.
    passed: Option<u32>,
}

impl Reader<'_> {
    fn add(&mut self, method: &str) {
        let method = method.to_ascii_uppercase();
        if METHODS.contains(&method.as_str()) && !self.methods.contains(&method) {
            self.methods.push(method);
        }
    }

    fn add_literal(&mut self, expression: &Expression<'_>) {
        match Literal::of(expression) {
            Literal::Text(method) => self.add(&method),
            Literal::Computed if !expression.is_undefined() => self.not_read(expression),
            _ => {}
        }
    }

    fn not_read(&mut self, expression: &Expression<'_>) {
        self.unread = self.unread.or(Some(expression.span().start));
    }

    fn add_table(&mut self, expression: &Expression<'_>) {
        for method in self.names.table(expression).unwrap_or_default() {
            self.add(&method);
        }
    }

    /// `export default handlers({ GET: …, POST: … })`, `export default allow(["GET"], handler)`, directly or by variables.
    fn add_tables(
        &mut self,
        expression: &Expression<'_>,
        values: &BTreeMap<&str, &Expression<'_>>,
        depth: usize,
    ) {
        match expression.get_inner_expression() {
            Expression::Identifier(name) if depth < 16 => {
                if let Some(value) = values.get(name.name.as_str()) {
                    self.add_tables(value, values, depth + 1);
                }
            }
            Expression::CallExpression(call) => {
                for argument in arguments(call) {
                    self.add_table(argument);
                    self.add_tables(argument, values, depth);
                }
                if let Expression::CallExpression(_) = call.callee.get_inner_expression() {
                    self.add_tables(&call.callee, values, depth);
                }
            }
            _ => {}
        }
    }

    /// `["GET", "POST"].includes(req.method)`, `router.get(handler)`.
    fn call(&mut self, call: &CallExpression<'_>) {
        let Some(member) = call.callee.get_inner_expression().as_member_expression() else {
            let passed = arguments(call).find(|argument| self.names.is_method(argument));
            self.passed = self.passed.or(passed.map(|argument| argument.span().start));
            return;
        };
        let Some(name) = member.static_property_name() else { return };
        let first = call.arguments.first().and_then(|argument| argument.as_expression());
        if matches!(name, "includes" | "indexOf") && first.is_some_and(|first| self.names.is_method(first)) {
            if self.names.table(member.object()).is_none() {
                self.not_read(member.object());
            }
            self.add_table(member.object());
        } else if !self.names.is_response(member.object())
            && !member.object().is_specific_id("console")
            && let Some(method) = arguments(call).find(|argument| self.names.is_method(argument))
        {
            self.passed = self.passed.or(Some(method.span().start));
        } else if self.names.is_router(member.object()) {
            match name {
                "all" => self.all = true,
                "get" | "head" | "post" | "put" | "patch" | "delete" | "options" => self.add(name),
                _ => {}
            }
        }
    }
}

impl<'a> Visit<'a> for Reader<'_> {
    fn visit_switch_statement(&mut self, it: &SwitchStatement<'a>) {
        if self.names.is_method(&it.discriminant) {
            for case in &it.cases {
                if let Some(test) = &case.test {
                    self.add_literal(test);
                }
            }
        }
        walk::walk_switch_statement(self, it);
    }

    fn visit_binary_expression(&mut self, it: &BinaryExpression<'a>) {
        use BinaryOperator::{Equality, Inequality, StrictEquality, StrictInequality};
        if matches!(it.operator, Equality | Inequality | StrictEquality | StrictInequality) {
            if self.names.is_method(&it.left) {
                self.add_literal(&it.right);
            } else if self.names.is_method(&it.right) {
                self.add_literal(&it.left);
            }
        }
        walk::walk_binary_expression(self, it);
    }

    fn visit_computed_member_expression(&mut self, it: &ComputedMemberExpression<'a>) {
        if self.names.is_method(&it.expression) {
            if self.names.table(&it.object).is_none() {
                self.not_read(&it.object);
            }
            self.add_table(&it.object);
        }
        walk::walk_computed_member_expression(self, it);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        // The calls of a chain are nested: the first of them is the innermost.
        walk::walk_call_expression(self, it);
        self.call(it);
    }
}

fn arguments<'c, 'a>(call: &'c CallExpression<'a>) -> impl Iterator<Item = &'c Expression<'a>> {
    call.arguments.iter().filter_map(|argument| argument.as_expression())
}

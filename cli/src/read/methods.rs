//! The methods that a route distinguishes: by `switch` and comparisons of `req.method`, maps of handlers, lists, and
//! `next-connect`.

use super::literal::Literal;
use super::names::{METHODS, Names};
use super::{Lines, Source};
use oxc_ast::ast::{
    BinaryExpression, CallExpression, ComputedMemberExpression, ExportDefaultDeclaration, Expression,
    Program, SwitchStatement,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::GetSpan as _;
use oxc_syntax::operator::BinaryOperator;

pub(super) fn read(program: &Program<'_>, names: &Names, lines: &Lines<'_>, source: &mut Source) {
    let mut reader = Reader { names, methods: Vec::new(), all: false, unread: None };
    reader.visit_program(program);
    if let Some(offset) = reader.unread {
        let line = lines.line(offset);
        source
            .unread
            .push(format!("`req.method` (line {line}) is compared with what is not a literal of this file"));
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

    /// `["GET", "POST"].includes(req.method)`, `router.get(handler)`.
    fn call(&mut self, call: &CallExpression<'_>) {
        let Some(member) = call.callee.get_inner_expression().as_member_expression() else { return };
        let Some(name) = member.static_property_name() else { return };
        let first = call.arguments.first().and_then(|argument| argument.as_expression());
        if matches!(name, "includes" | "indexOf") && first.is_some_and(|first| self.names.is_method(first)) {
            if self.names.table(member.object()).is_none() {
                self.not_read(member.object());
            }
            self.add_table(member.object());
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

    /// `export default handlers({ GET: …, POST: … })`, `export default allow(["GET"], handler)`.
    fn visit_export_default_declaration(&mut self, it: &ExportDefaultDeclaration<'a>) {
        let mut call = match it.declaration.as_expression().map(Expression::get_inner_expression) {
            Some(Expression::CallExpression(call)) => Some(call),
            _ => None,
        };
        while let Some(outer) = call {
            let arguments = outer.arguments.iter().filter_map(|argument| argument.as_expression());
            call = None;
            for argument in arguments {
                self.add_table(argument);
                if let Expression::CallExpression(inner) = argument.get_inner_expression() {
                    call = Some(inner);
                }
            }
            if let Expression::CallExpression(inner) = outer.callee.get_inner_expression() {
                call = call.or(Some(inner));
            }
        }
        walk::walk_export_default_declaration(self, it);
    }
}

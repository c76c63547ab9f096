//! What the file does with `req` and `res`: each property once, with the line of its first use.

use super::names::Names;
use super::{Lines, Source};
use oxc_ast::ast::{
    ArrowFunctionExpression, CallExpression, Expression, ForOfStatement, ObjectPattern, Program,
    ReturnStatement, StaticMemberExpression, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::GetSpan as _;

pub(super) fn read(program: &Program<'_>, names: &Names, lines: &Lines<'_>, source: &mut Source) {
    let mut reader = Reader { names, lines, source };
    reader.visit_program(program);
}

struct Reader<'r, 't> {
    names: &'r Names,
    lines: &'r Lines<'t>,
    source: &'r mut Source,
}

impl Reader<'_, '_> {
    fn add(&mut self, name: &str, offset: u32) {
        let line = self.lines.line(offset);
        let first = self.source.uses.entry(name.to_owned()).or_insert(line);
        *first = line.min(*first);
    }

    /// `return handle(req, res)`, with or without `await`.
    fn returned(&mut self, expression: &Expression<'_>) {
        let expression = match expression.get_inner_expression() {
            Expression::AwaitExpression(wait) => wait.argument.get_inner_expression(),
            other => other,
        };
        let Expression::CallExpression(call) = expression else { return };
        let Expression::Identifier(name) = call.callee.get_inner_expression() else { return };
        let argument = |index: usize| call.arguments.get(index).and_then(|argument| argument.as_expression());
        if argument(0).is_some_and(|first| self.names.is_request(first))
            && argument(1).is_some_and(|second| self.names.is_response(second))
            && let Some(import) = self.source.imports.get(name.name.as_str())
            && !self.source.delegates.contains(import)
        {
            self.source.delegates.push(import.clone());
        }
    }

    fn add_pattern(&mut self, owner: &str, pattern: &ObjectPattern<'_>) {
        for property in &pattern.properties {
            if let Some(name) = property.key.static_name() {
                self.add(&format!("{owner}.{name}"), property.span.start);
            }
        }
    }

    /// Returns `req` or `res` if a chain such as `res.status(201).json` begins with one.
    fn owner(&self, expression: &Expression<'_>) -> Option<&'static str> {
        match expression.get_inner_expression() {
            expression if self.names.is_request(expression) => Some("req"),
            expression if self.names.is_response(expression) => Some("res"),
            Expression::CallExpression(call) => {
                let member = call.callee.get_inner_expression().as_member_expression()?;
                // What the methods of `res` return is `res`. Those of `req` return something else.
                self.owner(member.object()).filter(|owner| *owner == "res")
            }
            _ => None,
        }
    }
}

impl<'a> Visit<'a> for Reader<'_, '_> {
    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        if let Some(owner) = self.owner(&it.object) {
            self.add(&format!("{owner}.{}", it.property.name), it.property.span.start);
        }
        walk::walk_static_member_expression(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if let (oxc_ast::ast::BindingPattern::ObjectPattern(pattern), Some(value)) = (&it.id, &it.init)
            && self.names.is_request(value)
        {
            self.add_pattern("req", pattern);
        }
        walk::walk_variable_declarator(self, it);
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        let member = it.callee.get_inner_expression().as_member_expression();
        let first = it.arguments.first().and_then(|argument| argument.as_expression());
        let name = member.and_then(oxc_ast::ast::MemberExpression::static_property_name);
        let text = match first.map(super::Literal::of) {
            Some(super::Literal::Text(text)) => text.to_ascii_lowercase(),
            _ => String::new(),
        };
        if member.is_some_and(|member| self.owner(member.object()) == Some("res"))
            && matches!(name, Some("setHeader" | "appendHeader" | "writeHead"))
        {
            match &*text {
                "set-cookie" => self.add("Set-Cookie", it.span.start),
                "content-type" => {
                    let value = it.arguments.get(1).and_then(|argument| argument.as_expression());
                    if let Some(super::Literal::Text(value)) = value.map(super::Literal::of)
                        && value.starts_with("text/event-stream")
                    {
                        self.add("text/event-stream", it.span.start);
                    }
                }
                _ => {}
            }
        }
        if member.is_some_and(|member| self.names.is_request(member.object()))
            && name == Some("on")
            && !text.is_empty()
        {
            self.add(&format!("req.on({text})"), it.span.start);
        }
        for argument in it.arguments.iter().filter_map(|argument| argument.as_expression()) {
            // `stream.pipe(res)`, `pipeline(stream, res)`, `buffer(req)`.
            let piped = name == Some("pipe") || it.callee.is_specific_id("pipeline");
            if piped && self.names.is_response(argument) {
                self.add("pipe(res)", it.span.start);
            }
        }
        walk::walk_call_expression(self, it);
    }

    fn visit_return_statement(&mut self, it: &ReturnStatement<'a>) {
        if let Some(value) = &it.argument {
            self.returned(value);
        }
        walk::walk_return_statement(self, it);
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        if let Some(value) = it.get_expression() {
            self.returned(value);
        }
        walk::walk_arrow_function_expression(self, it);
    }

    fn visit_for_of_statement(&mut self, it: &ForOfStatement<'a>) {
        if it.r#await && self.names.is_request(&it.right) {
            self.add("for await (req)", it.right.span().start);
        }
        walk::walk_for_of_statement(self, it);
    }
}

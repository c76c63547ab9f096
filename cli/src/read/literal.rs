//! Expressions that are literals, as Next.js itself demands of a `config`.

use oxc_ast::ast::{
    ArrayExpressionElement, Expression, FunctionBody, ObjectPropertyKind, Statement, UnaryOperator,
};

/// A value that is written out in the source.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Literal>),
    /// The properties, in their order.
    Object(Vec<(String, Literal)>),
    /// Anything else: a variable, a call, a spread.
    Computed,
}

impl Literal {
    /// Reads an expression. Casts such as `as const` and `satisfies T` are looked through, and a function that does
    /// nothing but return a literal is that literal: `async rewrites() { return […] }`.
    pub(crate) fn of(expression: &Expression<'_>) -> Self {
        match expression.get_inner_expression() {
            Expression::NullLiteral(_) => Self::Null,
            Expression::BooleanLiteral(literal) => Self::Bool(literal.value),
            Expression::NumericLiteral(literal) => Self::Number(literal.value),
            Expression::StringLiteral(literal) => Self::Text(literal.value.to_string()),
            Expression::TemplateLiteral(template) => {
                template.single_quasi().map_or(Self::Computed, |text| Self::Text(text.to_string()))
            }
            Expression::UnaryExpression(unary) if unary.operator == UnaryOperator::UnaryNegation => {
                match Self::of(&unary.argument) {
                    Self::Number(number) => Self::Number(-number),
                    _ => Self::Computed,
                }
            }
            Expression::ArrayExpression(array) => Self::List(
                array
                    .elements
                    .iter()
                    .map(|element| match element {
                        ArrayExpressionElement::SpreadElement(_) | ArrayExpressionElement::Elision(_) => {
                            Self::Computed
                        }
                        other => other.as_expression().map_or(Self::Computed, Self::of),
                    })
                    .collect(),
            ),
            Expression::ObjectExpression(object) => Self::Object(
                object
                    .properties
                    .iter()
                    .map(|property| match property {
                        ObjectPropertyKind::ObjectProperty(property) => {
                            let name = property.key.static_name();
                            let name = name.map_or_else(|| "[…]".to_owned(), |name| name.to_string());
                            (name, Self::of(&property.value))
                        }
                        ObjectPropertyKind::SpreadProperty(_) => ("...".to_owned(), Self::Computed),
                    })
                    .collect(),
            ),
            Expression::FunctionExpression(function) => {
                function.body.as_ref().map_or(Self::Computed, |body| returned(body))
            }
            Expression::ArrowFunctionExpression(function) => match function.get_expression() {
                Some(expression) => Self::of(expression),
                None => function.get_function_body().map_or(Self::Computed, returned),
            },
            _ => Self::Computed,
        }
    }

    /// Returns a property of an object. The last of several with the same name counts, as in JavaScript.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(properties) = self else { return None };
        properties.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    pub(crate) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(crate) fn list(&self) -> &[Self] {
        if let Self::List(list) = self { list } else { &[] }
    }

    /// Returns the texts of a list, or `None` if it is no list, or has other values.
    pub(crate) fn texts(&self) -> Option<Vec<String>> {
        let Self::List(list) = self else { return None };
        list.iter().map(|value| value.text().map(str::to_owned)).collect()
    }
}

fn returned(body: &FunctionBody<'_>) -> Literal {
    match body.statements.as_slice() {
        [Statement::ReturnStatement(statement)] => {
            statement.argument.as_ref().map_or(Literal::Computed, Literal::of)
        }
        _ => Literal::Computed,
    }
}

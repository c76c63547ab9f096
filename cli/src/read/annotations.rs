//! The types that annotations give the response and the body.

use super::Source;
use super::type_syntax::Type;
use oxc_ast::ast::{BindingPattern, Expression, FormalParameters, Program, VariableDeclarator};
use oxc_ast_visit::{Visit, walk};

pub(super) fn read(program: &Program<'_>, source: &mut Source) {
    let mut found = Annotations { responses: Vec::new(), bodies: Vec::new(), source };
    found.visit_program(program);
    let Annotations { responses, bodies, .. } = found;
    source.response = one("NextApiResponse<…>", responses, &mut source.unread);
    source.body = one("req.body", bodies, &mut source.unread);
}

/// Several handlers of one file may have several types: the file does not say which is the route's.
fn one(what: &str, mut types: Vec<Type>, unread: &mut Vec<String>) -> Option<Type> {
    types.retain(|ty| !matches!(ty, Type::Any | Type::Undefined));
    types.dedup();
    let first = types.first().cloned()?;
    if types.iter().all(|ty| *ty == first) {
        return Some(first);
    }
    unread.push(format!("`{what}` has {} types in this file: none of them is taken", types.len()));
    None
}

/// The annotations of handlers, and the types that `req.body` is said to have.
struct Annotations<'s> {
    responses: Vec<Type>,
    bodies: Vec<Type>,
    source: &'s Source,
}

impl Annotations<'_> {
    /// Returns the local names of a type of the package `next`.
    fn next(&self, name: &str) -> Vec<&str> {
        let imports = self.source.imports.iter();
        imports
            .filter(|(_, import)| import.module == "next" && import.name == name)
            .map(|(local, _)| &**local)
            .collect()
    }

    fn body_of(&self, ty: &Type) -> Option<Type> {
        match ty {
            Type::Object(fields) => {
                fields.iter().find(|field| field.name == "body").map(|field| field.ty.clone())
            }
            Type::Intersection(parts) => parts.iter().find_map(|part| self.body_of(part)),
            Type::Named(name, arguments) if arguments.is_empty() => {
                let declared = self.source.types.get(name)?;
                // One level: a declaration that is its own base is a circle.
                match &declared.ty {
                    ty @ (Type::Object(_) | Type::Intersection(_)) => match ty {
                        Type::Intersection(parts) => parts
                            .iter()
                            .filter(|part| matches!(part, Type::Object(_)))
                            .find_map(|part| self.body_of(part)),
                        object => self.body_of(object),
                    },
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

impl<'a> Visit<'a> for Annotations<'_> {
    fn visit_formal_parameters(&mut self, it: &FormalParameters<'a>) {
        let annotation = |index: usize| {
            let parameter = it.items.get(index)?;
            parameter.type_annotation.as_ref().map(|annotation| Type::of(&annotation.type_annotation))
        };
        if let Some(ty) = annotation(1).and_then(|ty| ty.argument_of(&self.next("NextApiResponse"))) {
            self.responses.push(ty);
        }
        if let Some(ty) = annotation(0).and_then(|ty| self.body_of(&ty)) {
            self.bodies.push(ty);
        }
        walk::walk_formal_parameters(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if let Some(annotation) = &it.type_annotation {
            let ty = Type::of(&annotation.type_annotation);
            if let Some(response) = ty.argument_of(&self.next("NextApiHandler")) {
                self.responses.push(response);
            }
            if it.init.as_ref().is_some_and(is_body)
                && matches!(it.id, BindingPattern::BindingIdentifier(_) | BindingPattern::ObjectPattern(_))
            {
                self.bodies.push(ty);
            }
        }
        walk::walk_variable_declarator(self, it);
    }

    fn visit_expression(&mut self, it: &Expression<'a>) {
        let cast = match it {
            Expression::TSAsExpression(cast) => Some((&cast.expression, &cast.type_annotation)),
            Expression::TSSatisfiesExpression(cast) => Some((&cast.expression, &cast.type_annotation)),
            Expression::TSTypeAssertion(cast) => Some((&cast.expression, &cast.type_annotation)),
            _ => None,
        };
        if let Some((value, ty)) = cast
            && is_body(value)
        {
            self.bodies.push(Type::of(ty));
        }
        walk::walk_expression(self, it);
    }
}

/// `req.body` and `JSON.parse(req.body)`.
fn is_body(expression: &Expression<'_>) -> bool {
    match expression.get_inner_expression() {
        Expression::CallExpression(call) if call.callee.is_specific_member_access("JSON", "parse") => {
            call.arguments.first().and_then(|argument| argument.as_expression()).is_some_and(is_body)
        }
        Expression::StaticMemberExpression(member) => {
            member.property.name == "body"
                && matches!(member.object.get_inner_expression(), Expression::Identifier(name)
                    if matches!(name.name.trim_start_matches('_'), "req" | "request"))
        }
        _ => false,
    }
}

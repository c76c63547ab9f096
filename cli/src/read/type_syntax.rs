//! The types that a file declares, and those of its response and its body, without the syntax tree.

use super::Source;
use super::literal::Literal;
use oxc_ast::ast::{
    BindingPattern, Declaration, Expression, FormalParameters, Program, Statement, TSEnumDeclaration,
    TSLiteral, TSSignature, TSTupleElement, TSType, TSTypeName, TSTypeOperatorOperator,
    TSTypeParameterDeclaration, TSTypeReference, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};

/// A type as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Type {
    Text,
    Number,
    Boolean,
    Null,
    Undefined,
    /// `any`, `unknown`, `object`.
    Any,
    Literal(Literal),
    Array(Box<Type>),
    Tuple(Vec<Type>),
    /// An index signature.
    Record(Box<Type>),
    Object(Vec<Field>),
    Union(Vec<Type>),
    Intersection(Vec<Type>),
    Named(String, Vec<Type>),
    /// A type that says something about types: conditional, mapped, `keyof`, `typeof`.
    Unread(&'static str),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) optional: bool,
    pub(crate) ty: Type,
}

/// A type declaration.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Declared {
    /// The names of its type parameters.
    pub(crate) parameters: Vec<String>,
    pub(crate) ty: Type,
}

impl Type {
    pub(crate) fn of(ty: &TSType<'_>) -> Self {
        let list = |types: &[TSType<'_>]| types.iter().map(Self::of).collect();
        match ty {
            TSType::TSStringKeyword(_) | TSType::TSTemplateLiteralType(_) => Self::Text,
            TSType::TSNumberKeyword(_) => Self::Number,
            TSType::TSBooleanKeyword(_) => Self::Boolean,
            TSType::TSNullKeyword(_) => Self::Null,
            TSType::TSUndefinedKeyword(_) | TSType::TSVoidKeyword(_) | TSType::TSNeverKeyword(_) => {
                Self::Undefined
            }
            TSType::TSAnyKeyword(_) | TSType::TSUnknownKeyword(_) | TSType::TSObjectKeyword(_) => Self::Any,
            TSType::TSLiteralType(literal) => match &literal.literal {
                TSLiteral::StringLiteral(text) => Self::Literal(Literal::Text(text.value.to_string())),
                TSLiteral::NumericLiteral(number) => Self::Literal(Literal::Number(number.value)),
                TSLiteral::BooleanLiteral(value) => Self::Literal(Literal::Bool(value.value)),
                TSLiteral::TemplateLiteral(_) => Self::Text,
                TSLiteral::UnaryExpression(_) => Self::Number,
                TSLiteral::BigIntLiteral(_) => Self::Unread("a bigint, which JSON does not have"),
            },
            TSType::TSArrayType(array) => Self::Array(Box::new(Self::of(&array.element_type))),
            TSType::TSTupleType(tuple) => tuple
                .element_types
                .iter()
                .map(element)
                .collect::<Option<_>>()
                .map_or(Self::Unread("a tuple with optional or repeated elements"), Self::Tuple),
            TSType::TSParenthesizedType(inner) => Self::of(&inner.type_annotation),
            TSType::TSTypeOperatorType(operator) if operator.operator == TSTypeOperatorOperator::Readonly => {
                Self::of(&operator.type_annotation)
            }
            TSType::TSUnionType(union) => Self::Union(list(&union.types)),
            TSType::TSIntersectionType(all) => Self::Intersection(list(&all.types)),
            TSType::TSTypeLiteral(object) => members(&object.members),
            TSType::TSTypeReference(reference) => Self::reference(reference),
            TSType::TSConditionalType(_) | TSType::TSInferType(_) => Self::Unread("a conditional type"),
            TSType::TSMappedType(_) => Self::Unread("a mapped type"),
            TSType::TSIndexedAccessType(_) => Self::Unread("an indexed access type"),
            TSType::TSTypeQuery(_) => Self::Unread("a `typeof`"),
            TSType::TSTypeOperatorType(_) => Self::Unread("a `keyof`"),
            TSType::TSImportType(_) => Self::Unread("an `import()` type"),
            TSType::TSFunctionType(_) | TSType::TSConstructorType(_) => {
                Self::Unread("a function, which JSON does not have")
            }
            _ => Self::Unread("another kind of type"),
        }
    }

    fn reference(reference: &TSTypeReference<'_>) -> Self {
        let arguments =
            reference.type_arguments.iter().flat_map(|arguments| &arguments.params).map(Self::of).collect();
        match &reference.type_name {
            TSTypeName::IdentifierReference(name) => Self::Named(name.name.to_string(), arguments),
            TSTypeName::QualifiedName(_) | TSTypeName::ThisExpression(_) => {
                Self::Unread("a type of a namespace")
            }
        }
    }

    /// Returns whether the type is, or contains as a part, a reference to this name.
    pub(crate) fn names(&self, name: &str) -> bool {
        match self {
            Self::Named(own, _) => own == name,
            Self::Intersection(parts) | Self::Union(parts) => parts.iter().any(|part| part.names(name)),
            _ => false,
        }
    }

    /// Returns the argument of a part such as `NextApiResponse<T>`.
    fn argument_of(&self, names: &[&str]) -> Option<Self> {
        match self {
            Self::Named(own, arguments) if names.contains(&own.as_str()) => arguments.first().cloned(),
            Self::Intersection(parts) | Self::Union(parts) => {
                parts.iter().find_map(|part| part.argument_of(names))
            }
            _ => None,
        }
    }
}

fn element(element: &TSTupleElement<'_>) -> Option<Type> {
    match element {
        TSTupleElement::TSOptionalType(_) | TSTupleElement::TSRestType(_) => None,
        TSTupleElement::TSNamedTupleMember(member) if !member.optional => self::element(&member.element_type),
        TSTupleElement::TSNamedTupleMember(_) => None,
        other => other.as_ts_type().map(Type::of),
    }
}

/// The members of an interface or of an object type.
fn members(members: &[TSSignature<'_>]) -> Type {
    let (mut fields, mut record) = (Vec::new(), None);
    for member in members {
        match member {
            TSSignature::TSPropertySignature(property) => {
                let Some(name) = property.key.static_name() else { return Type::Unread("a computed key") };
                let ty =
                    property.type_annotation.as_ref().map_or(Type::Any, |ty| Type::of(&ty.type_annotation));
                fields.push(Field { name: name.to_string(), optional: property.optional, ty });
            }
            TSSignature::TSIndexSignature(index) => {
                record = Some(Type::Record(Box::new(Type::of(&index.type_annotation.type_annotation))));
            }
            // Not in JSON.
            TSSignature::TSMethodSignature(_)
            | TSSignature::TSCallSignatureDeclaration(_)
            | TSSignature::TSConstructSignatureDeclaration(_) => {}
        }
    }
    match (record, fields.is_empty()) {
        (Some(record), true) => record,
        (Some(record), false) => Type::Intersection(vec![Type::Object(fields), record]),
        (None, _) => Type::Object(fields),
    }
}

pub(super) fn read(program: &Program<'_>, source: &mut Source) {
    for statement in &program.body {
        let declaration = match statement {
            Statement::ExportDeclaration(export) => Some(&export.declaration),
            other => other.as_declaration(),
        };
        if let Some((name, declared)) = declaration.and_then(declared) {
            source.types.insert(name, declared);
        }
    }
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

fn declared(declaration: &Declaration<'_>) -> Option<(String, Declared)> {
    let names = |parameters: Option<&TSTypeParameterDeclaration<'_>>| {
        parameters
            .iter()
            .flat_map(|list| &list.params)
            .map(|parameter| parameter.name.name.to_string())
            .collect()
    };
    match declaration {
        Declaration::TSTypeAliasDeclaration(alias) => Some((
            alias.id.name.to_string(),
            Declared {
                parameters: names(alias.type_parameters.as_deref()),
                ty: Type::of(&alias.type_annotation),
            },
        )),
        Declaration::TSInterfaceDeclaration(interface) => {
            let mut ty = members(&interface.body.body);
            if !interface.extends.is_empty() {
                let mut parts: Vec<Type> = interface
                    .extends
                    .iter()
                    .map(|base| match &base.type_name {
                        TSTypeName::IdentifierReference(name) => {
                            let arguments =
                                base.type_arguments.iter().flat_map(|list| &list.params).map(Type::of);
                            Type::Named(name.name.to_string(), arguments.collect())
                        }
                        _ => Type::Unread("a type of a namespace"),
                    })
                    .collect();
                parts.push(ty);
                ty = Type::Intersection(parts);
            }
            let parameters = names(interface.type_parameters.as_deref());
            Some((interface.id.name.to_string(), Declared { parameters, ty }))
        }
        Declaration::TSEnumDeclaration(declaration) => Some((
            declaration.id.name.to_string(),
            Declared { parameters: Vec::new(), ty: enumeration(declaration) },
        )),
        _ => None,
    }
}

/// An enum is a union of the values that its members have.
fn enumeration(declaration: &TSEnumDeclaration<'_>) -> Type {
    let mut next = 0.0;
    let values =
        declaration.body.members.iter().map(|member| match member.initializer.as_ref().map(Literal::of) {
            None => {
                next += 1.0;
                Some(Type::Literal(Literal::Number(next - 1.0)))
            }
            Some(Literal::Number(number)) => {
                next = number + 1.0;
                Some(Type::Literal(Literal::Number(number)))
            }
            Some(text @ Literal::Text(_)) => Some(Type::Literal(text)),
            Some(_) => None,
        });
    values.collect::<Option<_>>().map_or(Type::Unread("an enum with computed values"), Type::Union)
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
        if let Some((value, ty)) = cast {
            if is_body(value) {
                self.bodies.push(Type::of(ty));
            }
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

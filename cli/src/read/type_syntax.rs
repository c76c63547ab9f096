//! The types that a file declares, and those of its response and its body, without the syntax tree.

use super::Source;
use super::literal::Literal;
use oxc_ast::ast::{
    Declaration, Program, Statement, TSEnumDeclaration, TSLiteral, TSSignature, TSTupleElement, TSType,
    TSTypeName, TSTypeOperatorOperator, TSTypeParameterDeclaration, TSTypeReference, UnaryOperator,
};

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
    /// The names of its type parameters, with their defaults.
    pub(crate) parameters: Vec<(String, Option<Type>)>,
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
                TSLiteral::UnaryExpression(unary) => match Literal::of(&unary.argument) {
                    Literal::Number(number) if unary.operator == UnaryOperator::UnaryNegation => {
                        Self::Literal(Literal::Number(-number))
                    }
                    _ => Self::Number,
                },
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
    pub(super) fn argument_of(&self, names: &[&str]) -> Option<Self> {
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
        TSTupleElement::TSNamedTupleMember(member) if !member.optional => self::element(&member.element_type),
        TSTupleElement::TSOptionalType(_)
        | TSTupleElement::TSRestType(_)
        | TSTupleElement::TSNamedTupleMember(_) => None,
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
            let known = source.types.remove(&name);
            source.types.insert(name, merged(known, declared));
        }
    }
}

/// Two interfaces of one name are one.
fn merged(known: Option<Declared>, mut declared: Declared) -> Declared {
    if let Some(known) = known {
        let parts = [known.ty, declared.ty].into_iter().flat_map(|ty| match ty {
            Type::Intersection(parts) => parts,
            other => vec![other],
        });
        declared.ty = Type::Intersection(parts.collect());
    }
    declared
}

fn declared(declaration: &Declaration<'_>) -> Option<(String, Declared)> {
    let names = |parameters: Option<&TSTypeParameterDeclaration<'_>>| {
        parameters
            .iter()
            .flat_map(|list| &list.params)
            .map(|parameter| (parameter.name.name.to_string(), parameter.default.as_ref().map(Type::of)))
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

//! Questions about a type that need no other file.

use super::case::pascal_case;
use crate::read::{Literal, Type};

/// Returns whether a declaration of this type becomes a Rust type of its own.
pub(super) fn makes_definition(ty: &Type) -> bool {
    match ty {
        Type::Object(_) | Type::Intersection(_) | Type::Literal(Literal::Text(_)) => true,
        Type::Union(_) => {
            let (parts, null, undefined) = without_empty(ty);
            !null
                && !undefined
                && parts.len() > 1
                && !parts
                    .iter()
                    .all(|part| matches!(part, Type::Literal(Literal::Number(_) | Literal::Bool(_))))
        }
        _ => false,
    }
}

/// Splits `null` and `undefined` off a union.
pub(super) fn without_empty(ty: &Type) -> (Vec<Type>, bool, bool) {
    let parts = if let Type::Union(parts) = ty { parts.clone() } else { vec![ty.clone()] };
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Type::Union(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    let (null, undefined) = (flat.contains(&Type::Null), flat.contains(&Type::Undefined));
    flat.retain(|part| !matches!(part, Type::Null | Type::Undefined));
    (flat, null, undefined)
}

/// Groups the parts of a union: the texts become one type, `1 | 2` a number, and `"a" | string` a text.
pub(super) fn grouped(parts: Vec<Type>) -> Vec<Type> {
    let (mut grouped, mut texts) = (Vec::<Type>::new(), Vec::new());
    for part in parts {
        let part = match part {
            Type::Literal(Literal::Text(_)) => {
                texts.push(part);
                continue;
            }
            Type::Literal(Literal::Number(_)) => Type::Number,
            Type::Literal(Literal::Bool(_)) => Type::Boolean,
            // `string & {}` keeps an editor from forgetting the literals beside it.
            Type::Intersection(parts) if parts.contains(&Type::Text) => Type::Text,
            other => other,
        };
        if !grouped.contains(&part) {
            grouped.push(part);
        }
    }
    if grouped.is_empty() {
        return texts;
    }
    if !texts.is_empty() && !grouped.contains(&Type::Text) {
        // In front of what takes more than they do.
        grouped.insert(0, if texts.len() == 1 { texts.remove(0) } else { Type::Union(texts) });
    }
    grouped
}

pub(super) fn has_names(ty: &Type) -> bool {
    match ty {
        Type::Named(..) => true,
        Type::Array(inner) | Type::Record(inner) => has_names(inner),
        Type::Tuple(parts) | Type::Union(parts) | Type::Intersection(parts) => parts.iter().any(has_names),
        Type::Object(fields) => fields.iter().any(|field| has_names(&field.ty)),
        _ => false,
    }
}

pub(super) fn keys(ty: &Type) -> Vec<&str> {
    match ty {
        Type::Literal(literal) => literal.text().into_iter().collect(),
        Type::Union(parts) => parts.iter().flat_map(keys).collect(),
        _ => Vec::new(),
    }
}

/// The name of a type argument within the name of an instance: `PagePost` for `Page<Post>`.
pub(super) fn short_name(ty: &Type) -> String {
    match ty {
        Type::Named(name, _) => pascal_case(name),
        Type::Array(inner) => format!("{}List", short_name(inner)),
        Type::Text => "Text".into(),
        Type::Number => "Number".into(),
        Type::Boolean => "Bool".into(),
        _ => "Of".into(),
    }
}

/// The name for an element of a list: `posts` are of a `Post`.
pub(super) fn singular(name: &str) -> String {
    let name = name.trim_start_matches('=');
    match name.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None if name.ends_with("ss") || name.len() < 3 => format!("{name}Item"),
        None => name.strip_suffix('s').map_or_else(|| format!("{name}Item"), str::to_owned),
    }
}

/// A list or a map is a pointer itself: what is in it needs no other.
pub(super) fn unboxed(rust: &str) -> &str {
    rust.strip_prefix("Box<").and_then(|rust| rust.strip_suffix('>')).unwrap_or(rust)
}

//! References to types: declarations of the app, type parameters, and the types that TypeScript has itself.

use super::case::pascal_case;
use super::shape::{has_names, keys, makes_definition, short_name, without_empty};
use super::{Modules, Open, Scope, Types};
use crate::read::{Declared, Field, Type};
use std::collections::BTreeMap;
use std::path::PathBuf;

impl Types {
    pub(super) fn named(
        &mut self,
        modules: &mut Modules<'_>,
        scope: &Scope,
        name: &str,
        arguments: &[Type],
        hint: &str,
    ) -> String {
        if let Some((ty, outer)) = scope.arguments.get(name).cloned() {
            return match *outer {
                Some(outer) => self.rust(modules, &outer, &ty, hint),
                None => self.rust(modules, scope, &ty, hint),
            };
        }
        if let Some((file, declared_name, declared)) = modules.declaration(&scope.file, name) {
            return self.declared(modules, scope, (file, &declared_name, &declared), arguments);
        }
        self.built_in(modules, scope, name, arguments, hint)
    }

    fn declared(
        &mut self,
        modules: &mut Modules<'_>,
        scope: &Scope,
        (file, name, declared): (PathBuf, &str, &Declared),
        arguments: &[Type],
    ) -> String {
        let declaration = format!("{}#{name}", file.display());
        let outer = arguments.iter().any(has_names).then_some(scope);
        let key = format!("{declaration}<{arguments:?}{outer:?}>");
        // `type Json = string | Json[] | null` is an `Option` of the rest.
        let (mut parts, null, undefined) = without_empty(&declared.ty);
        let is_option = (null || undefined) && !parts.is_empty();
        let ty = match parts.len() {
            _ if !is_option => declared.ty.clone(),
            1 => parts.remove(0),
            _ => Type::Union(parts),
        };
        let option = |rust: String| if is_option { format!("Option<{rust}>") } else { rust };
        if let Some(known) = self.known.get(&key) {
            let is_open = self.open.iter().any(|open| open.rust == *known);
            return option(if is_open { format!("Box<{known}>") } else { known.clone() });
        }
        // What has no name in Rust, `type A = A[]`, and what grows, `type P<T> = { next: P<T[]> }`.
        let same = self.open.iter().filter(|open| open.key == key).count();
        let other = self.open.iter().filter(|open| open.declaration == declaration).count();
        if same > 1 || other > 3 {
            return self.value(format!("`{name}` contains itself without an end"));
        }
        let defaults = declared.parameters.iter().zip(0..).map(|((parameter, default), index)| {
            let here = Scope { file: file.clone(), arguments: BTreeMap::new() };
            let argument = match (arguments.get(index), default) {
                (Some(argument), _) => (argument.clone(), scope.clone()),
                (None, default) => (default.clone().unwrap_or(Type::Any), here),
            };
            (parameter.clone(), (argument.0, Box::new(Some(argument.1))))
        });
        let inner = Scope { file: file.clone(), arguments: defaults.collect() };
        let mut rust_name = pascal_case(name);
        for argument in arguments {
            rust_name += &short_name(argument);
        }
        let mut open = Open { declaration, key: key.clone(), rust: String::new() };
        if makes_definition(&ty) {
            open.rust = self.unique(&rust_name);
            self.known.insert(key.clone(), open.rust.clone());
            rust_name = format!("={}", open.rust);
        }
        self.open.push(open);
        let rust = self.rust(modules, &inner, &ty, &rust_name);
        self.open.pop();
        self.known.insert(key, rust.clone());
        option(rust)
    }

    fn built_in(
        &mut self,
        modules: &mut Modules<'_>,
        scope: &Scope,
        name: &str,
        arguments: &[Type],
        hint: &str,
    ) -> String {
        match (name, arguments) {
            ("Array" | "ReadonlyArray", [element]) => {
                self.rust(modules, scope, &Type::Array(Box::new(element.clone())), hint)
            }
            ("Record", [_, value]) => self.rust(modules, scope, &Type::Record(Box::new(value.clone())), hint),
            ("Promise" | "Awaited" | "Readonly" | "NonNullable" | "Required", [inner]) => {
                self.rust(modules, scope, inner, hint)
            }
            // As `JSON.stringify` writes it.
            ("Date" | "URL", []) => "String".into(),
            ("Partial" | "Pick" | "Omit", [inner, rest @ ..]) => match fields(modules, scope, inner) {
                Some(mut fields) => {
                    let keys: Vec<&str> = rest.iter().flat_map(keys).collect();
                    match name {
                        "Partial" => fields.iter_mut().for_each(|field| field.optional = true),
                        "Pick" => fields.retain(|field| keys.contains(&&*field.name)),
                        _ => fields.retain(|field| !keys.contains(&&*field.name)),
                    }
                    self.object(modules, scope, &fields, &[], hint)
                }
                None => self.value(format!("`{name}` is of a type that is not read")),
            },
            _ => self.value(format!("the type `{name}` is not a declaration of the app")),
        }
    }
}

/// Returns the fields of a type that is declared in the file of the scope, without parameters.
fn fields(modules: &mut Modules<'_>, scope: &Scope, ty: &Type) -> Option<Vec<Field>> {
    match ty {
        Type::Object(fields) => Some(fields.clone()),
        Type::Named(name, arguments) if arguments.is_empty() => {
            let (file, _, declared) = modules.declaration(&scope.file, name)?;
            // Its fields are resolved in the scope of the outer type, so both have to be in one file.
            (file == scope.file).then_some(())?;
            match declared.ty {
                Type::Object(fields) => Some(fields),
                _ => None,
            }
        }
        _ => None,
    }
}

//! References to types: declarations of the app, type parameters, and the types that TypeScript has itself.

use super::case::pascal_case;
use super::shape::{has_names, keys, makes_definition, short_name};
use super::{Modules, Scope, Types};
use crate::read::{Field, Type};

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
            let key = format!(
                "{}#{declared_name}<{arguments:?}{:?}>",
                file.display(),
                arguments.iter().any(has_names).then_some(scope)
            );
            if let Some(known) = self.known.get(&key) {
                let known = known.clone();
                return if self.open.contains(&known) { format!("Box<{known}>") } else { known };
            }
            let inner = Scope {
                file,
                arguments: declared
                    .parameters
                    .iter()
                    .zip(arguments.iter().cloned().chain(std::iter::repeat(Type::Any)))
                    .map(|(parameter, argument)| {
                        (parameter.clone(), (argument, Box::new(Some(scope.clone()))))
                    })
                    .collect(),
            };
            let mut rust_name = pascal_case(&declared_name);
            for argument in arguments {
                rust_name += &short_name(argument);
            }
            if !makes_definition(&declared.ty) {
                return self.rust(modules, &inner, &declared.ty, &rust_name);
            }
            let rust_name = self.unique(&rust_name);
            self.known.insert(key.clone(), rust_name.clone());
            self.open.push(rust_name.clone());
            let rust = self.rust(modules, &inner, &declared.ty, &format!("={rust_name}"));
            self.open.pop();
            self.known.insert(key, rust.clone());
            return rust;
        }
        self.built_in(modules, scope, name, arguments, hint)
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
            ("Array" | "ReadonlyArray" | "Set", [element]) => {
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

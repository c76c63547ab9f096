//! TypeScript types as Rust types with serde's attributes.
//!
//! A type is followed through the files of the app. What Rust or JSON does not have, or what comes from a package, is a
//! `serde_json::Value` with a line that says so.

mod case;
mod definition;
mod modules;
mod reference;
mod shape;

pub(crate) use case::{is_keyword, snake_case};
pub(crate) use modules::Modules;

use crate::read::{Field, Literal, Type};
use case::pascal_case;
use definition::{Definition, Member, Variant};
use shape::{grouped, singular, unboxed, without_empty};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The Rust types of one route file.
#[derive(Debug, Default)]
pub(crate) struct Types {
    definitions: Vec<Definition>,
    /// The Rust name of a declaration, by its file, its name and its arguments.
    known: BTreeMap<String, String>,
    names: BTreeSet<String>,
    /// Declarations that are being followed: a type that contains itself is behind a pointer.
    open: Vec<Open>,
    /// How many types the one at hand is inside of.
    depth: usize,
    /// What is a `Value` in place of its type, a sentence each.
    pub(crate) unread: Vec<String>,
}

/// A declaration that is being followed.
#[derive(Debug)]
struct Open {
    /// Its file and its name.
    declaration: String,
    /// The same with its arguments.
    key: String,
    /// Its name in Rust, or nothing if it gets none.
    rust: String,
}

/// Where a type is written, and what its parameters stand for.
#[derive(Clone, Debug)]
struct Scope {
    file: PathBuf,
    arguments: BTreeMap<String, (Type, Box<Option<Scope>>)>,
}

const VALUE: &str = "serde_json::Value";

impl Types {
    /// Returns the Rust type of a type that is written in a file. `hint` is the name of a type without one.
    pub(crate) fn add(&mut self, modules: &mut Modules<'_>, file: &Path, ty: &Type, hint: &str) -> String {
        let scope = Scope { file: file.to_owned(), arguments: BTreeMap::new() };
        self.rust(modules, &scope, ty, hint)
    }

    /// Returns the definitions as Rust code.
    pub(crate) fn code(&self) -> String {
        self.definitions.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.definitions.is_empty()
    }

    fn value(&mut self, why: impl Into<String>) -> String {
        let why = why.into();
        if !self.unread.contains(&why) {
            self.unread.push(why);
        }
        VALUE.to_owned()
    }

    fn rust(&mut self, modules: &mut Modules<'_>, scope: &Scope, ty: &Type, hint: &str) -> String {
        // `type A = A[]`, `type Page<T> = { next: Page<T[]> }`.
        if self.depth > 24 {
            return self.value(format!("`{}` is nested without an end", hint.trim_start_matches('=')));
        }
        self.depth += 1;
        let rust = self.rust_of(modules, scope, ty, hint);
        self.depth -= 1;
        rust
    }

    fn rust_of(&mut self, modules: &mut Modules<'_>, scope: &Scope, ty: &Type, hint: &str) -> String {
        match ty {
            Type::Text => "String".into(),
            // A number of JavaScript, and written as JavaScript writes it: `1`, not `1.0`.
            Type::Number => "f64".into(),
            Type::Boolean => "bool".into(),
            Type::Null | Type::Undefined => "()".into(),
            Type::Any => VALUE.into(),
            Type::Literal(literal) => self.literals(std::slice::from_ref(literal), hint),
            Type::Array(element) => {
                format!("Vec<{}>", unboxed(&self.rust(modules, scope, element, &singular(hint))))
            }
            Type::Tuple(elements) => {
                let name = |index| format!("{hint}{index}");
                let elements: Vec<_> = elements
                    .iter()
                    .enumerate()
                    .map(|(index, element)| self.rust(modules, scope, element, &name(index)))
                    .collect();
                format!(
                    "({})",
                    if elements.len() == 1 { format!("{},", elements[0]) } else { elements.join(", ") }
                )
            }
            Type::Record(value) => {
                let value = self.rust(modules, scope, value, &format!("{hint}Value"));
                format!("std::collections::BTreeMap<String, {}>", unboxed(&value))
            }
            Type::Object(fields) => self.object(modules, scope, fields, &[], hint),
            Type::Intersection(parts) => self.intersection(modules, scope, parts, hint),
            Type::Union(parts) => self.union(modules, scope, parts, hint),
            Type::Named(name, arguments) => self.named(modules, scope, name, arguments, hint),
            Type::Unread(what) => self.value(format!("`{}` is {what}", hint.trim_start_matches('='))),
        }
    }

    fn intersection(
        &mut self,
        modules: &mut Modules<'_>,
        scope: &Scope,
        parts: &[Type],
        hint: &str,
    ) -> String {
        let (mut own, mut flat): (Vec<Field>, Vec<String>) = (Vec::new(), Vec::new());
        for (index, part) in parts.iter().enumerate() {
            match part {
                Type::Object(fields) => {
                    // The last of two with one name.
                    own.retain(|known| !fields.iter().any(|field| field.name == known.name));
                    own.extend(fields.iter().cloned());
                }
                other => {
                    let name = format!("{}Part{index}", hint.trim_start_matches('='));
                    let rust = self.rust(modules, scope, other, &name);
                    flat.push(rust);
                }
            }
        }
        // `string & { readonly __brand: "Id" }` is a string in JSON.
        if let Some(value) = flat.iter().find(|rust| self.is_no_object(rust)) {
            return value.clone();
        }
        self.object(modules, scope, &own, &flat, hint)
    }

    /// Returns whether a Rust type is a text, a number, a list: nothing that has fields.
    fn is_no_object(&self, rust: &str) -> bool {
        let is_text = |definition: &Definition| definition.name == rust && definition.is_texts();
        matches!(rust, "String" | "f64" | "bool")
            || rust.starts_with("Vec<")
            || rust.starts_with('(')
            || self.definitions.iter().any(is_text)
    }

    /// Returns the fields of a struct, with those of what is flattened into it. What is in a `Box` contains this struct again.
    fn members(&self, rust: &str) -> Vec<Member> {
        let definition = self.definitions.iter().find(|definition| definition.name == unboxed(rust));
        let mut members = Vec::new();
        for member in definition.into_iter().flat_map(Definition::members) {
            let is_followed = member.flat && !member.rust.starts_with("Box<");
            let inner = if is_followed { self.members(&member.rust) } else { Vec::new() };
            if inner.is_empty() {
                members.push(member.clone());
            } else {
                members.extend(inner);
            }
        }
        members
    }

    fn object(
        &mut self,
        modules: &mut Modules<'_>,
        scope: &Scope,
        fields: &[Field],
        flat: &[String],
        hint: &str,
    ) -> String {
        let name = self.definition_name(hint);
        let at = self.definitions.len();
        self.definitions.push(Definition::placeholder(&name));
        let mut members = Vec::new();
        for field in fields {
            let hint = format!("{name}{}", pascal_case(&field.name));
            let (types, null, undefined) = without_empty(&field.ty);
            let optional = field.optional || undefined;
            // `error?: never` is never in the JSON.
            if types.is_empty() && !null {
                continue;
            }
            let mut rust = match types.as_slice() {
                [] => "()".to_owned(),
                [one] => self.rust(modules, scope, one, &hint),
                many => self.union(modules, scope, many, &hint),
            };
            // Both: a `null` is not the same as no field.
            if rust != "()" {
                for _ in [optional, null].into_iter().filter(|empty| *empty) {
                    rust = format!("Option<{rust}>");
                }
            }
            members.push(Member {
                name: field.name.clone(),
                rust,
                skip_none: optional && !types.is_empty(),
                flat: false,
            });
        }
        let inherited: Vec<_> = flat.iter().map(|rust| self.members(rust)).collect();
        let mut names: Vec<&str> = members.iter().map(|member| &*member.name).collect();
        names.extend(inherited.iter().flatten().map(|member| &*member.name));
        // What is declared again, as in `interface B extends A`, is one field: the nearest.
        let again = names.iter().collect::<BTreeSet<_>>().len() < names.len();
        for (rust, inherited) in flat.iter().zip(inherited) {
            if again && !inherited.is_empty() {
                for member in inherited {
                    if !members.iter().any(|known: &Member| known.name == member.name) {
                        members.push(member);
                    }
                }
                continue;
            }
            let name = if rust.contains("::") { "rest" } else { unboxed(rust) };
            members.push(Member { name: name.to_owned(), rust: rust.clone(), skip_none: false, flat: true });
        }
        self.definitions[at] = Definition::structure(&name, members);
        name
    }

    fn union(&mut self, modules: &mut Modules<'_>, scope: &Scope, parts: &[Type], hint: &str) -> String {
        let (parts, null, undefined) = without_empty(&Type::Union(parts.to_vec()));
        let parts = grouped(parts);
        let literals = parts
            .iter()
            .map(|part| if let Type::Literal(literal) = part { Some(literal.clone()) } else { None });
        let rust =
            if let Some(literals) = literals.collect::<Option<Vec<_>>>().filter(|list| !list.is_empty()) {
                self.literals(&literals, hint)
            } else if let [one] = parts.as_slice() {
                self.rust(modules, scope, one, hint)
            } else if parts.is_empty() {
                "()".into()
            } else {
                let name = self.definition_name(hint);
                let at = self.definitions.len();
                self.definitions.push(Definition::placeholder(&name));
                let mut variants: Vec<Variant> = Vec::new();
                for (index, part) in parts.iter().enumerate() {
                    let part_name = match part {
                        // `{ error: string }` of a `Reply` is a `ReplyError`.
                        Type::Object(fields) if !fields.is_empty() => {
                            format!("{name}{}", pascal_case(&fields[0].name))
                        }
                        _ => format!("{name}{}", index + 1),
                    };
                    let rust = self.rust(modules, scope, part, &part_name);
                    if !variants.iter().any(|variant| variant.rust == rust) {
                        variants.push(Variant::of(&rust, &variants));
                    }
                }
                self.definitions[at] = Definition::untagged(&name, variants);
                name
            };
        if (null || undefined) && rust != "()" { format!("Option<{rust}>") } else { rust }
    }

    /// Texts are an enum; numbers and booleans their type.
    fn literals(&mut self, literals: &[Literal], hint: &str) -> String {
        let texts: Option<Vec<_>> =
            literals.iter().map(|literal| literal.text().map(str::to_owned)).collect();
        match (texts, literals) {
            (Some(texts), _) => {
                let name = self.definition_name(hint);
                self.definitions.push(Definition::texts(&name, &texts));
                name
            }
            (None, [Literal::Bool(_), ..]) => "bool".into(),
            (None, [Literal::Number(_), ..])
                if literals.iter().all(|literal| matches!(literal, Literal::Number(_))) =>
            {
                "f64".into()
            }
            _ => self.value(format!("`{}` has values of several types", hint.trim_start_matches('='))),
        }
    }

    /// A hint that begins with `=` is a name that has been taken for this type already.
    fn definition_name(&mut self, hint: &str) -> String {
        match hint.strip_prefix('=') {
            Some(name) if !self.definitions.iter().any(|definition| definition.name == name) => {
                name.to_owned()
            }
            Some(name) => self.unique(name),
            None => self.unique(&pascal_case(hint)),
        }
    }

    fn unique(&mut self, name: &str) -> String {
        let (mut unique, mut count) = (name.to_owned(), 1);
        // What the file uses already.
        let taken = [
            "Result",
            "Response",
            "Option",
            "String",
            "Vec",
            "Box",
            "Body",
            "ApiRequest",
            "ApiResponse",
            "Methods",
            "RouteConfig",
            "Self",
            "Some",
            "None",
            "Ok",
            "Err",
            "Deserialize",
            "Serialize",
        ];
        if taken.contains(&name) {
            unique = format!("{name}Data");
        }
        while !self.names.insert(unique.clone()) {
            count += 1;
            unique = format!("{name}{count}");
        }
        unique
    }
}

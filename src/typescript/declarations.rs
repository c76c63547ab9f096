//! The declarations of types and of the types in them.

use super::TypescriptError;
use std::any::{TypeId, type_name};
use std::collections::{BTreeMap, HashSet};
use std::mem;
use ts_rs::{Config, TS, TypeVisitor};

/// Collects each type once, by its name in TypeScript.
pub(super) struct Declarations {
    pub(super) config: Config,
    seen: HashSet<TypeId>,
    declared: BTreeMap<String, Declared>,
    error: Option<TypescriptError>,
}

struct Declared {
    rust: &'static str,
    text: String,
}

impl Declarations {
    pub(super) fn new() -> Self {
        Self {
            // `JSON.parse` makes a `number` of every number.
            config: Config::new().with_large_int("number"),
            seen: HashSet::new(),
            declared: BTreeMap::new(),
            error: None,
        }
    }

    /// Adds a type, and the types that it consists of.
    pub(super) fn add<T: TS + ?Sized + 'static>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        // A type of the language or of the standard library has no file, and no declaration.
        if T::output_path().is_some() {
            let docs = T::docs().unwrap_or_default();
            let text = format!("{docs}export {}\n", T::decl(&self.config));
            self.declare(T::ident(&self.config), Declared { rust: type_name::<T>(), text });
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }

    fn declare(&mut self, name: String, new: Declared) {
        match self.declared.get(&name) {
            // `Page<Post>` and `Page<User>` share the declaration of `Page<T>`.
            Some(known) if known.text == new.text => {}
            Some(known) => {
                let error = || TypescriptError::twice(&name, known.rust, new.rust);
                self.error.get_or_insert_with(error);
            }
            None => {
                self.declared.insert(name, new);
            }
        }
    }

    /// Returns the declarations in the order of their names.
    ///
    /// # Errors
    ///
    /// If two of them have one name, or one has a name of `reserved`.
    pub(super) fn finish(&mut self, reserved: &[&str]) -> Result<String, TypescriptError> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let declared = mem::take(&mut self.declared);
        if let Some((name, Declared { rust, .. })) =
            declared.iter().find(|(name, _)| reserved.contains(&name.as_str()))
        {
            return Err(TypescriptError::reserved(name, rust));
        }
        Ok(declared.into_values().map(|declared| declared.text).collect())
    }
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        self.add::<T>();
    }
}

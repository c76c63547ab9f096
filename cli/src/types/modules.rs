//! The files of an app, each read once, and where a name of one of them is declared.

use crate::app::Aliases;
use crate::read::{Declared, Exported, Source, SyntaxError, source};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The files that have been read.
pub(crate) struct Modules<'a> {
    aliases: &'a Aliases,
    files: BTreeMap<PathBuf, Option<Rc<Source>>>,
}

impl<'a> Modules<'a> {
    pub(crate) fn new(aliases: &'a Aliases) -> Self {
        Self { aliases, files: BTreeMap::new() }
    }

    /// Reads a route file, and keeps it for those that import it.
    pub(crate) fn read(&mut self, file: &Path, text: &str) -> Result<Rc<Source>, SyntaxError> {
        let read = Rc::new(source(file, text)?);
        self.files.insert(file.to_owned(), Some(Rc::clone(&read)));
        Ok(read)
    }

    /// Returns a file that another one imports. A package, and a file that cannot be read, is `None`.
    pub(crate) fn imported(&mut self, importer: &Path, module: &str) -> Option<(PathBuf, Rc<Source>)> {
        let file = self.aliases.file(importer, module)?;
        let read = self.files.entry(file.clone()).or_insert_with(|| {
            let text = fs::read_to_string(&file).ok()?;
            source(&file, &text).ok().map(Rc::new)
        });
        Some((file, read.clone()?))
    }

    /// Returns the declaration of a type that a file names, with the file that declares it and its name there.
    pub(crate) fn declaration(&mut self, file: &Path, name: &str) -> Option<(PathBuf, String, Declared)> {
        let source = self.files.get(file).cloned().flatten()?;
        if let Some(declared) = source.types.get(name) {
            return Some((file.to_owned(), name.to_owned(), declared.clone()));
        }
        let import = source.imports.get(name)?;
        self.exported(file, &import.module, &import.name, &mut BTreeSet::new())
    }

    fn exported(
        &mut self,
        importer: &Path,
        module: &str,
        name: &str,
        seen: &mut BTreeSet<(PathBuf, String)>,
    ) -> Option<(PathBuf, String, Declared)> {
        let (file, source) = self.imported(importer, module)?;
        if !seen.insert((file.clone(), name.to_owned())) {
            return None; // modules that export each other
        }
        match source.exports.get(name) {
            Some(Exported::From(import)) => self.exported(&file, &import.module, &import.name, seen),
            Some(Exported::Local(local)) => {
                if let Some(declared) = source.types.get(local) {
                    Some((file, local.clone(), declared.clone()))
                } else {
                    let import = source.imports.get(local)?.clone();
                    self.exported(&file, &import.module, &import.name, seen)
                }
            }
            None => {
                // In a `.d.ts` everything is exported.
                if let Some(declared) = source.types.get(name) {
                    return Some((file, name.to_owned(), declared.clone()));
                }
                let stars = source.star_exports.clone();
                stars.iter().find_map(|module| self.exported(&file, module, name, seen))
            }
        }
    }
}

//! Where a module of an app is: relative paths, and the `paths` and `baseUrl` of `tsconfig.json` or `jsconfig.json`.

use crate::read::{Literal, json_with_comments};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The aliases of an app's modules.
#[derive(Debug, Default)]
pub(crate) struct Aliases {
    /// The part before the `*`, and the folder that stands for it.
    prefixes: Vec<(String, PathBuf)>,
}

impl Aliases {
    /// Reads `tsconfig.json` or `jsconfig.json`. Without one, or with one that extends another, there are fewer aliases.
    pub(super) fn read(root: &Path) -> Self {
        let text = ["tsconfig.json", "jsconfig.json"]
            .iter()
            .find_map(|name| fs::read_to_string(root.join(name)).ok());
        let literal = text.and_then(|text| json_with_comments(&text).ok().flatten());
        let Some(options) = literal.as_ref().and_then(|literal| literal.get("compilerOptions")) else {
            return Self::default();
        };
        let base_url = options.get("baseUrl").and_then(Literal::text);
        let base = root.join(base_url.unwrap_or("."));
        let mut prefixes = Vec::new();
        if let Some(Literal::Object(paths)) = options.get("paths") {
            for (pattern, targets) in paths {
                for target in targets.list().iter().filter_map(Literal::text) {
                    if let (Some(prefix), Some(folder)) =
                        (pattern.strip_suffix('*'), target.strip_suffix('*'))
                    {
                        prefixes.push((prefix.to_owned(), base.join(folder)));
                    }
                }
            }
        }
        if base_url.is_some() {
            prefixes.push((String::new(), base));
        }
        Self { prefixes }
    }

    /// Returns the file of a module that another file imports, or `None` for a package.
    pub(crate) fn file(&self, importer: &Path, module: &str) -> Option<PathBuf> {
        if module.starts_with("./") || module.starts_with("../") || matches!(module, "." | "..") {
            return source_file(&normal(&importer.parent()?.join(module)));
        }
        let mut fits = self.prefixes.iter().filter(|(prefix, _)| module.starts_with(prefix));
        fits.find_map(|(prefix, folder)| source_file(&normal(&folder.join(module.strip_prefix(&**prefix)?))))
    }
}

/// Resolves dots without the disk: a symbolic link of a monorepo stays as it is.
fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut path, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                path.pop();
            }
            part => path.push(part),
        }
        path
    })
}

/// Returns the file that an import without an extension means.
fn source_file(path: &Path) -> Option<PathBuf> {
    let text = path.to_str()?;
    // `import "./x.js"` of TypeScript's own modules means `x.ts`.
    let stem = text.strip_suffix(".js").unwrap_or(text);
    let extensions = [
        ".ts",
        ".tsx",
        ".d.ts",
        ".js",
        ".jsx",
        ".mjs",
        ".cjs",
        "/index.ts",
        "/index.tsx",
        "/index.d.ts",
        "/index.js",
    ];
    let candidates = extensions.iter().map(|extension| PathBuf::from(format!("{stem}{extension}")));
    std::iter::once(path.to_owned()).chain(candidates).find(|file| file.is_file())
}

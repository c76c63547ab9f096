//! The `Cargo.toml` of a crate that was imported or begun here.

use anyhow::{Context as _, Result, bail};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What is read of a manifest.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) name: String,
    /// The folder of the Next.js app, as it is written: relative to the crate.
    pub(crate) next_app: Option<String>,
    /// The features of `tower-api-routes` that are on.
    pub(crate) features: BTreeSet<String>,
}

impl Manifest {
    /// Reads `Cargo.toml` in a folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("Cargo.toml");
        let Ok(text) = fs::read_to_string(&path) else {
            bail!("`{}` is no crate: it has no Cargo.toml", folder.display());
        };
        let manifest: toml::Table =
            text.parse().with_context(|| format!("cannot read `{}`", path.display()))?;
        let get = |keys: &[&str]| {
            let mut value = manifest.get(*keys.first()?)?;
            for key in keys.get(1..)? {
                value = value.get(*key)?;
            }
            Some(value)
        };
        let name = get(&["package", "name"]).and_then(toml::Value::as_str);
        let Some(name) = name else { bail!("`{}` has no package.name", path.display()) };
        let features = get(&["dependencies", "tower-api-routes", "features"]).and_then(toml::Value::as_array);
        Ok(Self {
            name: name.to_owned(),
            next_app: get(&["package", "metadata", "api-routes", "next-app"])
                .and_then(toml::Value::as_str)
                .map(str::to_owned),
            features: features
                .into_iter()
                .flatten()
                .filter_map(toml::Value::as_str)
                .map(str::to_owned)
                .collect(),
        })
    }

    /// Returns the folder of the Next.js app, if it is known and there.
    pub(crate) fn app(&self, folder: &Path) -> Option<PathBuf> {
        let app = folder.join(self.next_app.as_ref()?);
        app.join("package.json").is_file().then_some(app)
    }
}

/// Returns the way from one folder to another, both absolute, with slashes.
pub(crate) fn relative(from: &Path, to: &Path) -> String {
    // Two drives of Windows have no way between them.
    let path = pathdiff::diff_paths(to, from).unwrap_or_else(|| to.to_owned());
    let text = path.to_string_lossy().replace('\\', "/");
    if text.is_empty() { ".".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_goes_up_and_down() {
        let cases = [
            ("/a/b", "/a/c", "../c"),
            ("/a", "/a/b/c", "b/c"),
            ("/a/b", "/a", ".."),
            ("/a", "/a", "."),
            ("/x/y", "/a", "../../a"),
        ];
        for (from, to, way) in cases {
            assert_eq!(relative(Path::new(from), Path::new(to)), way);
        }
    }
}

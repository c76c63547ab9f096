//! The settings of an app that matter for its API: `next.config.*` as far as it is literal, and what a build has written.

use crate::read::{Literal, exported_literal};
use anyhow::{Context as _, Result};
use serde::Deserialize;
use std::fs;
use std::path::Path;

/// What `trailingSlash` and `skipTrailingSlashRedirect` make of a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Slash {
    #[default]
    Remove,
    Require,
    Ignore,
}

/// A rewrite, redirect or header rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// `rewrites`, `redirects` or `headers`.
    pub(crate) kind: &'static str,
    /// The paths that it is for.
    pub(crate) source: String,
    /// Where a rewrite or a redirect leads.
    pub(crate) destination: Option<String>,
}

impl Rule {
    /// Returns whether the rule may be about a path below `/api`.
    fn touches_api(&self) -> bool {
        let destination = self.destination.as_deref().unwrap_or_default();
        let first =
            |path: &str| path.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();
        first(&self.source) == "api"
            || self.source.starts_with("/:")
            || self.source.starts_with("/(")
            || first(destination) == "api"
    }
}

/// The settings of an app.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// The name of the `next.config` file, if there is one.
    pub(crate) file: Option<String>,
    pub(crate) base_path: String,
    pub(crate) slash: Slash,
    pub(crate) page_extensions: Vec<String>,
    /// The rules that may be about the API.
    pub(crate) rules: Vec<Rule>,
    /// The folder of the build, relative to the app.
    pub(crate) dist: String,
    /// Whether a build has said `basePath`, `trailingSlash` and the rules.
    pub(crate) from_build: bool,
    /// What could not be read, a sentence each.
    pub(crate) unread: Vec<String>,
}

impl Settings {
    /// Reads `next.config.*`.
    pub(super) fn read(root: &Path) -> Self {
        let extensions = ["tsx", "ts", "jsx", "js"].map(str::to_owned).to_vec();
        let mut settings = Self { page_extensions: extensions, dist: ".next".into(), ..Self::default() };
        let names = ["next.config.js", "next.config.mjs", "next.config.ts", "next.config.cjs"];
        let Some(name) = names.into_iter().find(|name| root.join(name).is_file()) else {
            return settings;
        };
        settings.file = Some(name.to_owned());
        let path = root.join(name);
        let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"));
        let literal =
            text.and_then(|text| exported_literal(&path, &text).map_err(|error| format!("{name}:{error}")));
        match literal {
            Ok(Some((config @ Literal::Object(_), wrappers))) => {
                settings.apply(name, &config);
                if !wrappers.is_empty() {
                    settings.unread.push(format!(
                        "`{name}` passes its settings to {}, which may change them",
                        wrappers.join(", ")
                    ));
                }
            }
            Ok(_) => settings.unread.push(format!(
                "`{name}` does not export an object literal: check basePath, trailingSlash and pageExtensions"
            )),
            Err(error) => settings.unread.push(error),
        }
        settings
    }

    fn apply(&mut self, name: &str, config: &Literal) {
        let Literal::Object(properties) = config else { return };
        for (key, value) in properties {
            let read = match (&**key, value) {
                ("basePath", Literal::Text(path)) => {
                    self.base_path.clone_from(path);
                    true
                }
                ("distDir", Literal::Text(path)) => {
                    self.dist.clone_from(path);
                    true
                }
                ("trailingSlash", Literal::Bool(on)) => {
                    if *on && self.slash == Slash::Remove {
                        self.slash = Slash::Require;
                    }
                    true
                }
                ("skipTrailingSlashRedirect", Literal::Bool(on)) => {
                    if *on {
                        self.slash = Slash::Ignore;
                    }
                    true
                }
                ("pageExtensions", list) => list.texts().is_some_and(|texts| {
                    self.page_extensions = texts;
                    true
                }),
                ("rewrites", value) => self.rewrites(value),
                ("redirects", value) => self.rules("redirects", value),
                ("headers", value) => self.rules("headers", value),
                (
                    "basePath" | "distDir" | "trailingSlash" | "skipTrailingSlashRedirect" | "..." | "[…]",
                    _,
                ) => false,
                _ => true, // not about the API
            };
            if !read {
                let key = if key == "..." { "a spread object" } else { &**key };
                self.unread.push(format!("`{key}` of `{name}` is not a literal"));
            }
        }
    }

    fn rewrites(&mut self, value: &Literal) -> bool {
        match value {
            Literal::Object(lists) => {
                lists.iter().fold(true, |read, (_, list)| self.rules("rewrites", list) && read)
            }
            list => self.rules("rewrites", list),
        }
    }

    fn rules(&mut self, kind: &'static str, value: &Literal) -> bool {
        let Literal::List(list) = value else { return false };
        let mut read = true;
        for rule in list {
            let Some(source) = rule.get("source").and_then(Literal::text) else {
                read = false;
                continue;
            };
            let destination = rule.get("destination").and_then(Literal::text).map(str::to_owned);
            read &= destination.is_some() || rule.get("destination").is_none();
            self.add(Rule { kind, source: source.to_owned(), destination });
        }
        read
    }

    fn add(&mut self, mut rule: Rule) {
        // A build writes the base path in front of each path.
        if let Some(path) = rule.source.strip_prefix(&*self.base_path).filter(|path| path.starts_with('/')) {
            rule = Rule { source: path.to_owned(), ..rule };
        }
        if rule.touches_api() && !self.rules.contains(&rule) {
            self.rules.push(rule);
        }
    }

    /// Reads the `routes-manifest.json` of a build, which says what `next.config.*` evaluates to.
    pub(super) fn read_manifest(&mut self, root: &Path) -> Result<()> {
        let folder = root.join(&self.dist);
        let files = [folder.join("routes-manifest.json"), folder.join("dev/routes-manifest.json")];
        let Some(path) = files.into_iter().find(|path| path.is_file()) else { return Ok(()) };
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let manifest: Manifest =
            serde_json::from_str(&text).with_context(|| format!("cannot read `{}`", path.display()))?;
        self.base_path = manifest.base_path;
        let mut own = manifest.redirects.iter().filter(|redirect| redirect.internal).peekable();
        self.slash = if own.peek().is_none() {
            Slash::Ignore
        } else if own.any(|redirect| redirect.destination.as_deref().is_some_and(|to| to.ends_with('/'))) {
            Slash::Require
        } else {
            Slash::Remove
        };
        self.rules.clear();
        let rewrites = match manifest.rewrites {
            Rewrites::One(rewrites) => rewrites,
            Rewrites::Three { before_files, after_files, fallback } => {
                [before_files, after_files, fallback].concat()
            }
        };
        let redirects = manifest.redirects.into_iter().filter(|redirect| !redirect.internal).collect();
        for (kind, list) in [("rewrites", rewrites), ("redirects", redirects), ("headers", manifest.headers)]
        {
            for Entry { source, destination, .. } in list {
                self.add(Rule { kind, source, destination });
            }
        }
        self.from_build = true;
        self.unread.retain(|line| line.contains("pageExtensions") || line.contains("distDir"));
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    #[serde(default)]
    base_path: String,
    #[serde(default)]
    redirects: Vec<Entry>,
    #[serde(default)]
    headers: Vec<Entry>,
    #[serde(default)]
    rewrites: Rewrites,
}

#[derive(Clone, Deserialize)]
struct Entry {
    source: String,
    destination: Option<String>,
    /// Next.js's own, not one of the app.
    #[serde(default)]
    internal: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Rewrites {
    One(Vec<Entry>),
    #[serde(rename_all = "camelCase")]
    Three {
        #[serde(default)]
        before_files: Vec<Entry>,
        #[serde(default)]
        after_files: Vec<Entry>,
        #[serde(default)]
        fallback: Vec<Entry>,
    },
}

impl Default for Rewrites {
    fn default() -> Self {
        Self::One(Vec::new())
    }
}

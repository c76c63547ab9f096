//! A Next.js app on the disk: its API routes and its settings.

mod aliases;
mod files;
mod settings;

pub(crate) use aliases::Aliases;
pub(crate) use files::{RouteFile, rust_file, rust_routes};
pub(crate) use settings::{Rule, Settings, Slash};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A Next.js app.
#[derive(Debug)]
pub(crate) struct App {
    /// The folder with `package.json`.
    pub(crate) root: PathBuf,
    /// The name for the crate, such as `shop`.
    pub(crate) name: String,
    /// The packages that it depends on, with their versions as they are written.
    pub(crate) dependencies: BTreeMap<String, String>,
    pub(crate) settings: Settings,
    pub(crate) aliases: Aliases,
    /// The files below `pages/api` that Next.js takes for routes, by route.
    pub(crate) routes: Vec<RouteFile>,
    /// Files below `pages/api` that look like routes and are none, with the reason.
    pub(crate) others: Vec<(String, String)>,
    /// Route handlers of the App Router.
    pub(crate) route_handlers: Vec<String>,
    /// `middleware.ts`, or `proxy.ts` since Next.js 16.
    pub(crate) middleware: Option<String>,
}

/// What an app keeps its sessions with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sessions {
    /// `next-auth` 4 and before.
    NextAuth,
    /// `next-auth` 5, `@auth/core`.
    AuthJs,
    Iron,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Package {
    name: Option<String>,
    dependencies: BTreeMap<String, String>,
    dev_dependencies: BTreeMap<String, String>,
}

impl App {
    /// Finds the app in a folder.
    pub(crate) fn find(folder: &Path) -> Result<Self> {
        let root = fs::canonicalize(folder).with_context(|| {
            format!("there is no folder `{}`: pass the folder of a Next.js app", folder.display())
        })?;
        let manifest = root.join("package.json");
        let Ok(text) = fs::read_to_string(&manifest) else {
            bail!("`{}` is no app: it has no package.json", folder.display());
        };
        let package: Package = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .with_context(|| format!("cannot read `{}`", manifest.display()))?;
        let mut dependencies = package.dev_dependencies;
        dependencies.extend(package.dependencies);
        let mut settings = Settings::read(&root);
        if !dependencies.contains_key("next") && settings.file.is_none() {
            bail!(
                "`{}` is no Next.js app: its package.json does not depend on `next`, and there is no next.config file",
                folder.display()
            );
        }
        settings.read_manifest(&root)?;
        let pages = ["pages", "src/pages"].into_iter().find(|pages| root.join(pages).is_dir());
        let (mut routes, mut others) = (Vec::new(), Vec::new());
        if let Some(pages) = pages {
            files::find(&root, pages, &settings.page_extensions, &mut routes, &mut others)?;
        }
        let route_handlers = files::route_handlers(&root, &settings.page_extensions)?;
        if routes.is_empty() && others.is_empty() {
            let instead = match route_handlers.len() {
                0 => String::new(),
                count => format!(
                    ": the {count} route handlers of the App Router stay in Next.js, this crate is for `pages/api`"
                ),
            };
            let unread: String = settings.unread.iter().map(|line| format!("; {line}")).collect();
            bail!(
                "`{}` has no API routes in `pages/api` or `src/pages/api`{instead}{unread}",
                folder.display()
            );
        }
        let middleware =
            ["middleware", "src/middleware", "proxy", "src/proxy"].into_iter().find_map(|name| {
                let extensions = settings.page_extensions.iter();
                let mut found = extensions.map(|extension| format!("{name}.{extension}"));
                found.find(|file| root.join(file).is_file())
            });
        let folder_name = root.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = crate_name(&package.name.or(folder_name).unwrap_or_default());
        let aliases = Aliases::read(&root);
        Ok(Self { root, name, dependencies, settings, aliases, routes, others, route_handlers, middleware })
    }

    /// Returns what the app keeps its sessions with, if this crate reads them.
    pub(crate) fn sessions(&self) -> Option<Sessions> {
        let has = |package: &str| self.dependencies.contains_key(package);
        let is_beta = |package: &str| self.dependencies.get(package).is_some_and(|range| range == "beta");
        if has("next-auth") && self.major("next-auth").is_none_or(|major| major < 5) && !is_beta("next-auth")
        {
            Some(Sessions::NextAuth)
        } else if has("next-auth") || has("@auth/core") {
            Some(Sessions::AuthJs)
        } else {
            has("iron-session").then_some(Sessions::Iron)
        }
    }

    /// Returns the major version of a dependency, if its range names one: 4 for `^4.24.7`.
    pub(crate) fn major(&self, package: &str) -> Option<u32> {
        let range = self.dependencies.get(package)?;
        let digits = range.trim_start_matches(|c: char| !c.is_ascii_digit());
        digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    }
}

/// Returns a name that cargo takes: `@acme/shop` is `shop`.
pub(crate) fn crate_name(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or_default();
    let letters = last.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let name = letters.collect::<String>().trim_matches('-').to_owned();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name
    } else {
        format!("app-{name}").trim_end_matches('-').to_owned()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_package_name_becomes_a_crate_name() {
        for (package, name) in
            [("shop", "shop"), ("@acme/Web_App", "web-app"), ("2048", "app-2048"), ("", "app"), ("é", "app")]
        {
            assert_eq!(super::crate_name(package), name, "{package}");
        }
    }
}

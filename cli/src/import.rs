//! `cargo api-routes import`

use crate::app::{App, Slash, crate_name};
use crate::cli::{CrateSource, Import};
use crate::manifest::{Manifest, relative};
use crate::new::{is_crate_name, is_taken};
use crate::plan::{Plan, Planned};
use crate::terminal::{self, BOLD, GREEN, RESET, YELLOW, section};
use crate::write::{Dependency, File, Server, format, imported, route_file, write};
use anstream::println;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf, absolute};

/// Returns whether all files could be parsed.
pub(crate) fn run(import: &Import) -> Result<bool> {
    let app = App::find(&import.app)?;
    let out = import.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}-api", app.name)));
    let existing = existing(&out)?;
    let bar = terminal::progress(app.routes.len(), "reading");
    let plan = Plan::of(&app, || bar.inc(1));
    bar.finish_and_clear();
    if plan.routes.is_empty() && plan.errors.is_empty() {
        bail!(
            "none of the {} files in `{}` is a route that can move",
            app.routes.len(),
            import.app.display()
        );
    }

    let mut files = Vec::new();
    if existing.is_none() {
        let folder = real(&out)?;
        let mut name = folder
            .file_name()
            .map_or_else(|| format!("{}-api", app.name), |name| name.to_string_lossy().into_owned());
        if !is_crate_name(&name) {
            name = crate_name(&name);
        }
        if is_taken(&name) {
            name += "-api";
        }
        let mut features = plan.features();
        features.extend(app.sessions().map(|_| "session"));
        files = imported(&Server {
            name: &name,
            app: &app,
            app_path: &relative(&folder, &app.root),
            features: &features,
            dependency: &dependency(&import.source, &folder)?,
        });
    }
    files.extend(plan.routes.iter().map(|route| File::new(&route.rust, route_file(route))));
    let created = write(&out, &files, import.dry_run)?;
    if !import.dry_run {
        format(&out, &created);
    }
    report(import, &app, &plan, &out, &created, existing.as_ref());
    Ok(plan.errors.is_empty())
}

/// Returns the manifest of a crate that was imported before. Any other folder has to be empty.
fn existing(out: &Path) -> Result<Option<Manifest>> {
    let is_empty = fs::read_dir(out).map_or(true, |mut entries| entries.next().is_none());
    if is_empty && !out.is_file() {
        return Ok(None);
    }
    let manifest = Manifest::read(out).ok().filter(|manifest| manifest.next_app.is_some());
    if manifest.is_none() {
        bail!(
            "`{}` is not empty, and was not written by an import: pass another folder with `--out`",
            out.display()
        );
    }
    Ok(manifest)
}

/// Returns the absolute path of a folder that may not be there yet, with the links of what is there resolved.
pub(crate) fn real(folder: &Path) -> Result<PathBuf> {
    let path = absolute(folder).with_context(|| format!("`{}` is no path", folder.display()))?;
    let mut there = path.as_path();
    while let Some(parent) = there.parent() {
        if let Ok(real) = fs::canonicalize(there) {
            let rest = path.strip_prefix(there).unwrap_or(Path::new(""));
            return Ok(rest.components().fold(real, |path, part| path.join(part)));
        }
        there = parent;
    }
    Ok(path)
}

/// Returns where the crate in a folder gets `tower-api-routes` from: what the options say, the clone that this program
/// was installed from, or the version that was released with it.
pub(crate) fn dependency(source: &CrateSource, folder: &Path) -> Result<Dependency> {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));
    let name = |path: &Path| Manifest::read(path).map(|manifest| manifest.name);
    if let Some(path) = &source.crate_path {
        let name = name(path)?;
        if name != "tower-api-routes" {
            bail!("`{}` is the crate {name}, not tower-api-routes", path.display());
        }
        return Ok(Dependency::Path(relative(folder, &real(path)?)));
    }
    // In the registry's folder of sources, there is no library above this one.
    let clone = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let clone = clone.filter(|path| name(path).is_ok_and(|name| name == "tower-api-routes"));
    match (&source.crate_version, clone) {
        (Some(version), _) => Ok(Dependency::Version(version.clone())),
        (None, Some(clone)) => Ok(Dependency::Path(relative(folder, &real(clone)?))),
        (None, None) => Ok(Dependency::Version(VERSION.to_owned())),
    }
}

fn report(
    import: &Import,
    app: &App,
    plan: &Plan,
    out: &Path,
    created: &[String],
    existing: Option<&Manifest>,
) {
    let verb = if import.dry_run { "would be written" } else { "written" };
    println!(
        "{BOLD}{}{RESET}: {} routes, {} files {verb} in {}",
        app.name,
        plan.routes.len(),
        created.len(),
        out.display()
    );
    let has_slash = app.settings.slash != Slash::default();
    if !app.settings.base_path.is_empty() || has_slash || app.settings.from_build {
        let from = if app.settings.from_build { "the build" } else { "next.config" };
        let path = if app.settings.base_path.is_empty() { "none" } else { &app.settings.base_path };
        println!("basePath {path}, trailing slash {:?}, from {from}", app.settings.slash);
    }
    let line = |route: &Planned| {
        let sign = if created.contains(&route.rust) { format!("{GREEN}+{RESET}") } else { "=".to_owned() };
        let needs: Vec<_> = route.uses.iter().map(|found| found.need).collect();
        let methods =
            if route.methods.is_empty() { "every method".to_owned() } else { route.methods.join(" ") };
        (
            route.route.clone(),
            format!("{sign} {methods}{}{}", if needs.is_empty() { "" } else { ": " }, needs.join(", ")),
        )
    };
    section("Routes (+ written, = there already)", &plan.routes.iter().map(line).collect::<Vec<_>>());
    section("Left out", &plan.left_out);
    section("Stay in Next.js", &plan.staying);
    let mut unread: Vec<_> =
        app.settings.unread.iter().map(|line| ("next.config".to_owned(), line.clone())).collect();
    unread.extend(
        plan.routes
            .iter()
            .flat_map(|route| route.unread.iter().map(|line| (route.file.clone(), line.clone()))),
    );
    section("Not read", &unread);
    if let Some(middleware) = &app.middleware {
        println!(
            "\n{YELLOW}note{RESET}: `{middleware}` runs for what Next.js serves. What it checks has to be checked here, too, once a route has moved."
        );
    }
    for rule in &app.settings.rules {
        println!(
            "{YELLOW}note{RESET}: `{}` for `{}` are applied by Next.js: not to a route that has moved.",
            rule.kind, rule.source
        );
    }
    if let Some(manifest) = existing {
        let missing: Vec<_> =
            plan.features().into_iter().filter(|feature| !manifest.features.contains(*feature)).collect();
        if !missing.is_empty() {
            println!(
                "{YELLOW}note{RESET}: a new route needs the features {} of tower-api-routes: add them to Cargo.toml.",
                missing.join(", ")
            );
        }
    }
    for error in &plan.errors {
        println!("{}error{RESET}: {error}: no file for this route, it stays in Next.js", terminal::RED);
    }
    if !import.dry_run {
        println!("\nNext: cd {} && cargo api-routes dev", out.display());
    }
}

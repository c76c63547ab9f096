//! What Next.js has written about itself: `next build` in `.next`, `next dev` in `.next/dev`.

use serde::Deserialize;
use std::{fs, io, path::Path};
use tower_api_routes::TrailingSlash;

/// The part of `routes-manifest.json` that comes from `basePath` and `trailingSlash` in `next.config.js`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub base_path: String,
    redirects: Vec<Redirect>,
}

#[derive(Deserialize)]
struct Redirect {
    destination: String,
    /// Next.js's own, not one of the application.
    #[serde(default)]
    internal: bool,
}

impl Manifest {
    pub fn read(dist: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(dist.join("routes-manifest.json"))?)?)
    }

    /// Next.js writes `trailingSlash` as a redirect: to the path without the slash, or to the one with it. With
    /// `skipTrailingSlashRedirect` there is none.
    pub fn trailing_slash(&self) -> TrailingSlash {
        let mut own = self.redirects.iter().filter(|redirect| redirect.internal).peekable();
        if own.peek().is_none() {
            TrailingSlash::Ignore
        } else if own.any(|redirect| redirect.destination.ends_with('/')) {
            TrailingSlash::Require
        } else {
            TrailingSlash::Remove
        }
    }
}

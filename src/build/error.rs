use std::fmt;
use std::path::Path;

/// Error of [`Builder::try_routes`](super::Builder::try_routes): the problems with the files. Each names the files, and
/// says what to change.
///
/// `Debug` writes the same text as `Display`, because cargo shows it if the `main` of a build script returns the error.
#[derive(Clone, PartialEq, Eq)]
pub struct BuildError {
    problems: Vec<String>,
}

impl BuildError {
    pub(super) fn all(problems: Vec<String>) -> Self {
        Self { problems }
    }

    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self { problems: vec![problem.into()] }
    }

    pub(super) fn io(doing: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::new(format!("cannot {doing} `{}`: {error}", path.display()))
    }

    /// Returns the problems, one line each. There is at least one.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("\n"))
    }
}

impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for BuildError {}

use super::ApiRouter;
use crate::typescript::{TypescriptError, file};

impl ApiRouter {
    /// Returns a TypeScript file with the types of the routes, for a front end; see [`typescript`](crate::typescript).
    ///
    /// # Panics
    ///
    /// If two types have one name in TypeScript. [`try_typescript`](Self::try_typescript) returns a `Result`.
    #[track_caller]
    pub fn typescript(&self) -> String {
        self.try_typescript().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Returns a TypeScript file, as [`typescript`](Self::typescript) does.
    ///
    /// # Errors
    ///
    /// If two types have one name in TypeScript, or one has a name that the file needs itself.
    pub fn try_typescript(&self) -> Result<String, TypescriptError> {
        let parts = &self.shared.parts;
        let route = |id: usize| (parts.tree.pattern(id), parts.routes[id].route().operations());
        let routes: Vec<_> = parts.tree.sorted().into_iter().map(route).collect();
        file(parts.base_path.as_deref().unwrap_or_default(), &routes)
    }
}

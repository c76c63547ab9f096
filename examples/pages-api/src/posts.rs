//! The posts, shared by all route files: what a database would be.

use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use tower_api_routes::Error;

#[derive(Clone, Serialize)]
pub struct Post {
    pub id: u64,
    pub title: String,
    pub comments: Vec<Comment>,
}

#[derive(Clone, Serialize)]
pub struct Comment {
    pub id: usize,
    pub text: String,
}

#[derive(Default)]
pub struct Posts(Mutex<BTreeMap<u64, Post>>);

impl Posts {
    pub fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<u64, Post>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Works on one post, or responds with 404.
    pub fn with_post<T>(&self, id: u64, work: impl FnOnce(&mut Post) -> T) -> Result<T, Error> {
        self.with(|posts| posts.get_mut(&id).map(work)).ok_or_else(|| {
            Error::json(404, &serde_json::json!({ "error": format!("there is no post {id}") }))
        })
    }
}

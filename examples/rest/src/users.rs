//! The users' table. SQLite's calls block, so they run on threads of their own.

use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, PoisonError};
use tower_api_routes::{Error, Result};

#[derive(Deserialize)]
pub struct NewUser {
    name: String,
    email: String,
}

#[derive(Serialize)]
pub struct User {
    pub id: i64,
    name: String,
    email: String,
}

impl NewUser {
    /// 422 with a message for each field that is wrong, not for the first one only.
    pub fn validate(&self) -> Result<()> {
        let mut fields = Map::new();
        if self.name.trim().is_empty() || self.name.chars().count() > 100 {
            fields.insert("name".into(), Value::from("must have between 1 and 100 characters"));
        }
        // Whether an address works is known only once a mail has arrived there.
        if !self.email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.')) {
            fields.insert("email".into(), Value::from("must be an email address"));
        }
        if fields.is_empty() {
            Ok(())
        } else {
            Err(Error::json(422, &Value::from_iter([("errors", Value::from(fields))])))
        }
    }
}

#[derive(Clone)]
pub struct Users(Arc<Mutex<Connection>>);

impl Users {
    /// Opens the file, or makes it; `:memory:` is a database that goes with the process.
    pub fn open(path: &str) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS users (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                name TEXT NOT NULL,
                email TEXT NOT NULL UNIQUE COLLATE NOCASE
            )",
        )?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    pub async fn list(&self, after: i64, limit: u32) -> Result<Vec<User>> {
        self.run(move |db| {
            let mut statement =
                db.prepare("SELECT id, name, email FROM users WHERE id > ?1 ORDER BY id LIMIT ?2")?;
            statement.query_map(params![after, limit], user)?.collect()
        })
        .await
    }

    pub async fn get(&self, id: i64) -> Result<User> {
        self.run(move |db| db.query_row("SELECT id, name, email FROM users WHERE id = ?1", [id], user)).await
    }

    pub async fn insert(&self, NewUser { name, email }: NewUser) -> Result<User> {
        self.run(move |db| {
            let sql = "INSERT INTO users (name, email) VALUES (?1, ?2) RETURNING id, name, email";
            db.query_row(sql, params![name, email], user)
        })
        .await
    }

    pub async fn replace(&self, id: i64, NewUser { name, email }: NewUser) -> Result<User> {
        self.run(move |db| {
            let sql = "UPDATE users SET name = ?2, email = ?3 WHERE id = ?1 RETURNING id, name, email";
            db.query_row(sql, params![id, name, email], user)
        })
        .await
    }

    pub async fn remove(&self, id: i64) -> Result<()> {
        self.run(move |db| db.query_row("DELETE FROM users WHERE id = ?1 RETURNING id", [id], |_| Ok(())))
            .await
    }

    async fn run<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let connection = Arc::clone(&self.0);
        let query = move || query(&connection.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(tokio::task::spawn_blocking(query).await??)
    }
}

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User { id: row.get(0)?, name: row.get(1)?, email: row.get(2)? })
}

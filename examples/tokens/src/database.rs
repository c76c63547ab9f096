//! The tables of Auth.js's adapters, as `@auth/pg-adapter` and Prisma's schema have them.

use rusqlite::{Connection, OptionalExtension as _, Result};
use serde::Serialize;
use std::sync::Mutex;

pub(crate) struct Database(Mutex<Connection>);

#[derive(Serialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) email: String,
}

impl Database {
    pub(crate) fn open(path: &str) -> Result<Self> {
        Ok(Self(Mutex::new(Connection::open(path)?)))
    }

    /// Returns the user of a session that has not expired.
    pub(crate) fn user_of_session(&self, id: &str) -> Result<Option<User>> {
        let connection = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut select = connection.prepare(
            "SELECT users.id, users.email FROM sessions JOIN users ON users.id = sessions.\"userId\"
             WHERE sessions.\"sessionToken\" = ?1 AND sessions.expires > datetime('now')",
        )?;
        select.query_row([id], |row| Ok(User { id: row.get(0)?, email: row.get(1)? })).optional()
    }

    #[cfg(test)]
    pub(crate) fn execute(&self, sql: &str) {
        self.0.lock().unwrap().execute_batch(sql).unwrap();
    }
}

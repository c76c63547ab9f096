//! The passwords of iron-session, with their ids.

use super::error::SessionsError;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// The passwords of [`Sessions::iron`](super::Sessions::iron): one text, or several with their ids as in the
/// `password: { 1: …, 2: … }` of iron-session.
///
/// It is created from text, and from an array, a `Vec` or a map of ids and texts. The highest id seals, and the id in a
/// seal determines the password that opens it.
///
/// ```
/// use tower_api_routes::Sessions;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (old, new) = ("one password of at least 32 characters", "the password since the rotation in May");
/// let sessions = Sessions::iron([(1, old), (2, new)])?.cookie_name("app-session");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Passwords {
    /// The newest comes first.
    list: Vec<Password>,
}

#[derive(Clone)]
struct Password {
    /// `None` for one of [`or_secret`](super::Sessions::or_secret), and for one without ids.
    id: Option<u32>,
    text: String,
}

impl Passwords {
    fn with_ids<S: Into<String>>(passwords: impl IntoIterator<Item = (u32, S)>) -> Self {
        let passwords = passwords.into_iter();
        let mut list: Vec<_> =
            passwords.map(|(id, text)| Password { id: Some(id), text: text.into() }).collect();
        list.sort_by_key(|password| std::cmp::Reverse(password.id));
        Self { list }
    }

    pub(super) fn check(&self) -> Result<(), SessionsError> {
        // The length in JavaScript.
        if self.list.is_empty() || self.list.iter().any(|password| password.text.encode_utf16().count() < 32)
        {
            return Err(SessionsError::new("a password of iron-session has at least 32 characters"));
        }
        let ids: Vec<_> = self.list.iter().filter_map(|password| password.id).collect();
        if ids.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(SessionsError::new("two passwords of iron-session have the same id"));
        }
        Ok(())
    }

    pub(super) fn add(&mut self, text: String) -> Result<(), SessionsError> {
        self.list.push(Password { id: None, text });
        self.check()
    }

    /// Returns the password that seals, with its id.
    pub(super) fn newest(&self) -> (u32, &str) {
        self.list.first().map_or((1, ""), |password| (self.id(0), &password.text))
    }

    /// Returns the id of a password. Without ids they are counted from the last one, as `{ 1: old, 2: new }` is.
    fn id(&self, index: usize) -> u32 {
        let counted = u32::try_from(self.list.len() - index).unwrap_or(u32::MAX);
        self.list[index].id.unwrap_or(counted)
    }

    /// Returns the passwords to try for the id in a seal: first the one that has it, then those whose id is not known.
    pub(super) fn for_id<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a str> {
        let named = (0..self.list.len()).find(|index| self.id(*index).to_string() == id);
        // A single password is the one with the id 1, as in iron-session.
        let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let tries_others = self.list.len() > 1 && is_number;
        let others =
            self.list.iter().enumerate().filter(move |(index, password)| {
                tries_others && password.id.is_none() && Some(*index) != named
            });
        named
            .map(|index| &self.list[index])
            .into_iter()
            .chain(others.map(|(_, password)| password))
            .map(|password| &*password.text)
    }
}

/// Shows the ids only.
impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries((0..self.list.len()).map(|index| self.id(index))).finish()
    }
}

impl From<String> for Passwords {
    fn from(text: String) -> Self {
        Self { list: vec![Password { id: None, text }] }
    }
}

impl From<&str> for Passwords {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<&String> for Passwords {
    fn from(text: &String) -> Self {
        text.clone().into()
    }
}

impl<S: Into<String>, const N: usize> From<[(u32, S); N]> for Passwords {
    fn from(passwords: [(u32, S); N]) -> Self {
        Self::with_ids(passwords)
    }
}

impl<S: Into<String>> From<Vec<(u32, S)>> for Passwords {
    fn from(passwords: Vec<(u32, S)>) -> Self {
        Self::with_ids(passwords)
    }
}

impl<S: Into<String>> From<BTreeMap<u32, S>> for Passwords {
    fn from(passwords: BTreeMap<u32, S>) -> Self {
        Self::with_ids(passwords)
    }
}

impl<S: Into<String>, H> From<HashMap<u32, S, H>> for Passwords {
    fn from(passwords: HashMap<u32, S, H>) -> Self {
        Self::with_ids(passwords)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_have_32_characters_and_unique_ids() {
        let long = "p".repeat(32);
        let cases = [
            (Passwords::from(long.clone()), true),
            (Passwords::from("p".repeat(31)), false),
            // Each is two characters in JavaScript, and four bytes.
            (Passwords::from("\u{1f511}".repeat(16)), true),
            (Passwords::from("\u{1f511}".repeat(15)), false),
            (Passwords::from(Vec::<(u32, String)>::new()), false),
            (Passwords::from([(1, long.clone()), (2, long.clone())]), true),
            (Passwords::from([(1, long.clone()), (2, "short".into())]), false),
            (Passwords::from([(1, long.clone()), (2, long.clone()), (1, long)]), false),
        ];
        for (passwords, is_right) in cases {
            assert_eq!(passwords.check().is_ok(), is_right, "{passwords:?}");
        }
    }
}

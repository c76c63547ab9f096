//! The values of one name in a query.

use super::multimap::Multimap;
use serde::ser::{Serialize, SerializeSeq as _, Serializer};
use std::fmt;
use std::iter::FusedIterator;

/// The value of a name: one, or a list.
///
/// A single value and a list of only that value are not equal.
#[derive(Clone, PartialEq, Eq)]
pub enum OneOrMany<'a> {
    /// The name occurs once.
    One(&'a str),
    /// The name occurs more than once, or is a catch-all parameter.
    Many(Values<'a>),
}

/// The values of one name, in order.
#[derive(Clone)]
pub struct Values<'a> {
    pub(crate) map: &'a Multimap,
    pub(crate) next: Option<usize>,
}

impl<'a> OneOrMany<'a> {
    /// Returns the value of a name, whose first pair is `i`.
    pub(crate) fn at(map: &'a Multimap, i: usize) -> Self {
        if map.is_list(i) { Self::Many(Values { map, next: Some(i) }) } else { Self::One(map.value(i)) }
    }

    /// Returns the only value, or the first one of a list.
    pub fn first(&self) -> &'a str {
        match self {
            Self::One(value) => value,
            Self::Many(values) => values.clone().next().unwrap_or_default(),
        }
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let i = self.next?;
        self.next = self.map.next(i);
        Some(self.map.value(i))
    }
}

impl FusedIterator for Values<'_> {}

/// Compares the remaining values, in order.
impl PartialEq for Values<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.clone().eq(other.clone())
    }
}

impl Eq for Values<'_> {}

impl fmt::Debug for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl fmt::Debug for OneOrMany<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(value) => value.fmt(f),
            Self::Many(values) => values.fmt(f),
        }
    }
}

impl Serialize for OneOrMany<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(value) => serializer.serialize_str(value),
            Self::Many(values) => {
                let mut list = serializer.serialize_seq(None)?;
                for value in values.clone() {
                    list.serialize_element(value)?;
                }
                list.end()
            }
        }
    }
}

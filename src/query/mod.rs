//! The query string and the form: an ordered multimap of one or many.

pub(crate) mod de;
mod parse;
mod values;

pub use values::{OneOrMany, Values};

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

/// Names and their values in order, each name with one value or many: `req.query` of Next.js, and a parsed form.
///
/// `?a=1&b=2&a=3` is `{ "a": ["1", "3"], "b": "2" }`; `+` is a space, and a malformed escape stays as it is. A catch-all
/// parameter is a list even when it took one segment.
///
/// ```
/// use tower_api_routes::{OneOrMany, Query};
///
/// let query = Query::parse("a=1&b=x+y&a=3");
/// assert_eq!(query.get("b"), Some("x y"));
/// assert_eq!(query.get_all("a").collect::<Vec<_>>(), ["1", "3"]);
/// assert!(matches!(query.value("a"), Some(OneOrMany::Many(_))));
/// assert_eq!(serde_json::to_string(&query).unwrap(), r#"{"a":["1","3"],"b":"x y"}"#);
/// ```
///
/// Source: [request helpers](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#request-helpers).
#[derive(Clone, Default)]
pub struct Query {
    /// All names and values, decoded, one behind the other: two allocations, however many there are.
    text: String,
    pub(super) pairs: Vec<Pair>,
}

#[derive(Clone)]
pub(super) struct Pair {
    name: Range<usize>,
    value: Range<usize>,
    /// The next pair of the same name.
    pub(super) next: Option<usize>,
    /// No earlier pair has this name.
    first: bool,
    /// A list even if it stands alone.
    list: bool,
}

impl Pair {
    pub(super) fn new(name: Range<usize>, value: Range<usize>) -> Self {
        Self { name, value, next: None, first: true, list: false }
    }
}

impl Query {
    /// Reads a query string, without its `?`.
    pub fn parse(text: &str) -> Self {
        Self::parse_with_room(text, 0)
    }

    /// Reads a form, as `application/x-www-form-urlencoded`.
    pub fn parse_form(text: &str) -> Self {
        parse::parse(text, parse::Flavor::Form, 0)
    }

    /// The first value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.position(name).map(|i| self.value_at(i))
    }

    /// All values of a name; none if it is not there.
    pub fn get_all(&self, name: &str) -> Values<'_> {
        Values { query: self, next: self.position(name) }
    }

    /// The value or the values of a name, told apart as Next.js does.
    pub fn value(&self, name: &str) -> Option<OneOrMany<'_>> {
        self.position(name).map(|i| self.one_or_many(i))
    }

    /// Whether the name is there.
    pub fn contains(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// Every name once, in the order of its first value, with what it has. Names that are whole numbers come first, by their
    /// value, as in a JavaScript object.
    pub fn iter(&self) -> impl Iterator<Item = (&str, OneOrMany<'_>)> {
        as_in_an_object(self.as_read())
    }

    /// Every name once, in the order of its first value: where the order of names does not matter, 160 instructions a name
    /// less.
    pub(super) fn as_read(&self) -> impl Iterator<Item = (&str, OneOrMany<'_>)> + Clone {
        let firsts = self.pairs.iter().enumerate().filter(|(_, pair)| pair.first);
        firsts.map(|(i, _)| (self.name_at(i), self.one_or_many(i)))
    }

    /// The number of different names.
    pub fn len(&self) -> usize {
        self.pairs.iter().filter(|pair| pair.first).count()
    }

    /// Whether there is no name at all.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// As [`parse`](Self::parse), with room for so many bytes of names and values that are set afterwards.
    pub(crate) fn parse_with_room(text: &str, room: usize) -> Self {
        parse::parse(text, parse::Flavor::Query, room)
    }

    pub(crate) fn with_capacity(bytes: usize, pairs: usize) -> Self {
        Self { text: String::with_capacity(bytes), pairs: Vec::with_capacity(pairs) }
    }

    pub(super) fn from_parts(text: String, pairs: Vec<Pair>) -> Self {
        Self { text, pairs }
    }

    /// Puts a value in the place of whatever the name has.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        let place = self.remove(name);
        let (name, value) = (self.append(name), self.append(value));
        self.put(place, [Pair::new(name, value)]);
    }

    /// Puts a list in the place of whatever the name has; it is one even with a single value.
    pub(crate) fn set_list(&mut self, name: &str, values: impl Iterator<Item = impl AsRef<str>>) {
        let place = self.remove(name);
        let (name, first) = (self.append(name), self.pairs.len());
        for value in values {
            let value = self.append(value.as_ref());
            let i = self.pairs.len();
            if i > first {
                self.pairs[i - 1].next = Some(i);
            }
            self.pairs.push(Pair { first: i == first, list: true, ..Pair::new(name.clone(), value) });
        }
        if place.is_some() {
            let list: Vec<_> = self.pairs.drain(first..).collect();
            self.put(place, list);
        }
    }

    /// As in a JavaScript object, a name keeps its place when its value changes.
    fn put(&mut self, place: Option<usize>, pairs: impl IntoIterator<Item = Pair>) {
        let Some(place) = place else { return self.pairs.extend(pairs) };
        self.pairs.splice(place..place, pairs);
        for pair in &mut self.pairs {
            (pair.next, pair.first) = (None, true);
        }
        self.link();
    }

    fn append(&mut self, text: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(text);
        start..self.text.len()
    }

    /// Takes a name out; gives its place, if it had one. Whoever calls it puts something there, and links anew.
    fn remove(&mut self, name: &str) -> Option<usize> {
        let place = self.position(name)?;
        let text = &self.text;
        self.pairs.retain(|pair| text.get(pair.name.clone()) != Some(name));
        Some(place)
    }

    /// Chains the pairs of each name. Linear in their number: a query of a million names must not cost a trillion
    /// comparisons; below a dozen, comparing is cheaper than hashing.
    pub(crate) fn link(&mut self) {
        const FEW: usize = 12;
        let mut last: HashMap<Box<str>, usize> = HashMap::new();
        for i in 1..self.pairs.len() {
            let name = self.name_at(i);
            let earlier = if self.pairs.len() <= FEW {
                (0..i).rev().find(|&j| self.name_at(j) == name)
            } else {
                if i == 1 {
                    last.insert(self.name_at(0).into(), 0);
                }
                last.insert(name.into(), i)
            };
            if let Some(earlier) = earlier {
                self.pairs[i].first = false;
                self.pairs[earlier].next = Some(i);
            }
        }
    }

    fn position(&self, name: &str) -> Option<usize> {
        let text = self.text.as_bytes();
        self.pairs.iter().position(|pair| text.get(pair.name.clone()) == Some(name.as_bytes()))
    }

    fn one_or_many(&self, i: usize) -> OneOrMany<'_> {
        let pair = &self.pairs[i];
        if pair.next.is_some() || pair.list {
            OneOrMany::Many(Values { query: self, next: Some(i) })
        } else {
            OneOrMany::One(self.value_at(i))
        }
    }

    fn name_at(&self, i: usize) -> &str {
        &self.text[self.pairs[i].name.clone()]
    }

    pub(super) fn value_at(&self, i: usize) -> &str {
        &self.text[self.pairs[i].value.clone()]
    }
}

/// A JavaScript object's order: names that are whole numbers first, by their value.
pub(crate) fn as_in_an_object<'a, T>(
    pairs: impl Iterator<Item = (&'a str, T)> + Clone,
) -> impl Iterator<Item = (&'a str, T)> {
    let numbers = pairs.clone().filter_map(|(name, value)| Some((array_index(name)?, name, value)));
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable_by_key(|(number, ..)| *number);
    let names = pairs.filter(|(name, _)| array_index(name).is_none());
    numbers.into_iter().map(|(_, name, value)| (name, value)).chain(names)
}

/// The names that come first in a JavaScript object: [array indices](https://tc39.es/ecma262/#array-index).
fn array_index(name: &str) -> Option<u32> {
    // Hardly any name begins with a digit.
    match name.as_bytes() {
        [b'0'] | [b'1'..=b'9', ..] => name.parse().ok().filter(|&number| number != u32::MAX),
        _ => None,
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Equal if they have the same names with the same values, in whatever order the names came.
impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.iter().all(|(name, value)| match (value, other.value(name)) {
                (OneOrMany::One(a), Some(OneOrMany::One(b))) => a == b,
                (OneOrMany::Many(a), Some(OneOrMany::Many(b))) => a.eq(b),
                _ => false,
            })
    }
}

impl Serialize for Query {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_value_or_a_list() {
        let cases = [
            ("", "{}"),
            ("a=1", r#"{"a":"1"}"#),
            ("a=1&b=2&a=3", r#"{"a":["1","3"],"b":"2"}"#),
            ("a=&a=", r#"{"a":["",""]}"#),
            ("=v", r#"{"":"v"}"#),
            ("&&", "{}"),
            ("a", r#"{"a":""}"#),
            ("a=b=c", r#"{"a":"b=c"}"#),
            (
                "b=x&10=x&9=x&01=x&%30=x&4294967295=x&4294967294=x",
                r#"{"0":"x","9":"x","10":"x","4294967294":"x","b":"x","01":"x","4294967295":"x"}"#,
            ),
        ];
        for (text, json) in cases {
            assert_eq!(serde_json::to_string(&Query::parse(text)).unwrap(), json, "{text}");
        }
    }

    #[test]
    fn many_names_are_linked_like_few() {
        let text = (0..50).map(|i| format!("k{}={i}", i % 5)).collect::<Vec<_>>().join("&");
        let query = Query::parse(&text);
        assert_eq!(query.len(), 5);
        assert_eq!(
            query.get_all("k3").collect::<Vec<_>>(),
            ["3", "8", "13", "18", "23", "28", "33", "38", "43", "48"]
        );
    }
}

//! Query strings and forms, as an ordered multimap.

pub(crate) mod de;
mod multimap;
mod parse;
mod values;

pub(crate) use multimap::{Firsts, Multimap};
pub(crate) use parse::parse_query;
pub use values::{OneOrMany, Values};

use multimap::ObjectOrder;
use parse::parse_form;
use serde::ser::{Serialize, Serializer};
use std::convert::Infallible;
use std::fmt;
use std::iter::FusedIterator;
use std::str::FromStr;

/// The names and the values of a query string or a form, in order: `req.query` of Next.js.
///
/// `?a=1&b=2&a=3` is `{ "a": ["1", "3"], "b": "2" }`. A `+` is a space, and a malformed escape stays as it is. A
/// catch-all parameter is a list, even of a single segment.
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
/// Two queries are equal if they have the same names with the same values. The order of the names does not matter.
///
/// Source:
/// [request helpers](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#request-helpers).
#[derive(Clone, Default)]
pub struct Query(Multimap);

impl Query {
    /// Parses a query string, without its `?`.
    pub fn parse(text: &str) -> Self {
        parse_query(text, 0).into()
    }

    /// Parses a form, `application/x-www-form-urlencoded`.
    ///
    /// ```
    /// use tower_api_routes::Query;
    ///
    /// let form = Query::parse_form("title=First+post&tag=a&tag=b");
    /// assert_eq!(form.get("title"), Some("First post"));
    /// ```
    pub fn parse_form(text: &str) -> Self {
        parse_form(text).into()
    }

    /// Returns the first value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.position(name).map(|i| self.0.value(i))
    }

    /// Returns all values of a name. The iterator is empty if the name is absent.
    pub fn get_all(&self, name: &str) -> Values<'_> {
        Values { map: &self.0, next: self.0.position(name) }
    }

    /// Returns the value of a name, one or a list as in Next.js.
    pub fn value(&self, name: &str) -> Option<OneOrMany<'_>> {
        self.0.position(name).map(|i| OneOrMany::at(&self.0, i))
    }

    /// Returns whether the name is present.
    pub fn contains(&self, name: &str) -> bool {
        self.0.position(name).is_some()
    }

    /// Returns an iterator over the names, each with its value or values.
    ///
    /// The names are in the order of their first values. As in a JavaScript object, names that are whole numbers come
    /// before all others, in numeric order.
    ///
    /// ```
    /// use tower_api_routes::Query;
    ///
    /// let query = Query::parse("b=1&a=2&7=3");
    /// let names: Vec<_> = query.iter().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["7", "b", "a"]);
    /// ```
    pub fn iter(&self) -> Iter<'_> {
        Iter { map: &self.0, order: self.0.object_order() }
    }

    /// Returns an iterator over the names, in the order of their first values.
    pub(super) fn as_read(&self) -> impl Iterator<Item = (&str, OneOrMany<'_>)> + Clone {
        self.0.firsts().map(|i| (self.0.name(i), OneOrMany::at(&self.0, i)))
    }

    /// Returns the number of different names.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Multimap> for Query {
    fn from(pairs: Multimap) -> Self {
        Self(pairs.linked())
    }
}

/// Parses a query string, as [`Query::parse`] does.
impl FromStr for Query {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::parse(text))
    }
}

/// Creates a query from names and values. Nothing is decoded.
///
/// ```
/// use tower_api_routes::Query;
///
/// let query: Query = [("a", "1"), ("b", "x y"), ("a", "3")].into_iter().collect();
/// assert_eq!(query, Query::parse("a=1&b=x+y&a=3"));
/// ```
impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Query {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut map = Multimap::default();
        for (name, value) in pairs {
            map.push(name.as_ref(), value.as_ref());
        }
        map.into()
    }
}

impl<'a> IntoIterator for &'a Query {
    type Item = (&'a str, OneOrMany<'a>);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Iterator over the names of a [`Query`], each with its value or values; see [`Query::iter`].
#[derive(Clone)]
pub struct Iter<'a> {
    map: &'a Multimap,
    order: ObjectOrder<'a>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, OneOrMany<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.order.next().map(|i| (self.map.name(i), OneOrMany::at(self.map, i)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.order.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}

impl fmt::Debug for Iter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.clone()).finish()
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().fmt(f)
    }
}

impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.as_read().all(|(name, value)| other.value(name) == Some(value))
    }
}

impl Eq for Query {}

impl Serialize for Query {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
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
    fn many_names_are_found_like_few() {
        // (pairs, different names), below and above the number from which there is an index
        for (pairs, names) in [(1, 1), (31, 4), (32, 32), (33, 33), (34, 5), (1000, 1000), (1000, 7)] {
            let all: Vec<_> = (0..pairs).map(|i| (format!("k{}", i * 13 % names), i.to_string())).collect();
            let query: Query = all.iter().map(|(name, value)| (name, value)).collect();
            assert_eq!(query.len(), names);
            for name in 0..names {
                let name = format!("k{name}");
                let of_name = all.iter().filter(|pair| pair.0 == name).map(|pair| &*pair.1);
                assert!(query.get_all(&name).eq(of_name), "{name} of {pairs}");
            }
            assert_eq!((query.get("k"), query.get("k99999"), query.get("")), (None, None, None));
        }
    }

    #[test]
    fn the_iterator_knows_its_length() {
        let query = Query::parse("b=1&10=2&b=3&9=4&c=5");
        let mut names = query.iter();
        for (length, name) in [(4, "9"), (3, "10"), (2, "b"), (1, "c")] {
            assert_eq!((names.len(), names.next().map(|(name, _)| name)), (length, Some(name)));
        }
        assert_eq!((names.len(), names.next().is_none(), names.next().is_none()), (0, true, true));
    }

    #[test]
    fn query_is_read_by_name_every_way() {
        type Case<'a> = (&'a str, Option<&'a str>, &'a [&'a str]);
        let query: Query = "a=1&b=&a=3".parse().unwrap();
        let cases: &[Case<'_>] = &[("a", Some("1"), &["1", "3"]), ("b", Some(""), &[""]), ("c", None, &[])];
        for (name, first, all) in cases {
            assert_eq!((query.get(name), query.contains(name)), (*first, first.is_some()), "{name}");
            assert_eq!(query.get_all(name).collect::<Vec<_>>(), *all, "{name}");
            assert_eq!(query.value(name).map(|value| value.first()), *first, "{name}");
            let many = query.value(name).map(|value| matches!(value, OneOrMany::Many(_)));
            assert_eq!(many, first.map(|_| all.len() > 1), "{name}");
        }
        let names: Vec<_> = (&query).into_iter().map(|(name, value)| (name, value.first())).collect();
        assert_eq!(names, [("a", "1"), ("b", "")]);
        for (text, length) in [("", 0), ("&", 0), ("a", 1), ("=", 1), ("a=1&b=&a=3", 2)] {
            let query = Query::parse(text);
            assert_eq!((query.len(), query.is_empty()), (length, length == 0), "{text}");
        }
    }

    #[test]
    fn name_order_is_ignored_and_value_order_counts() {
        let cases = [
            ("a=1&b=2", "b=2&a=1", true),
            ("a=1&b=2&a=3", "a=1&a=3&b=2", true),
            ("a=1&a=2", "a=2&a=1", false),
            ("a=1", "a=1&a=1", false),
            ("a=1", "a=1&b=", false),
            ("a=1&b=2", "a=1&c=2", false),
            ("", "&&", true),
        ];
        for (a, b, equal) in cases {
            assert_eq!(Query::parse(a) == Query::parse(b), equal, "{a} {b}");
            assert_eq!(Query::parse(b) == Query::parse(a), equal, "{b} {a}");
        }
    }
}

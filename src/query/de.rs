//! Deserializes a query: numbers, booleans, options and lists are parsed from text.

use super::{OneOrMany, Query, Values};
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use std::fmt::Display;
use std::str::FromStr;

type Error = de::value::Error;

/// Deserializes the multimap. An error names the field.
pub(crate) fn from_query<T: DeserializeOwned>(query: &Query) -> Result<T, serde_path_to_error::Error<Error>> {
    // The path of the field is tracked in a second pass, after an error, because tracking allocates for each field.
    T::deserialize(Pairs(query)).or_else(|_| serde_path_to_error::deserialize(Pairs(query)))
}

/// The whole multimap: a map, which may be in an `Option` or a newtype.
struct Pairs<'a>(&'a Query);

macro_rules! to_map {
    ($($method:ident($($argument:ident: $type:ty),*)),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Error> {
            let pairs = self.0.as_read().map(|(name, value)| (name, Value(value)));
            MapDeserializer::new(pairs).$method($($argument,)* visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Pairs<'_> {
    type Error = Error;

    to_map! { deserialize_any(), deserialize_seq(), deserialize_tuple(length: usize) }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple_struct map struct
        enum identifier ignored_any
    }
}

/// The value or the values of one name.
struct Value<'a>(OneOrMany<'a>);

impl Value<'_> {
    fn parse<T: FromStr<Err: Display>>(&self, what: &str) -> Result<T, Error> {
        let text = self.text()?;
        text.parse().map_err(|error| de::Error::custom(format_args!("`{text}` is not {what}: {error}")))
    }

    fn text(&self) -> Result<&str, Error> {
        match &self.0 {
            OneOrMany::One(text) => Ok(text),
            OneOrMany::Many(values) => match (values.clone().next(), values.clone().nth(1)) {
                (Some(text), None) => Ok(text),
                _ => Err(de::Error::custom("expected one value, found several")),
            },
        }
    }
}

impl IntoDeserializer<'_, Error> for Value<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident $what:literal),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.parse($what)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = Error;

    parsed! {
        deserialize_bool visit_bool "a boolean",
        deserialize_i8 visit_i8 "a number", deserialize_i16 visit_i16 "a number",
        deserialize_i32 visit_i32 "a number", deserialize_i64 visit_i64 "a number",
        deserialize_i128 visit_i128 "a number",
        deserialize_u8 visit_u8 "a number", deserialize_u16 visit_u16 "a number",
        deserialize_u32 visit_u32 "a number", deserialize_u64 visit_u64 "a number",
        deserialize_u128 visit_u128 "a number",
        deserialize_f32 visit_f32 "a number", deserialize_f64 visit_f64 "a number",
        deserialize_char visit_char "one character",
    }

    /// Gives a type that accepts anything, such as `serde_json::Value`, a string or a list of strings.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            OneOrMany::One(text) => visitor.visit_str(text),
            OneOrMany::Many(values) => visitor.visit_seq(SeqDeserializer::new(each(values))),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    /// Treats a single value as a list of one.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            OneOrMany::One(text) => {
                visitor.visit_seq(SeqDeserializer::new(std::iter::once(Value(OneOrMany::One(text)))))
            }
            OneOrMany::Many(values) => visitor.visit_seq(SeqDeserializer::new(each(values))),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    /// Finds a variant by its name.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let text = self.text()?;
        let variant: de::value::StrDeserializer<'_, Error> = text.into_deserializer();
        variant.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! { bytes byte_buf unit unit_struct map struct identifier ignored_any }
}

fn each(values: Values<'_>) -> impl Iterator<Item = Value<'_>> {
    values.map(|text| Value(OneOrMany::One(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Multimap;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Sort {
        Up,
        Down,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Search {
        page: u32,
        #[serde(default)]
        tags: Vec<String>,
        draft: Option<bool>,
        sort: Option<Sort>,
    }

    fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
        from_query(&Query::parse(text)).map_err(|error| error.to_string())
    }

    #[test]
    fn text_becomes_the_fields_types() {
        let search = |page, tags: &[&str], draft, sort| {
            Ok(Search { page, tags: tags.iter().map(ToString::to_string).collect(), draft, sort })
        };
        assert_eq!(read("page=2"), search(2, &[], None, None));
        assert_eq!(read("page=2&tags=a"), search(2, &["a"], None, None));
        assert_eq!(
            read("page=2&tags=a&tags=b&draft=true&sort=down"),
            search(2, &["a", "b"], Some(true), Some(Sort::Down))
        );
        assert_eq!(read::<(u8,)>("").unwrap_err(), "invalid length 0, expected a tuple of size 1");
        assert_eq!(read::<BTreeMap<String, Vec<u8>>>("a=1&a=2&a=3&a=4").unwrap()["a"], [1, 2, 3, 4]);
        assert_eq!(read::<BTreeMap<String, char>>("a=é").unwrap()["a"], 'é');
        assert_eq!(
            read::<serde_json::Value>("a=1&b=2&b=3&b=4"),
            Ok(serde_json::json!({ "a": "1", "b": ["2", "3", "4"] }))
        );
    }

    #[test]
    fn each_kind_of_type_is_read() {
        #[derive(Debug, Deserialize, PartialEq)]
        struct Id(u64);
        #[derive(Debug, Deserialize, PartialEq)]
        struct Pair(i8, f64);
        #[derive(Debug, Deserialize, PartialEq)]
        struct All {
            id: Id,
            pair: Pair,
            tuple: (char, bool),
            one: Vec<String>,
            none: Option<i64>,
            some: Option<i128>,
            any: serde_json::Value,
        }
        #[derive(Debug, Deserialize, PartialEq)]
        struct Whole(Option<BTreeMap<String, String>>);

        let text = "id=7&pair=-1&pair=0.5&tuple=é&tuple=true&one=x&some=-5&any=1&any=2";
        let expected = All {
            id: Id(7),
            pair: Pair(-1, 0.5),
            tuple: ('é', true),
            one: vec!["x".into()],
            none: None,
            some: Some(-5),
            any: serde_json::json!(["1", "2"]),
        };
        assert_eq!(read(text), Ok(expected));
        assert_eq!(read("a=1"), Ok(Whole(Some(BTreeMap::from([("a".into(), "1".into())])))));
        assert_eq!(read("a=1&b=2"), Ok([("a".to_owned(), 1), ("b".to_owned(), 2)]));
    }

    /// A catch-all parameter is a list, also if it has one segment.
    #[test]
    fn a_list_of_one_is_one_value() {
        let cases: &[(&[&str], Result<&str, &str>)] =
            &[(&["x"], Ok("x")), (&["x", "y"], Err("rest: expected one value, found several"))];
        for (segments, expected) in cases {
            let mut map = Multimap::default();
            let ranges: Vec<_> = segments.iter().map(|segment| map.append(segment)).collect();
            map.set("rest", ranges.into_iter(), true);
            let read = from_query::<BTreeMap<String, String>>(&map.into());
            let read = read.map(|read| read["rest"].clone()).map_err(|error| error.to_string());
            assert_eq!(read.as_deref().map_err(String::as_str), *expected, "{segments:?}");
        }
    }

    #[test]
    fn an_error_names_the_field_and_the_value() {
        let cases = [
            ("", "missing field `page`"),
            ("page=x", "page: `x` is not a number: invalid digit found in string"),
            ("page=1&page=2", "page: expected one value, found several"),
            (
                "page=1&draft=maybe",
                "draft: `maybe` is not a boolean: provided string was not `true` or `false`",
            ),
            ("page=1&sort=sideways", "sort: unknown variant `sideways`, expected `up` or `down`"),
        ];
        for (text, message) in cases {
            assert_eq!(read::<Search>(text).unwrap_err(), message, "{text}");
        }
    }
}

//! Query strings and forms, against the URL standard's own parser.

use super::Data;
use tower_api_routes::{OneOrMany, Query};

const WORDS: &[&str] = &[
    "a",
    "b",
    "&",
    "=",
    "+",
    "%",
    "%2",
    "%41",
    "%ZZ",
    "%c3",
    "%A9",
    "%f0%9f%98%80",
    "é",
    "a=",
    "&&",
    "%00",
    "%26",
    "%3D",
    "0=",
    "10",
    "&9",
    "4294967295",
];

pub(crate) fn check(bytes: &[u8]) {
    let mut data = Data::new(bytes);
    let text = data.text(WORDS, 255);
    let parsed = Query::parse(&text);
    let expected = merged(form_urlencoded::parse(text.as_bytes()).into_owned());
    assert_eq!(listed(&parsed), expected, "{text:?}");
    assert_eq!(parsed.len(), expected.len());
    for (name, values) in &expected {
        assert_eq!(parsed.get(name), values.first().map(String::as_str));
        assert_eq!(parsed.get_all(name).collect::<Vec<_>>(), *values);
    }
    let form = Query::parse_form(&text);
    if text.is_ascii() {
        assert!(form == parsed, "{text:?}: a form of ASCII is read as a query is");
    }
    // Whatever was read can be written and read again.
    for query in [&parsed, &form] {
        let written = written(query);
        assert_eq!(listed(&Query::parse(&written)), listed(query), "{written:?}");
        assert_eq!(listed(&Query::parse_form(&written)), listed(query), "{written:?} as a form");
    }
}

type Pairs = Vec<(String, Vec<String>)>;

fn merged(pairs: impl Iterator<Item = (String, String)>) -> Pairs {
    let mut out = Pairs::new();
    for (name, value) in pairs {
        match out.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => out.push((name, vec![value])),
        }
    }
    // As in a JavaScript object: whole numbers first, ascending.
    out.sort_by_key(|(name, _)| {
        let number = name.parse::<u32>().ok().filter(|number| number.to_string() == *name);
        number.filter(|number| *number < u32::MAX).map_or((true, 0), |number| (false, number))
    });
    out
}

fn listed(query: &Query) -> Pairs {
    let values = |value: OneOrMany<'_>| match value {
        OneOrMany::One(value) => vec![value.to_owned()],
        OneOrMany::Many(values) => values.map(str::to_owned).collect(),
    };
    query.iter().map(|(name, value)| (name.to_owned(), values(value))).collect()
}

fn written(query: &Query) -> String {
    let mut out = form_urlencoded::Serializer::new(String::new());
    for (name, values) in listed(query) {
        for value in &values {
            out.append_pair(&name, value);
        }
    }
    out.finish()
}

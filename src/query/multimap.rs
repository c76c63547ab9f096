//! An ordered multimap of names and values, for queries, forms and cookies.

use std::hash::{BuildHasher as _, RandomState};
use std::iter::FusedIterator;
use std::ops::Range;

/// All names and values are ranges of one text. So a few pairs need two allocations, and many need three.
#[derive(Clone, Default)]
pub(crate) struct Multimap {
    text: String,
    pairs: Vec<Pair>,
    /// Present if there are many pairs. A few are searched one by one.
    index: Option<Index>,
    /// The number of different names.
    names: usize,
}

#[derive(Clone)]
struct Pair {
    name: Range<usize>,
    value: Range<usize>,
    /// The next pair of the same name.
    next: Option<usize>,
    /// Whether no earlier pair has this name. Before the pairs are linked: false for a pair that belongs to the one before.
    first: bool,
    /// Whether the name has a list, even of a single value.
    list: bool,
}

/// The first pair of each name, sorted by hash and name. Clients cannot predict the hash.
#[derive(Clone)]
struct Index {
    state: RandomState,
    sorted: Vec<(u64, usize)>,
}

impl Multimap {
    /// The largest number of pairs that are searched one by one. Sorting so few is no faster.
    const FEW: usize = 32;

    pub(crate) fn with_capacity(bytes: usize, pairs: usize) -> Self {
        Self { text: String::with_capacity(bytes), pairs: Vec::with_capacity(pairs), ..Self::default() }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Appends to the text, and returns the new range.
    pub(crate) fn append(&mut self, text: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(text);
        start..self.text.len()
    }

    pub(crate) fn push(&mut self, name: &str, value: &str) {
        let (name, value) = (self.append(name), self.append(value));
        self.push_ranges(name, value);
    }

    /// Adds a pair whose name and value are in the text already.
    pub(crate) fn push_ranges(&mut self, name: Range<usize>, value: Range<usize>) {
        self.pairs.push(Pair::new(name, value));
    }

    /// Replaces the values of a name with values that are in the text already. As in a JavaScript object, the name
    /// keeps its position. The values are known to belong together, so that [`linked`](Self::linked) compares no names.
    pub(crate) fn set(&mut self, name: &str, values: impl Iterator<Item = Range<usize>>, list: bool) {
        let place = self.position(name).unwrap_or(self.pairs.len());
        if place < self.pairs.len() {
            let text = &self.text;
            self.pairs.retain(|pair| text[pair.name.clone()] != *name);
        }
        let name = self.append(name);
        let pair = |(i, value)| Pair { list, first: i == 0, ..Pair::new(name.clone(), value) };
        self.pairs.splice(place..place, values.enumerate().map(pair));
    }

    /// Links the pairs of each name, and builds the index. Called once, after the last change.
    ///
    /// Many pairs are sorted, so that no names that a client sends make this quadratic. Pairs of one name that follow each
    /// other, such as those of a catch-all, are sorted as one.
    pub(crate) fn linked(mut self) -> Self {
        if self.pairs.len() <= Self::FEW {
            for i in 1..self.pairs.len() {
                let is_of_name = |&earlier: &usize| !self.pairs[i].first || self.have_one_name(earlier, i);
                if let Some(earlier) = (0..i).rev().find(is_of_name) {
                    self.chain(earlier, i);
                }
            }
        } else {
            let state = RandomState::new();
            let mut sorted = Vec::new();
            for i in 0..self.pairs.len() {
                if !self.pairs[i].first || i > 0 && self.have_one_name(i - 1, i) {
                    self.chain(i - 1, i);
                } else {
                    sorted.push((state.hash_one(self.name_bytes(i)), i));
                }
            }
            sorted.sort_unstable_by(|&(a, i), &(b, j)| {
                let by_name = || self.name_bytes(i).cmp(self.name_bytes(j));
                a.cmp(&b).then_with(by_name).then(i.cmp(&j))
            });
            for i in 1..sorted.len() {
                let ((hash, mut earlier), (next_hash, later)) = (sorted[i - 1], sorted[i]);
                if hash == next_hash && self.have_one_name(earlier, later) {
                    while let Some(next) = self.next(earlier) {
                        earlier = next;
                    }
                    self.chain(earlier, later);
                }
            }
            sorted.retain(|&(_, i)| self.pairs[i].first);
            self.index = Some(Index { state, sorted });
        }
        self.names = self.pairs.iter().filter(|pair| pair.first).count();
        self
    }

    fn chain(&mut self, earlier: usize, later: usize) {
        self.pairs[earlier].next = Some(later);
        self.pairs[later].first = false;
    }

    /// Returns the first pair of a name.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        let name = name.as_bytes();
        let Some(Index { state, sorted }) = &self.index else {
            return self.pairs.iter().position(|pair| self.is_named(pair, name));
        };
        let hash = state.hash_one(name);
        let found = sorted
            .binary_search_by(|&(known, i)| known.cmp(&hash).then_with(|| self.name_bytes(i).cmp(name)));
        found.ok().map(|at| sorted[at].1)
    }

    /// Returns the next pair of the same name.
    pub(crate) fn next(&self, i: usize) -> Option<usize> {
        self.pairs[i].next
    }

    /// Returns whether the name of a pair has a list.
    pub(crate) fn is_list(&self, i: usize) -> bool {
        self.pairs[i].list || self.pairs[i].next.is_some()
    }

    fn have_one_name(&self, i: usize, j: usize) -> bool {
        self.name_bytes(i) == self.name_bytes(j)
    }

    fn is_named(&self, pair: &Pair, name: &[u8]) -> bool {
        self.text.as_bytes().get(pair.name.clone()) == Some(name)
    }

    fn name_bytes(&self, i: usize) -> &[u8] {
        &self.text.as_bytes()[self.pairs[i].name.clone()]
    }

    pub(crate) fn name(&self, i: usize) -> &str {
        &self.text[self.pairs[i].name.clone()]
    }

    pub(crate) fn value(&self, i: usize) -> &str {
        &self.text[self.pairs[i].value.clone()]
    }

    /// Returns the number of different names.
    pub(crate) fn len(&self) -> usize {
        self.names
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Returns the first pair of each name, in the order of the text.
    pub(crate) fn firsts(&self) -> Firsts<'_> {
        Firsts { map: self, rest: 0..self.pairs.len(), left: self.names }
    }

    /// Returns the first pair of each name, in the order of a JavaScript object: whole numbers first, in numeric order.
    pub(crate) fn object_order(&self) -> ObjectOrder<'_> {
        let number = |i| Some((array_index(self.name_bytes(i))?, i));
        let mut numbers: Vec<_> = self.firsts().filter_map(number).collect();
        numbers.sort_unstable();
        let left = self.names - numbers.len();
        ObjectOrder { numbers: numbers.into_iter(), names: self.firsts(), left }
    }
}

impl Pair {
    fn new(name: Range<usize>, value: Range<usize>) -> Self {
        Self { name, value, next: None, first: true, list: false }
    }
}

/// Returns the number that a name is, if it is an [array index](https://tc39.es/ecma262/#array-index). A JavaScript
/// object lists these names first.
fn array_index(name: &[u8]) -> Option<u32> {
    // Few names begin with a digit.
    match name {
        [b'0'] | [b'1'..=b'9', ..] => {
            std::str::from_utf8(name).ok()?.parse().ok().filter(|&number| number != u32::MAX)
        }
        _ => None,
    }
}

/// See [`Multimap::firsts`].
#[derive(Clone)]
pub(crate) struct Firsts<'a> {
    map: &'a Multimap,
    rest: Range<usize>,
    left: usize,
}

impl Iterator for Firsts<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let found = self.rest.find(|&i| self.map.pairs[i].first)?;
        self.left -= 1;
        Some(found)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Firsts<'_> {}
impl FusedIterator for Firsts<'_> {}

/// See [`Multimap::object_order`].
#[derive(Clone)]
pub(crate) struct ObjectOrder<'a> {
    numbers: std::vec::IntoIter<(u32, usize)>,
    names: Firsts<'a>,
    /// The number of remaining names that are not numbers.
    left: usize,
}

impl Iterator for ObjectOrder<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if let Some((_, i)) = self.numbers.next() {
            return Some(i);
        }
        let map = self.names.map;
        let found = self.names.find(|&i| array_index(map.name_bytes(i)).is_none())?;
        self.left -= 1;
        Some(found)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.numbers.len() + self.left;
        (left, Some(left))
    }
}

impl ExactSizeIterator for ObjectOrder<'_> {}
impl FusedIterator for ObjectOrder<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without it, many names take quadratic time.
    #[test]
    fn only_many_pairs_have_an_index() {
        for (pairs, indexed) in [(0, false), (1, false), (32, false), (33, true), (1000, true)] {
            let mut map = Multimap::default();
            (0..pairs).for_each(|i| map.push(&i.to_string(), ""));
            assert_eq!(map.linked().index.is_some(), indexed, "{pairs}");
        }
    }

    /// Names in every order, a long list between them, and a name that is set in the place of others.
    #[test]
    fn lists_are_linked_in_order_of_the_text() {
        for pairs in [0, 10, 40, 400] {
            for set in [None, Some("n1"), Some("n9"), Some("list")] {
                let mut map = Multimap::default();
                let mut expected: Vec<(String, Vec<String>)> = Vec::new();
                let mut add =
                    |name: &str, value: &str| match expected.iter_mut().find(|(known, _)| known == name) {
                        Some((_, values)) => values.push(value.to_owned()),
                        None => expected.push((name.to_owned(), vec![value.to_owned()])),
                    };
                for i in 0..pairs {
                    // Runs of one, two, three names, and the list in between.
                    let name = if i % 7 < 3 { "list".to_owned() } else { format!("n{}", i * i % 5) };
                    map.push(&name, &i.to_string());
                    add(&name, &i.to_string());
                }
                if let Some(name) = set {
                    let values: Vec<String> = (0..pairs).map(|i| format!("set{i}")).collect();
                    let ranges: Vec<_> = values.iter().map(|value| map.append(value)).collect();
                    map.set(name, ranges.into_iter(), true);
                    match expected.iter_mut().find(|(known, _)| known == name) {
                        Some((_, known)) => *known = values,
                        None => expected.push((name.to_owned(), values)),
                    }
                    expected.retain(|(_, values)| !values.is_empty());
                }
                let map = map.linked();
                let values =
                    |i| std::iter::successors(Some(i), |&i| map.next(i)).map(|i| map.value(i).to_owned());
                let read: Vec<(String, Vec<String>)> =
                    map.firsts().map(|i| (map.name(i).to_owned(), values(i).collect())).collect();
                assert_eq!(read, expected, "{pairs} {set:?}");
                assert_eq!(map.len(), expected.len(), "{pairs} {set:?}");
                for (name, values) in &expected {
                    assert_eq!(
                        map.position(name).map(|i| map.value(i)),
                        Some(&*values[0]),
                        "{pairs} {set:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn first_value_of_a_name_is_replaced() {
        let cases: &[(&str, &[&str], &str)] = &[
            ("a", &["9"], "a=9 b=2 c=4"),
            ("b", &["8", "9"], "a=1 b=8 b=9 a=3 c=4"),
            ("c", &["9"], "a=1 b=2 a=3 c=9"),
            ("d", &["9"], "a=1 b=2 a=3 c=4 d=9"),
            ("b", &[], "a=1 a=3 c=4"),
        ];
        for (name, values, expected) in cases {
            let mut map = Multimap::default();
            for (name, value) in [("a", "1"), ("b", "2"), ("a", "3"), ("c", "4")] {
                map.push(name, value);
            }
            let ranges: Vec<_> = values.iter().map(|value| map.append(value)).collect();
            map.set(name, ranges.into_iter(), true);
            let shown = |i| format!("{}={}", map.name(i), map.value(i));
            assert_eq!((0..map.pairs.len()).map(shown).collect::<Vec<_>>().join(" "), *expected, "{name}");
            let lists: Vec<_> =
                map.pairs.iter().filter(|pair| pair.list).map(|pair| &map.text[pair.name.clone()]).collect();
            assert_eq!(lists, vec![*name; values.len()], "{name}");
        }
    }
}

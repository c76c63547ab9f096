//! The order of keys within JSON, which a `serde_json::Value` does not keep.

use super::path::Path;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The keys of a JSON document, in their order.
pub(super) enum Keys {
    None,
    Array(Vec<Keys>),
    Object(Vec<(String, Keys)>),
}

impl Keys {
    pub(super) fn of(json: &[u8]) -> Self {
        serde_json::from_slice(json).unwrap_or(Self::None)
    }

    /// Calls the function for each object whose keys are in another order. Keys that only one of both has do not count.
    /// Paths for which `skips` returns `true` are left out.
    pub(super) fn compare(
        &self,
        other: &Self,
        path: &mut Path,
        skips: &impl Fn(&Path) -> bool,
        found: &mut impl FnMut(&Path),
    ) {
        if skips(path) {
            return;
        }
        match (self, other) {
            (Self::Array(ours), Self::Array(others)) => {
                for (index, (ours, others)) in ours.iter().zip(others).enumerate() {
                    let mark = path.push_index(index);
                    ours.compare(others, path, skips, found);
                    path.pop(&mark);
                }
            }
            (Self::Object(ours), Self::Object(others)) => {
                // Sorted, so that objects of many keys take linear time but for the sorting.
                let (by_name, others_by_name) = (sorted(ours), sorted(others));
                let common = |pairs: &[(String, Self)], by_name: &[(&String, &Self)]| {
                    let is_common =
                        |name: &String| by_name.binary_search_by_key(&name, |(name, _)| name).is_ok();
                    let names = pairs.iter().map(|(name, _)| name).filter(|name| is_common(name));
                    names.cloned().collect::<Vec<_>>()
                };
                if common(ours, &others_by_name) != common(others, &by_name) {
                    found(path);
                }
                for (name, keys) in by_name {
                    if let Ok(at) = others_by_name.binary_search_by_key(&name, |(name, _)| name) {
                        let other = others_by_name.get(at).map(|(_, keys)| keys);
                        let Some(other) = other else { continue };
                        let mark = path.push_key(name);
                        keys.compare(other, path, skips, found);
                        path.pop(&mark);
                    }
                }
            }
            _ => {}
        }
    }
}

fn sorted(pairs: &[(String, Keys)]) -> Vec<(&String, &Keys)> {
    let mut pairs: Vec<_> = pairs.iter().map(|(name, keys)| (name, keys)).collect();
    pairs.sort_by_key(|(name, _)| *name);
    pairs
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeysVisitor)
    }
}

struct KeysVisitor;

/// Scalars have no keys.
macro_rules! no_keys {
    ($($visit:ident: $type:ty),*) => {$(
        fn $visit<E>(self, _: $type) -> Result<Keys, E> {
            Ok(Keys::None)
        }
    )*};
}

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = Keys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    no_keys!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E>(self) -> Result<Keys, E> {
        Ok(Keys::None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Keys, A::Error> {
        let mut all = Vec::new();
        while let Some(keys) = elements.next_element()? {
            all.push(keys);
        }
        Ok(Keys::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Keys, A::Error> {
        let mut all: Vec<(String, Keys)> = Vec::new();
        while let Some(name) = entries.next_key::<String>()? {
            all.push((name, entries.next_value()?));
        }
        let mut names: Vec<_> = all.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        let is_repeated = names.windows(2).any(|pair| matches!(pair, [one, next] if one == next));
        // Of a name that is there twice the last value counts, so there is no order to compare.
        Ok(if is_repeated { Keys::None } else { Keys::Object(all) })
    }
}

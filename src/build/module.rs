//! Module names for files whose names are not Rust identifiers.

use std::collections::BTreeSet;

/// The keywords of all editions, including reserved ones, so that names do not depend on the edition.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// Returns whether the name can be that of a module, such as `_auth`.
pub(super) fn is_identifier(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(word)
        && name.chars().any(|c| c != '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !KEYWORDS.contains(&name)
}

/// The names that are used in one folder.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// Reserves a name that users write in their code. Returns `false` if it is in use.
    pub(super) fn reserve(&mut self, name: &str) -> bool {
        self.taken.insert(name.to_owned())
    }

    /// Returns a unique name for a file or a folder: `id` for `[id]`, or `id_2` if there is an `id`.
    pub(super) fn name(&mut self, name: &str) -> String {
        let first = snake_case(name);
        let mut unique = first.clone();
        let mut count = 1;
        while !self.reserve(&unique) {
            count += 1;
            unique = format!("{}_{count}", first.trim_end_matches('_'));
        }
        unique
    }
}

/// Converts to lower case, with one underscore before each capital, and in place of other characters than letters and
/// digits.
pub(super) fn snake_case(name: &str) -> String {
    let mut out = String::new();
    let mut lower = false;
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            if c.is_ascii_uppercase() && lower {
                out.push('_');
            }
            lower = !c.is_ascii_uppercase();
            out.push(c.to_ascii_lowercase());
        } else {
            lower = false;
            if !out.is_empty() && !out.ends_with('_') {
                out.push('_');
            }
        }
    }
    let word = out.trim_end_matches('_');
    if word.is_empty() {
        "file".into()
    } else if word.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{word}")
    } else if KEYWORDS.contains(&word) {
        format!("{word}_")
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_named_for_its_file() {
        let cases = [
            ("hello", "hello"),
            ("[id]", "id"),
            ("[...slug]", "slug"),
            ("[[...slug]]", "slug"),
            ("[postId]", "post_id"),
            ("createUser", "create_user"),
            ("HTTP", "http"),
            ("with-dash_under", "with_dash_under"),
            ("a--b__c", "a_b_c"),
            ("feed.json", "feed_json"),
            ("404", "_404"),
            ("type", "type_"),
            ("Self", "self_"),
            ("gen", "gen_"),
            ("é", "file"),
            ("caf\u{e9}s", "caf_s"),
            ("-", "file"),
        ];
        for (name, module) in cases {
            assert_eq!(Names::default().name(name), module, "{name}");
            assert!(is_identifier(module), "{module}");
        }
    }

    #[test]
    fn modules_of_a_folder_have_unique_names() {
        let mut names = Names::default();
        assert!(names.reserve("_404") && !names.reserve("_404"));
        let cases = [
            ("id", "id"),
            ("[id]", "id_2"),
            ("[...id]", "id_3"),
            ("id_2", "id_2_2"),
            ("404", "_404_2"),
            ("type", "type_"),
            ("[type]", "type_2"),
            ("é", "file"),
            ("ü", "file_2"),
        ];
        for (name, module) in cases {
            assert_eq!(names.name(name), module, "{name}");
        }
    }

    #[test]
    fn an_identifier_is_one_in_every_edition() {
        for (name, is) in [
            ("_auth", true),
            ("_2", true),
            ("a", true),
            ("_", false),
            ("__", false),
            ("", false),
            ("2a", false),
            ("a-b", false),
            ("gen", false),
            ("é", false),
        ] {
            assert_eq!(is_identifier(name), is, "{name}");
        }
    }
}

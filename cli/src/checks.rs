//! What must hold of an import, whatever the route file says. A test calls it with random files, the fuzz target `import` without a
//! bound.

use crate::app::App;
use crate::plan::Plan;
use crate::write::route_file;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, process};

/// Route files of the test apps.
const FILES: [&str; 7] = [
    include_str!("../tests/apps/typescript/src/pages/api/tree.ts"),
    include_str!("../tests/apps/typescript/src/pages/api/stats.ts"),
    include_str!("../tests/apps/typescript/src/pages/api/search.ts"),
    include_str!("../tests/apps/next-connect/pages/api/users/index.ts"),
    include_str!("../tests/apps/streams/pages/api/webhook.ts"),
    include_str!("../tests/apps/methods/pages/api/switch.js"),
    include_str!("../tests/apps/config/pages/api/upload.ts"),
];
/// What takes the place of a token: types, names that Rust keeps for itself, and text that has to be escaped.
const WORDS: [&str; 24] = [
    "string",
    "number",
    "null",
    "unknown",
    "Self",
    "crate",
    "async",
    "_",
    "$",
    "'a-b'",
    "\"\\n\\u{7}\"",
    "`a${1}b`",
    "1e999",
    "-1",
    "[]",
    "{}",
    "Record<string, Date>",
    "Partial<Post>",
    "a | 'b' | null",
    "[string, number?]",
    "keyof Post",
    "*/",
    "'\u{202e}'",
    "/* { */",
];

/// Splits a text into words, white space and single characters.
fn tokens(text: &str) -> Vec<&str> {
    let (mut tokens, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let same = |c: char| {
            (first.is_alphanumeric() && c.is_alphanumeric()) || (first.is_whitespace() && c.is_whitespace())
        };
        let end = rest.find(|c| !same(c)).unwrap_or(rest.len()).max(first.len_utf8());
        tokens.push(&rest[..end]);
        rest = &rest[end..];
    }
    tokens
}

/// Returns the text of a route file: one of those, in which each three bytes change a token.
fn text(bytes: &[u8]) -> String {
    let Some((file, changes)) = bytes.split_first() else { return String::new() };
    let mut tokens = tokens(FILES[usize::from(*file) % FILES.len()]);
    for change in changes.chunks_exact(3) {
        let at = (usize::from(change[0]) * 256 + usize::from(change[1])) % tokens.len().max(1);
        match change[2] {
            0..30 if !tokens.is_empty() => drop(tokens.remove(at)),
            30..60 => tokens.insert(at, tokens.get(at).copied().unwrap_or_default()),
            60..90 => tokens.truncate(at.max(40)),
            kind if at < tokens.len() => tokens[at] = WORDS[usize::from(kind) % WORDS.len()],
            _ => {}
        }
    }
    tokens.concat()
}

/// An import reports an error, or writes Rust that parses.
pub(crate) fn import(bytes: &[u8]) {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let root: PathBuf = env::temp_dir().join(format!("api-routes-import-{}-{number}", process::id()));
    let text = text(bytes);
    fs::create_dir_all(root.join("pages/api")).expect("a folder");
    fs::write(root.join("package.json"), r#"{ "dependencies": { "next": "16" } }"#).expect("a file");
    fs::write(root.join("pages/api/route.ts"), &text).expect("a file");
    let app = App::find(&root).expect("an app");
    let plan = Plan::of(&app, || ());
    fs::remove_dir_all(&root).expect("the folder");
    for route in &plan.routes {
        let rust = route_file(route);
        if let Err(error) = syn::parse_file(&rust) {
            panic!("{error} in\n{rust}\nof\n{text}");
        }
    }
    let found = plan.routes.len() + plan.left_out.len() + plan.staying.len() + plan.errors.len();
    assert_eq!(found, 1, "the file is somewhere: {plan:?}");
}

#[cfg(test)]
mod tests {
    #[test]
    fn any_route_file_becomes_rust_that_parses() {
        // A generator of Lehmer's: the same files each time.
        let mut seed = 1_u64;
        let mut byte = || {
            seed = seed * 48_271 % 2_147_483_647;
            seed.to_le_bytes()[1]
        };
        for changes in 0..400 {
            let bytes: Vec<u8> = (0..=3 * (changes % 3)).map(|_| byte()).collect();
            super::import(&bytes);
        }
    }
}

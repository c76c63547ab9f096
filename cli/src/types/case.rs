//! Names that are identifiers of Rust.

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};

const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Keywords that cannot be raw identifiers.
const PATHS: &[&str] = &["self", "super", "crate", "_"];

pub(crate) fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name) || PATHS.contains(&name)
}

/// Letters beyond ASCII are identifiers, too, but not for every reader of the code.
fn ascii(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// Returns an identifier of a field or a function.
pub(crate) fn snake_case(name: &str) -> String {
    let name = ascii(name).to_snake_case();
    if name.is_empty() {
        "field".into()
    } else if name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{name}")
    } else if KEYWORDS.contains(&name.as_str()) {
        format!("r#{name}")
    } else if PATHS.contains(&name.as_str()) {
        format!("{name}_")
    } else {
        name
    }
}

/// Returns an identifier of a type or a variant.
pub(super) fn pascal_case(name: &str) -> String {
    let name = ascii(name).to_upper_camel_case();
    match name.chars().next() {
        None => "Empty".into(),
        Some(first) if first.is_ascii_digit() => format!("N{name}"),
        Some(_) if name == "Self" => "SelfValue".into(),
        Some(_) => name,
    }
}

/// Returns the name that serde's `rename_all = "camelCase"` makes of a field.
pub(super) fn camel_of(field: &str) -> String {
    let mut upper = false;
    let mut out = String::new();
    for c in field.trim_start_matches("r#").chars() {
        if c == '_' {
            upper = true;
        } else if upper {
            out.push(c.to_ascii_uppercase());
            upper = false;
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_case_of_rust() {
        let cases = [
            ("postId", "post_id", "PostId"),
            ("created_at", "created_at", "CreatedAt"),
            ("in-progress", "in_progress", "InProgress"),
            ("HTTPPort", "http_port", "HttpPort"),
            ("type", "r#type", "Type"),
            ("self", "self_", "SelfValue"),
            ("2fa", "_2fa", "N2fa"),
            ("", "field", "Empty"),
            ("é", "field", "Empty"),
            ("ID", "id", "Id"),
        ];
        for (name, snake, pascal) in cases {
            assert_eq!((snake_case(name).as_str(), pascal_case(name).as_str()), (snake, pascal), "{name}");
        }
        assert_eq!(camel_of("created_at"), "createdAt");
    }
}

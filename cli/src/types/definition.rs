//! The Rust code of a type.

use super::case::{camel_of, pascal_case, snake_case};
use std::fmt;

/// A struct or an enum.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) name: String,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Struct(Vec<Member>),
    /// Texts: the variant and its text.
    Texts(Vec<(String, String)>),
    Untagged(Vec<Variant>),
}

/// A field.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// The name in JSON.
    pub(super) name: String,
    pub(super) rust: String,
    /// Whether `None` is left out of the JSON.
    pub(super) skip_none: bool,
    pub(super) flat: bool,
}

/// A variant of an untagged enum.
#[derive(Debug)]
pub(super) struct Variant {
    name: String,
    pub(super) rust: String,
}

impl Variant {
    /// Names a variant for the type that it holds.
    pub(super) fn of(rust: &str, others: &[Self]) -> Self {
        let word = match rust {
            "String" => "Text".to_owned(),
            "f64" => "Number".to_owned(),
            "bool" => "Boolean".to_owned(),
            _ if rust.starts_with("Vec<") => "List".to_owned(),
            _ if rust.starts_with("Box<") => rust.trim_start_matches("Box<").trim_end_matches('>').to_owned(),
            _ if rust.contains("BTreeMap<") => "Map".to_owned(),
            _ if rust.contains(':') => "Other".to_owned(),
            _ => pascal_case(rust),
        };
        let name = free(word, "", |name| others.iter().any(|other| other.name == name));
        Self { name, rust: rust.to_owned() }
    }
}

impl Definition {
    /// Keeps the place of a type that contains others, which are written after it.
    pub(super) fn placeholder(name: &str) -> Self {
        Self { name: name.to_owned(), body: Body::Struct(Vec::new()) }
    }

    pub(super) fn structure(name: &str, members: Vec<Member>) -> Self {
        Self { name: name.to_owned(), body: Body::Struct(members) }
    }

    pub(super) fn is_texts(&self) -> bool {
        matches!(self.body, Body::Texts(_))
    }

    /// Returns the fields of a struct.
    pub(super) fn members(&self) -> &[Member] {
        if let Body::Struct(members) = &self.body { members } else { &[] }
    }

    pub(super) fn untagged(name: &str, variants: Vec<Variant>) -> Self {
        Self { name: name.to_owned(), body: Body::Untagged(variants) }
    }

    pub(super) fn texts(name: &str, texts: &[String]) -> Self {
        let mut variants: Vec<(String, String)> = Vec::new();
        for text in texts {
            let word = pascal_case(text);
            if variants.iter().any(|(_, known)| known == text) {
                continue;
            }
            let variant = free(word, "", |name| variants.iter().any(|(variant, _)| variant == name));
            variants.push((variant, text.clone()));
        }
        Self { name: name.to_owned(), body: Body::Texts(variants) }
    }
}

impl fmt::Display for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "#[derive(Clone, Debug, Deserialize, Serialize)]")?;
        match &self.body {
            Body::Struct(members) => structure(f, &self.name, members),
            Body::Texts(variants) => {
                writeln!(f, "pub enum {} {{", self.name)?;
                for (variant, text) in variants {
                    if variant != text {
                        writeln!(f, "    #[serde(rename = {text:?})]")?;
                    }
                    writeln!(f, "    {variant},")?;
                }
                writeln!(f, "}}")
            }
            Body::Untagged(variants) => {
                writeln!(f, "#[serde(untagged)]\npub enum {} {{", self.name)?;
                for Variant { name, rust } in variants {
                    writeln!(f, "    {name}({rust}),")?;
                }
                writeln!(f, "}}")
            }
        }
    }
}

/// Returns a name that is not taken: `a`, `a2`, `a3`.
fn free(name: String, separator: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let stem = name.trim_start_matches("r#").trim_end_matches('_').to_owned();
    let others = (2..).map(|number| format!("{stem}{separator}{number}"));
    std::iter::once(name).chain(others).find(|name| !is_taken(name)).unwrap_or_default()
}

fn structure(f: &mut fmt::Formatter<'_>, name: &str, members: &[Member]) -> fmt::Result {
    let mut fields: Vec<String> = Vec::new();
    for member in members {
        let field = snake_case(&member.name);
        fields.push(free(field, "_", |name| fields.iter().any(|field| field == name)));
    }
    let is_plain =
        |field: &str, member: &Member| member.flat || field.trim_start_matches("r#") == member.name;
    let named = || fields.iter().zip(members);
    let all_camel = named().all(|(field, member)| member.flat || camel_of(field) == member.name)
        && !named().all(|(field, member)| is_plain(field, member));
    if all_camel {
        writeln!(f, "#[serde(rename_all = \"camelCase\")]")?;
    }
    if members.is_empty() {
        return writeln!(f, "pub struct {name} {{}}");
    }
    writeln!(f, "pub struct {name} {{")?;
    for (field, member) in named() {
        let mut attributes = Vec::new();
        if member.flat {
            attributes.push("flatten".to_owned());
        } else if !all_camel && !is_plain(field, member) {
            attributes.push(format!("rename = {:?}", member.name));
        }
        if member.skip_none {
            attributes.push("skip_serializing_if = \"Option::is_none\"".to_owned());
        }
        if !attributes.is_empty() {
            writeln!(f, "    #[serde({})]", attributes.join(", "))?;
        }
        writeln!(f, "    pub {field}: {},", member.rust)?;
    }
    writeln!(f, "}}")
}

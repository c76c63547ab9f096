//! The syntax of a route: `/api/post/[pid]`, `/api/files/[...path]`, `/api/shop/[[...slug]]`.
//!
//! Uses the standard library only, because build scripts use this module too.

use super::RouteError;
use super::literal::encode;
#[cfg(feature = "runtime")]
use super::literal::meant;
use std::fmt;

/// One segment of a route, between two slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// Matches itself, percent-encoded by [`encode`].
    Static(Box<str>),
    /// `[name]`: any one segment.
    Param(Box<str>),
    /// `[...name]`: one or more segments, up to the end.
    CatchAll(Box<str>),
    /// `[[...name]]`: any number of segments, none included.
    OptionalCatchAll(Box<str>),
}

impl Segment {
    /// Returns the name of the parameter, if the segment is one.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Static(_) => None,
            Self::Param(name) | Self::CatchAll(name) | Self::OptionalCatchAll(name) => Some(name),
        }
    }
}

/// A parsed route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    text: Box<str>,
    segments: Box<[Segment]>,
}

impl Pattern {
    /// Parses a route as Next.js reads the path of a file below `pages`.
    ///
    /// # Errors
    ///
    /// Returns an error that says which rule the route breaks, and what to write instead.
    pub(crate) fn parse(text: &str) -> Result<Self, RouteError> {
        let fail = |problem: String| Err(RouteError::syntax(text, problem));
        let Some(rest) = text.strip_prefix('/') else {
            return fail(format!("a route starts with a slash: write \"/{text}\""));
        };
        if text.contains(['?', '#', '\\']) {
            return fail("a route is a path: remove `?`, `#` and `\\`".into());
        }
        let mut segments: Vec<Segment> = Vec::new();
        if !rest.is_empty() {
            for part in rest.split('/') {
                if part.is_empty() {
                    return fail(
                        "a route has no empty segments: remove the doubled or trailing slash".into(),
                    );
                }
                if part == "." || part == ".." {
                    return fail(format!(
                        "a request never has the segment `{part}`: it is resolved before matching"
                    ));
                }
                if let Some(Segment::CatchAll(name) | Segment::OptionalCatchAll(name)) = segments.last() {
                    return fail(format!(
                        "the catch-all `{name}` must be the last segment: remove what follows it"
                    ));
                }
                segments.push(parse_segment(part).map_err(|problem| RouteError::syntax(text, problem))?);
            }
        }
        Ok(Self { text: text.into(), segments: segments.into() })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns this route below a prefix.
    ///
    /// # Errors
    ///
    /// Returns an error if the result is not a valid route.
    #[cfg(feature = "runtime")]
    pub(crate) fn below(&self, prefix: Option<&Self>) -> Result<Self, RouteError> {
        match prefix {
            None => Ok(self.clone()),
            Some(prefix) if self.segments.is_empty() => Ok(prefix.clone()),
            Some(prefix) => Self::parse(&format!("{prefix}{self}")),
        }
    }

    /// Returns the path that this pattern matches, percent-encoded.
    ///
    /// # Errors
    ///
    /// Returns an error if the pattern has a parameter.
    #[cfg(feature = "runtime")]
    pub(crate) fn literal_path(&self) -> Result<String, RouteError> {
        let segment = |segment: &Segment| match segment {
            Segment::Static(text) => Ok(format!("/{text}")),
            _ => Err(RouteError::syntax(&self.text, "a base path has no parameters: write it as \"/docs\"")),
        };
        self.segments.iter().map(segment).collect()
    }

    #[cfg(feature = "runtime")]
    pub(crate) fn has_catch_all(&self) -> bool {
        matches!(self.segments.last(), Some(Segment::CatchAll(_) | Segment::OptionalCatchAll(_)))
    }

    /// Returns whether a normalized path is below this pattern, which has no catch-all.
    #[cfg(feature = "runtime")]
    pub(crate) fn is_prefix_of(&self, path: &str) -> bool {
        let mut parts = path.strip_prefix('/').unwrap_or(path).split('/');
        self.segments.iter().all(|segment| {
            let part = parts.next().unwrap_or_default();
            match segment {
                Segment::Static(text) => encode(part) == **text,
                _ => !part.is_empty(),
            }
        })
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Returns the route that was probably meant: `/api/[id]` for the literal `/api/{id}`.
    #[cfg(feature = "runtime")]
    pub(crate) fn meant(&self) -> Option<String> {
        let parts: Vec<&str> = self.text.split('/').collect();
        let meant = |i: usize| meant(parts[i], i + 1 == parts.len());
        if (0..parts.len()).all(|i| meant(i).is_none()) {
            return None;
        }
        let parts: Vec<_> = (0..parts.len()).map(|i| meant(i).unwrap_or_else(|| parts[i].into())).collect();
        Some(parts.join("/"))
    }

    /// Returns an error if an earlier segment of the route has the name of the segment at `i`. Names that differ only
    /// by symbols such as `-` count as the same.
    ///
    /// The tree calls this, not the parser, because Next.js compares a segment with those of other routes first.
    pub(crate) fn check_repeated(&self, i: usize) -> Result<(), RouteError> {
        let words = |name: &str| -> String {
            name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
        };
        let Some(name) = self.segments[i].name() else { return Ok(()) };
        match self.segments[..i]
            .iter()
            .filter_map(Segment::name)
            .find(|earlier| words(earlier) == words(name))
        {
            None => Ok(()),
            Some(earlier) if earlier == name => Err(RouteError::repeated(
                &self.text,
                format_args!("the name `{name}` is used twice: give each parameter a name of its own"),
            )),
            Some(earlier) => Err(RouteError::repeated(
                &self.text,
                format_args!("the names `{earlier}` and `{name}` differ only by symbols: rename one of them"),
            )),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn parse_segment(part: &str) -> Result<Segment, String> {
    let brackets =
        |text: &str| text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).map(str::to_owned);
    // `v-[x]` and `[x].json` are literal segments, as in Next.js.
    let Some(inner) = brackets(part) else { return Ok(Segment::Static(encode(part).into_owned().into())) };
    let (name, optional) = match brackets(&inner) {
        Some(inner) => (inner, true),
        None => (inner, false),
    };
    if name.starts_with('…') {
        return Err(format!("`{part}` has the character `…`: write three dots, `...`"));
    }
    let (name, catch_all) = match name.strip_prefix("...") {
        Some(name) => (name.to_owned(), true),
        None => (name, false),
    };
    if name.starts_with('[') || name.ends_with(']') {
        return Err(format!("`{part}` has extra brackets: write `[name]`, `[...name]` or `[[...name]]`"));
    }
    if name.starts_with('.') {
        return Err(format!("`{part}` has the wrong number of dots: a catch-all is written `[...name]`"));
    }
    if name.is_empty() {
        return Err(format!("`{part}` has no name: write one between the brackets, such as `[id]`"));
    }
    match (catch_all, optional) {
        (false, true) => Err(format!(
            "`{part}` is an optional parameter, which does not exist: write `[{name}]`, or `[[...{name}]]` for an optional catch-all"
        )),
        (false, false) => Ok(Segment::Param(name.into())),
        (true, false) => Ok(Segment::CatchAll(name.into())),
        (true, true) => Ok(Segment::OptionalCatchAll(name.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_cut_into_its_segments() {
        let cases: &[(&str, &[Segment])] = &[
            ("/", &[]),
            ("/api", &[Segment::Static("api".into())]),
            ("/[id]", &[Segment::Param("id".into())]),
            ("/[...rest]", &[Segment::CatchAll("rest".into())]),
            ("/[[...rest]]", &[Segment::OptionalCatchAll("rest".into())]),
            ("/v-[x]", &[Segment::Static("v-[x]".into())]),
            ("/[x].json", &[Segment::Static("[x].json".into())]),
            ("/a/[b]", &[Segment::Static("a".into()), Segment::Param("b".into())]),
            ("/...", &[Segment::Static("...".into())]),
            ("/café au lait", &[Segment::Static("caf%C3%A9%20au%20lait".into())]),
            ("/{x}", &[Segment::Static("%7Bx%7D".into())]),
            ("/[{x}]", &[Segment::Param("{x}".into())]),
        ];
        for (text, segments) in cases {
            assert_eq!(Pattern::parse(text).unwrap().segments(), *segments, "{text}");
        }
    }

    #[test]
    #[cfg(feature = "runtime")]
    fn foreign_parameters_are_rewritten() {
        let cases = [
            ("/", None),
            ("/api/[id]/[[...rest]]", None),
            ("/api/%7Bid%7D", None),
            ("/api/{id}", Some("/api/[id]")),
            ("/api/[a]/:b/*", Some("/api/[a]/[b]/[...rest]")),
            ("/api/*/edit", Some("/api/[rest]/edit")),
        ];
        for (route, meant) in cases {
            assert_eq!(Pattern::parse(route).unwrap().meant().as_deref(), meant, "{route}");
        }
    }

    #[test]
    fn wrong_route_is_refused_with_advice() {
        let cases = [
            ("api", "starts with a slash"),
            ("/api/", "no empty segments"),
            ("/api//x", "no empty segments"),
            ("/api?x", "is a path"),
            ("/api/..", "resolved before matching"),
            ("/[[id]]", "optional parameter"),
            ("/[...a]/b", "must be the last segment"),
            ("/[[...a]]/b", "must be the last segment"),
            ("/[…a]", "three dots"),
            ("/[..a]", "number of dots"),
            ("/[.a]", "number of dots"),
            ("/[]", "no name"),
            ("/[...]", "no name"),
            ("/[[[a]]]", "extra brackets"),
            ("/[a]]", "extra brackets"),
            ("/[...[a]]", "extra brackets"),
        ];
        for (text, part) in cases {
            let error = Pattern::parse(text).unwrap_err().to_string();
            assert!(error.contains(part) && error.contains(text), "{text}: {error}");
        }
    }
}

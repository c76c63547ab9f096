//! Reads a JavaScript or TypeScript file: its exports, its imports, and what its handler does, as values without a
//! syntax tree.
//!
//! Nothing is guessed. What the file does not say as a literal or as a plain declaration is a line in
//! [`Source::unread`].

mod annotations;
mod calls;
mod config;
mod export;
mod literal;
mod methods;
mod names;
mod type_syntax;

pub(crate) use config::{Config, Limit};
pub(crate) use literal::Literal;
pub(crate) use type_syntax::{Declared, Field, Type};

use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_parser::Parser;
use oxc_span::SourceType;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// What a file says.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Local names that are imported.
    pub(crate) imports: BTreeMap<String, Import>,
    /// The modules that the file imports, in any way, with the line of the first import.
    pub(crate) modules: BTreeMap<String, usize>,
    /// Exported names: a local name, or one of another module.
    pub(crate) exports: BTreeMap<String, Exported>,
    /// The modules of `export * from`.
    pub(crate) star_exports: Vec<String>,
    /// The types that the file declares.
    pub(crate) types: BTreeMap<String, Declared>,
    /// The default export, if it is a value.
    pub(crate) handler: Option<Handler>,
    /// `export const config`, `maxDuration` and `runtime`.
    pub(crate) config: Config,
    /// The methods that the handler distinguishes, in their order.
    pub(crate) methods: Vec<String>,
    /// The properties of `req` and `res`, with the line of their first use: `res.json`, `req.cookies`.
    pub(crate) uses: BTreeMap<String, usize>,
    /// Imported functions that get the whole request: `return handle(req, res)`.
    pub(crate) delegates: Vec<Import>,
    /// The type of the response, from `NextApiResponse<T>`.
    pub(crate) response: Option<Type>,
    /// The type of `req.body`.
    pub(crate) body: Option<Type>,
    /// What could not be read, a sentence each.
    pub(crate) unread: Vec<String>,
}

/// A local name that comes from another module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) module: String,
    /// The name there; `default` and `*` as in JavaScript.
    pub(crate) name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Exported {
    Local(String),
    From(Import),
}

/// The default export of a route file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Handler {
    /// The functions around the handler, from the outside in.
    pub(crate) wrappers: Vec<String>,
    /// The module that the handler itself comes from, if it is not in the file.
    pub(crate) from: Option<Import>,
    /// Whether a call makes it of other functions, as a router does, or of none.
    pub(crate) is_made: bool,
}

/// A file that is not JavaScript or TypeScript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) message: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for SyntaxError {}

/// Reads a file. The extension of the path decides the language; a `.js` may have JSX and types, as in Next.js.
pub(crate) fn source(path: &Path, text: &str) -> Result<Source, SyntaxError> {
    parse(path, text, |program, lines| {
        let mut source = Source::default();
        export::read(program, lines, &mut source);
        type_syntax::read(program, &mut source);
        annotations::read(program, &mut source);
        config::read(program, lines, &mut source);
        let names = names::Names::of(program, &source);
        methods::read(program, &names, lines, &mut source);
        calls::read(program, &names, lines, &mut source);
        source
    })
}

/// Reads the default export, or `module.exports`, of a file as a literal, for `next.config.js`.
///
/// With it come the functions that it is passed to.
pub(crate) fn exported_literal(
    path: &Path,
    text: &str,
) -> Result<Option<(Literal, Vec<String>)>, SyntaxError> {
    parse(path, text, |program, _| export::literal(program))
}

/// Reads a JSON file that may have comments and trailing commas, such as `tsconfig.json`.
pub(crate) fn json_with_comments(text: &str) -> Result<Option<Literal>, SyntaxError> {
    let text = format!("export default {text}\n");
    let read = exported_literal(Path::new("file.ts"), &text)?;
    Ok(read.map(|(literal, _)| literal))
}

fn parse<T>(
    path: &Path,
    text: &str,
    read: impl FnOnce(&Program<'_>, &Lines<'_>) -> T,
) -> Result<T, SyntaxError> {
    let allocator = Allocator::default();
    let mut kind = SourceType::from_path(path).unwrap_or_else(|_| SourceType::tsx());
    if !kind.is_typescript() {
        // Next.js compiles a plain `.js` as a module, as a script and with JSX.
        kind = SourceType::unambiguous().with_jsx(true);
    }
    let lines = Lines::of(text);
    let parsed = Parser::new(&allocator, text, kind).parse();
    if let Some(error) = parsed.diagnostics.iter().find(|_| parsed.diagnostics.has_errors()) {
        let offset = error.labels.first().map_or(0, oxc_span::LabeledSpan::offset);
        let (line, column) = lines.place(offset.try_into().unwrap_or(usize::MAX));
        return Err(SyntaxError { line, column, message: error.message.to_string() });
    }
    Ok(read(&parsed.program, &lines))
}

/// Turns offsets into lines.
struct Lines<'a> {
    text: &'a str,
    /// Where each line begins.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        Self { text, starts: starts.collect() }
    }

    /// Returns the line and the column of an offset, both from 1.
    fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|index| self.starts.get(index)).copied().unwrap_or(0);
        let before = self.text.get(start..offset).or_else(|| self.text.get(start..)).unwrap_or_default();
        (line, before.chars().count() + 1)
    }

    fn line(&self, offset: u32) -> usize {
        self.place(offset.try_into().unwrap_or(usize::MAX)).0
    }
}

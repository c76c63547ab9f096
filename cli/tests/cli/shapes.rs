//! Files in every shape that JavaScript has for the same thing: what they say is read, and what is not read is said.

use crate::program::{HELLO, PACKAGE, app, build, build_alone, import_route, library, run};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

const PLAIN: &str = HELLO.1;

#[test]
fn config_is_read_in_every_form() {
    let off = "RouteConfig::new().body_parser(false)";
    let cases = [
        ("const config = { api: { bodyParser: false } };\nexport { config };", off),
        ("const c = { api: { bodyParser: false } };\nexport { c as config };", off),
        ("const c = { api: { bodyParser: false } };\nexport const config = c;", off),
        ("export const config = { api: { bodyParser: false } } as const;", off),
        (
            "const c = { api: { bodyParser: { ...base } } };\nexport { c as config };",
            "`config.api.bodyParser` (line 1) is not",
        ),
        ("export const config = { ...base };", "`config` (line 1) has a spread, which is not a literal"),
        (
            "export const config = { api: { ...base } };",
            "`config.api` (line 1) has a spread, which is not a literal",
        ),
        ("export const config = { api: { [key]: 1 } };", "`config.api` (line 1) has a computed key"),
        ("export const { config } = base;", "`config` is exported, and its value is not read"),
        ("import { config } from './base';\nexport { config };", "`config` comes from \"./base\""),
        (
            "const config = { runtime: 'edge' };\nexport { config };",
            "`config.runtime` (line 1) is not in an exported literal",
        ),
        (
            "const s = 5;\nexport { s as maxDuration };",
            "`maxDuration` (line 1) is not in an exported literal",
        ),
    ];
    for (config, expected) in cases {
        let (said, rust) = import_route("pages/api/x.ts", &format!("{config}\n{PLAIN}"));
        assert!(rust.contains(expected), "{config}: {said:?}{rust}");
    }
    let (_, rust) = import_route(
        "pages/api/x.js",
        "const handler = (req, res) => res.end();\nmodule.exports = { default: handler, config: { api: { bodyParser: false } } };",
    );
    assert!(rust.contains(off), "{rust}");
    // What has no counterpart is no import either: the file has no warning.
    let (_, rust) =
        import_route("pages/api/x.js", &format!("export const config = {{ runtime: 'nodejs' }};\n{PLAIN}"));
    assert!(!rust.contains("RouteConfig"), "{rust}");
}

#[test]
fn methods_are_read_or_said() {
    let cases = [
        ("export default (req, res) => ({ GET: a, POST: b } as any)[req.method!]?.(req, res);", "GET POST"),
        ("const h = handlers({ GET: a, POST: b });\nexport default h;", "GET POST"),
        ("const h = allow(['GET'], run);\nexport default withAuth(withLog(h));", "GET"),
        ("module.exports = handlers({ PUT: a });", "PUT"),
        (
            "const m = new Map([['GET', a]]);\nexport default (req, res) => m.get(req.method)(req, res);",
            "`req.method` (line 2) is passed to a function",
        ),
        (
            "export default (req, res) => { if (/^GET$/.test(req.method)) res.end(); };",
            "(line 1) is passed to a function",
        ),
        (
            "export default (req, res) => { check(req.method); res.end(); };",
            "(line 1) is passed to a function",
        ),
        ("export default base().get((req, res) => res.end());", "the handler is made by a function"),
        ("export default router.handler();", "the handler is made by a function"),
        ("export default (req, res) => { console.log(req.method); res.end(req.method); };", "every method\n"),
        (
            "export default (req, res) => { log(req.method); if (req.method === 'GET') res.end(); };",
            "+ GET\n",
        ),
    ];
    for (text, expected) in cases {
        let (said, _) = import_route("pages/api/x.ts", text);
        assert!(said.out.contains(expected), "{text}: {said:?}");
        assert_eq!(said.out.contains("Not read"), expected.contains(" is "), "{text}: {said:?}");
    }
}

#[test]
fn handler_is_found_in_every_form() {
    let route = "1 routes";
    let none = "no function as its default export";
    let cases = [
        ("module.exports = require('../../lib/x');", route),
        ("module.exports = { default: (req, res) => res.end() };", route),
        ("let f; f = (req, res) => res.end(); export { f as default };", route),
        ("module.exports = { helper: 1 };", none),
        ("export default { a: 1 };", none),
        ("export default 42;", none),
        ("const list = ['a'];\nexport default list;", none),
        ("", none),
        ("// nothing\r\n", none),
    ];
    for (text, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let shop = folder.path().join("shop");
        app(&shop, &[PACKAGE, ("pages/api/x.js", text), ("pages/api/y.js", "")]);
        app(
            &shop,
            &[("lib/x.js", "module.exports = (req, res) => { if (req.method === 'PUT') res.end(); };")],
        );
        if expected == none {
            app(&shop, &[("pages/api/y.js", PLAIN)]);
        }
        let said = run(folder.path(), &["import", "shop"]);
        assert!(said.out.contains(expected) && said.out.contains(route), "{text}: {}", said.out);
        assert_eq!(said.out.contains("+ PUT"), text.contains("require"), "{text}: {}", said.out);
        assert!(!said.out.contains("Not read"), "{text}: {}", said.out);
    }
}

#[test]
fn next_config_says_what_is_not_read() {
    let cases = [
        ("export default (phase) => ({ basePath: '/a' });", "basePath /a"),
        ("\u{feff}module.exports = {\r\n  basePath: '/a',\r\n};\r\n", "basePath /a"),
        (
            "export default (phase, { d }) => { const c = { ...d }; return c; };",
            "check basePath, trailingSlash and pageExtensions",
        ),
        ("export default { ...shared };", "`a spread object` of `next.config.mjs` is not a literal"),
        (
            "const c = { basePath: '/a' };\nexport default withA(withB(c));",
            "passes its settings to withA, withB, which may",
        ),
        ("export default bundle({ on: 1 })({ basePath: '/a' });", "passes its settings to bundle, which may"),
        (
            "export default { rewrites: () => [{ source: '/v1', destination: `/api/${v}` }] };",
            "`rewrites` of",
        ),
    ];
    for (config, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        app(&folder.path().join("shop"), &[PACKAGE, ("next.config.mjs", config), ("pages/api/x.js", PLAIN)]);
        let said = run(folder.path(), &["import", "shop", "--dry-run"]);
        assert!(said.code == Some(0) && said.out.contains(expected), "{config}: {}{}", said.out, said.err);
    }
    // What is a literal is read, and no sentence says otherwise.
    let literal = "{ basePath: '/a', async redirects() { return []; }, headers: () => [], rewrites: () => ({ fallback: [] }) }";
    for config in [
        literal.to_owned(),
        literal.replace("({ fallback: [] })", "[{ source: '/api/x', destination: '/api/y' }]"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let config = format!("export default {config};");
        app(&folder.path().join("shop"), &[PACKAGE, ("next.config.mjs", &config), ("pages/api/x.js", PLAIN)]);
        let said = run(folder.path(), &["import", "shop", "--dry-run"]);
        assert!(said.out.contains("basePath /a") && !said.out.contains("Not read"), "{config}: {}", said.out);
    }
    let folder = tempfile::tempdir().unwrap();
    let config = ("next.config.mjs", "export default { pageExtensions: list };");
    app(&folder.path().join("shop"), &[PACKAGE, config, ("pages/api/x.page.vue", PLAIN)]);
    let said = run(folder.path(), &["import", "shop"]);
    assert!(said.err.contains("no API routes") && said.err.contains("`pageExtensions` of"), "{}", said.err);
}

/// Returns the declarations of the types of a response and a body.
fn types(declarations: &str) -> String {
    let text = format!(
        "import type {{ NextApiRequest, NextApiResponse }} from 'next';\n{declarations}\n\
         export default (req: NextApiRequest, res: NextApiResponse<R>) => res.end();\n"
    );
    let (said, rust) = import_route("pages/api/x.ts", &text);
    said.out + &said.err + &rust
}

#[test]
fn types_are_what_json_has() {
    // The declaration, what is there, and what is not.
    let cases = [
        // A recursive type that may be null has one name.
        (
            "type R = string | number | boolean | null | R[] | { [k: string]: R };",
            "Map(std::collections::BTreeMap<String, Option<Box<R>>>)",
            "R2",
        ),
        ("type N = { v: 1 } | null; type R = { a: N; b: N };", "pub b: Option<N>", "N2"),
        ("type R = { next: L }; type L = { v: string; l: L } | null;", "pub l: Option<Box<L>>", "L2"),
        (
            "type R = P<string>; type P<T> = { a: P<T[]>; b: P<T | null> };",
            "`P` contains itself without an end",
            "P9",
        ),
        ("type R = M<M<string>>; type M<T> = { m: T };", "pub m: MText", "without an end"),
        (
            "type R = Page; interface Post { id: number } interface Page<T = Post> { items: T[] }",
            "Vec<Post>",
            "Value",
        ),
        // A field that is declared twice is one field.
        (
            "interface A { id: number; kind: string } interface R extends A { kind: 'b' }",
            "pub struct R {\n    pub kind: RKind,\n    pub id: f64,\n}",
            "flatten)]\n    pub a",
        ),
        (
            "type A = { id: 1; a: 1 }; type B = { id: 1; b: 1 }; type R = A & B;",
            "pub a: f64,\n    pub b: f64",
            "flatten",
        ),
        (
            "type A = { id: 1 }; type B = { b: 1 }; type R = A & B;",
            "#[serde(flatten)]\n    pub b: B",
            "Reply",
        ),
        ("type R = { k: string } & { k: 'b' };", "pub struct R {\n    pub k: Rk,\n}", "k_2"),
        ("interface R { a: 1 } interface R { b: 2 }", "pub a: f64,\n    pub b: f64", "R2"),
        // A text with a brand is a text.
        ("type Id = string & { readonly __brand: 'Id' }; type R = { id: Id };", "pub id: String", "brand"),
        ("type Id = number & { __n: 1 }; type R = { id: Id[] };", "pub id: Vec<f64>", "n:"),
        ("type R = { a: ('a' | 'b') & { x?: never } };", "pub a: RaPart0", "flatten"),
        ("type R = { a: 'a' | 'b' | (string & {}) };", "pub a: String", "enum"),
        ("type R = { a: 'a' | 'b' | number };", "Number(f64)", "Ra3"),
        ("type R = { a: -1 | 0 | 1 };", "pub a: f64", "enum"),
        ("type R = { a: 1 | true | 'x' };", "Boolean(bool)", "several"),
    ];
    for (declarations, there, absent) in cases {
        let found = types(declarations);
        assert!(found.contains(there) && !found.contains(absent), "{declarations}: {found}");
    }
}

/// Routes whose names and types are hard to write in Rust.
const ODD: [&str; 22] = [
    "type",
    "self",
    "crate/super",
    "with-dash",
    "with.dots.v2",
    "(group)/x",
    "@slot/x",
    "a b",
    "ünï",
    "日本",
    "it's",
    "[id",
    "user-[id]",
    "p/[user-id]",
    "index/index",
    "$x",
    "MixedCase",
    "mixedcase",
    "main",
    "mod/index",
    "100%",
    "opt/[[...all]]",
];

#[test]
fn odd_names_and_types_compile() {
    let _alone = build_alone();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("odd");
    let _ = fs::remove_dir_all(&folder);
    let shop = folder.join("shop");
    let mut fields = String::new();
    for (index, name) in
        ["content-type", "class", "self", "Self", "crate", "", "a b", "é", "日", "2", "async", "$ref", "_id"]
            .iter()
            .chain(&["fooBar", "foo_bar", "foo_bar_2", "foo_bar_3", "foo-bar"])
            .enumerate()
    {
        let _ = write!(fields, "{name:?}: {index}; ");
    }
    let typed = format!(
        "import type {{ NextApiRequest, NextApiResponse }} from 'next';\n\
         interface R {{ {fields} e: E; r: Result; [k: string]: unknown }}\n\
         type E = 'A3' | 'a' | 'A' | '+1' | '-1' | '<' | '>' | '' | ' ';\n\
         interface Result {{ vec: Vec; debug: Debug; u: string | string[] | [string, number] | R[] }}\n\
         type Vec = {{ option: Option }} | null; type Option = 'a'; interface Debug {{ clone: Clone[] }}\n\
         interface Clone extends Debug {{ clone: Clone[]; json: Json }}\n\
         type Json = string | null | Json[] | {{ [k: string]: Json }};\n\
         export default (req: NextApiRequest, res: NextApiResponse<R>) => res.json(req.body as Json);\n"
    );
    app(&shop, &[PACKAGE]);
    for name in ODD {
        app(&shop, &[(&format!("pages/api/{name}.ts"), &typed)]);
    }
    let said = run(&folder, &["import", "shop", "--crate-path", &library()]);
    assert!(said.code == Some(0) && said.out.contains("22 routes"), "{}{}", said.out, said.err);
    fs::copy(Path::new(&library()).join("Cargo.lock"), folder.join("shop-api/Cargo.lock")).unwrap();
    build(&folder.join("shop-api"));
}

#[test]
fn unreadable_file_leaves_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let shop = folder.path().join("shop");
    app(&shop, &[PACKAGE, ("pages/api/x.js", PLAIN)]);
    fs::write(shop.join("pages/api/latin.js"), b"// caf\xe9\n").unwrap();
    fs::write(shop.join("next.config.js"), b"// caf\xe9\n").unwrap();
    let mut expected = vec!["pages/api/latin.js: ", "next.config.js: "];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere.js", shop.join("pages/api/dangling.js")).unwrap();
        std::os::unix::fs::symlink("..", shop.join("pages/api/up")).unwrap();
        std::os::unix::fs::symlink(".", shop.join("pages/api/here")).unwrap();
        app(&shop, &[("pages/api/new\nline.js", PLAIN)]);
        expected.extend(["pages/api/dangling.js: ", "no control characters"]);
    }
    let said = run(folder.path(), &["import", "shop"]);
    assert!(said.code == Some(1) && said.out.contains("1 routes"), "{}{}", said.out, said.err);
    for line in expected {
        assert!(said.out.contains(line), "{line}: {}", said.out);
    }
    assert!(folder.path().join("shop-api/src/pages/api/x.rs").is_file());
}

#[test]
fn large_and_deep_files_are_read() {
    let sum = (0..50_000).map(|number| format!("\"{number}\"")).collect::<Vec<_>>().join("+");
    let chain: String =
        (0..10_000).map(|number| format!("if (req.query.k === '{number}') res.end(); else ")).collect();
    let long: String =
        (0..16_000).map(|n| format!("  if (req.query.k{n} === 'v') res.json({{ a: {n} }});\n")).collect();
    let cases = [
        format!("const s = {sum};\n{PLAIN}"),
        format!("export default function handler(req, res) {{ {chain} res.end(); }}"),
        format!("const a = {}{};\n{PLAIN}", "[".repeat(10_000), "]".repeat(10_000)),
        format!("export default function handler(req, res) {{\n{long}}}"),
    ];
    for text in cases {
        let started = Instant::now();
        let (said, rust) = import_route("pages/api/x.js", &text);
        assert!(rust.contains("next::forward"), "{said:?}");
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "{:?} for {} bytes",
            started.elapsed(),
            text.len()
        );
    }
}

#[test]
fn uses_of_another_file_are_listed_once() {
    let folder = tempfile::tempdir().unwrap();
    let lib = "export default async (req, res) => { res.setPreviewData({}); await res.revalidate('/'); res.json(req.cookies); };";
    let route = "import handle from '../../lib/x';\nexport default (req, res) => { log(req.cookies); return handle(req, res); };";
    app(&folder.path().join("shop"), &[PACKAGE, ("lib/x.js", lib), ("pages/api/x.js", route)]);
    assert_eq!(run(folder.path(), &["import", "shop"]).code, Some(0));
    let rust = fs::read_to_string(folder.path().join("shop-api/src/pages/api/x.rs")).unwrap();
    for (use_of, times) in [
        ("`req.cookies` (line 2)", 1),
        ("req.cookies in", 0),
        ("`res.setPreviewData in ../../lib/x`", 1),
        ("`res.revalidate in ../../lib/x`", 1),
    ] {
        assert_eq!(rust.matches(use_of).count(), times, "{use_of}: {rust}");
    }
}

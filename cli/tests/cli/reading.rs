//! What an import reads of an app, and what it says that it has not read.

use crate::program::{HELLO, PACKAGE, app, import_route, run};
use std::fs;

#[test]
fn byte_order_marks_are_no_text() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let marked = |text: &str| format!("\u{feff}{text}");
    app(&at.join("shop"), &[("package.json", &marked(PACKAGE.1)), (HELLO.0, &marked(HELLO.1))]);
    let said = run(at, &["import", "shop"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("/api/hello "), "{}", said.out);
}

#[test]
fn what_next_config_computes_is_said() {
    let cases = [
        (
            "const c = { basePath: '/a' };\nc.basePath = process.env.BASE;\nmodule.exports = c;",
            Some("basePath"),
        ),
        ("const c = {};\nif (x) { c.trailingSlash = true; }\nexport default f(c);", Some("trailingSlash")),
        ("module.exports = {};\nmodule.exports.rewrites = rules;", Some("rewrites")),
        ("module.exports = { pageExtensions: ['ts', ...more] };", Some("pageExtensions")),
        ("export default { ...base };", Some("a spread object")),
        ("const c = {};\nc.output = 'standalone';\nother.basePath = '/a';\nexport default c;", None),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (config, unread) in cases {
        app(&folder.path().join("shop"), &[PACKAGE, HELLO, ("next.config.js", config)]);
        let out = run(folder.path(), &["import", "shop", "--dry-run"]).out;
        match unread {
            Some(key) => {
                let line = format!("`{key}` of `next.config.js` is not a literal");
                assert!(out.contains(&line), "{config}: {out}");
            }
            None => assert!(!out.contains("Not read"), "{config}: {out}"),
        }
    }
}

#[test]
fn config_is_read_however_exported() {
    const LINE: &str = "RouteConfig::new().body_parser(false)";
    let settings = "{ api: { bodyParser: false } }";
    let cases = [
        (format!("export const config = {settings};"), true),
        (format!("const config = {settings};\nexport {{ config }};"), true),
        (format!("const settings = {settings};\nexport {{ settings as config }};"), true),
        (format!("const config = {settings};"), false),
    ];
    let commonjs = [
        format!("module.exports = () => {{}};\nmodule.exports.config = {settings};"),
        format!("module.exports = {{ default: () => {{}}, config: {settings} }};"),
    ];
    let modules = cases.map(|(text, is_read)| (format!("{text}\nexport default () => {{}};"), is_read));
    for (text, is_read) in modules.into_iter().chain(commonjs.map(|text| (text, true))) {
        let (said, written) = import_route("pages/api/x.js", &text);
        assert_eq!(said.code, Some(0), "{text}");
        assert_eq!(written.contains(LINE), is_read, "{text}: {written}");
    }
}

#[test]
fn page_extensions_name_every_special_file() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        PACKAGE,
        ("next.config.js", "module.exports = { pageExtensions: ['page.ts', 'api.ts'] };"),
        ("src/pages/api/one.api.ts", HELLO.1),
        ("src/pages/api/two.ts", HELLO.1),
        ("src/app/feed/route.page.ts", "export function GET() {}"),
        ("src/app/other/route.ts", "export function GET() {}"),
        ("src/middleware.page.ts", "export function middleware() {}"),
    ];
    app(&folder.path().join("shop"), &files);
    let out = run(folder.path(), &["import", "shop", "--dry-run"]).out;
    for (line, is_there) in [
        ("/api/one  + every method", true),
        ("src/pages/api/two.ts  Next.js does not serve it", true),
        ("src/app/feed/route.page.ts  a route handler", true),
        ("src/app/other/route.ts", false),
        ("`src/middleware.page.ts` runs", true),
    ] {
        assert_eq!(out.contains(line), is_there, "{line}: {out}");
    }
}

#[test]
fn modules_that_export_each_other_end() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let stars = |own: usize| {
        (0..8)
            .filter(|star| *star != own)
            .map(|star| format!("export * from './{star}';\n"))
            .collect::<String>()
    };
    for star in 0..8 {
        app(&at.join("shop/lib"), &[(&format!("{star}.ts"), &stars(star))]);
    }
    let route = "import type { NextApiResponse } from 'next';\nimport type { Missing } from '../../lib/0';\n\
                 export default function handler(req, res: NextApiResponse<Missing>) {}";
    app(&at.join("shop"), &[PACKAGE, ("pages/api/x.ts", route)]);
    let out = run(at, &["import", "shop", "--dry-run"]).out;
    assert!(out.contains("the type `Missing` is not a declaration of the app"), "{out}");
}

#[test]
fn settings_that_were_read_are_listed() {
    let cases = [
        ("{ basePath: '/a' }", Some("basePath /a, trailing slash Remove, from next.config")),
        ("{ trailingSlash: true }", Some("basePath none, trailing slash Require, from next.config")),
        (
            "{ skipTrailingSlashRedirect: true }",
            Some("basePath none, trailing slash Ignore, from next.config"),
        ),
        ("{ trailingSlash: false }", None),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (config, line) in cases {
        let config = format!("module.exports = {config};");
        app(&folder.path().join("shop"), &[PACKAGE, HELLO, ("next.config.js", &config)]);
        let out = run(folder.path(), &["import", "shop", "--dry-run"]).out;
        assert_eq!(out.lines().find(|line| line.starts_with("basePath")), line, "{out}");
    }
}

#[test]
fn sessions_are_those_of_the_dependencies() {
    let cases = [
        (r#""next-auth": "^4.24.7""#, Some("next_auth")),
        (r#""next-auth": "3""#, Some("next_auth")),
        (r#""next-auth": "5.0.0-beta.25""#, Some("auth_js")),
        (r#""next-auth": "beta""#, Some("auth_js")),
        (r#""@auth/core": "^0.37.0""#, Some("auth_js")),
        (r#""iron-session": "^8.0.0""#, Some("iron")),
        (r#""express": "5""#, None),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (number, (dependency, sessions)) in cases.into_iter().enumerate() {
        let package = format!(r#"{{ "dependencies": {{ "next": "16", {dependency} }} }}"#);
        app(&folder.path().join("shop"), &[("package.json", &package), HELLO]);
        let out = format!("crate{number}");
        assert_eq!(run(folder.path(), &["import", "shop", "--out", &out]).code, Some(0));
        let main = fs::read_to_string(folder.path().join(&out).join("src/main.rs")).unwrap();
        let found = ["next_auth", "auth_js", "iron"]
            .into_iter()
            .find(|name| main.contains(&format!("Sessions::{name}")));
        assert_eq!(found, sessions, "{dependency}: {main}");
        let manifest = fs::read_to_string(folder.path().join(&out).join("Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("name = \"{out}\"")), "{manifest}");
    }
}

/// What an import says of a route file, and what it writes for it.
fn imported(text: &str) -> (String, String) {
    let (said, written) = import_route("pages/api/x.ts", text);
    assert_eq!(said.code, Some(0), "{text}: {}", said.err);
    (said.out, written)
}

#[test]
fn a_config_that_nextjs_refuses_is_said() {
    let cases = [
        ("api: { bodyParser: { sizeLimit: '1 elephant' } }", Some("`config.api.bodyParser` (line 1)")),
        ("api: { responseLimit: 'many' }", Some("`config.api.responseLimit` (line 1)")),
        ("api: { responseLimit: -1 }", Some("`config.api.responseLimit` (line 1)")),
        ("maxDuration: 0", Some("`maxDuration` (line 1) is not a number of seconds")),
        ("maxDuration: 1.5", Some("`maxDuration` (line 1) is not a number of seconds")),
        ("maxDuration: 86400", Some("`maxDuration` (line 1) is not a number of seconds")),
        ("maxDuration: 86399", None),
        ("api: { bodyParser: { sizeLimit: '1.5mb' }, responseLimit: 0 }", None),
    ];
    for (config, unread) in cases {
        let (out, written) =
            imported(&format!("export const config = {{ {config} }};\nexport default () => {{}};"));
        assert_eq!(written.contains("CONFIG"), unread.is_none(), "{config}: {written}");
        assert_eq!(out.contains("Not read"), unread.is_some(), "{config}: {out}");
        assert!(out.contains(unread.unwrap_or_default()), "{config}: {out}");
    }
}

#[test]
fn methods_are_those_of_the_handler() {
    let cases = [
        ("(incoming: NextApiRequest & { user: string }, outgoing: X) => incoming.method === 'PUT'", "PUT"),
        ("(incoming: X, outgoing: NextApiResponse | Y) => incoming.method === 'PUT'", "PUT"),
        ("(job: Job, queue: Queue) => job.method === 'PUT'", "every method"),
        ("(req, res) => ({ GET, POST })[req.method]?.(req, res)", "GET POST"),
        ("(req, res) => ({})[req.method]", "every method"),
        ("(req, res) => ({ ...handlers })[req.method]", "every method"),
    ];
    for (handler, methods) in cases {
        let (out, _) = imported(&format!("export default {handler};"));
        assert!(out.contains(&format!("/api/x  + {methods}\n")), "{handler}: {out}");
        let is_unread = handler.contains("({})") || handler.contains("...");
        assert_eq!(out.contains("is compared with what is not a literal"), is_unread, "{handler}: {out}");
    }
}

#[test]
fn only_rules_about_the_api_are_noted() {
    let folder = tempfile::tempdir().unwrap();
    let config = "module.exports = { basePath: '/shop', rewrites: async () => [
        { source: '/api/:path*', destination: '/x' }, { source: '/old', destination: '/api/hello' },
        { source: '/:all*', destination: '/y' }, { source: '/(.*)', destination: '/z' },
        { source: '/blog/:slug', destination: '/news/:slug' }, { source: '/apix', destination: 'https://example.com/api' }] };";
    app(&folder.path().join("shop"), &[PACKAGE, HELLO, ("next.config.js", config)]);
    let out = run(folder.path(), &["import", "shop", "--dry-run"]).out;
    let noted: Vec<_> = out.lines().filter_map(|line| line.strip_prefix("note: `rewrites` for `")).collect();
    let sources: Vec<_> = noted.iter().filter_map(|line| line.split('`').next()).collect();
    assert_eq!(sources, ["/api/:path*", "/old", "/:all*", "/(.*)"], "{out}");
}

#[test]
fn variables_in_a_circle_end() {
    let (out, _) = imported("const a = b;\nconst b = a;\nexport default a;");
    assert!(out.contains("/api/x  + every method"), "{out}");
    imported("const a = wrap(b);\nconst b = wrap(a);\nexport default wrap(a);");
}

#[test]
fn what_json_never_has_is_no_field() {
    let (out, written) = imported(
        "import type { NextApiRequest, NextApiResponse } from 'next';
         type Found = { data: string; error?: never; tags: Set<string> };
         export default function handler(req: NextApiRequest, res: NextApiResponse<Found>) {}",
    );
    assert!(written.contains("pub data: String,\n    pub tags: serde_json::Value,\n}"), "{written}");
    assert!(out.contains("`Set`"), "{out}");
}

#[test]
fn types_that_contain_themselves_end() {
    imported(
        "import type { NextApiRequest, NextApiResponse } from 'next';
         type A = A & { x: 1 }; interface B extends C { x: 1 } interface C extends B { x: 2 }
         type R = { a: A & { x: 2 }; b: B & { x: 3 } };
         export default (req: NextApiRequest, res: NextApiResponse<R>) => res.end();",
    );
}

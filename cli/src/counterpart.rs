//! What a route file uses, and its counterpart in `tower-api-routes`.

use crate::read::Source;

const DOCS: &str = "https://github.com/tower-api-routes/tower-api-routes/blob/main/";

/// Something that a route file uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    /// As it is in the file: `res.revalidate`, `next-auth`.
    pub(crate) name: String,
    /// The line of its first use.
    pub(crate) line: usize,
    /// What to write here.
    pub(crate) here: &'static str,
    /// The address of the guide.
    pub(crate) guide: String,
    /// One word for a table: `session`, `upload`.
    pub(crate) need: &'static str,
    /// The feature of the crate that it needs.
    pub(crate) feature: Option<&'static str>,
}

/// What is found in the source, what is written here, the guide, the word for a table, the feature.
type Row = (&'static [&'static str], &'static str, &'static str, &'static str, Option<&'static str>);

/// Properties of `req` and `res`. What every handler has (`res.status`, `res.json`, `req.query`) is not here.
const PROPERTIES: &[Row] = &[
    (
        &["res.revalidate", "res.unstable_revalidate"],
        "`res.revalidate(\"/path\").await?`",
        "examples/with-nextjs/README.md",
        "revalidate",
        Some("revalidate"),
    ),
    (
        &["res.setPreviewData", "res.clearPreviewData", "res.setDraftMode"],
        "`res.set_preview_data(&data, PreviewOptions::new()).await`, `res.set_draft_mode(true)`",
        "examples/with-nextjs/README.md",
        "draft",
        Some("draft"),
    ),
    (
        &["req.preview", "req.previewData", "req.draftMode"],
        "`req.preview()`, `req.preview_data()`, `req.draft_mode()`",
        "examples/with-nextjs/README.md",
        "draft",
        Some("draft"),
    ),
    (
        &["res.redirect"],
        "`res.redirect(\"/path\")`, `res.redirect_with(303, \"/path\")`",
        "docs/nextjs.md#redirects",
        "redirect",
        None,
    ),
    (
        &["Set-Cookie"],
        "`res.cookie(Cookie::build((\"name\", \"value\")).path(\"/\"))`",
        "docs/migration.md#for-each-route",
        "cookies",
        None,
    ),
    (&["req.cookies"], "`req.cookies().get(\"name\")`", "docs/nextjs.md#request-helpers", "cookies", None),
    (
        &["text/event-stream"],
        "`res.sse(|mut events| async move { … })`",
        "docs/nextjs.md#streaming",
        "stream",
        None,
    ),
    (
        &["res.write", "res.flushHeaders", "res.flush", "pipe(res)"],
        "`res.stream(|mut body| async move { … })`, `res.send(Body::from_stream(…))`",
        "docs/nextjs.md#streaming",
        "stream",
        None,
    ),
    (
        &["for await (req)", "req.on(data)", "req.pipe", "req.read"],
        "`ApiRequest<RawBody>` for the bytes, `ApiRequest<Body>` for the stream",
        "docs/nextjs.md#bodyparser-false",
        "raw body",
        None,
    ),
    (
        &["req.socket", "req.connection"],
        "`req.remote_addr()`",
        "docs/migration.md#what-middleware-did",
        "client address",
        None,
    ),
    (
        &["res.socket", "req.httpVersion"],
        "no counterpart: leave this route in Next.js",
        "docs/migration.md",
        "socket",
        None,
    ),
    (
        &["req.on(close)", "req.on(aborted)", "res.on"],
        "nothing: a client that disconnects ends the handler's stream",
        "docs/nextjs.md#streaming",
        "stream",
        None,
    ),
];

/// Packages, by the beginning of the module's name.
const MODULES: &[Row] = &[
    (
        &["next-auth", "@auth/", "@/auth"],
        "`req.session::<T>()?`, `.or_status(401)?` for one that is required",
        "docs/sessions.md",
        "session",
        None,
    ),
    (&["iron-session"], "`req.session::<T>()?`, `res.set_session(&t)`", "docs/sessions.md", "session", None),
    (
        &[
            "@clerk/",
            "@auth0/",
            "@supabase/auth-helpers",
            "@supabase/ssr",
            "@kinde-oss/",
            "@workos",
            "passport",
        ],
        "a wrapper that verifies the token: `handler.wrap(signed_in)`",
        "docs/wrappers.md",
        "session",
        None,
    ),
    (
        &["formidable", "multer", "busboy", "multiparty", "@fastify/busboy"],
        "`ApiRequest<Body>` with the crate `multer`",
        "examples/upload",
        "upload",
        None,
    ),
    (
        &["next-connect", "micro-api-router", "nextjs-route"],
        "`methods().get(…)`, and `wrap` or `layer` for what `use` did",
        "docs/wrappers.md",
        "next-connect",
        None,
    ),
    (
        &["cors", "nextjs-cors", "micro-cors"],
        "`RouteConfig::new().cors(…)`",
        "docs/nextjs.md#caveats",
        "cors",
        Some("cors"),
    ),
    (
        &["cookie", "cookies", "nookies", "cookies-next", "cookies-js"],
        "`req.cookies()`, `res.cookie(…)`",
        "docs/nextjs.md#request-helpers",
        "cookies",
        None,
    ),
    (
        &["micro", "raw-body", "get-raw-body"],
        "`ApiRequest<RawBody>`",
        "docs/nextjs.md#bodyparser-false",
        "raw body",
        None,
    ),
    (
        &["stripe", "svix", "@octokit/webhooks"],
        "`ApiRequest<RawBody>` and a signature over its bytes",
        "examples/webhook.rs",
        "webhook",
        None,
    ),
    (
        &["zod", "yup", "joi", "superstruct", "valibot", "ajv", "class-validator"],
        "`ApiRequest<T>`: a body that does not fit is a 422",
        "docs/nextjs.md#types",
        "validation",
        None,
    ),
    (
        &[
            "@prisma/client",
            "prisma",
            "drizzle-orm",
            "kysely",
            "knex",
            "typeorm",
            "pg",
            "mysql2",
            "mongodb",
            "mongoose",
            "better-sqlite3",
            "@/lib/db",
            "@/lib/prisma",
        ],
        "a pool in `.state(…)`, `req.state::<Pool>()?`",
        "docs/coming-from-axum.md",
        "database",
        None,
    ),
    (
        &["@trpc/server"],
        "no counterpart: leave this route in Next.js, or move its procedures one by one",
        "docs/migration.md",
        "trpc",
        None,
    ),
    (
        &["apollo-server-micro", "@apollo/server", "@as-integrations/next", "graphql-yoga", "graphql-http"],
        "`async-graphql`",
        "examples/graphql",
        "graphql",
        None,
    ),
    (
        &["socket.io", "ws"],
        "an upgrade of hyper, or leave this route in Next.js",
        "docs/migration.md",
        "websocket",
        None,
    ),
    (
        &["http-proxy", "http-proxy-middleware", "next-http-proxy-middleware", "httpxy"],
        "`Proxy::new(origin)?`",
        "docs/migration.md#the-rust-server-in-front",
        "proxy",
        None,
    ),
    (
        &["express-rate-limit", "@upstash/ratelimit", "lru-cache", "rate-limiter-flexible"],
        "a tower layer: `route_layer`",
        "examples/limits.rs",
        "rate limit",
        None,
    ),
    (&["jsonwebtoken", "jose"], "the crate `jsonwebtoken`, in a wrapper", "docs/wrappers.md", "token", None),
    (
        &["nodemailer", "@sendgrid/", "resend", "postmark"],
        "the crate `lettre`, or the service's HTTP API",
        "docs/migration.md",
        "mail",
        None,
    ),
    (
        &["sharp", "@vercel/og", "puppeteer", "canvas"],
        "the crate `image`, or leave this route in Next.js",
        "docs/migration.md",
        "images",
        None,
    ),
    (
        &["fs", "fs/promises", "node:fs", "node:fs/promises"],
        "`tokio::fs`",
        "docs/nextjs.md#text-bytes-and-streams",
        "files",
        None,
    ),
];

/// Returns what a file uses that has a counterpart, in the order of its lines.
pub(crate) fn uses(source: &Source) -> Vec<Use> {
    let mut found: Vec<Use> = Vec::new();
    let mut add = |name: &str, line: usize, row: &Row| {
        let (_, here, guide, need, feature) = *row;
        if !found.iter().any(|known| known.here == here) {
            found.push(Use {
                name: name.to_owned(),
                line,
                here,
                guide: format!("{DOCS}{guide}"),
                need,
                feature,
            });
        }
    };
    for row in PROPERTIES {
        for name in row.0 {
            if let Some(line) = source.uses.get(*name) {
                add(name, *line, row);
            }
        }
    }
    for row in MODULES {
        for (module, line) in &source.modules {
            if row.0.iter().any(|name| is_package(module, name)) {
                add(module, *line, row);
            }
        }
    }
    found.sort_by_key(|found| found.line);
    found
}

/// Returns whether the module is the package, or a part of it: `next-auth/jwt` is of `next-auth`.
fn is_package(module: &str, package: &str) -> bool {
    match module.strip_prefix(package) {
        Some(rest) => rest.is_empty() || rest.starts_with('/') || package.ends_with('/'),
        None => false,
    }
}

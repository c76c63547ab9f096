// Writes a Next.js app with the conformance routes: node app.mjs DIRECTORY [BASE_PATH] [TRAILING_SLASH]
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [root, basePath = '', trailingSlash = 'false'] = process.argv.slice(2);

function file(path, text) {
  const target = join(root, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
}

file('package.json', '{ "name": "beside-nextjs", "private": true }\n');
file(
  'next.config.js',
  `module.exports = {
  turbopack: { root: ${JSON.stringify(join(root, '..'))} },
  outputFileTracingRoot: ${JSON.stringify(join(root, '..'))},
  basePath: ${JSON.stringify(basePath)},
  trailingSlash: ${trailingSlash},
  poweredByHeader: false,
};
`,
);
file('pages/index.js', 'export default function Home() { return null; }\n');

// What the handler sees.
file(
  'lib/probe.js',
  `export const probe = (route) => (req, res) => {
  const { body } = req;
  const bodyKind = body === null ? 'null' : Array.isArray(body) ? 'array' : typeof body;
  res.json({ route, method: req.method, query: req.query, cookies: req.cookies, bodyKind, body });
};
`,
);
const probes = [
  'index', 'echo', 'file.json', 'with-dash_under', 'post/create', 'post/[pid]', 'post/[...slug]', 'must/[...slug]',
  'may/[[...slug]]', 'nest/[a]/[b]', 'nest/[a]/fixed', 'nest/fixed/[b]', 'nest/[a]/[b]/[...rest]', 'blog/index',
  'blog/[id]/comment/[cid]', 'deep/[x]/y/[[...z]]', 'users/index', 'users/[id]/index', 'users/[id]/posts/[postId]',
  'users/me',
];
const probe = (path, config = '') => {
  const route = `/api/${path}`.replace(/\/index$/, '');
  const up = '../'.repeat(path.split('/').length + 1);
  file(
    `pages/api/${path}.js`,
    `import { probe } from '${up}lib/probe';\nexport default probe(${JSON.stringify(route)});\n${config}`,
  );
};
probes.forEach((path) => probe(path));
for (const [path, limit] of [['echo-1kb', "'1kb'"], ['echo-500', '500'], ['echo-2mb', "'2mb'"]]) {
  probe(path, `export const config = { api: { bodyParser: { sizeLimit: ${limit} } } };\n`);
}

file('pages/api/hello.js', "export default (req, res) => res.status(200).json({ message: 'Hello from Next.js!' });\n");
file(
  'pages/api/raw.js',
  `import { createHash } from 'node:crypto';
export const config = { api: { bodyParser: false } };
export default async function raw(req, res) {
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of req) {
    length += chunk.length;
    hash.update(chunk);
  }
  res.json({ parsed: typeof req.body, length, sha256: hash.digest('hex') });
}
`,
);
file(
  'pages/api/respond.js',
  `export default async function respond(req, res) {
  for (const [op, ...args] of req.body?.steps ?? []) {
    switch (op) {
      case 'sendBuffer': res.send(Buffer.from(args[0], 'base64')); break;
      case 'sendUndefined': res.send(undefined); break;
      case 'throw': throw new Error(args[0]);
      case 'sleep': await new Promise((done) => setTimeout(done, args[0])); break;
      case 'status': case 'setHeader': case 'removeHeader': case 'json': case 'send': case 'redirect': case 'writeHead':
      case 'write': case 'end': case 'statusMessage':
        if (op === 'statusMessage') res.statusMessage = args[0];
        else res[op](...args);
        break;
      default: throw new Error('unknown step ' + op);
    }
  }
  if (!res.writableEnded) res.end();
}
`,
);
file(
  'pages/api/stream.js',
  `export default async function stream(req, res) {
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  for (let i = 0; i < 10; i++) {
    res.write('data: ' + i + '\\n\\n');
    await new Promise((done) => setTimeout(done, 20));
  }
  res.end();
}
`,
);
for (const [name, limit] of [['large'], ['large-8mb', "'8mb'"], ['large-off', 'false'], ['large-10', '10']]) {
  file(
    `pages/api/${name}.js`,
    `export default function large(req, res) {
  const bytes = Number(req.query.bytes) || 0;
  const chunk = Number(req.query.chunk) || 0;
  if (!chunk) return res.send('x'.repeat(bytes));
  for (let left = bytes; left > 0; left -= chunk) res.write(Buffer.alloc(Math.min(left, chunk), 'x'));
  res.end();
}
${limit ? `export const config = { api: { responseLimit: ${limit} } };\n` : ''}`,
  );
}
for (const [name, config] of [['no-end', ''], ['no-end-external', 'export const config = { api: { externalResolver: true } };\n']]) {
  file(
    `pages/api/${name}.js`,
    `export default function noEnd(req, res) {
  setTimeout(() => res.status(200).send('later'), 50);
}
${config}`,
  );
}
const response = `res.status(200).json({ draftMode: req.draftMode ?? null, preview: req.preview ?? null, previewData: req.previewData ?? null });`;
file(
  'pages/api/draft.js',
  `export default function draft(req, res) {
  if (req.query.enable === '1') res.setDraftMode({ enable: true });
  if (req.query.enable === '0') res.setDraftMode({ enable: false });
  ${response}
}
`,
);
file(
  'pages/api/preview.js',
  `export default function preview(req, res) {
  const { clear, data, maxAge, path } = req.query;
  if (clear) res.clearPreviewData(path ? { path } : {});
  if (data !== undefined) {
    res.setPreviewData(JSON.parse(data), { ...(maxAge !== undefined && { maxAge: Number(maxAge) }), ...(path && { path }) });
  }
  ${response}
}
`,
);
file(
  'pages/api/multi-cookie.js',
  `export default function multiCookie(req, res) {
  res.setHeader('Set-Cookie', ['a=1; Path=/', 'b=2; HttpOnly']);
  if (req.query.draft === '1') res.setDraftMode({ enable: true });
  if (req.query.draft === '0') res.setDraftMode({ enable: false });
  res.status(200).json({ ok: true });
}
`,
);
// Of the request itself, as Node and Next.js have it.
const seen = '(req, res) => res.json({ url: req.url, headers: req.headers });\n';
file('pages/api/seen.js', `export default ${seen}`);
file('pages/api/seen/[...path].js', `export default ${seen}`);

// Requests from a seed.

// Mulberry32: the same requests for the same seed, everywhere.
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  const pick = (list) => list[below(list.length)];
  const several = (most, make) => Array.from({ length: below(most + 1) }, make);
  return { below, pick, several, chance: (p) => next() < p };
}

const utf8 = (text) => Buffer.from(text).toString('latin1');

const SEGMENTS = [
  'api', 'api', 'echo', 'post', 'create', 'must', 'may', 'nest', 'fixed', 'blog', 'comment', 'deep', 'y', 'users', 'me', 'posts',
  'file.json', 'with-dash_under', 'a', 'b', '1', '.', '..', '%2e', '%2E%2e', '...', '', '', 'a%2Fb', '%5Bpid%5D', '[pid]', 'x.y',
  '%C3%A9', '%E9', '%ZZ', '%', '%41', '%20', 'a+b', "it's", 'a;b', 'a,b', 'a:b', '@', '$', '!', '*', '(x)', '~', '^', '|', '{x}',
  'index', 'INDEX', 'Echo', 'a\\b', '%5C', '_next', '%00', 'constructor', '=', '&',
];
const ROUTES = [
  '/api', '/api/echo', '/api/file.json', '/api/with-dash_under', '/api/post/create', '/api/post/p', '/api/post/p/q', '/api/must/x',
  '/api/may', '/api/may/x', '/api/nest/a/b', '/api/nest/a/fixed', '/api/nest/fixed/b', '/api/nest/a/b/c', '/api/blog',
  '/api/blog/1/comment/2', '/api/deep/x/y', '/api/deep/x/y/z', '/api/users', '/api/users/7', '/api/users/7/posts/8', '/api/users/me',
];
const QUERY = [
  'a', 'b', 'a', '1', '0', '10', 'slug', 'pid', 'id', '=', '=', '=', '&', '&', '&', '+', '%41', '%2B', '%26', '%3D', '%', '%4', '%ZZ',
  '%C3%A9', '%E9', '%F0%9F%98%80', '%ED%A0%80', '%00', '?', '/', ';', ':', '@', '!', '$', "'", '(', ')', '*', ',', '^', '|', '`',
  '{', '}', '[', ']', '\\', '~', '.', '-', '_', '%20', '#',
];
const COOKIE = [
  'a', 'b', 'a', 'theme', '1', '=', '=', '=', '; ', ';', ' ', '"', '%41', '%C3%A9', '%E9', '%', '%ZZ', ',', '\t', utf8('é'), '\xe9',
  '+', '\\', "'", '(', '{', '$Path', '__Host-x', '.', '/', '@', '[]', '?',
];
const TYPES = [
  'application/json', 'application/x-www-form-urlencoded', 'text/plain', 'application/ld+json', 'application/octet-stream',
  'Application/JSON', 'application/json; charset=utf-8', 'application/json;charset="utf-8"', 'application/json; charset=latin1',
  'application/json; charset=utf-16le', 'text/plain; charset=iso-8859-1', 'text/plain; charset=windows-1252',
  'application/json; charset=bogus', 'application/json;', 'application/json; charset=', 'application/json; a=b; charset=us-ascii',
  'application/vnd.api+json', 'multipart/form-data; boundary=x', '', 'nonsense', 'application/json, text/plain', '*/*', 'a/b;c',
  'application/x-www-form-urlencoded; charset=utf-8', 'application/x-www-form-urlencoded; charset=latin1',
];
const FORM = [...QUERY.filter((part) => part !== '#'), utf8('é'), utf8('日'), '\xe9', ' ', '\n', '"', '<', '>', '#'];
const TEXT = ['a', 'B', '0', ' ', '\n', '"', '\\', '{', '}', utf8('é'), utf8('日本'), utf8('😀'), '\xff', '\xef\xbb\xbf', '\0', '%', '&', '='];

function number(r) {
  const kinds = [
    () => String(r.below(100) - 50),
    () => String(r.below(2 ** 30) * 2 ** r.below(20) + r.below(100)),
    () => (r.below(2 ** 30) / 2 ** r.below(30)).toString(),
    () => `${r.below(10)}.${r.below(1e9)}e${r.below(40) - 20}`,
    () => `${r.below(1e9)}${r.below(1e6)}.${r.pick(['25', '5', '125', '75', '0', '10'])}`,
    () => r.pick(['0', '-0', '0.0', '1.0', '1e21', '1e-7', '5e-324', '1.7976931348623157e308', '01', '+1', '.5', '1.', '1e', '-', 'NaN']),
  ];
  return r.pick(kinds)();
}

function string(r) {
  const parts = ['a', 'B', ' ', '\\n', '\\"', '\\\\', '\\/', '\\u00e9', '\\u65E5', '\\ud83d\\ude00', utf8('é'), utf8('日'), utf8('😀'), '/', '<', '\\u0000', '\\u2028', '\x7f'];
  const odd = ['\\x', '\n', '\\u12', '\t'];
  return `"${r.several(5, () => r.pick(r.chance(0.04) ? odd : parts)).join('')}"`;
}

export function json(r, depth = 3) {
  const space = () => (r.chance(0.1) ? r.pick([' ', '\n', '\t', '\r\n']) : '');
  const value = () => {
    switch (r.below(depth > 0 ? 7 : 4)) {
      case 0: return number(r);
      case 1: return string(r);
      case 2: return r.pick(['true', 'false', 'null', 'null', 'True', 'nul', '']);
      case 3: return number(r);
      case 4: case 5:
        return `{${r.several(4, () => `${space()}${r.pick(['"a"', '"b"', '"c"', '"é"'].map(utf8))}:${space()}${json(r, depth - 1)}`).join(',')}}`;
      default: return `[${r.several(4, () => json(r, depth - 1)).join(r.chance(0.02) ? ',,' : ',')}]`;
    }
  };
  return space() + value() + space();
}

// A program for `/api/respond`.
function program(r) {
  const text = () => r.pick(['', 'x', 'hello', utf8('é'), '日本', 'a\nb', 'null', '{"a":1}'].map((t) => Buffer.from(t, 'latin1').toString('utf8')));
  const value = () => r.pick([null, 1, 1.5, 'text', '', true, [], [1, 'a'], {}, { a: 1, b: [null] }, 1e21, 'é']);
  const header = () => [r.pick(['X-A', 'x-b', 'Content-Type', 'Cache-Control', 'ETag', 'Set-Cookie', 'Location', 'X-Empty']), r.pick(['1', 'a b', 'text/x', '"tag"', 'a=1; Path=/', ['c=1', 'd=2'], ''])];
  const status = () => r.pick([200, 200, 201, 204, 301, 304, 400, 404, 418, 500, 599, 299]);
  const steps = r.several(3, () => {
    const [name, value] = header();
    return r.pick([['status', status()], ['setHeader', name, value], ['removeHeader', name], ['status', status()]]);
  });
  const ends = [
    () => ['json', value()], () => ['json', value()], () => ['send', value()], () => ['send', text()], () => ['end'], () => ['end', text()],
    () => ['sendBuffer', Buffer.from(text()).toString('base64')], () => ['sendUndefined'], () => ['throw', 'x'],
    () => ['redirect', r.pick(['/x', 'https://example.com/?a=b', '/a b', '/é'])], () => ['redirect', r.pick([301, 302, 303, 307, 308]), '/y'],
  ];
  if (r.chance(0.2)) steps.push(['writeHead', status(), Object.fromEntries(r.several(2, header).filter(([, v]) => typeof v === 'string'))]);
  steps.push(r.pick(ends)());
  return JSON.stringify({ steps });
}

const words = (r, parts, most) => r.several(most, () => r.pick(parts)).join('');
const probe = (r) => r.pick(ROUTES);

const KINDS = {
  method: (r) => ({ method: r.pick(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PURGE', 'REPORT', 'PROPFIND']), target: r.pick([...ROUTES, '/api/hello', '/api/none']) }),
  path: (r) => ({ target: (r.chance(0.3) ? probe(r) : '') + '/' + r.several(6, () => r.pick(SEGMENTS)).join('/') + (r.chance(0.3) ? `?${words(r, QUERY, 4)}` : '') }),
  query: (r) => ({ target: `${probe(r)}${r.chance(0.1) ? '/' : ''}?${words(r, QUERY, 12)}` }),
  cookie: (r) => ({ target: '/api/echo', headers: Array.from({ length: 1 + r.below(2) }, () => ['Cookie', words(r, COOKIE, 10).trim()]) }),
  type: (r) => ({ method: 'POST', target: '/api/echo', headers: [['Content-Type', r.pick(TYPES)]], body: r.pick([json(r), words(r, FORM, 6), words(r, TEXT, 6)]) }),
  form: (r) => ({ method: 'POST', target: '/api/echo', headers: [['Content-Type', TYPES[1]]], body: words(r, FORM, 14) }),
  json: (r) => ({ method: r.pick(['POST', 'PUT', 'GET', 'DELETE']), target: probe(r), headers: [['Content-Type', TYPES[0]]], body: json(r), chunked: r.chance(0.2) }),
  text: (r) => ({ method: 'POST', target: '/api/echo', headers: r.chance(0.5) ? [['Content-Type', 'text/plain']] : [], body: words(r, TEXT, 12) }),
  limit: (r) => {
    const [target, limit] = r.pick([['/api/echo-1kb', 1024], ['/api/echo-500', 500], ['/api/echo', 2 ** 20]]);
    return { method: 'POST', target, headers: [['Content-Type', 'text/plain']], body: 'x'.repeat(limit + r.below(3) - 1), chunked: r.chance(0.5) };
  },
  condition: (r) => ({
    target: '/api/hello',
    headers: r.several(3, () => r.pick([['If-None-Match', r.pick(['*', '"x"', '"13bo13we1eqz"', 'W/"x", "y"', ''])], ['If-Modified-Since', 'Wed, 25 Nov 2026 00:00:00 GMT'], ['Cache-Control', r.pick(['no-cache', 'max-age=0'])], ['If-Match', '"x"'], ['Range', 'bytes=0-1']])),
  }),
  respond: (r) => ({ method: 'POST', target: '/api/respond', headers: [['Content-Type', TYPES[0]]], body: utf8(program(r)) }),
  large: (r) => ({ target: `/api/large${r.pick(['', '-10', '-off'])}?bytes=${r.below(5000)}${r.chance(0.5) ? `&chunk=${1 + r.below(2000)}` : ''}` }),
  raw: (r) => ({ method: 'POST', target: '/api/raw', headers: [['Content-Type', r.pick(TYPES)]], body: words(r, TEXT, 12), chunked: r.chance(0.3) }),
  draft: (r) => ({ target: `/api/${r.pick(['draft?enable=1', 'draft?enable=0', 'draft', 'multi-cookie?draft=1', 'multi-cookie', 'preview?clear=1', 'preview?clear=1&path=/a'])}`, headers: r.several(2, () => ['Cookie', r.pick(['__prerender_bypass=x', '__next_preview_data=y', 'a=1', '__prerender_bypass=b4dcc63841b33c5733e2bea938442e44'])]) }),
};

export function generate(r) {
  const kind = r.pick(Object.keys(KINDS));
  const request = KINDS[kind](r);
  return { kind, method: 'GET', headers: [], body: '', chunked: false, ...request };
}

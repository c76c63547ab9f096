// The rows of docs/differences.md, each as a condition on a request and both responses.

const after = (request, ...ops) => request.kind === 'respond' && /"writeHead"/.test(request.body) && ops.some((op) => request.body.includes(`["${op}"`));

const isForm = (request) => request.headers.some(([name, value]) => /^content-type$/i.test(name) && /urlencoded/i.test(value));

const ROWS = [
  ['a fragment in the target (`//api//hello#x`)', (request, next) => next.status === 308 && request.target.includes('#')],
  ["Next.js's internal query names (`nxtP…`), an `index` in an optional catch-all", (_, next, rust) => /"route":"[^"]*\[\[\.\.\./.test(rust.body) && /\["index"/.test(rust.body) && !/\["index"/.test(next.body)],
  ['an empty value under the name of an optional catch-all (`/api/may?slug`)', (request) => /^\/api\/may(\/[^?]*)?\?(.*&)?slug=?(&|$)/.test(request.target)],
  ['a form: a malformed escape beside a character beyond ASCII, after a name with two escapes', (request) => isForm(request) && /%[0-9a-f]{2}.*%[0-9a-f]{2}.*=/is.test(request.body) && /[^\0-\x7f]/.test(request.body)],
  ['an error after `writeHead`, and a redirect', (request) => after(request, 'redirect', 'throw', 'removeHeader', 'sendUndefined')],
  ['a handler that sends no response', (_, next) => next.status === 0],
];

export function explain(request, next, rust, parts) {
  return ROWS.find(([, holds]) => holds(request, next, rust, parts))?.[0] ?? null;
}

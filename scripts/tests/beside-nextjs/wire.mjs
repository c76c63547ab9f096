// One raw HTTP/1.1 exchange, and what of the response is compared.
import { connect } from 'node:net';

// A request as bytes; strings are Latin-1.
export function raw({ method, target, headers, body, chunked }) {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers.map(([n, v]) => `${n}: ${v}`)];
  let bytes = body;
  if (chunked) {
    lines.push('Transfer-Encoding: chunked');
    bytes = (body ? `${body.length.toString(16)}\r\n${body}\r\n` : '') + '0\r\n\r\n';
  } else if (body || ['POST', 'PUT', 'PATCH'].includes(method)) {
    lines.push(`Content-Length: ${body.length}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${bytes}`, 'latin1');
}

export function exchange(port, request) {
  return new Promise((resolve) => {
    const chunks = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    const end = () => {
      socket.destroy();
      resolve(parse(Buffer.concat(chunks).toString('latin1')));
    };
    socket.setTimeout(2000, end);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('close', end);
    socket.on('error', end);
  });
}

function dechunk(text) {
  let out = '';
  for (;;) {
    const end = text.indexOf('\r\n');
    const size = parseInt(text.slice(0, end), 16);
    if (end < 0 || !size) return out;
    out += text.slice(end + 2, end + 2 + size);
    text = text.slice(end + 4 + size);
  }
}

function parse(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return { status: 0, reason: text, headers: {}, body: '' };
  const [first, ...lines] = text.slice(0, end).split('\r\n');
  const [, status, reason] = /^HTTP\/1\.1 (\d+) ?(.*)$/.exec(first) ?? [];
  if (status === '100') return parse(text.slice(end + 4));
  const headers = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    (headers[line.slice(0, colon).toLowerCase()] ??= []).push(line.slice(colon + 1).trim());
  }
  const body = text.slice(end + 4);
  return { status: Number(status), reason, headers, body: headers['transfer-encoding'] ? dechunk(body) : body };
}

const compared = ['content-type', 'location', 'refresh', 'etag', 'set-cookie', 'cache-control', 'allow'];
const attributes = (cookies) => cookies.map((cookie) => cookie.toLowerCase().split('; ').sort().join('; ')).sort();

// The parts in which Rust's response differs from that of Next.js.
export function differences(next, rust) {
  const isPage = (next.headers['content-type']?.[0] ?? '').startsWith('text/html') && /^(<!DOCTYPE|$)/.test(next.body);
  if (isPage && next.status === 200) return []; // the page of the app itself
  if (next.status !== rust.status) return ['status'];
  // Other pages of Next.js, and what Node's parser refuses: their status only.
  if (isPage) return [];
  if (next.status === 400 && !next.headers.date) return [];
  const found = [];
  if (next.reason !== rust.reason) found.push('reason');
  const names = new Set([...Object.keys(next.headers), ...Object.keys(rust.headers)]);
  for (const name of names) {
    if (!compared.includes(name) && !name.startsWith('x-')) continue;
    const [a, b] = [next.headers[name] ?? [], rust.headers[name] ?? []];
    const same = name === 'set-cookie' ? [attributes(a), attributes(b)] : [a, b];
    if (JSON.stringify(same[0]) !== JSON.stringify(same[1])) found.push(name);
  }
  if (next.body !== rust.body) found.push('body');
  return found;
}

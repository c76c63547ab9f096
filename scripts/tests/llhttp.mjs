// Sends raw requests to Node's HTTP server, and writes what comes of each: node llhttp.mjs FILE
//
// The file has one request a line. What the Rust side has added to a line, `here` and `row`, stays.
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const chunked = 'Transfer-Encoding: chunked';
const last = 'GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const cases = [];
// A request with these lines, and behind it another one, which shows where the first has ended.
const add = (group, name, start, lines, body = '', end = last) =>
  cases.push([`${group}: ${name}`, [start, ...lines, '', body].join('\r\n') + end]);
const post = (group, name, lines, body) => add(group, name, 'POST /x HTTP/1.1', ['Host: a', ...lines], body);
const get = (group, name, ...lines) => add(group, name, 'GET /x HTTP/1.1', ['Host: a', ...lines]);

// Framing.
const hello = '5\r\nhello\r\n0\r\n\r\n';
for (const [name, lines, body] of [
  ['no body', [], ''],
  ['a length', ['Content-Length: 5'], 'hello'],
  ['a length of 0', ['Content-Length: 0'], ''],
  ['a length with zeros', ['Content-Length: 005'], 'hello'],
  ['a length with a plus', ['Content-Length: +5'], 'hello'],
  ['a negative length', ['Content-Length: -5'], 'hello'],
  ['a hexadecimal length', ['Content-Length: 0x5'], 'hello'],
  ['a fraction as length', ['Content-Length: 5.0'], 'hello'],
  ['an empty length', ['Content-Length:'], 'hello'],
  ['a length with a space inside', ['Content-Length: 5 5'], 'hello'],
  ['a length with spaces around', ['Content-Length:  5  '], 'hello'],
  ['a length with tabs around', ['Content-Length:\t5\t'], 'hello'],
  ['a length beyond 64 bits', ['Content-Length: 18446744073709551616'], 'hello'],
  ['a length with a letter', ['Content-Length: 5a'], 'hello'],
  ['two equal lengths', ['Content-Length: 5', 'Content-Length: 5'], 'hello'],
  ['two lengths', ['Content-Length: 5', 'Content-Length: 6'], 'hello'],
  ['a list of equal lengths', ['Content-Length: 5, 5'], 'hello'],
  ['a list of lengths', ['Content-Length: 5, 6'], 'hello'],
  ['a length in capitals', ['CONTENT-LENGTH: 5'], 'hello'],
  ['chunks', [chunked], hello],
  ['chunked in capitals', ['TRANSFER-ENCODING: CHUNKED'], hello],
  ['chunked with spaces around', ['Transfer-Encoding:  chunked  '], hello],
  ['chunked with a tab', ['Transfer-Encoding:\tchunked'], hello],
  ['chunked with a vertical tab', ['Transfer-Encoding:\vchunked'], hello],
  ['chunked with a form feed', ['Transfer-Encoding: chunked\f'], hello],
  ['chunked in quotes', ['Transfer-Encoding: "chunked"'], hello],
  ['chunked with a parameter', ['Transfer-Encoding: chunked;q=1'], hello],
  ['chunked with a comma behind', ['Transfer-Encoding: chunked,'], hello],
  ['chunked with a comma in front', ['Transfer-Encoding: ,chunked'], hello],
  ['chunked twice', ['Transfer-Encoding: chunked, chunked'], hello],
  ['chunked in two lines', [chunked, chunked], hello],
  ['gzip, then chunked', ['Transfer-Encoding: gzip, chunked'], hello],
  ['gzip, then chunked, in two lines', ['Transfer-Encoding: gzip', chunked], hello],
  ['chunked, then gzip', ['Transfer-Encoding: chunked, gzip'], hello],
  ['chunked, then identity', ['Transfer-Encoding: chunked, identity'], hello],
  ['identity', ['Transfer-Encoding: identity'], ''],
  ['gzip alone', ['Transfer-Encoding: gzip'], ''],
  ['an unknown coding', ['Transfer-Encoding: x'], ''],
  ['an empty coding', ['Transfer-Encoding:'], ''],
  ['xchunked', ['Transfer-Encoding: xchunked'], hello],
  ['a length and chunks', ['Content-Length: 15', chunked], hello],
  ['chunks and a length', [chunked, 'Content-Length: 15'], hello],
  ['chunks and a length of 0', [chunked, 'Content-Length: 0'], hello],
  ['a length and an unknown coding', ['Content-Length: 5', 'Transfer-Encoding: x'], 'hello'],
  ['a second request in the body', ['Content-Length: 34'], 'GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n'],
  ['a body longer than its length', ['Content-Length: 2'], 'hello'],
]) post('framing', name, lines, body);
for (const method of ['GET', 'DELETE', 'OPTIONS', 'PUT', 'PATCH', 'TRACE']) {
  add('framing', `${method} with a length`, `${method} /x HTTP/1.1`, ['Host: a', 'Content-Length: 5'], 'hello');
  add('framing', `${method} with chunks`, `${method} /x HTTP/1.1`, ['Host: a', chunked], hello);
}
add('framing', 'chunks in HTTP/1.0', 'POST /x HTTP/1.0', ['Connection: keep-alive', chunked], hello);
add('framing', 'a length in HTTP/1.0', 'POST /x HTTP/1.0', ['Connection: keep-alive', 'Content-Length: 5'], 'hello');

// Lines of chunks.
for (const [name, body] of [
  ['two chunks', '2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n'],
  ['a size in capitals', 'A\r\n0123456789\r\n0\r\n\r\n'],
  ['a size in small letters', 'a\r\n0123456789\r\n0\r\n\r\n'],
  ['a size with zeros', '0005\r\nhello\r\n0\r\n\r\n'],
  ['a size with many zeros', '00000000000000000005\r\nhello\r\n0\r\n\r\n'],
  ['an end of many zeros', '5\r\nhello\r\n00000\r\n\r\n'],
  ['a size with 0x', '0x5\r\nhello\r\n0\r\n\r\n'],
  ['a size with a plus', '+5\r\nhello\r\n0\r\n\r\n'],
  ['a size with a minus', '-5\r\nhello\r\n0\r\n\r\n'],
  ['a space before the size', ' 5\r\nhello\r\n0\r\n\r\n'],
  ['a space behind the size', '5 \r\nhello\r\n0\r\n\r\n'],
  ['a tab behind the size', '5\t\r\nhello\r\n0\r\n\r\n'],
  ['an underscore in the size', '1_0\r\nhello\r\n0\r\n\r\n'],
  ['a letter that is no digit', 'g\r\nhello\r\n0\r\n\r\n'],
  ['an empty size', '\r\nhello\r\n0\r\n\r\n'],
  ['a size beyond 64 bits', '10000000000000005\r\nhello\r\n0\r\n\r\n'],
  ['a size of 64 bits', 'ffffffffffffffff\r\nhello\r\n0\r\n\r\n'],
  ['an extension', '5;a=b\r\nhello\r\n0\r\n\r\n'],
  ['an extension without a value', '5;a\r\nhello\r\n0\r\n\r\n'],
  ['an extension in quotes', '5;a="b;c"\r\nhello\r\n0\r\n\r\n'],
  ['an open quote in an extension', '5;a="b\r\nhello\r\n0\r\n\r\n'],
  ['an empty extension', '5;\r\nhello\r\n0\r\n\r\n'],
  ['spaces around an extension', '5 ; a = b\r\nhello\r\n0\r\n\r\n'],
  ['a NUL in an extension', '5;a=\0\r\nhello\r\n0\r\n\r\n'],
  ['a bare LF in an extension', '5;a\nb\r\nhello\r\n0\r\n\r\n'],
  ['a bare CR in an extension', '5;a\rb\r\nhello\r\n0\r\n\r\n'],
  ['an extension of the end', '5\r\nhello\r\n0;a=b\r\n\r\n'],
  ['a comma behind the size', '5,5\r\nhello\r\n0\r\n\r\n'],
  ['a size that ends in a bare LF', '5\nhello\r\n0\r\n\r\n'],
  ['a size that ends in a bare CR', '5\rhello\r\n0\r\n\r\n'],
  ['a size that ends in CR CR LF', '5\r\r\nhello\r\n0\r\n\r\n'],
  ['data that ends in a bare LF', '5\r\nhello\n0\r\n\r\n'],
  ['data that ends in a bare CR', '5\r\nhello\r0\r\n\r\n'],
  ['data without an end', '5\r\nhello0\r\n\r\n'],
  ['data longer than its size', '5\r\nhello!\r\n0\r\n\r\n'],
  ['data shorter than its size', '6\r\nhello\r\n0\r\n\r\n'],
  ['an end with bare LFs', '5\r\nhello\r\n0\n\n'],
  ['an end with one bare LF', '5\r\nhello\r\n0\r\n\n'],
  ['a trailer', '5\r\nhello\r\n0\r\nx-t: 1\r\n\r\n'],
  ['two trailers', '5\r\nhello\r\n0\r\nx-t: 1\r\nx-u: 2\r\n\r\n'],
  ['a trailer without a colon', '5\r\nhello\r\n0\r\nx-t\r\n\r\n'],
  ['a trailer with a space before the colon', '5\r\nhello\r\n0\r\nx-t : 1\r\n\r\n'],
  ['a folded trailer', '5\r\nhello\r\n0\r\nx-t: 1\r\n 2\r\n\r\n'],
  ['a trailer that is a length', '5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n'],
  ['a trailer that is a coding', '5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['a trailer that is a host', '5\r\nhello\r\n0\r\nHost: evil\r\n\r\n'],
  ['a trailer that ends in a bare LF', '5\r\nhello\r\n0\r\nx-t: 1\n\r\n'],
  ['a NUL in a trailer', '5\r\nhello\r\n0\r\nx-t: \0\r\n\r\n'],
]) post('chunks', name, [chunked], body);

// Hosts.
for (const [name, value] of [
  ['a name', 'shop.example'], ['a port', 'a:81'], ['capitals', 'Shop.Example'], ['an IPv4 address', '127.0.0.1'],
  ['an IPv6 address', '[::1]:81'], ['an open bracket', '[::1'], ['an IPv6 address without brackets', '::1'], ['empty', ''],
  ['an empty port', 'a:'], ['a port that is no number', 'a:b'], ['a port beyond 65535', 'a:99999'], ['a user', 'u@a'],
  ['a path', 'a/b'], ['a query', 'a?b'], ['a fragment', 'a#b'], ['a space', 'a b'], ['a list', 'a, b'], ['a comma', 'a,b'],
  ['an escape', 'a%2fb'], ['an underscore', 'a_b'], ['a backslash', 'a\\b'], ['a quote', 'a"b'], ['Latin-1', 'b\xfccher'],
  ['a scheme', 'http://a'], ['a dot at the end', 'a.'], ['two dots', 'a..b'],
]) add('host', name, 'GET /x HTTP/1.1', [`Host: ${value}`]);
add('host', 'none', 'GET /x HTTP/1.1', []);
add('host', 'none in HTTP/1.0', 'GET /x HTTP/1.0', ['Connection: keep-alive']);
add('host', 'two', 'GET /x HTTP/1.1', ['Host: a', 'Host: b']);
add('host', 'two that agree', 'GET /x HTTP/1.1', ['Host: a', 'Host: a']);
add('host', 'another than the target', 'GET http://good/x HTTP/1.1', ['Host: evil']);
add('host', 'a target without a Host', 'GET http://good/x HTTP/1.1', []);

// Expectations.
for (const [name, value] of [
  ['100-continue', '100-continue'], ['in capitals', '100-CONTINUE'], ['with a space', '100-continue '], ['with a parameter', '100-continue;a=b'],
  ['a list', '100-continue, 100-continue'], ['a list with another', '100-continue, x'], ['another', 'x'], ['another in front', 'x, 100-continue'],
  ['empty', ''], ['200-ok', '200-ok'], ['100', '100'],
]) {
  add('expect', name, 'GET /x HTTP/1.1', ['Host: a', `Expect: ${value}`]);
  post('expect', `${name}, with a body`, [`Expect: ${value}`, 'Content-Length: 5'], 'hello');
}
add('expect', 'in two lines', 'POST /x HTTP/1.1', ['Host: a', 'Expect: 100-continue', 'Expect: 100-continue', 'Content-Length: 5'], 'hello');
add('expect', 'with chunks', 'POST /x HTTP/1.1', ['Host: a', 'Expect: 100-continue', chunked], hello);
add('expect', 'in HTTP/1.0', 'POST /x HTTP/1.0', ['Connection: keep-alive', 'Expect: 100-continue', 'Content-Length: 5'], 'hello');
add('expect', 'another in HTTP/1.0', 'POST /x HTTP/1.0', ['Connection: keep-alive', 'Expect: x', 'Content-Length: 5'], 'hello');

// Controls and other characters in a head.
for (const code of [0x00, 0x01, 0x07, 0x08, 0x0b, 0x0c, 0x0e, 0x1b, 0x1f, 0x7f, 0x80, 0xa0, 0xff]) {
  const [char, name] = [String.fromCharCode(code), `0x${code.toString(16).padStart(2, '0')}`];
  get('controls', `${name} in a value`, `X-A: 1${char}2`);
  get('controls', `${name} in a name`, `X${char}A: 1`);
  add('controls', `${name} in a target`, `GET /x${char} HTTP/1.1`, ['Host: a']);
}
for (const [name, line] of [
  ['a tab in a value', 'X-A: 1\t2'], ['spaces around a value', 'X-A:   1   '], ['no space before a value', 'X-A:1'], ['an empty value', 'X-A:'],
  ['a space before the colon', 'X-A : 1'], ['a tab before the colon', 'X-A\t: 1'], ['a space in a name', 'X A: 1'], ['no name', ': 1'], ['no colon', 'X-A'],
  ['a folded value', 'X-A: 1\r\n 2'], ['a folded value with a tab', 'X-A: 1\r\n\t2'], ['a space before a name', ' X-A: 1'], ['a bare CR in a value', 'X-A: 1\r2'],
  ['a bare CR before a name', '\rX-A: 1'], ['a bare LF at the end', 'X-A: 1\nX-B: 2'], ['CR CR LF at the end', 'X-A: 1\r'], ['a name of tokens', "!#$%&'*+-.^_`|~: 1"],
  ['a name with a slash', 'X/A: 1'], ['a name with brackets', 'X(A): 1'], ['a name with a quote', 'X"A: 1'], ['a name with an at sign', 'X@A: 1'], ['a name in braces', '{X}: 1'],
]) get('controls', name, line);

// The line of the request.
for (const [name, start] of [
  ['two spaces', 'GET  /x HTTP/1.1'], ['two spaces before the version', 'GET /x  HTTP/1.1'], ['a tab', 'GET\t/x HTTP/1.1'], ['a space in front', ' GET /x HTTP/1.1'],
  ['a space at the end', 'GET /x HTTP/1.1 '], ['no target', 'GET HTTP/1.1'], ['no version', 'GET /x'], ['HTTP/1.2', 'GET /x HTTP/1.2'], ['HTTP/2.0', 'GET /x HTTP/2.0'],
  ['HTTP/0.9', 'GET /x HTTP/0.9'], ['HTTP/1', 'GET /x HTTP/1'], ['HTTP/1.10', 'GET /x HTTP/1.10'], ['http in small letters', 'GET /x http/1.1'], ['HTTPS', 'GET /x HTTPS/1.1'],
  ['a method in small letters', 'get /x HTTP/1.1'], ['an unknown method', 'FOO /x HTTP/1.1'], ['a method with a slash', 'G/T /x HTTP/1.1'], ['a target without a slash', 'GET x HTTP/1.1'],
  ['an asterisk', 'OPTIONS * HTTP/1.1'], ['an asterisk of GET', 'GET * HTTP/1.1'], ['a fragment', 'GET /x#y HTTP/1.1'], ['an unfinished escape', 'GET /x% HTTP/1.1'],
  ['a backslash', 'GET /x\\y HTTP/1.1'], ['a quote in the query', 'GET /x?"y" HTTP/1.1'], ['brackets in the query', 'GET /x?<y> HTTP/1.1'], ['a pipe', 'GET /x|y HTTP/1.1'], ['braces', 'GET /{x} HTTP/1.1'],
  ['a caret', 'GET /x^y HTTP/1.1'], ['a backtick', 'GET /x`y HTTP/1.1'], ['a semicolon', 'GET /x;y HTTP/1.1'], ['empty lines in front', '\r\n\r\nGET /x HTTP/1.1'], ['a bare LF in front', '\nGET /x HTTP/1.1'],
  ['another scheme', 'GET ftp://a/x HTTP/1.1'], ['a scheme without a host', 'GET http:///x HTTP/1.1'],
]) add('line', name, start, ['Host: a']);

const server = createServer((req, res) => {
  const body = [];
  req.on('data', (chunk) => body.push(chunk));
  req.on('end', () => {
    const seen = Object.entries(req.headers).filter(([name]) => name === 'host' || name.startsWith('x')).sort(([a], [b]) => (a < b ? -1 : 1));
    const headers = seen.map(([name, value]) => ` ${name}=${value}`).join('');
    const text = Buffer.from(`${req.method} ${req.url}${headers} ${Buffer.concat(body).toString('latin1')}`, 'latin1');
    res.writeHead(200, { 'Content-Length': text.length }).end(text);
  });
});

// What comes back until the server closes the connection, or is silent for half a second.
const outcome = (port, raw) =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    let [data, waits] = ['', false];
    socket.setEncoding('latin1');
    socket.setTimeout(500, () => { waits = true; socket.destroy(); });
    socket.on('data', (part) => { data += part; });
    socket.on('error', () => {});
    socket.on('close', () => done([...responses(data), ...(waits ? ['waits'] : [])]));
    socket.write(raw, 'latin1');
  });

function* responses(data) {
  while (data) {
    const end = data.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = data.slice(0, end);
    const status = head.slice(9, 12);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const body = data.slice(end + 4, end + 4 + length);
    yield status === '200' ? body : status;
    // An error of Node's own has no length, but an empty body in chunks.
    data = data.slice(end + 4 + length).replace(/^0\r\n\r\n/, '');
  }
}

const file = process.argv[2];
const known = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line)) : [];
const before = new Map(known.map((line) => [line.name, line]));
server.listen(0, '127.0.0.1', async () => {
  const lines = [];
  for (const [name, raw] of cases) {
    const node = await outcome(server.address().port, raw);
    const { here, row } = before.get(name) ?? {};
    lines.push(JSON.stringify({ name, raw, node, ...(here && { here, row }) }));
  }
  writeFileSync(file, lines.join('\n') + '\n');
  console.log(`${lines.length} requests to the server of Node ${process.version}`);
  server.close();
});

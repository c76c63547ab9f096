// Seals random sessions with one of the packages, or reads those that Rust has sealed.
//
//   node peer.mjs <package> <folder> seal 1000 > sealed.jsonl
//   node peer.mjs <package> <folder> read < written.jsonl
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [kind, folder, action, count] = process.argv.slice(2);
const from = (path) => import(pathToFileURL(join(folder, "node_modules", path)).href);
const logger = { debug() {}, error() {}, warn() {} };

// A generator of its own, so that a run can be repeated.
let state = Number(process.env.SEED ?? 1);
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (most) => Math.floor(random() * most);
const pick = (list) => list[below(list.length)];
const PIECES = ["a", "Z", "0", " ", "é", "ß", "中", "文", "😀", "👩‍👩‍👧", "\u0301", "\u0000", "\u001f", "\u2028", "\"", "\\", "/", "%", ";", "=", "\ufeff", "\ufffd", "مرحبا"];
const text = (length) => Array.from({ length: below(length) }, () => pick(PIECES)).join("");
const number = () => pick([0, 1, -1, 0.1, 1e21, 5e-324, 1.7976931348623157e308, 9007199254740991, -123.456, below(1e9), random(), random() * 1e-7]);
function value(depth) {
  switch (below(depth > 3 ? 4 : 6)) {
    case 0: return text(20);
    case 1: return number();
    case 2: return random() < 0.5;
    case 3: return null;
    case 4: return Array.from({ length: below(5) }, () => value(depth + 1));
    default: return object(depth + 1);
  }
}
const object = (depth) => Object.fromEntries(Array.from({ length: below(5) }, () => [text(8) || "key", value(depth)]));
const secret = () => "a secret " + text(20) + " " + below(1e9) + " of 32 characters or more";

/** The package's own way to write and to read a request's cookies. */
const packages = {
  async "next-auth-4"() {
    const { encode, getToken } = createRequire(pathToFileURL(join(folder, "x.js")))("next-auth/jwt");
    const { SessionStore } = createRequire(pathToFileURL(join(folder, "x.js")))(join(folder, "node_modules/next-auth/core/lib/cookie.js"));
    return {
      names: ["next-auth.session-token", "__Secure-next-auth.session-token", "sid"],
      claims: true,
      async write({ secrets, cookie }, session, age) {
        const token = await encode({ token: session, secret: secrets[0], maxAge: age });
        return new SessionStore({ name: cookie, options: {} }, { cookies: {}, headers: {} }, logger).chunk(token, {});
      },
      // With one secret only.
      read: ({ secrets, cookie }, cookies) => getToken({ req: { cookies, headers: {} }, secret: secrets[0], cookieName: cookie, logger }),
    };
  },
  async "next-auth-5"() {
    const { encode, getToken } = await from("@auth/core/jwt.js");
    const { SessionStore } = await from("@auth/core/lib/utils/cookie.js");
    const header = (cookies) => Object.entries(cookies).map(([name, value]) => `${name}=${value}`).join("; ");
    return {
      names: ["authjs.session-token", "__Secure-authjs.session-token", "sid"],
      claims: true,
      async write({ secrets, cookie }, session, age) {
        const token = await encode({ token: session, secret: secrets, salt: cookie, maxAge: age });
        return new SessionStore({ name: cookie, options: {} }, {}, logger).chunk(token, {});
      },
      read: ({ secrets, cookie }, cookies) => getToken({ req: { headers: { cookie: header(cookies) } }, secret: secrets, salt: cookie, cookieName: cookie, logger }),
    };
  },
  "iron-session-8": () => iron(false),
  "iron-session-9": () => iron(true),
};

async function iron(chunk) {
  const { getIronSession } = await from("iron-session/dist/index.js");
  const password = ({ secrets }) => (secrets.length === 1 ? secrets[0] : Object.fromEntries(secrets.map((secret, i) => [secrets.length - i, secret])));
  const open = (config, cookies, lines, ttl) => {
    const request = { headers: { cookie: Object.entries(cookies).map(([name, value]) => `${name}=${value}`).join("; ") } };
    const response = { getHeader: () => lines, setHeader: (_, all) => lines.splice(0, lines.length, ...all) };
    return getIronSession(request, response, { password: password(config), cookieName: config.cookie, ttl, chunk });
  };
  return {
    names: ["app-session", "__Host-sid"],
    claims: false,
    // Version 8 has one cookie, and refuses a longer line.
    largest: chunk ? 10000 : 1500,
    chunk,
    async write(config, session, age) {
      const lines = [];
      const made = await open(config, {}, lines, age);
      Object.assign(made, session);
      await made.save();
      return lines.map((line) => { const [, name, value] = line.match(/^([^=]+)=([^;]*)/); return { name, value }; });
    },
    async read(config, cookies) {
      const session = { ...(await open(config, cookies, [])) };
      return Object.keys(session).length === 0 && !config.empty ? null : session;
    },
  };
}

const peer = await packages[kind]();

async function seal() {
  for (let i = 0; i < Number(count); i++) {
    const session = object(0);
    // A session is an object with something in it: an empty one of iron-session is no session.
    session.n = i;
    if (i % 5 === 0) session.long = text((peer.largest ?? 12000) / 3);
    const age = 3600;
    const config = { kind, secrets: [secret()], cookie: pick(peer.names), chunks: peer.chunk === true };
    const rotated = i % 7 === 0;
    const expired = i % 11 === 0;
    const forged = i % 13 === 0;
    const sealing = { ...config, secrets: [...config.secrets] };
    if (rotated) config.secrets.unshift(secret());
    // Passwords of iron-session are counted from the last, so the one that seals keeps its id.
    const cookies = await peer.write(sealing, session, expired ? -100 : age);
    if (forged) {
      const cookie = pick(cookies);
      const at = below(cookie.value.length);
      const other = cookie.value[at] === "A" ? "B" : "A";
      cookie.value = cookie.value.slice(0, at) + other + cookie.value.slice(at + 1);
    }
    let expect = expired || forged ? null : session;
    const jar = Object.fromEntries(cookies.map(({ name, value }) => [name, value]));
    // What the package itself reads, which has the claims, too.
    if (expect) {
      const own = await peer.read(sealing, jar);
      if (!own) throw new Error(`the package does not read its own session ${i}`);
      expect = own;
    }
    const header = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
    console.log(JSON.stringify({ config, session, header, chunks: cookies.length, expect, forged, expired, rotated }));
  }
}

/** What a browser makes of lines of Set-Cookie. */
function apply(jar, lines) {
  for (const line of lines) {
    const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
    if (/; Max-Age=0(;|$)/i.test(line)) delete jar[name];
    else jar[name] = decodeURIComponent(value);
  }
  return jar;
}

async function readAll() {
  let [read, wrong, chunked, claims] = [0, 0, 0, 0];
  for await (const line of createInterface({ input: process.stdin })) {
    const { config, session, before, lines } = JSON.parse(line);
    const jar = apply(Object.fromEntries(before.split("; ").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)])), lines);
    if (Object.keys(jar).filter((name) => name.startsWith(config.cookie)).length > 1) chunked++;
    const got = await peer.read(config, jar);
    const { iat, exp, jti, ...rest } = got ?? {};
    const now = Date.now() / 1000;
    const fits = peer.claims
      ? isDeepStrictEqual(rest, session) && Math.abs(iat - now) < 600 && exp === iat + 30 * 86400 && /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(jti)
      : isDeepStrictEqual(got, session);
    if (peer.claims) claims++;
    // The same with one character changed is no session.
    const name = Object.keys(jar).find((name) => name.startsWith(config.cookie));
    const at = Math.floor(jar[name].length / 2);
    const flipped = { ...jar, [name]: jar[name].slice(0, at) + (jar[name][at] === "A" ? "B" : "A") + jar[name].slice(at + 1) };
    const forged = await peer.read(config, flipped).catch(() => null);
    if (!fits || forged !== null) {
      wrong++;
      console.error(`wrong: ${JSON.stringify({ session, got, forged }).slice(0, 600)}`);
    }
    read++;
  }
  console.log(`${kind}: read ${read} sessions of Rust, ${chunked} of them in chunks, and as many forged ones; ${wrong} wrong`);
  process.exitCode = wrong ? 1 : 0;
}

await (action === "seal" ? seal() : readAll());

// Sends generated requests to both servers: node compare.mjs NEXT_PORT RUST_PORT SECONDS SEED
import { explain } from './explain.mjs';
import { generate, random } from './generate.mjs';
import { minimise } from './minimise.mjs';
import { differences, exchange, raw } from './wire.mjs';

const [nextPort, rustPort, seconds, seed] = process.argv.slice(2).map(Number);
const r = random(seed);
const until = Date.now() + seconds * 1000;
const counts = { requests: 0, unexplained: 0 };
const explained = {};
const shown = new Set();

// What differs and is in no row of docs/differences.md.
async function unexplained(request) {
  const bytes = raw(request);
  const [next, rust] = await Promise.all([exchange(nextPort, bytes), exchange(rustPort, bytes)]);
  const parts = differences(next, rust);
  if (parts.length === 0) return null;
  const row = explain(request, next, rust, parts);
  return { next, rust, parts, row };
}

async function one() {
  const request = generate(r);
  counts.requests += 1;
  const found = await unexplained(request);
  if (!found) return;
  if (found.row) {
    explained[found.row] = (explained[found.row] ?? 0) + 1;
    return;
  }
  counts.unexplained += 1;
  const small = await minimise(request, async (candidate) => {
    const again = await unexplained(candidate);
    return again !== null && again.row === null && again.parts[0] === found.parts[0];
  });
  const last = (await unexplained(small)) ?? found;
  const key = `${request.kind} ${raw(small).toString('latin1')}`;
  if (shown.has(key) || shown.size >= 100) return;
  shown.add(key);
  const brief = ({ status, reason, headers, body }) => JSON.stringify({ status, reason, ...Object.fromEntries(last.parts.filter((p) => headers[p]).map((p) => [p, headers[p]])), body: body.slice(0, 300) });
  console.log(`\n${request.kind}: ${last.parts.join(', ')} differ for ${JSON.stringify(raw(small).toString('latin1'))}`);
  console.log(`  Next.js: ${brief(last.next)}\n  Rust:    ${brief(last.rust)}`);
}

await Promise.all(Array.from({ length: 4 }, async () => {
  while (Date.now() < until) await one();
}));
console.log(`\nseed ${seed}: ${counts.requests} requests, ${counts.unexplained} unexplained differences`);
for (const [row, count] of Object.entries(explained)) console.log(`  ${count} × ${row}`);
process.exit(counts.unexplained === 0 ? 0 : 1);

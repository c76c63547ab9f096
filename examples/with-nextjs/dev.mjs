// `npm run dev`: Next.js and the Rust server behind one origin. The Rust server is in front; a change of its sources builds it
// anew and starts it again. While it builds, and when it does not compile, the last one goes on.
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const address = process.env.ADDR ?? '127.0.0.1:3000'; // what the browser opens
const nextPort = process.env.NEXT_PORT ?? '3001'; // behind it
const origin = `http://127.0.0.1:${nextPort}`;
// NextAuth and the Rust server read these two alike. In production the secret is a secret.
const auth = { NEXTAUTH_SECRET: 'for development only', NEXTAUTH_URL: `http://${address}` };
const env = { ...auth, ...process.env, ADDR: address, NEXT_ORIGIN: origin, NEXT_DIST: '.next/dev' };

const run = (command, args) => spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'inherit', 'inherit'] });
const ended = (child) =>
  new Promise((resolve) => child.on('exit', resolve).on('error', (error) => console.error(error.message) ?? resolve(1)));

const next = run(process.execPath, [
  createRequire(import.meta.url).resolve('next/dist/bin/next'), 'dev', '-H', '127.0.0.1', '-p', nextPort,
]);
next.on('exit', (code) => stop(code ?? 1));

let server;

async function replace() {
  if (server !== undefined && server.exitCode === null && server.signalCode === null) {
    const gone = ended(server);
    server.kill('SIGTERM');
    await gone;
  }
  server = run(join(folder, 'target/debug/with-nextjs'), []);
}

function stop(code) {
  server?.kill('SIGTERM');
  next.kill('SIGTERM');
  process.exit(code);
}
process.on('SIGINT', () => stop(0)).on('SIGTERM', () => stop(0));

// Compares the times of the files: `fs.watch` can miss a file that an editor replaces.
function sources() {
  const files = readdirSync(join(folder, 'src'), { recursive: true }).map((name) => join('src', name));
  const time = (name) => statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs;
  return ['Cargo.toml', ...files].map((name) => `${name} ${time(name)}`).join('\n');
}

// The Rust server reads the configuration and the keys of draft mode that Next.js has written.
while (!(await fetch(origin).then(() => true, () => false))) await sleep(200);

for (let built; ; await sleep(200)) {
  const found = sources();
  if (found === built) continue;
  built = found;
  const code = await ended(run('cargo', ['build', '--quiet', '--target-dir', 'target']));
  if (code === 0 && sources() === built) await replace();
}

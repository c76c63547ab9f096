#!/usr/bin/env bash
# Sends generated raw requests to a Next.js 16.2.2 and to the conformance example, and prints each difference that is in no row of
# docs/differences.md, minimised:
#
#     NEXT_DIR=/tmp/next scripts/beside-nextjs.sh SECONDS [SEED]
#
# NEXT_DIR is a folder outside of this repository with Next.js installed (`npm install next@16.2.2 react react-dom`); what is
# missing there is installed. Needs Node 20 and cargo. Not a part of CI: it takes minutes and the npm registry.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:?how many seconds} seed=${2:-$(date +%s)}
next_dir=${NEXT_DIR:-${TMPDIR:-/tmp}/beside-nextjs} next_port=${NEXT_PORT:-4301} rust_port=${RUST_PORT:-4401}
export NEXT_TELEMETRY_DISABLED=1 NODE_ENV=production
logs=$(mktemp -d) pids=()

stop() {
    status=$?
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
    if [ $status -gt 1 ]; then tail -n 30 "$logs"/*; fi
    rm -r "$logs"
}
trap stop EXIT

wait_for() {
    for _ in $(seq 100); do
        if curl -s -o "$logs/body" "http://127.0.0.1:$1/api/hello"; then return; fi
        sleep 0.2
    done
    echo "nothing listens on port $1" && exit 2
}

mkdir -p "$next_dir"
if [ ! -e "$next_dir/node_modules/next" ]; then
    (cd "$next_dir" && npm install --no-audit --no-fund --silent next@16.2.2 react react-dom)
fi
app=$next_dir/beside
node scripts/beside-nextjs/app.mjs "$app"
(cd "$app" && node ../node_modules/next/dist/bin/next build) >"$logs/build"
cargo build --quiet --example conformance

# Both have the preview keys of this build.
key() { node -p "require('$app/.next/prerender-manifest.json').preview.$1"; }
PREVIEW_MODE_ID=$(key previewModeId) PREVIEW_MODE_SIGNING_KEY=$(key previewModeSigningKey)
PREVIEW_MODE_ENCRYPTION_KEY=$(key previewModeEncryptionKey)
export PREVIEW_MODE_ID PREVIEW_MODE_SIGNING_KEY PREVIEW_MODE_ENCRYPTION_KEY
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
(cd "$app" && exec node ../node_modules/next/dist/bin/next start -H 127.0.0.1 -p "$next_port") >"$logs/next" 2>&1 & pids+=($!)
ADDR=127.0.0.1:$rust_port "$target/debug/examples/conformance" >"$logs/rust" 2>&1 & pids+=($!)
wait_for "$next_port" && wait_for "$rust_port"
echo "seed $seed: $seconds seconds beside $(cd "$next_dir" && node -p "'Next.js ' + require('next/package.json').version")"
node scripts/beside-nextjs/compare.mjs "$next_port" "$rust_port" "$seconds" "$seed"

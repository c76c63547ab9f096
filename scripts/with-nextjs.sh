#!/usr/bin/env bash
# Installs and builds the Next.js app of examples/with-nextjs, starts it and the Rust server beside it, and shows that
# they work hand in hand. Needs node 20, npm, curl and cargo. Not a part of the gate: it takes minutes and the npm registry.
set -euo pipefail
cd "$(dirname "$0")/../examples/with-nextjs"
export NEXT_TELEMETRY_DISABLED=1
next_port=${NEXT_PORT:-3210} rust_port=${RUST_PORT:-4210}
# Loopback only. The first one is read by `next build`, the others by the Rust server.
export RUST_ORIGIN=http://127.0.0.1:$rust_port
export NEXT_ORIGIN=http://127.0.0.1:$next_port ADDR=127.0.0.1:$rust_port PREVIEW_SECRET=s3cret
logs=$(mktemp -d) pids=()

stop() {
    status=$?
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
    if [ $status -ne 0 ]; then tail -n 30 "$logs"/*; fi
    rm -r "$logs"
}
trap stop EXIT

step() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }
# expect WHAT TEXT PART: the text has the part in it.
expect() {
    case $2 in
        *"$3"*) printf 'ok: %s: %s\n' "$1" "$2" ;;
        *) fail "$1: wanted $3 in: $2" ;;
    esac
}
# A page's paragraph, as text.
page() { curl -sS --fail "$@" | sed -n 's/.*<p>\(.*\)<\/p>.*/\1/p' | sed 's/&quot;/"/g'; }
# The cookies of an answer as a browser sends them back: curl itself keeps those that are `Secure` from plain http.
cookies() {
    curl -sS -D - -o "$logs/body" "$@" | tr -d '\r' | sed -n 's/^[Ss]et-[Cc]ookie: \([^;]*\).*/\1/p' | paste -sd ';' | sed 's/;/; /g'
}
wait_for() {
    for _ in $(seq 100); do
        if curl -s -o "$logs/body" "$1"; then return; fi
        sleep 0.2
    done
    fail "$1 does not answer"
}

step "install and build Next.js"
npm install --no-audit --no-fund --no-package-lock --silent
npx --no-install next --version
npx --no-install next build

step "build the Rust server"
cargo build --quiet --release
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')

step "start both"
node node_modules/next/dist/bin/next start -H 127.0.0.1 -p "$next_port" >"$logs/next" 2>&1 & pids+=($!)
"$target/release/with-nextjs" >"$logs/rust" 2>&1 & pids+=($!)
wait_for "$NEXT_ORIGIN/" && wait_for "$RUST_ORIGIN/api/hello"
echo "Next.js at $NEXT_ORIGIN, Rust at $RUST_ORIGIN"

step "1. a preview cookie made by Rust is honoured by a Next.js page"
expect "without a cookie" "$(page "$NEXT_ORIGIN/draft")" 'What everybody sees'
expect "a wrong secret" "$(curl -sS "$RUST_ORIGIN/api/preview?secret=x")" 'Invalid token'
by_rust=$(cookies "$RUST_ORIGIN/api/preview?secret=s3cret&post=1")
expect "with the cookies of Rust" "$(page -H "Cookie: $by_rust" "$NEXT_ORIGIN/draft")" 'Draft mode, with {"by":"Rust","post":"1"}'

step "2. a preview cookie made by Next.js is read by Rust"
by_next=$(cookies "$NEXT_ORIGIN/api/next-preview")
expect "with the cookies of Next.js" "$(curl -sS -H "Cookie: $by_next" "$RUST_ORIGIN/api/status")" '"draftMode":true,"previewData":{"by":"Next.js"}'
expect "without a cookie" "$(curl -sS "$RUST_ORIGIN/api/status")" '"draftMode":false,"previewData":null'

step "3. revalidate from Rust changes the page's timestamp"
before=$(page "$NEXT_ORIGIN/posts/1")
sleep 1
expect "the page is kept" "$(page "$NEXT_ORIGIN/posts/1")" "$before"
expect "Rust revalidates" "$(curl -sS -X POST "$RUST_ORIGIN/api/revalidate?secret=s3cret&post=1")" '{"revalidated":"/posts/1"}'
after=$(page "$NEXT_ORIGIN/posts/1")
if [ "$before" = "$after" ]; then fail "the page is the same: $after"; fi
printf 'ok: the page was rendered anew: %s\n' "$after"
expect "and is kept" "$(page "$NEXT_ORIGIN/posts/1")" "$after"

step "4. a request through the rewrite reaches Rust"
expect "a static route" "$(curl -sS "$NEXT_ORIGIN/api/hello")" '{"message":"Hello from Rust!"}'
expect "a dynamic route" "$(curl -sS "$NEXT_ORIGIN/api/post/a%2Fb?x=1")" '"pid":"a/b"'
through=$(cookies "$NEXT_ORIGIN/api/preview?secret=s3cret&post=2")
expect "cookies come through, too" "$(page -H "Cookie: $through" "$NEXT_ORIGIN/draft")" '{"by":"Rust","post":"2"}'
stale=$(curl -sS -D - -o "$logs/body" -H 'Cookie: __prerender_bypass=of-an-older-build' "$NEXT_ORIGIN/api/hello" | grep -ci '^set-cookie: __.*1970')
expect "stale cookies are cleared by Rust, and once" "$stale" 2

printf '\nall of it works\n'

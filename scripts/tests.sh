#!/usr/bin/env bash
# Tests that are not part of `cargo test`: they take minutes, a tool that a machine may not have, or packages of npm. Without
# arguments it lists them.
. "$(dirname "$0")/common.sh"

# next_build VERSION FOLDER: builds the conformance routes with this version of Next.js, which is installed where it is missing.
next_build() {
    local react=19
    case $1 in 13.* | 14.*) react=18 ;; esac
    npm_install "$2" "next@$1" "react@$react" "react-dom@$react"
    node scripts/tests/beside-nextjs/app.mjs "$2/app"
    (cd "$2/app" && NEXT_TELEMETRY_DISABLED=1 NODE_ENV=production "${NODE_BIN:-node}" ../node_modules/next/dist/bin/next build) >"$tmp/build.log" 2>&1
}
next_version() { node -p "require('$1/node_modules/next/package.json').version"; }
# next_start FOLDER PORT: starts that build, and exports its preview keys.
next_start() {
    local keys
    keys=$(cd "$1/app" && node -e '
        const { existsSync, readFileSync } = require("fs");
        const read = (name) => existsSync(name) ? JSON.parse(readFileSync(name)) : {};
        const keys = read(".next/prerender-manifest.json").preview ?? read(".next/server/preview-props.json");
        console.log(keys.previewModeId, keys.previewModeSigningKey, keys.previewModeEncryptionKey);
    ')
    read -r PREVIEW_MODE_ID PREVIEW_MODE_SIGNING_KEY PREVIEW_MODE_ENCRYPTION_KEY <<<"$keys"
    export PREVIEW_MODE_ID PREVIEW_MODE_SIGNING_KEY PREVIEW_MODE_ENCRYPTION_KEY
    NEXT_TELEMETRY_DISABLED=1 NODE_ENV=production background_in "$1/app" next \
        "${NODE_BIN:-node}" ../node_modules/next/dist/bin/next start -H 127.0.0.1 -p "$2"
    until_listening "$2"
}

#: heavy [WORD]: gigabytes and ten thousands of streams; Linux only, in CI
heavy() {
    # Each in a process of its own: they read the memory of their process.
    run() { cargo test --release --all-features --test stream --test moving -- --ignored "$@"; }
    tests=$(run --list "$@" | sed -n 's/: test$//p')
    [ -n "$tests" ] || fail "no heavy test has this in its name: $*"
    for test in $tests; do run --exact "$test" --nocapture; done
}

#: faults: the fault suite with HTTP/2 attacks of 300,000 frames, 5,000 idle connections, no file descriptor left, and times
faults() {
    ulimit -n 16384 || echo "a limit of $(ulimit -n) file descriptors: 5,000 connections take 10,000 of them" >&2
    cargo test --test faults -- --nocapture --test-threads 1
    cargo test --test faults -- --nocapture --ignored five_thousand
    cargo test --test faults -- --nocapture --ignored longer_attacks
    (ulimit -n 256 && cargo test --test faults -- --nocapture --ignored no_file_descriptor)
    # The times of healthy requests, and the memory of unread responses, take a release build and a quiet machine.
    cargo test --release --test faults -- --nocapture --ignored healthy_requests_under_attack
    MALLOC_MMAP_THRESHOLD_=131072 cargo test --release --test faults -- --nocapture --test-threads 1 --ignored over_two_minutes
}

#: soak [SECONDS]: mixed traffic for twenty minutes with a graceful restart every half minute, then 100 restarts under load
soak() {
    # It fails if a request was lost, anything unexpected was logged, or memory grew.
    cargo build --release --example soak
    "$target/release/examples/soak" --seconds "${1:-1200}" --restart-every 30
    "$target/release/examples/soak" --restarts 100
}

#: interleavings: a stream and a late response in every order in which two threads can run them (loom); in CI
interleavings() { cargo test --manifest-path tests/interleavings/Cargo.toml --target-dir "$target/interleavings" "$@"; }

#: pipelines [NUMBER] [SEED]: what a handler sees of random pipelines, under `serve` and under bare hyper
pipelines() {
    # Valid and nearly valid requests, cut anywhere, with bodies that look like requests, trailers and upgrades.
    PIPELINES=${1:-20000} SEED=${2:-$RANDOM} cargo test --test serve -- --nocapture handler_sees_what_bare_hyper_shows
}

#: llhttp: records what Node's HTTP server makes of the raw requests of tests/vectors/llhttp.jsonl; needs Node
llhttp() { "${NODE_BIN:-node}" scripts/tests/llhttp.mjs tests/vectors/llhttp.jsonl; }

#: sessions [NUMBER]: random sessions to and from next-auth 4 and 5 and iron-session 8 and 9; needs Node 20 and npm
sessions() {
    local work=${SESSIONS_WORK:-$target/sessions} package folder
    # iron-session 9 says that it needs Node 22; it runs on 20.
    for package in next-auth@4.24.15 next-auth@5.0.0-beta.32 iron-session@8.0.4 iron-session@9.0.1; do
        kind=${package%%.*} kind=${kind/@/-} folder=$work/$kind
        npm_install "$folder" "$package"
        node scripts/tests/sessions.mjs "$kind" "$folder" seal "${1:-1000}" >"$tmp/$kind.sealed.jsonl"
        SESSIONS_IN=$tmp/$kind.sealed.jsonl SESSIONS_OUT=$tmp/$kind.written.jsonl \
            cargo test --quiet --test session -- --ignored --nocapture packages_and_rust_exchange_sessions | grep '^read'
        node scripts/tests/sessions.mjs "$kind" "$folder" read <"$tmp/$kind.written.jsonl"
    done
}

#: shapes: requests through nginx beside the outcomes of the proxy, the table of docs/reliability.md; needs nginx
shapes() {
    local base=$((20000 + RANDOM % 10000))
    nginx_conf "daemon off; worker_processes 1;" "" "listen 127.0.0.1:$((base + 1)); listen 127.0.0.1:$((base + 2)) http2;" \
        "proxy_pass http://127.0.0.1:$base; proxy_set_header X-Forwarded-For \$remote_addr; proxy_set_header X-User alice;"
    background nginx nginx -c "$tmp/nginx.conf" -p "$tmp"
    until_listening $((base + 1))
    SHAPES_ORIGIN=$base SHAPES_FRONT=127.0.0.1:$((base + 1)) SHAPES_FRONT_2=127.0.0.1:$((base + 2)) \
        cargo test --quiet --test moving proxy::shapes::another_proxy -- --ignored --exact --nocapture | grep '^|'
}

#: minimal-versions [test]: the oldest direct dependencies that Cargo.toml allows, with `test` the tests with them; in CI
minimal-versions() {
    local work=$target/minimal-versions
    rm -rf "$work" && mkdir -p "$work"
    git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- | tar --extract --directory "$work"
    cd "$work"
    rm -f Cargo.lock
    # The flag is unstable, what it writes is an ordinary lock file.
    RUSTC_BOOTSTRAP=1 cargo update --quiet -Z direct-minimal-versions
    export CARGO_TARGET_DIR="$work/target"
    cargo check --locked --quiet --lib --all-features
    if [ "${1:-}" = test ]; then
        cargo test --locked --quiet --lib --test conformance --test handlers --test examples
    fi
}

#: rust-analyzer: an editor has nothing to report about route files, and finds their definitions; in CI
rust-analyzer() {
    # About a file that no crate includes it reports `unlinked-file`.
    if ! command rust-analyzer --version >/dev/null 2>&1; then skip "there is no rust-analyzer: \`rustup component add rust-analyzer\`"; fi
    command -v python3 >/dev/null || skip "there is no Python"
    python3 scripts/tests/rust-analyzer.py examples/pages-api \
        "src/pages/api/hello.rs:ApiResponse=src/response/" \
        "src/pages/api/post/index.rs:_auth=src/pages/api/_auth.rs" \
        "src/pages/api/post/[pid]/index.rs:Params=_params.rs" \
        "src/lib.rs:router=api_routes.rs"
}

#: pages [PAGE...]: each Rust block of the README and the guides compiles as pasted into an empty package; needs Python 3.11
pages() {
    python3 -c 'import tomllib' 2>/dev/null || skip "there is no Python 3.11"
    CARGO_TARGET_DIR=$target python3 scripts/tests/pages.py "$@"
}

#: fuzz [SECONDS] [TARGET...]: each fuzz target, for four minutes; needs a nightly compiler and cargo-fuzz
fuzz() {
    # The targets are free of `unsafe`, so no sanitizer is needed.
    local seconds=${1:-240} status=0 name
    shift || true
    [ $# -gt 0 ] || { mapfile -t names < <(sed -n '/^\[\[bin\]\]/,$s/^name = "\(.*\)"/\1/p' fuzz/Cargo.toml) && set -- "${names[@]}"; }
    cargo +nightly fuzz build --sanitizer none --release >"$tmp/build.log" 2>&1
    for name in "$@"; do
        cargo +nightly fuzz run --sanitizer none --release "$name" -- -max_total_time="$seconds" -max_len=4096 \
            -print_final_stats=1 >"$tmp/$name.log" 2>&1 || status=1
        runs=$(grep -o 'number_of_executed_units: [0-9]*' "$tmp/$name.log" | grep -o '[0-9]*$' || echo '?')
        last=$(grep -o 'cov: [0-9]* ft: [0-9]* corp: [^ ]*' "$tmp/$name.log" | tail -1)
        finds=$(grep -c 'SUMMARY: libFuzzer' "$tmp/$name.log" || true)
        printf '%-14s %12s executions   %s   %s finds\n' "$name" "$runs" "$last" "$finds"
    done
    return $status
}

#: miri [FILTER...]: unit tests and streams in the interpreter of rustc's MIR; needs a nightly compiler with miri and rust-src
miri() {
    # What needs no socket. Time is the interpreter's own, so that no timer is late.
    [ $# -gt 0 ] || set -- oneshot:: cookies:: query:: routing:: text:: size:: json:: shutdown::
    MIRIFLAGS="-Zmiri-disable-isolation" cargo +nightly miri test --lib --target-dir "$target/miri" -- --skip many_ "$@"
}

#: thread-sanitizer [TEST...]: test binaries with threads, under ThreadSanitizer; needs a nightly compiler with rust-src
thread-sanitizer() {
    local names=() name
    [ $# -gt 0 ] || set -- stream serve faults layers
    for name in "$@"; do names+=(--test "$name"); done
    # A test is ten times slower: one at a time, so that none is late.
    RUSTFLAGS="-Z sanitizer=thread" CARGO_PROFILE_TEST_DEBUG=1 TSAN_OPTIONS="halt_on_error=1" cargo +nightly test -Z build-std \
        --target x86_64-unknown-linux-gnu --target-dir "$target/thread-sanitizer" "${names[@]}" -- --test-threads 1
}

dispatch "$@"

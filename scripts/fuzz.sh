#!/usr/bin/env bash
# Runs every fuzz target for a number of seconds (default 240), one at a time, and prints what libFuzzer counted.
# Needs a nightly toolchain and cargo-fuzz. The targets are free of `unsafe`, so no sanitizer is needed.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-240}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(routes query cookies content_type size etag numbers headers json_diff proxy connection router session stream)
logs=$(mktemp -d)
cargo +nightly fuzz build --sanitizer none --release >"$logs/build" 2>&1 || { cat "$logs/build"; exit 1; }
status=0
for target in "${targets[@]}"; do
    cargo +nightly fuzz run --sanitizer none --release "$target" -- -max_total_time="$seconds" -max_len=4096 \
        -print_final_stats=1 >"$logs/$target" 2>&1 || status=1
    runs=$(grep -o 'number_of_executed_units: [0-9]*' "$logs/$target" | grep -o '[0-9]*$' || echo '?')
    last=$(grep -o 'cov: [0-9]* ft: [0-9]* corp: [^ ]*' "$logs/$target" | tail -1)
    finds=$(grep -c 'SUMMARY: libFuzzer' "$logs/$target" || true)
    printf '%-14s %12s executions   %s   %s finds\n' "$target" "$runs" "$last" "$finds"
done
echo "logs: $logs"
exit $status

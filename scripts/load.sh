#!/usr/bin/env bash
# Requests per second over sockets, ours beside bare hyper, axum and Next.js, in interleaved rounds: scripts/load.sh [ROUNDS] [SECONDS]
#
# The server is pinned to one core and the client to another. Each round measures every server once; what is printed is the
# median of the rounds' ratios to bare hyper, the median p99 and the peak of the resident memory.
# Next.js is built (from benches/compare/next, into the target folder) and measured where there is an npm; NEXT=0 leaves it out.
set -euo pipefail
cd "$(dirname "$0")/../benches/compare"

rounds=${1:-5} seconds=${2:-2} connections=${CONNECTIONS:-64}
routes=${ROUTES:-R1 R2 R3 R3-german R3-chinese R3-emoji R3-floats R4 R4-escapes R5 bytes}
declare -A ports=([hyper]=4201 [ours]=4202 [no-etag]=4203 [axum]=4204 [next]=4205) pids=()
subjects=(hyper ours no-etag axum)

cargo build --quiet --release --bin server --bin load
bin=${CARGO_TARGET_DIR:-target}/release
results=$(mktemp)
trap 'kill "${pids[@]}" 2>/dev/null || true; rm -f "$results"' EXIT

for subject in "${subjects[@]}"; do
    taskset -c 0 "$bin/server" "$subject" "${ports[$subject]}" &
    pids[$subject]=$!
done
if [ "${NEXT:-1}" != 0 ] && command -v npm >/dev/null; then
    next=$bin/../next
    mkdir -p "$next" && cp -r next/. "$next"
    (cd "$next" && npm install --silent --no-audit --no-fund && NEXT_TELEMETRY_DISABLED=1 npx next build >/dev/null)
    # Not through npx, so that the process is the server itself.
    (cd "$next" && exec taskset -c 0 node node_modules/next/dist/bin/next start -p "${ports[next]}" >/dev/null) &
    pids[next]=$!
    subjects+=(next)
fi
for subject in "${subjects[@]}"; do
    for _ in {1..100}; do
        (exec 3<>"/dev/tcp/127.0.0.1/${ports[$subject]}") 2>/dev/null && break
        sleep 0.1
    done
done

for route in $routes; do
    expected=$("$bin/load" "${ports[hyper]}" "$route" 1 1)
    for subject in "${subjects[@]}"; do
        answer=$("$bin/load" "${ports[$subject]}" "$route" 1 1)
        [ "$answer" = "$expected" ] || { echo "$subject answers $route with $answer, not $expected" >&2; exit 1; }
    done
    for ((round = 1; round <= rounds; round++)); do
        for subject in "${subjects[@]}"; do
            echo "$route $round $subject $(taskset -c 1 "$bin/load" "${ports[$subject]}" "$route" "$connections" "${seconds}s")" >>"$results"
        done
    done
done

median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

echo "| route | server | requests/s | beside hyper | p99 µs |"
echo "| --- | --- | --- | --- | --- |"
for route in $routes; do
    for subject in "${subjects[@]}"; do
        rate=$(awk -v r="$route" -v s="$subject" '$1 == r && $3 == s { print $4 }' "$results" | median)
        p99=$(awk -v r="$route" -v s="$subject" '$1 == r && $3 == s { print $5 }' "$results" | median)
        ratio=$(awk -v r="$route" -v s="$subject" '$1 == r && $3 == "hyper" { base[$2] = $4 } $1 == r && $3 == s { own[$2] = $4 }
            END { for (i in own) printf "%.3f\n", own[i] / base[i] }' "$results" | median)
        echo "| $route | $subject | $rate | $ratio | $p99 |"
    done
done
echo
for subject in "${!pids[@]}"; do
    echo "peak memory of $subject: $(awk '/VmHWM/ { print $2, $3 }' "/proc/${pids[$subject]}/status")"
done

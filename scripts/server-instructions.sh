#!/usr/bin/env bash
# Instructions of a whole server for one request, under callgrind: scripts/server-instructions.sh [ROUTES]
#
# SUBJECTS has the servers to compare. What `serve` is made of, step by step:
# SUBJECTS="hyper http1 timeout ours address axum" scripts/server-instructions.sh "R1 R2"
# Other frameworks, which are built only then: SUBJECTS="actix poem salvo" scripts/server-instructions.sh "R1 R2 R3 R4 R5"
#
# Prints lines of server/ROUTE SUBJECT COUNT. A server responds to 200 requests on one connection, another run to 1,200: the
# difference is 1,000 requests. ROUTES may have `http2/16`: R1 over one HTTP/2 connection, sixteen at a time. Needs valgrind.
set -euo pipefail
cd "$(dirname "$0")/../benches/compare"

subjects=${SUBJECTS:-hyper ours no-etag axum}
case " $subjects " in
    *" actix "* | *" poem "* | *" salvo "*) features="--features rivals" ;;
    *) features= ;;
esac
# shellcheck disable=SC2086 # none or two words
cargo build --quiet --release --bin server --bin load $features
bin=${CARGO_TARGET_DIR:-target}/release
out=$(mktemp)
pid=
trap 'kill $pid 2>/dev/null || true; rm -f "$out"' EXIT
port=$((20000 + RANDOM % 10000)) # others may measure on this machine, too

collected() { # SUBJECT ROUTE REQUESTS
    local subject=$1 route=$2 connections=1
    port=$((port + 1))
    if [ "${route%/*}" = http2 ]; then
        [ "$subject" != hyper ] || subject=hyper-http2
        route=R1 connections=h2:${2#*/}
    fi
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bin/server" "$subject" "$port" 2>"$out" &
    pid=$!
    until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.1; done
    "$bin/load" "$port" "$route" "$connections" "$3" >/dev/null
    kill "$pid"
    wait "$pid" || true
    count=$(awk '/Collected/ { print $4 }' "$out")
}

for route in ${1:-R1 R2 R3 R3-german R3-chinese R3-emoji R3-floats R4 R4-escapes R5 R5-256 bytes http2/1 http2/16}; do
    case $route in http2/*) case=$route ;; *) case=server/$route ;; esac
    for subject in $subjects; do
        collected "$subject" "$route" 200
        few=$count
        collected "$subject" "$route" 1200
        echo "$case $subject $(((count - few) / 1000))"
    done
done

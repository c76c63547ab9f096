#!/usr/bin/env bash
# Instructions per call, ours beside the rivals', under callgrind: scripts/instructions.sh [CASES]
#
# CASES is a regular expression over the lines of `instructions --list`, such as `request` or `router/static`; default: all.
# Prints lines of CASE SUBJECT COUNT, the allocations of one call with them.
#
# Only the calls are counted, not the creation of their requests or, except in `build`, of the router. Counts repeat to within one
# percent.
# Needs valgrind (`apt-get install valgrind`); takes about ten minutes in whole.
set -euo pipefail
cd "$(dirname "$0")/../benches/compare"

cases=${1:-.}
cargo build --quiet --release --bin instructions --bin allocations
bin=${CARGO_TARGET_DIR:-target}/release

collected() { # CASE SUBJECT MODE NUMBER: instructions of all calls
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='compare::run::counted*' \
        "$bin/instructions" "$@" 2>&1 >/dev/null | awk '/Collected/ { print $4 }'
}

"$bin/instructions" --list | grep -E "$cases" | while read -r case subjects; do
    case $case in
        build/*) number=1 ;;
        stream/*) number=1000 ;;
        */1048576) number=5 ;;
        */65536 | request/bytes) number=50 ;;
        *) number=300 ;;
    esac
    for subject in $subjects; do
        count=$(collected "$case" "$subject" call "$number")
        # A scan is the difference between a path and `/`.
        base=0
        [ "$subject" != scan ] || base=$(collected "$case" "$subject" base "$number")
        echo "$case $subject $(((count - base) / number))"
    done
done || [ "$cases" != . ]

"$bin/allocations" | grep -E "$cases" || true

#!/usr/bin/env bash
# Instructions per call, ours beside the rivals', under callgrind: scripts/instructions.sh [CASES]
#
# CASES is a regular expression over the lines of `instructions --list`, such as `request` or `router/static`; default: all.
# Prints lines of CASE SUBJECT COUNT, the allocations of one call with them.
#
# Every case runs twice, once with calls and once with everything but the calls: the difference is the calls alone, without
# the making and dropping of the request, and it repeats exactly.
# Needs valgrind (`apt-get install valgrind`); takes about ten minutes in whole.
set -euo pipefail
cd "$(dirname "$0")/../benches/compare"

cases=${1:-.}
cargo build --quiet --release --bin instructions --bin allocations
bin=${CARGO_TARGET_DIR:-target}/release

collected() { # CASE SUBJECT MODE NUMBER: instructions of the whole run
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bin/instructions" "$@" 2>&1 >/dev/null |
        awk '/Collected/ { print $4 }'
}

"$bin/instructions" --list | grep -E "$cases" | while read -r case subjects; do
    case $case in
        build/*) number=1 ;;
        */1048576) number=5 ;;
        */65536 | request/bytes) number=50 ;;
        *) number=300 ;;
    esac
    for subject in $subjects; do
        without=$(collected "$case" "$subject" prepare "$number")
        with=$(collected "$case" "$subject" call "$number")
        echo "$case $subject $(((with - without) / number))"
    done
done || [ "$cases" != . ]

"$bin/allocations" | grep -E "$cases" || true

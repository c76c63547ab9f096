#!/bin/sh
# Runs the tests that are too heavy for `cargo test`, each in a process of its own: they read the memory of their process.
# Linux only. CI runs all of them.
#
#     scripts/heavy-tests.sh            # all of them
#     scripts/heavy-tests.sh download   # those with this word in their name
set -eu
cd "$(dirname "$0")/.."

run() {
    cargo test --release --all-features --test stream --test moving -- --ignored "$@"
}

tests=$(run --list "$@" | sed -n 's/: test$//p')
[ -n "$tests" ] || { echo "no heavy test has this in its name: $*" >&2; exit 1; }
for test in $tests; do
    run --exact "$test" --nocapture
done

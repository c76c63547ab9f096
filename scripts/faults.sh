#!/usr/bin/env bash
# The fault suite with its heavy part: 5,000 idle connections, and a process without a file descriptor left.
set -euo pipefail
cd "$(dirname "$0")/.."
ulimit -n 16384 || echo "a limit of $(ulimit -n) file descriptors: 5,000 connections take 10,000 of them" >&2
cargo test --test faults -- --nocapture --test-threads 1
cargo test --test faults -- --nocapture --ignored five_thousand
(ulimit -n 256 && cargo test --test faults -- --nocapture --ignored no_file_descriptor)

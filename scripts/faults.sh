#!/usr/bin/env bash
# The fault suite with its heavy part: HTTP/2 attacks of 300,000 frames, 5,000 idle connections, and a process without a file
# descriptor left.
set -euo pipefail
cd "$(dirname "$0")/.."
ulimit -n 16384 || echo "a limit of $(ulimit -n) file descriptors: 5,000 connections take 10,000 of them" >&2
cargo test --test faults -- --nocapture --test-threads 1
cargo test --test faults -- --nocapture --ignored five_thousand
cargo test --test faults -- --nocapture --ignored a_hundred_times
(ulimit -n 256 && cargo test --test faults -- --nocapture --ignored no_file_descriptor)

#!/usr/bin/env bash
# Runs a stream's writer and body, and the late response, in every order in which two threads can run them (loom).
# Less than a minute, the build included.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo test --manifest-path tests/interleavings/Cargo.toml \
    --target-dir "${CARGO_TARGET_DIR:-target}/interleavings" "$@"

#!/usr/bin/env bash
# Twenty minutes of mixed traffic with a graceful restart every half minute, then 100 restarts under load.
# Ends with an error if a request was lost, anything unexpected was logged, or memory grew.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --example soak
target=${CARGO_TARGET_DIR:-target}
"$target/release/examples/soak" --seconds "${1:-1200}" --restart-every 30
"$target/release/examples/soak" --restarts 100

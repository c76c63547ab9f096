#!/usr/bin/env bash
# Builds the library with the oldest direct dependencies that Cargo.toml allows, so that its numbers are true.
# With `test` as its argument it runs the tests with them, too.
set -euo pipefail
cd "$(dirname "$0")/.."
work="${CARGO_TARGET_DIR:-$PWD/target}/minimal-versions"
rm -rf "$work" && mkdir -p "$work"
git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- | tar --extract --directory "$work"
cd "$work"
rm -f Cargo.lock
# The flag is unstable, what it writes is an ordinary lock file.
RUSTC_BOOTSTRAP=1 cargo update --quiet -Z direct-minimal-versions
export CARGO_TARGET_DIR="$work/target"
cargo check --locked --quiet --lib --all-features
if [ "${1:-}" = test ]; then
    cargo test --locked --quiet --lib --test conformance --test handlers --test examples
fi

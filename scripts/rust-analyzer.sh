#!/usr/bin/env bash
# Whether an editor sees route files: rust-analyzer must have nothing to report about the sources of examples/pages-api, and
# find the definitions of names used in its route files. (About a file that no crate includes it reports `unlinked-file`.)
#
# Needs rust-analyzer (`rustup component add rust-analyzer`) and Python; without them it says so and ends with 0.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! rust-analyzer --version >/dev/null 2>&1 || ! command -v python3 >/dev/null; then
    echo "skipped: there is no rust-analyzer, or no python3" >&2
    exit 0
fi
python3 scripts/rust-analyzer.py examples/pages-api \
    "src/pages/api/hello.rs:ApiResponse=src/response/" \
    "src/pages/api/post/index.rs:_auth=src/pages/api/_auth.rs" \
    "src/pages/api/post/[pid]/index.rs:Params=_params.rs" \
    "src/lib.rs:router=api_routes.rs"

#!/usr/bin/env bash
# Exchanges random sessions with next-auth 4 and 5 and iron-session 8 and 9, in both directions: small ones and such in chunks,
# Unicode, rotated secrets, expired and forged ones. Needs Node 20 and npm.
#
# iron-session 9 says that it needs Node 22; it runs on 20.
set -euo pipefail
cd "$(dirname "$0")/.."
work="${SESSIONS_WORK:-$(mktemp -d)}"
count="${1:-1000}"
exchange() {
    local kind=$1 package=$2 folder="$work/$1"
    if [ ! -d "$folder/node_modules" ]; then
        mkdir -p "$folder"
        echo '{ "private": true }' > "$folder/package.json"
        (cd "$folder" && npm install --silent --no-audit --no-fund --legacy-peer-deps "$package")
    fi
    node scripts/sessions/peer.mjs "$kind" "$folder" seal "$count" > "$work/$kind.sealed.jsonl"
    SESSIONS_IN="$work/$kind.sealed.jsonl" SESSIONS_OUT="$work/$kind.written.jsonl" \
        cargo test --quiet --test session -- --ignored --nocapture packages_and_rust_exchange_sessions | grep '^read'
    node scripts/sessions/peer.mjs "$kind" "$folder" read < "$work/$kind.written.jsonl"
}
exchange next-auth-4 next-auth@4.24.15
exchange next-auth-5 next-auth@5.0.0-beta.32
exchange iron-session-8 iron-session@8.0.4
exchange iron-session-9 iron-session@9.0.1

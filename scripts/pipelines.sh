#!/usr/bin/env bash
# Compares what a handler sees of random pipelines under `serve` and under bare hyper: scripts/pipelines.sh [NUMBER] [SEED]
#
# Valid and nearly valid requests, cut anywhere, with bodies that look like requests, trailers and upgrades. The same seed has
# the same pipelines.
set -euo pipefail
cd "$(dirname "$0")/.."
PIPELINES=${1:-20000} SEED=${2:-$RANDOM} cargo test --test serve -- --nocapture handler_sees_what_bare_hyper_shows

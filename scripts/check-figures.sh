#!/usr/bin/env bash
# Checks the figures of docs/performance.md and the README against a fresh count: scripts/check-figures.sh [CASES]
#
# Every table with a column `case` is checked. Its columns that are named for a subject (`ours`, `axum`) have figures, which
# may differ from the count by 2 %; the other columns are for readers. CASES is a regular expression over the cases; default:
# all. With COUNTS=FILE the lines of that file are taken in place of a fresh count. Needs valgrind; takes ten minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

cases=${1:-.}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# CASE SUBJECT FIGURE FILE:LINE of every cell.
awk -F' *[|] *' '
    !/^\|/ { split("", head); column = 0; next }
    !column && !head[2] { for (i = 2; i < NF; i++) { head[i] = $i; if ($i == "case") column = i } next }
    column { for (i = 2; i < NF; i++) if (i != column && $i ~ /^[0-9][0-9,.]*$/ && head[i] !~ /[\/ ]/) {
        name = $column; gsub("`", "", name); gsub(",", "", $i); print name, head[i], $i, FILENAME ":" FNR } }
' docs/performance.md README.md | grep -E "^[^ ]*($cases)" >"$work/written"

if [ -n "${COUNTS:-}" ]; then
    cp "$COUNTS" "$work/counted"
else
    in_process=$(awk '$1 !~ "^(server|http2)/" { print $1 }' "$work/written" | sort -u | paste -sd'|')
    { [ -z "$in_process" ] || scripts/instructions.sh "^($in_process) "; } >"$work/counted"
    # Each server with the subjects of its own table.
    awk '/^(server|http2)\// && !seen[$1, $2]++ { subjects[$1] = subjects[$1] " " $2 }
        END { for (name in subjects) print name subjects[name] }' "$work/written" | while read -r name subjects; do
        SUBJECTS=$subjects scripts/server-instructions.sh "${name#server/}" </dev/null
    done >>"$work/counted"
fi

awk '
    NR == FNR { count[$1, $2] = $3; next }
    !(($1, $2) in count) { print $4 ": nothing counts `" $1 "` of `" $2 "`"; wrong++; next }
    { change = count[$1, $2] - $3; if (change < 0) change = -change }
    change > 0.02 * $3 { print $4 ": `" $1 "` of `" $2 "` is " count[$1, $2] ", not " $3; wrong++ }
    END { print FNR " figures, " wrong + 0 " wrong"; exit wrong > 0 }
' "$work/counted" "$work/written"

#!/usr/bin/env bash
# Measures what docs/performance.md says. Without arguments it lists what there is.
. "$(dirname "$0")/common.sh"
compare=${CARGO_TARGET_DIR:-$root/benches/compare/target}/release # what `build_compare` builds

# build_compare BIN...: binaries of benches/compare.
build_compare() {
    local names=() name
    for name in "$@"; do names+=(--bin "$name"); done
    # shellcheck disable=SC2086 # none or two words
    (cd benches/compare && cargo build --quiet --release "${names[@]}" ${features:-})
}

# Another port each time: others may measure on this machine, too.
port=$((20000 + RANDOM % 10000))

# count_server FILE LOAD SERVER...: sets $count to the instructions of a server while the load goes to it. Both commands have PORT in
# them; FILE gets callgrind's output.
count_server() {
    local file=$1 load=$2
    shift 2
    port=$((port + 1))
    background server valgrind --tool=callgrind --callgrind-out-file="$file" "${@//PORT/$port}"
    until_listening "$port"
    eval "${load//PORT/$port}" >/dev/null
    kill "${pids[server]}"
    wait "${pids[server]}" || true
    unset 'pids[server]'
    count=$(awk '/Collected/ { print $4 }' "$tmp/server.log")
}

#: instructions [CASES]: instructions and allocations of each call beside the rivals'; needs valgrind, ten minutes in whole
instructions() {
    # CASES is a regular expression over the lines of `instructions --list`, such as `request` or `router/static`. Only the calls are
    # counted, not the creation of their requests or, except in `build`, of the router. Counts repeat to within one percent.
    local cases=${1:-.} case subjects number subject calls base
    build_compare instructions allocations
    collected() { # CASE SUBJECT MODE NUMBER: instructions of all calls
        valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='compare::run::counted*' \
            "$compare/instructions" "$@" 2>&1 >/dev/null | awk '/Collected/ { print $4 }'
    }
    "$compare/instructions" --list | grep -E "$cases" | while read -r case subjects; do
        case $case in
            build/*) number=1 ;;
            stream/*) number=1000 ;;
            */1048576) number=5 ;;
            */65536 | request/bytes) number=50 ;;
            *) number=300 ;;
        esac
        for subject in $subjects; do
            calls=$(collected "$case" "$subject" call "$number")
            # A scan is the difference between a path and `/`.
            base=0
            [ "$subject" != scan ] || base=$(collected "$case" "$subject" base "$number")
            echo "$case $subject $(((calls - base) / number))"
        done
    done || [ "$cases" != . ]
    "$compare/allocations" | grep -E "$cases" || true
}

#: server-instructions [ROUTES]: instructions of a whole server for a request, as lines of server/ROUTE SUBJECT COUNT; needs valgrind
server-instructions() {
    # SUBJECTS has the servers to compare. What `serve` is made of, step by step: SUBJECTS="hyper http1 timeout ours address axum".
    # Other frameworks, which are built only then: SUBJECTS="actix poem salvo".
    #
    # A server responds to 200 requests on one connection, another run to 1,200: the difference is 1,000 requests. ROUTES may have
    # `http2/16`: R1 over one HTTP/2 connection, sixteen at a time.
    local subjects=${SUBJECTS:-hyper ours no-etag axum} name subject case route connections server load few
    case " $subjects " in *" actix "* | *" poem "* | *" salvo "*) features="--features rivals" ;; esac
    build_compare server load
    for name in ${1:-R1 R2 R3 R3-german R3-chinese R3-emoji R3-floats R4 R4-escapes R5 R5-256 bytes http2/1 http2/16}; do
        for subject in $subjects; do
            server=$subject
            case $name in
                http2/*)
                    case=$name route=R1 connections=h2:${name#*/}
                    [ "$subject" != hyper ] || server=hyper-http2
                    ;;
                *) case=server/$name route=$name connections=1 ;;
            esac
            load="'$compare/load' PORT '$route' '$connections'"
            count_server /dev/null "$load 200" "$compare/server" "$server" PORT
            few=$count
            count_server /dev/null "$load 1200" "$compare/server" "$server" PORT
            echo "$case $subject $(((count - few) / 1000))"
        done
    done
}

#: proxy-instructions: instructions of a proxied request: nginx, the proxy, and the proxy with a shadow; needs valgrind and nginx
proxy-instructions() {
    # Each subject forwards 200 requests of one connection, and in another run 1,200: the difference is 1,000 requests. PROFILE=FILE
    # keeps callgrind's output of the proxy.
    local origin=$((30000 + RANDOM % 2000)) bin=$compare/proxy subject requests command file counts
    build_compare proxy
    background origin "$bin" origin "$origin"
    until_listening "$origin"
    for subject in ${SUBJECTS:-nginx proxy shadow-0 shadow-1}; do
        counts=()
        for requests in 200 1200; do
            file=/dev/null
            if [ "$requests $subject" = "1200 proxy" ]; then file=${PROFILE:-/dev/null}; fi
            nginx_conf "daemon off; master_process off;" \
                "keepalive_requests 100000; upstream next { server 127.0.0.1:$origin; keepalive 16; keepalive_requests 100000; }" \
                "listen 127.0.0.1:$((port + 1));" "proxy_pass http://next; proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;"
            case $subject in
                nginx) command=(nginx -c "$tmp/nginx.conf" -p "$tmp") ;;
                proxy) command=("$bin" front PORT "$origin") ;;
                shadow-*) command=("$bin" front PORT "$origin" "${subject#shadow-}") ;;
                *) fail "there is no subject $subject" ;;
            esac
            count_server "$file" "'$bin' load PORT $requests" "${command[@]}"
            counts+=("$count")
        done
        echo "$subject $(((counts[1] - counts[0]) / 1000))"
    done
}

#: check-figures [CASES]: whether the figures of docs/performance.md and the README still hold; needs valgrind, ten minutes
check-figures() {
    # Every table with a column `case` is checked. Its columns that are named for a subject (`ours`, `axum`) have figures, which may
    # differ from the count by 2 %; the other columns are for readers. CASES is a regular expression over the cases. With COUNTS=FILE
    # the lines of that file are taken in place of a fresh count.

    # CASE SUBJECT FIGURE FILE:LINE of every cell.
    awk -F' *[|] *' '
        !/^\|/ { split("", head); column = 0; next }
        !column && !head[2] { for (i = 2; i < NF; i++) { head[i] = $i; if ($i == "case") column = i } next }
        column { for (i = 2; i < NF; i++) if (i != column && $i ~ /^[0-9][0-9,.]*$/ && head[i] !~ /[\/ ]/) {
            name = $column; gsub("`", "", name); gsub(",", "", $i); print name, head[i], $i, FILENAME ":" FNR } }
    ' docs/performance.md README.md | grep -E "^[^ ]*(${1:-.})" >"$tmp/written"
    if [ -n "${COUNTS:-}" ]; then
        cp "$COUNTS" "$tmp/counted"
    else
        local in_process
        in_process=$(awk '$1 !~ "^(server|http2)/" { print $1 }' "$tmp/written" | sort -u | paste -sd'|')
        { [ -z "$in_process" ] || instructions "^($in_process) "; } >"$tmp/counted"
        # Each server with the subjects of its own table.
        awk '/^(server|http2)\// && !seen[$1, $2]++ { subjects[$1] = subjects[$1] " " $2 }
            END { for (name in subjects) print name subjects[name] }' "$tmp/written" | while read -r name subjects; do
            SUBJECTS=$subjects server-instructions "${name#server/}" </dev/null
        done >>"$tmp/counted"
    fi
    awk '
        NR == FNR { count[$1, $2] = $3; next }
        !(($1, $2) in count) { print $4 ": nothing counts `" $1 "` of `" $2 "`"; wrong++; next }
        { change = count[$1, $2] - $3; if (change < 0) change = -change }
        change > 0.02 * $3 { print $4 ": `" $1 "` of `" $2 "` is " count[$1, $2] ", not " $3; wrong++ }
        END { print FNR " figures, " wrong + 0 " wrong"; exit wrong > 0 }
    ' "$tmp/counted" "$tmp/written"
}

dispatch "$@"

#: load [ROUNDS] [SECONDS]: requests over sockets, beside bare hyper, axum, Fastify, Hono, Express and Next.js; needs an idle machine
#
# The server is pinned to one core and the client to another. Each round measures every server once; what is printed are
# medians of the rounds: the rate beside bare hyper's, the processor time of a request and beside ours, and the p99; and the
# peak of the resident memory. Where there is an npm, the servers of Node are installed (from benches/compare/node and /next,
# into the target folder) and measured, too; NODE=0 leaves them out. ROUTES="R1 R3" measures these routes only.
rounds=${1:-5} seconds=${2:-2} connections=${CONNECTIONS:-64}
routes=${ROUTES:-R1 R2 R3 R3-german R3-chinese R3-emoji R3-floats R4 R4-escapes R5 bytes}
declare -A ports=([hyper]=4201 [ours]=4202 [no-etag]=4203 [axum]=4204 [next]=4205 [fastify]=4206 [hono]=4207 [express]=4208)
subjects=(hyper ours no-etag axum)

build_compare server load
bin=$compare results=$tmp/results

for subject in "${subjects[@]}"; do
    background "$subject" taskset -c 0 "$bin/server" "$subject" "${ports[$subject]}"
done
if [ "${NODE:-1}" != 0 ] && command -v npm >/dev/null; then
    for folder in node next; do
        mkdir -p "$bin/../$folder" && cp -r "benches/compare/$folder/." "$bin/../$folder"
        (cd "$bin/../$folder" && npm install --silent --no-audit --no-fund)
    done
    (cd "$bin/../next" && NEXT_TELEMETRY_DISABLED=1 npx next build >/dev/null)
    export NODE_ENV=production
    for subject in fastify hono express next; do
        # Not through npx, so that the process is the server itself.
        start=(../node/server.js "$subject" "${ports[$subject]}")
        [ "$subject" != next ] || start=(node_modules/next/dist/bin/next start -p "${ports[next]}")
        background_in "$bin/../next" "$subject" taskset -c 0 node "${start[@]}"
        subjects+=("$subject")
    done
fi
for subject in "${subjects[@]}"; do until_listening "${ports[$subject]}"; done

# Hundredths of a second that a process has had of a processor.
processor() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/${pids[$1]}/stat"; }

for route in $routes; do
    expected=$("$bin/load" "${ports[hyper]}" "$route" 1 1)
    for subject in "${subjects[@]}"; do
        response=$("$bin/load" "${ports[$subject]}" "$route" 1 1)
        [ "$response" = "$expected" ] || { echo "$subject responds to $route with $response, not $expected" >&2; exit 1; }
    done
    for ((round = 1; round <= rounds; round++)); do
        for subject in "${subjects[@]}"; do
            before=$(processor "$subject")
            figures=$(taskset -c 1 "$bin/load" "${ports[$subject]}" "$route" "$connections" "${seconds}s")
            echo "$route $round $subject $figures $(($(processor "$subject") - before))" >>"$results"
        done
    done
done

median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

echo "| route | server | requests/s | beside hyper | processor µs | beside ours | p99 µs |"
echo "| --- | --- | --- | --- | --- | --- | --- |"
for route in $routes; do
    for subject in "${subjects[@]}"; do
        rate=$(awk -v r="$route" -v s="$subject" '$1 == r && $3 == s { print $4 }' "$results" | median)
        p99=$(awk -v r="$route" -v s="$subject" '$1 == r && $3 == s { print $5 }' "$results" | median)
        ratio=$(awk -v r="$route" -v s="$subject" '$1 == r && $3 == "hyper" { base[$2] = $4 } $1 == r && $3 == s { own[$2] = $4 }
            END { for (i in own) printf "%.3f\n", own[i] / base[i] }' "$results" | median)
        time=$(awk -v r="$route" -v s="$subject" -v t="$seconds" '$1 == r && $3 == s { printf "%.2f\n", $6 * 10000 / ($4 * t) }' \
            "$results" | median)
        times=$(awk -v r="$route" -v s="$subject" '$1 == r && $3 == "ours" { base[$2] = $6 / $4 } $1 == r && $3 == s { own[$2] = $6 / $4 }
            END { for (i in own) printf "%.1f\n", own[i] / base[i] }' "$results" | median)
        echo "| $route | $subject | $rate | $ratio | $time | $times | $p99 |"
    done
done
echo
for subject in "${!pids[@]}"; do
    echo "peak memory of $subject: $(awk '/VmHWM/ { print $2, $3 }' "/proc/${pids[$subject]}/status")"
done

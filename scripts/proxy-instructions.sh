#!/usr/bin/env bash
# Instructions of a proxied request under callgrind: nginx, this crate's proxy, and the proxy with a shadow at two rates.
#
# Prints lines of SUBJECT COUNT. Each subject forwards 200 requests of one connection, and in another run 1,200: the
# difference is 1,000 requests. PROFILE=FILE keeps callgrind's output of the proxy. Needs valgrind and nginx.
set -euo pipefail
cd "$(dirname "$0")/../benches/compare"
cargo build --quiet --release --bin proxy
bin=${CARGO_TARGET_DIR:-target}/release/proxy
dir=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; rm -rf "$dir"' EXIT
port=$((20000 + RANDOM % 10000)) origin=$((30000 + RANDOM % 2000))
"$bin" origin "$origin" & pids+=($!)

nginx_conf() { # PORT
    cat >"$dir/nginx.conf" <<CONF
daemon off;
master_process off;
pid $dir/pid;
error_log $dir/error.log;
events {}
http {
    access_log off;
    client_body_temp_path $dir/body; proxy_temp_path $dir/proxy; fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi; scgi_temp_path $dir/scgi;
    keepalive_requests 100000;
    upstream next { server 127.0.0.1:$origin; keepalive 16; keepalive_requests 100000; }
    server {
        listen 127.0.0.1:$1;
        location / {
            proxy_pass http://next;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host \$http_host;
            proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Host \$http_host;
            proxy_set_header X-Forwarded-Proto \$scheme;
        }
    }
}
CONF
}

collected() { # REQUESTS COMMAND...: the command has PORT in it
    local requests=$1 file=/dev/null
    shift
    port=$((port + 1))
    nginx_conf "$port"
    if [ "$requests" = 1200 ] && [ "$subject" = proxy ]; then file=${PROFILE:-/dev/null}; fi
    valgrind --tool=callgrind --callgrind-out-file="$file" "${@//PORT/$port}" 2>"$dir/out" &
    local pid=$!
    pids+=("$pid")
    until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.1; done
    "$bin" load "$port" "$requests"
    kill "$pid"
    wait "$pid" || true
    count=$(awk '/Collected/ { print $4 }' "$dir/out")
}

measure() { # SUBJECT COMMAND...
    subject=$1
    shift
    collected 200 "$@"
    few=$count
    collected 1200 "$@"
    echo "$subject $(((count - few) / 1000))"
}

for what in ${SUBJECTS:-nginx proxy shadow-0 shadow-1}; do
    case $what in
        nginx) measure nginx nginx -c "$dir/nginx.conf" -p "$dir" ;;
        proxy) measure proxy "$bin" front PORT "$origin" ;;
        shadow-*) measure "$what" "$bin" front PORT "$origin" "${what#shadow-}" ;;
    esac
done

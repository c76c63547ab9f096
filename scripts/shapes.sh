#!/usr/bin/env bash
# The shapes of tests/moving/proxy/shapes through nginx, beside the outcomes of this crate: the table of docs/reliability.md.
# Needs nginx.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'kill $(cat "$dir/pid") 2>/dev/null || true; rm -rf "$dir"' EXIT
base=$((20000 + RANDOM % 10000))
cat >"$dir/nginx.conf" <<CONF
worker_processes 1;
pid $dir/pid;
error_log $dir/error.log;
events {}
http {
    access_log off;
    client_body_temp_path $dir/body;
    proxy_temp_path $dir/proxy;
    fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi;
    scgi_temp_path $dir/scgi;
    server {
        listen 127.0.0.1:$((base + 1));
        listen 127.0.0.1:$((base + 2)) http2;
        location / {
            proxy_pass http://127.0.0.1:$base;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host \$http_host;
            proxy_set_header X-Forwarded-For \$remote_addr;
            proxy_set_header X-Forwarded-Host \$http_host;
            proxy_set_header X-Forwarded-Proto \$scheme;
            proxy_set_header X-User alice;
        }
    }
}
CONF
nginx -c "$dir/nginx.conf" -p "$dir"
SHAPES_ORIGIN=$base SHAPES_FRONT=127.0.0.1:$((base + 1)) SHAPES_FRONT_2=127.0.0.1:$((base + 2)) \
    cargo test --quiet --test moving proxy::shapes::another_proxy -- --ignored --exact --nocapture | grep '^|'

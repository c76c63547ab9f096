# What scripts/tests.sh and scripts/measure.sh share; both source it.
#
# A script is a function of the calling file, or a file in the folder of its name, whose first comment says what it does. It runs
# in the root of the repository with a folder for what it writes, $tmp, and what it has started ends with it.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
target=${CARGO_TARGET_DIR:-$root/target}
tmp=$(mktemp -d)
declare -A pids=()

# Ends the programs that `background` has started.
stop_all() {
    for name in "${!pids[@]}"; do kill "${pids[$name]}" 2>/dev/null || true; done
    for name in "${!pids[@]}"; do wait "${pids[$name]}" 2>/dev/null || true; done
    pids=()
}
finish() {
    status=$?
    stop_all
    if [ $status -ne 0 ] && compgen -G "$tmp/*.log" >/dev/null; then tail -n 30 "$tmp"/*.log >&2; fi
    rm -rf "$tmp"
}
trap finish EXIT

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
skip() { echo "skipped: $*"; exit 0; }

# background NAME COMMAND...: starts a program, with its output in $tmp/NAME.log.
background() {
    local name=$1
    shift
    : >"$tmp/$name.log" # it is there at once
    "$@" >"$tmp/$name.log" 2>&1 &
    pids[$name]=$!
}
# background_in FOLDER NAME COMMAND...: the same in another folder.
background_in() { pushd "$1" >/dev/null && background "${@:2}" && popd >/dev/null; }

# until_listening PORT
until_listening() {
    for _ in {1..300}; do
        (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
        sleep 0.1
    done
    fail "nothing listens on port $1"
}

# npm_install FOLDER PACKAGE...: what is there already stays.
npm_install() {
    local folder=$1 package missing=()
    shift
    for package in "$@"; do [ -e "$folder/node_modules/${package%@*}" ] || missing+=("$package"); done
    [ ${#missing[@]} -gt 0 ] || return 0
    mkdir -p "$folder"
    [ -e "$folder/package.json" ] || echo '{ "private": true }' >"$folder/package.json"
    npm install --silent --no-audit --no-fund --no-package-lock --legacy-peer-deps --ignore-scripts --prefix "$folder" "${missing[@]}"
}

# nginx_conf MAIN HTTP SERVER LOCATION: writes $tmp/nginx.conf with these lines in the blocks of these names.
nginx_conf() {
    cat >"$tmp/nginx.conf" <<CONF
$1
pid $tmp/nginx.pid;
error_log $tmp/nginx.log;
events {}
http {
    access_log off;
    client_body_temp_path $tmp/body; proxy_temp_path $tmp/proxy; fastcgi_temp_path $tmp/fastcgi;
    uwsgi_temp_path $tmp/uwsgi; scgi_temp_path $tmp/scgi;
    $2
    server {
        $3
        location / {
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host \$http_host;
            proxy_set_header X-Forwarded-Host \$http_host;
            proxy_set_header X-Forwarded-Proto \$scheme;
            $4
        }
    }
}
CONF
}

# The names, each with its first comment.
list() {
    echo "usage: scripts/$script.sh NAME [ARGUMENTS]"
    echo
    {
        sed -n 's/^#: //p' "scripts/$script.sh"
        for file in "scripts/$script"/*.sh; do sed -n 's/^#: //p' "$file"; done
    } | sort | awk -F ': ' '{ printf "  %-36s %s\n", $1, substr($0, length($1) + 3) }'
}

# dispatch NAME ARGUMENTS...
dispatch() {
    script=$(basename "$0" .sh)
    local name=${1:---help}
    shift || true
    case $name in
        -h | --help | help) list ;;
        *[!a-z-]*) fail "$name is no name: scripts/$script.sh lists them" ;;
        *)
            if [ -f "scripts/$script/$name.sh" ]; then
                # shellcheck disable=SC1090 # one of the folder
                . "scripts/$script/$name.sh"
            elif grep -q "^$name() {" "scripts/$script.sh"; then
                "$name" "$@"
            else
                fail "there is no $name: scripts/$script.sh lists what there is"
            fi
            ;;
    esac
}

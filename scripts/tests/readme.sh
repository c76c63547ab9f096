#: readme: the README's commands as they stand; needs curl, the registry and port 4000; in CI
#
# Runs them in their order, in an empty folder beside a link to this repository, with the files that its blocks name, and compares
# what the servers respond.
command -v curl >/dev/null || skip "there is no curl"
server=
stop() {
    [ -n "$server" ] || return 0
    kill -TERM "$server" && wait "$server" || { echo "the server ended with $?"; return 1; }
    server='' pids=()
}
work=$tmp/work
mkdir -p "$work/blocks"
ln -s "$root" "$work/tower-api-routes"
export CARGO_TARGET_DIR="$target/readme"

# Each block of code is a file, named by its place and its language.
cd "$work"
awk -v folder="$work/blocks" '
    /^```/ && !open { open = 1; file = sprintf("%s/%02d.%s", folder, ++count, substr($0, 4)); next }
    /^```$/ { open = 0; next }
    open { print > file }
' "$root/README.md"

# Starts a server, and waits until it listens.
start() {
    : > "$work/log"
    eval "exec $1" > "$work/log" 2>&1 & # the server itself gets the signal
    server=$! pids[server]=$!
    until grep -q "listening on" "$work/log"; do
        kill -0 "$server" 2>/dev/null || { cat "$work/log"; echo "it does not listen: $1"; server=; return 1; }
        sleep 0.2
    done
}

commands=0
responses=0
compare() {
    [ -n "$asked" ] || return 0
    local got
    got=$(eval "$asked" 2>/dev/null)
    if [ "$got" != "$expected" ]; then
        printf '%s\n  README: %s\n  now:    %s\n' "$asked" "$expected" "$got"
        return 1
    fi
    responses=$((responses + 1))
}

for block in "$work"/blocks/*; do
    case $block in
    *.sh)
        stop
        while IFS= read -r line; do
            echo "+ $line"
            commands=$((commands + 1))
            case $line in
            "cargo new "*) cd "$work" && eval "$line" ;;
            "cargo run"*) start "$line" ;;
            *) eval "$line" ;;
            esac
        done < "$block"
        ;;
    *.rust*)
        # A comment with a path begins a file; a block without one is a test of the documentation.
        head -n 1 "$block" | grep -qE '^// [^ ]+\.rs$' || continue
        while IFS= read -r line; do
            case $line in
            '// '*.rs) file=${line#// }; mkdir -p "$(dirname "$file")"; : > "$file" ;;
            *) printf '%s\n' "$line" >> "$file" ;;
            esac
        done < "$block"
        ;;
    *.console)
        asked='' expected=''
        while IFS= read -r line; do
            case $line in
            '$ '*) compare; asked=${line#??} expected='' ;;
            *) expected=${expected:+$expected$'\n'}$line ;;
            esac
        done < "$block"
        compare
        ;;
    esac
done
stop
echo "$commands commands and $responses responses are as the README says"

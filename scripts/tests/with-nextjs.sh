#: with-nextjs: moves the API of a real Next.js 16.2.2 to Rust, one route at a time, and checks each step; needs Node 20, npm and curl
#
# It works in a copy of examples/with-nextjs: NEXT_DIR is a folder outside of this repository; what is missing there is installed. Not
# a part of CI: it takes minutes.
work=${NEXT_DIR:-${TMPDIR:-/tmp}/with-nextjs}
export NEXT_TELEMETRY_DISABLED=1 CARGO_PROFILE_DEV_DEBUG=0 PREVIEW_SECRET=s3cret SHADOW_RATE=1 RUST_LOG=warn
# Loopback only. The first is the one that clients know.
export ADDR=127.0.0.1:${PORT:-3200} NEXT_PORT=${NEXT_PORT:-3210}
export NEXT_ORIGIN=http://127.0.0.1:$NEXT_PORT
origin=http://$ADDR
export NEXTAUTH_SECRET="a secret of the script" NEXTAUTH_URL=$origin

step() { printf '\n== %s\n' "$*"; }
# expect WHAT TEXT PART: the text has the part in it.
expect() {
    case $2 in
        *"$3"*) printf 'ok: %s: %s\n' "$1" "${2:0:240}" ;;
        *) fail "$1: wanted $3 in: $2" ;;
    esac
}
# eventually WHAT PART COMMAND...: as expect, of a command's output, which has 60 seconds.
eventually() {
    local what=$1 part=$2 text=''
    shift 2
    for _ in $(seq 300); do
        text=$("$@" 2>/dev/null || true)
        case $text in *"$part"*) break ;; esac
        sleep 0.2
    done
    expect "$what" "$text" "$part"
}
# The server that has responded: what has gone through the proxy has a `Via`.
by() {
    local head
    head=$(curl -sS -o "$tmp/body" -D - "$@") || return
    if grep -qi '^via:' <<<"$head"; then echo "Next.js: $(<"$tmp/body")"; else echo "Rust: $(<"$tmp/body")"; fi
}
# A page's paragraph, as text.
page() { curl -sS --fail "$@" | sed -n 's/.*<p>\(.*\)<\/p>.*/\1/p' | sed 's/&quot;/"/g'; }
# The cookies of a response as a browser sends them back: curl itself keeps those that are `Secure` from plain http.
cookies() {
    curl -sS -D - -o "$tmp/body" "$@" | tr -d '\r' | sed -n 's/^[Ss]et-[Cc]ookie: \([^;]*\).*/\1/p' | paste -sd ';' | sed 's/;/; /g'
}
# The last report of a path, in one line.
shadow() {
    awk -v path=" $1" '/^shadow: / { on = substr($0, length($0) - length(path) + 1) == path; if (on) report = $0; next }
        on && /^  [^ ]/ { report = report ";" $0 }
        END { print report }' "$tmp/dev.log"
}
# move ROUTE: takes the line of the route out of its comment.
move() {
    local pattern=${1/\[/\\[}
    sed -i "s#// \(\.route(\"$pattern\"\)#\1#" src/main.rs
    grep -F ".route(\"$1\"" src/main.rs
}

step "install Next.js in $work"
mkdir -p "$work"
rm -rf "$work/pages" "$work/src" "$work/.next"
tar -C examples/with-nextjs --exclude=node_modules --exclude=.next --exclude=target -cf - . | tar -C "$work" -xf -
cd "$work"
sed -i "s#path = \"../..\"#path = \"$root\"#" Cargo.toml
if [ ! -e node_modules/next ]; then npm install --no-audit --no-fund --no-package-lock --silent; fi
expect "version" "$(node node_modules/next/dist/bin/next --version)" "v16.2.2"
# Before anything waits for the server: a cold build takes longer than that.
cargo build --quiet

step "1. one command: the proxy is in front, and no route has moved"
# The app as it is before the move: each line is a comment.
sed -i 's#^\( *\)\(\.route("/api/\)#\1// \2#' src/main.rs
background dev node dev.mjs
eventually "a route" 'Next.js: {"message":"Hello, world!"}' by "$origin/api/hello"
expect "a dynamic route" "$(by "$origin/api/post/1")" 'Next.js: {"pid":"1","title":"First"}'
expect "a page" "$(page "$origin/draft")" 'What everybody sees'
upgraded=$(curl -s -m 2 -o "$tmp/body" -D - -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
    -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' "$origin/_next/webpack-hmr" | head -n 1 | tr -d '\r' || true)
expect "hot reloading" "$upgraded" '101'
# What Next.js learns about the client, and what comes back unchanged.
cat >pages/api/seen.js <<'JS'
export default function handler(req, res) {
  if (req.query.go) return res.redirect("/draft");
  const { host, "x-forwarded-for": address, "x-forwarded-proto": scheme, "x-hop": hop } = req.headers;
  res.setHeader("Set-Cookie", ["a=1; Path=/; HttpOnly", "b=2"]).json({ host, address, scheme, hop });
}
JS
eventually "address, host and scheme" "{\"host\":\"$ADDR\",\"address\":\"127.0.0.1\",\"scheme\":\"http\"}" curl -sS "$origin/api/seen"
expect "a header that \`Connection\` names" "$(curl -sS -H 'Connection: x-hop' -H 'X-Hop: 1' "$origin/api/seen")" '"scheme":"http"}'
expect "a forged address" "$(curl -sS -H 'X-Forwarded-For: 6.6.6.6' "$origin/api/seen")" '"address":"6.6.6.6, 127.0.0.1"'
expect "over HTTP/2" "$(curl -sS --http2-prior-knowledge "$origin/api/seen")" "\"host\":\"$ADDR\""
expect "cookies" "$(cookies "$origin/api/seen")" 'a=1; b=2'
expect "a redirect" "$(curl -sS -o "$tmp/body" -w '%{http_code} %{redirect_url}' "$origin/api/seen?go=1")" "307 $origin/draft"

step "2. one route moves: a line is added, and the server is built anew"
move /api/hello
eventually "the route" 'Rust: {"message":"Hello, Ann!"}' by "$origin/api/hello?name=Ann"
expect "the other has not moved" "$(by "$origin/api/post/1")" 'Next.js: '
eventually "shadow" 'shadow: equal GET /api/hello' shadow /api/hello

step "3. a route moves with two mistakes: the id is a number, and the 404 is text"
sed -i 's/"pid": pid,/"pid": pid.parse::<u64>()?,/; s/json(&json!({ "error": "no such post" }))/send("no such post")/' src/main.rs
move '/api/post/[pid]'
eventually "the route" 'Rust: {"pid":1,' by "$origin/api/post/1"
expect "not found" "$(by "$origin/api/post/9")" 'Rust: no such post'
eventually "shadow" '$.pid' shadow /api/post/1
eventually "shadow" 'content-type' shadow /api/post/9
expect "the log" "$(grep -a 'shadow response differs' "$tmp/dev.log" | head -n 1)" '$.pid'

step "4. both are corrected"
sed -i 's/pid\.parse::<u64>()?/pid/; s/send("no such post")/json(\&json!({ "error": "no such post" }))/' src/main.rs
eventually "the route" 'Rust: {"pid":"1",' by "$origin/api/post/1"
eventually "shadow" 'shadow: equal GET /api/post/1' shadow /api/post/1
expect "not found" "$(by "$origin/api/post/9")" 'Rust: {"error":"no such post"}'
eventually "shadow" 'shadow: equal GET /api/post/9' shadow /api/post/9

step "5. a preview cookie made by Next.js is read by Rust"
move /api/status
eventually "without a cookie" '"draftMode":false,"previewData":null' curl -sS "$origin/api/status"
by_next=$(cookies "$origin/api/preview?secret=s3cret&post=1")
expect "with the cookies of Next.js" "$(curl -sS -H "Cookie: $by_next" "$origin/api/status")" '"draftMode":true,"previewData":{"by":"Next.js","post":"1"}'

step "6. a user signs in through NextAuth, and Rust reads the session"
expect "not signed in" "$(by "$origin/api/me")" 'Next.js: {"error":"Sign in first"}'
csrf=$(curl -sS -c "$tmp/jar" "$origin/api/auth/csrf" | sed 's/.*"csrfToken":"\([^"]*\)".*/\1/')
sign_in() { curl -sS -o "$tmp/body" -b "$tmp/jar" -c "$tmp/jar" -d "csrfToken=$csrf" -d name=Ada -d "password=$1" "$origin/api/auth/callback/credentials"; }
sign_in wrong
expect "a wrong password" "$(by -b "$tmp/jar" "$origin/api/me")" 'Next.js: {"error":"Sign in first"}'
sign_in 'correct horse'
expect "signed in" "$(by -b "$tmp/jar" "$origin/api/me")" 'Next.js: {"name":"Ada","email":"ada@example.com"}'
move /api/me
eventually "the route" 'Rust: {"error":"Sign in first"}' by "$origin/api/me"
expect "with the session of NextAuth" "$(by -b "$tmp/jar" "$origin/api/me")" 'Rust: {"name":"Ada","email":"ada@example.com"}'
if command -v chromium >/dev/null; then
    [ -e node_modules/puppeteer-core ] || npm install --no-audit --no-fund --no-package-lock --no-save --silent puppeteer-core@24
    cp "$root/scripts/tests/sign-in.mjs" .
    expect "in Chromium" "$(node sign-in.mjs "$origin" "$(command -v chromium)")" 'Ada, ada@example.com, then: Sign in first'
else
    echo "skipped: there is no chromium"
fi

step "7. the last route moves, and pages/api is deleted, but for NextAuth"
for route in /api/preview /api/exit-preview /api/revalidate; do move "$route"; done
find pages/api -type f -not -path 'pages/api/auth/*' -delete
eventually "the route" 'Rust: Invalid token' by "$origin/api/preview?secret=x"
eventually "what is no route" 'Next.js: ' by "$origin/api/none"
stop_all

step "8. in production: next build, next start, and the Rust server in front"
# start VARIABLES...: builds the app with these settings, and starts both.
start() {
    env "$@" node node_modules/next/dist/bin/next build >"$tmp/build.log" 2>&1
    background next env "$@" node node_modules/next/dist/bin/next start -H 127.0.0.1 -p "$NEXT_PORT"
    background rust target/debug/with-nextjs
}
SHADOW_RATE=0 start NODE_ENV=production
eventually "a page" 'What everybody sees' page "$origin/draft"
expect "a wrong secret" "$(curl -sS "$origin/api/preview?secret=x")" 'Invalid token'
by_rust=$(cookies "$origin/api/preview?secret=s3cret&post=1")
expect "a page with the preview cookies of Rust" "$(page -H "Cookie: $by_rust" "$origin/draft")" 'Draft mode, with {"by":"Rust","post":"1"}'
before=$(page "$origin/posts/1")
sleep 1
expect "a page is kept" "$(page "$origin/posts/1")" "$before"
expect "Rust revalidates it" "$(curl -sS -X POST "$origin/api/revalidate?secret=s3cret&post=1")" '{"revalidated":"/posts/1"}'
after=$(page "$origin/posts/1")
if [ "$before" = "$after" ]; then fail "the page is the same: $after"; fi
expect "it was rendered anew, and is kept" "$(page "$origin/posts/1")" "$after"
stop_all

step "9. basePath and trailingSlash of next.config.js"
location() { curl -sS -o "$tmp/body" -w '%{http_code} %{redirect_url}' "$@"; }
SHADOW_RATE=0 start NODE_ENV=production BASE_PATH=/docs TRAILING_SLASH=1
eventually "a page" 'What everybody sees' page "$origin/docs/draft/"
expect "a route" "$(by "$origin/docs/api/hello/")" 'Rust: {"message":"Hello, world!"}'
expect "without its slash" "$(location "$origin/docs/api/hello")" "308 $origin/docs/api/hello/"
expect "a page without its slash" "$(location "$origin/docs/draft")" "308 $origin/docs/draft/"
expect "without the base path" "$(location "$origin/api/hello/")" "404"
stop_all

printf '\nall of it works\n'

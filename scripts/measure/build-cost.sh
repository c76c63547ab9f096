#: build-cost [tests]: what a small program costs to build, with this crate and with axum, or this crate's tests
#
# Crates, processor seconds of a cold debug build, and the size of the stripped release binary; of the tests the processor seconds, and
# those of criterion among them.
export CARGO_INCREMENTAL=0
unset CARGO_TARGET_DIR # a cold build has a folder of its own
TIMEFORMAT='%U %S'

# Prints the processor seconds of a command.
seconds() {
    local times
    times=$({ time "$@" >"$tmp/log" 2>&1; } 2>&1) || { cat "$tmp/log" >&2; return 1; }
    awk '{ printf "%.0f", $1 + $2 }' <<<"$times"
}

manifest() { # NAME, and the dependencies on standard input
    mkdir -p "$tmp/$1/src"
    printf '[package]\nname = "%s"\nversion = "0.1.0"\nedition = "2024"\n[profile.release]\nstrip = true\n[workspace]\n[dependencies]\n' \
        "$1" >"$tmp/$1/Cargo.toml"
    cat >>"$tmp/$1/Cargo.toml"
    cd "$tmp/$1"
}

if [ "${1:-}" = tests ]; then
    # By itself: what it shares with the other dependencies is counted, too.
    manifest bench < <(grep '^criterion = ' "$root/Cargo.toml")
    touch src/lib.rs
    criterion=$(seconds cargo build)
    cd "$root"
    tests=$(CARGO_TARGET_DIR=$tmp/target seconds cargo test --no-run)
    printf '| criterion | %s |\n| all tests, criterion among them | %s |\n' "$criterion" "$tests"
    exit
fi

program() { # NAME DEPENDENCIES, and the source on standard input
    manifest "$1" <<<"$2"
    cat >src/main.rs
    local crates debug
    crates=$(cargo tree --quiet --edges normal --prefix none --format '{p}' | sed 's/ (\*)$//' | sort -u | wc -l)
    debug=$(seconds cargo build)
    seconds cargo build --release >/dev/null
    printf '| %s | %s | %s |' "$1" "$((crates - 1))" "$debug"
    awk -v bytes="$(stat -c %s "target/release/$1")" 'BEGIN { printf " %.2f MB |\n", bytes / 1e6 }'
}

axum() {
    program "$1" "axum = { version = \"0.8\", features = [$2] }
serde = { version = \"1\", features = [\"derive\"] }
tokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\", \"net\", \"signal\"] }
tracing-subscriber = { version = \"0.3\", default-features = false, features = [\"fmt\"] }" <<'RUST'
#[derive(serde::Serialize)]
struct Hello {
    message: &'static str,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt().init();
    let hello = || async { axum::Json(Hello { message: "Hello!" }) };
    let app = axum::Router::new().route("/api/hello", axum::routing::any(hello));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app).await
}
RUST
}

echo '| program | crates | cold debug build, processor seconds | release, stripped |'
echo '| --- | --- | --- | --- |'
program this "tower-api-routes = { path = \"$root\" }
serde = { version = \"1\", features = [\"derive\"] }
tokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\", \"net\", \"signal\"] }
tracing-subscriber = { version = \"0.3\", default-features = false, features = [\"fmt\"] }" <<'RUST'
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result, serve};

#[derive(serde::Serialize)]
struct Hello {
    message: &'static str,
}

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&Hello { message: "Hello!" })
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt().init();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    serve(listener, ApiRouter::new().route("/api/hello", hello)).await
}
RUST
axum axum ''
axum axum-http2 '"http2"'

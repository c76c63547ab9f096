//! What the compiler says about a wrong handler must be our sentence: one that says what to write.

#[test]
fn wrong_handlers_are_explained() {
    // The messages around ours are the compiler's and change with it: only ours are compared, in `check`.
    for (file, sentences) in [
        ("not_async", &["this handler is not async", "write `async fn`"][..]),
        ("wrong_output", &["this handler does not give a `tower_api_routes::Result`"]),
        ("forgets_to_answer", &["this handler does not give a `tower_api_routes::Result`"]),
        ("not_send", &["or its future is not `Send`"]),
        (
            "not_a_handler",
            &[
                "is not an API route",
                "a handler is an `async fn(req: ApiRequest<B>, res: ApiResponse<T>) -> Result`",
            ],
        ),
        ("swapped_arguments", &["is not an API route", "with both arguments in this order"]),
        ("wrong_body", &["cannot be the body of an `ApiRequest`", "derive `serde::Deserialize`"]),
        ("wrong_answer_type", &["expected `&Post`, found"]), // the compiler says it best
        ("bad_size_in_const", &["not a size: write a number of bytes"]),
        (
            "serve_wrong_listener",
            &["is not a source of connections for `serve`", "pass a `tokio::net::TcpListener`"],
        ),
        ("serve_fallible_service", &["expected `Infallible`", "required by a bound in `serve`"]),
        ("answers_twice", &["use of moved value: `res`"]),
    ] {
        let output = check(file);
        for sentence in sentences {
            assert!(output.contains(sentence), "{file}.rs does not say {sentence:?}, but:\n{output}");
        }
    }
}

/// Compiles a case against the library that the tests use, and gives what the compiler says.
fn check(file: &str) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    let target = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile_fail");
    std::fs::create_dir_all(target.join("src")).unwrap();
    let manifest = format!(
        "[package]\nname = \"compile-fail\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[dependencies]\n\
         tower-api-routes = {{ path = {root:?} }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n\
         tokio = \"1\"\ntower = {{ version = \"0.5\", features = [\"load-shed\"] }}\n[workspace]\n"
    );
    std::fs::write(target.join("Cargo.toml"), manifest).unwrap();
    std::fs::copy(format!("{root}/tests/compile_fail/{file}.rs"), target.join("src/main.rs")).unwrap();
    // The lock file of the repository, so that nothing newer is looked for.
    _ = std::fs::copy(format!("{root}/Cargo.lock"), target.join("Cargo.lock"));
    let output = std::process::Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--color", "never", "--manifest-path"])
        .arg(target.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", target.join("target"))
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    assert!(!output.status.success(), "{file}.rs compiles");
    // The compiler breaks no lines inside of our sentences.
    String::from_utf8_lossy(&output.stderr).into_owned()
}

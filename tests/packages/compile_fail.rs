//! What the compiler says about a wrong handler must be our sentence: one that says what to write.

use crate::package::Package;
use serde_json::Value;
use std::collections::BTreeMap;

/// What the compiler says about each program of `tests/packages/compile_fail`, by the name of its file.
///
/// They are the programs of one package, which cargo builds once: a run for each would take a second for each.
fn compile() -> BTreeMap<String, String> {
    let package = Package::new("compile-fail");
    package.remove("src/main.rs");
    package.remove("build.rs");
    let mut messages = BTreeMap::new();
    let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/packages/compile_fail");
    for case in std::fs::read_dir(cases).unwrap() {
        let path = case.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        package.write(&format!("src/bin/{name}.rs"), &std::fs::read_to_string(&path).unwrap());
        messages.insert(name.to_owned(), String::new());
    }
    let output = package.cargo(&["build", "--bins", "--keep-going", "--message-format", "json"]);
    for message in output.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let (target, text) = (message["target"]["name"].as_str(), message["message"]["rendered"].as_str());
        if let (Some(messages), Some(text)) = (target.and_then(|name| messages.get_mut(name)), text) {
            messages.push_str(text);
        }
        // A program that compiles is reported, too.
        let compiled = message["reason"] == "compiler-artifact" && message["executable"].is_string();
        assert!(!compiled, "{message}");
    }
    messages
}

#[test]
fn wrong_handlers_are_explained() {
    let mut messages = compile();
    // The messages around ours are the compiler's and change with it: only ours are compared.
    for (file, sentences) in [
        ("not_async", &["this handler is not async", "write `async fn`"][..]),
        ("wrong_output", &["this handler does not return a `tower_api_routes::Result`"]),
        ("forgets_to_respond", &["this handler does not return a `tower_api_routes::Result`"]),
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
        ("wrong_response_type", &["expected `&Post`, found"]), // the compiler says it best
        ("bad_size_in_const", &["not a size: write a number of bytes"]),
        (
            "send_a_struct",
            &[
                "`res.send` does not take a `Post`",
                "a value that serializes is sent as JSON: `res.json(&value)`",
            ],
        ),
        ("send_borrowed_bytes", &["`res.send` does not take a `&", "write `.to_owned()` or `.clone()`"]),
        (
            "redirect_to_a_status",
            &[
                "a redirect cannot lead to a",
                "another status goes first in `res.redirect_with(308, \"/new\")`",
            ],
        ),
        (
            "handler_as_a_service",
            &["is not an API route", "convert a handler into a service: `.service(handler.into_service())`"],
        ),
        (
            "redirect_with_a_status_first",
            &["another status goes first in `res.redirect_with(308, \"/new\")`"],
        ),
        // No bound of ours fails in these: the words are the compiler's.
        (
            "service_as_a_handler",
            &["expected a `Fn(ApiRequest<_>, ApiResponse)` closure, found `impl Service"],
        ),
        (
            "configured_text",
            &[
                "the method `config` exists for reference `&'static str`, but its trait bounds were not satisfied",
            ],
        ),
        ("send_borrowed_text", &["`req` does not live long enough"]),
        ("json_by_value", &["expected `&_`, found `String`"]),
        ("closure_without_types", &["type annotations needed"]),
        ("responds_twice", &["use of moved value: `res`"]),
        (
            "serve_wrong_listener",
            &["is not a source of connections for `serve`", "pass a `tokio::net::TcpListener`"],
        ),
        ("enum_with_two_conversions", &["conflicting implementations of trait `From<AppError>`"]),
        ("serve_fallible_service", &["expected `Infallible`", "required by a bound in `serve`"]),
    ] {
        // The compiler breaks no lines inside of our sentences.
        let output = messages.remove(file).unwrap_or_default();
        assert!(output.contains("error"), "{file}.rs compiles");
        for sentence in sentences {
            assert!(output.contains(sentence), "{file}.rs does not say {sentence:?}, but:\n{output}");
        }
    }
    assert!(messages.is_empty(), "nothing is expected of {messages:?}");
}

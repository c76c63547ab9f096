//! A front end compiles against the document, what must not compile does not, and its requests get what their types say.

use super::api::api;
use super::compiler::{install, node};
use std::fs;
use tower_api_routes::openapi::Info;
use tower_api_routes::serve;

#[tokio::test(flavor = "multi_thread")]
async fn the_front_end_compiles_and_the_server_agrees() {
    let Some(tools) = install() else {
        return;
    };
    let folder = tools.folder("app");
    let document = api().openapi(Info::new("Posts", "1.0.0")).to_string();
    tools.types(&folder, &document);
    fs::write(folder.join("front_end.ts"), include_str!("front_end.ts")).unwrap();
    tools.compile(&folder, "front_end.ts").unwrap();

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(serve(listener, api().check_queries()).into_future());
    let run = move || node(&["out/front_end.js", &origin], &folder);
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    server.abort();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("the front end agrees"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

//! A blog's API whose routes are the files in `src/pages`.
//!
//! ```sh
//! cargo run --manifest-path examples/pages-api/Cargo.toml
//! ```
//!
//! Then, while it runs:
//!
//! ```console
//! $ curl localhost:4000/api/hello
//! {"message":"Hello from a file!"}
//! $ curl localhost:4000/api/post -d 'title=First' -H 'authorization: Bearer secret'
//! {"id":1,"title":"First","comments":[]}
//! $ curl localhost:4000/api/post/1/comments -d 'text=Fine'
//! {"id":1,"text":"Fine"}
//! $ curl localhost:4000/api/post/1
//! {"id":1,"title":"First","comments":[{"id":1,"text":"Fine"}]}
//! $ curl localhost:4000/api/docs/guide/start
//! {"page":["guide","start"]}
//! $ curl localhost:4000/api/shop
//! The shop's front door
//! ```
//!
//! Put another file into `src/pages/api`, run it again, and it is served.

mod posts;

tower_api_routes::include_routes!();

/// The routes, with what they share.
pub fn app() -> tower_api_routes::ApiRouter {
    router().state(posts::Posts::default())
}

//! A Vercel function: one binary serves everything below `/api`.
//!
//! ```sh
//! cd examples/vercel
//! vc dev                                        # on this machine
//! vc deploy                                     # on Vercel
//! VERCEL_DEV_PORT=4000 cargo run                # without Vercel's tools: curl localhost:4000/api/ticks
//! ```
//!
//! `vercel.json` sends every path to this function, and the path arrives as the client wrote it. In a project of your own
//! this file is `api/handler.rs` at the root, and `Cargo.toml` names it as a `[[bin]]`.
//!
//! `vercel_runtime` brings a layer for axum that collects every body but an event stream or JSON before it is sent. It is
//! not needed: the runtime takes any tower service, so the router's body is boxed and goes out as it is written.

#[tokio::main]
async fn main() -> Result<(), vercel_runtime::Error> {
    vercel_runtime::run(example_vercel::service()).await
}

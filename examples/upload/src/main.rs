//! Uploads: a multipart form streamed to disk by multer, with the body parser off.
//!
//! ```sh
//! cd examples && cargo run -p example-upload
//! curl localhost:4000/api/upload -F title=Holiday -F photo=@beach.jpg -F photo=@hills.jpg
//! ```
//!
//! No file is ever whole in memory: each chunk goes to disk as it comes, and a slow disk slows the client. The limits
//! are multer's; a file's own name is shown in the response and used for nothing.

use multer::{Constraints, Field, Multipart, SizeLimit};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Error, ErrorContext, Result, methods, serve, shutdown_signal,
};

/// Where the files go, and the number of the next.
struct Uploads {
    folder: PathBuf,
    next: AtomicU64,
    /// The largest file, in bytes.
    limit: u64,
}

#[derive(Default, Serialize)]
struct Uploaded {
    fields: BTreeMap<String, String>,
    files: Vec<Saved>,
}

#[derive(Serialize)]
struct Saved {
    name: String,
    stored_as: String,
    bytes: u64,
}

/// `ApiRequest<Body>` is the stream itself: the type turns the body parser off.
async fn upload(req: ApiRequest<Body>, res: ApiResponse<Uploaded>) -> Result {
    let boundary = multer::parse_boundary(req.header("content-type").unwrap_or_default())?;
    let (req, body) = req.into_parts();
    let uploads = req.state::<Uploads>()?;
    let limits =
        SizeLimit::new().whole_stream(4 * uploads.limit).per_field(uploads.limit).for_field("title", 200);
    let constraints = Constraints::new().allowed_fields(vec!["title", "photo"]).size_limit(limits);
    let mut form = Multipart::with_constraints(body.into_stream(), boundary, constraints);
    let mut uploaded = Uploaded::default();
    while let Some(mut field) = form.next_field().await? {
        let Some(name) = field.file_name().map(str::to_owned) else {
            let field_name = field.name().unwrap_or_default().to_owned();
            uploaded.fields.insert(field_name, field.text().await?);
            continue;
        };
        let stored_as = format!("upload-{}", uploads.next.fetch_add(1, Ordering::Relaxed));
        let path = uploads.folder.join(&stored_as);
        match save(&mut field, &path).await {
            Ok(bytes) => uploaded.files.push(Saved { name, stored_as, bytes }),
            Err(error) => {
                tokio::fs::remove_file(&path).await?; // half a file is of no use
                return Err(error);
            }
        }
    }
    res.status(201).json(&uploaded)
}

async fn save(field: &mut Field<'_>, path: &Path) -> Result<u64> {
    let (mut file, mut bytes) = (File::create_new(path).await?, 0);
    while let Some(chunk) = field.chunk().await? {
        bytes += chunk.len() as u64;
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    Ok(bytes)
}

/// A form that is too large is a 413; one that is broken, a 400.
fn refusal(error: &multer::Error, _request: &ErrorContext<'_>) -> Error {
    match error {
        multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => {
            Error::new(413, "The upload is too large")
        }
        multer::Error::NoMultipart | multer::Error::NoBoundary | multer::Error::DecodeContentType(_) => {
            Error::new(415, "Send multipart/form-data")
        }
        error => Error::new(400, error.to_string()),
    }
}

fn router(folder: PathBuf, limit: u64) -> ApiRouter {
    ApiRouter::new()
        .state(Uploads { folder, next: AtomicU64::new(1), limit })
        .map_error_of(refusal)
        .route("/api/upload", methods().post(upload))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt::init();
    let folder = std::env::temp_dir().join(format!("uploads-{}", std::process::id()));
    tokio::fs::create_dir_all(&folder).await?;
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}, saving to {}", listener.local_addr()?, folder.display());
    serve(listener, router(folder, 1 << 30)).with_graceful_shutdown(shutdown_signal()).await
}

#[cfg(test)]
mod tests;

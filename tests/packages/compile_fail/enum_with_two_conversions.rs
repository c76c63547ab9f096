// A `std::error::Error` converts by itself: its statuses stand in the router, by `map_error_of`.
#[derive(Debug)]
struct AppError;

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an error")
    }
}

impl std::error::Error for AppError {}

impl From<AppError> for tower_api_routes::Error {
    fn from(_: AppError) -> Self {
        Self::new(404, "no such post")
    }
}

fn main() {}

mod bodies;
mod cancel;
mod errors;
mod headers;
mod heavy;
mod retry;
mod router;
mod upgrade;

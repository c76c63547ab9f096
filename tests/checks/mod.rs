//! What must hold for any input: each check takes bytes and reads its case out of them.
//!
//! `tests/properties` calls them with bounded random cases on stable, and the fuzz targets in `fuzz/` without a bound.

#![allow(dead_code)] // a fuzz target uses one of the checks

pub(crate) mod connection;
pub(crate) mod content_type;
pub(crate) mod cookies;
pub(crate) mod etag;
pub(crate) mod headers;
pub(crate) mod json_diff;
pub(crate) mod numbers;
pub(crate) mod proxy;
pub(crate) mod proxy_head;
pub(crate) mod query;
pub(crate) mod router;
pub(crate) mod routes;
pub(crate) mod session;
pub(crate) mod size;
pub(crate) mod stream;

use futures_util::FutureExt as _;
use http::{Request, Response};
use std::pin::pin;
use tower::ServiceExt as _;
use tower_api_routes::{ApiRouter, Body};

/// Bytes as a source of choices; zeros once they are used up.
pub(crate) struct Data<'a>(&'a [u8]);

impl<'a> Data<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number below `most`, which is at most 256.
    pub(crate) fn below(&mut self, most: usize) -> usize {
        usize::from(self.byte()) % most.max(1)
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub(crate) fn bytes(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub(crate) fn rest(&mut self) -> &'a [u8] {
        self.bytes(self.0.len())
    }

    /// A text of up to `most` pieces: of the words given, and of characters of any kind.
    pub(crate) fn text(&mut self, words: &[&str], most: usize) -> String {
        let mut text = String::new();
        for _ in 0..self.below(most + 1) {
            match self.byte() {
                kind @ 0..=191 => text.push_str(words[usize::from(kind) % words.len()]),
                192..=239 => text.push(char::from(self.byte() & 0x7f)),
                _ => {
                    let number = u32::from_be_bytes([0, self.byte() & 0x1f, self.byte(), self.byte()]);
                    text.push(char::from_u32(number).unwrap_or('\u{fffd}'));
                }
            }
        }
        text
    }
}

/// libFuzzer's hook ends the run at any panic, one that is caught and meant to be too: this one knows those.
pub(crate) fn abort_at_other_panics() {
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            if info.payload().downcast_ref::<&str>() != Some(&"on purpose") {
                eprintln!("{info}");
                std::process::abort();
            }
        }));
    });
}

/// A response of a handler that waits for nothing.
pub(crate) fn ask(router: &ApiRouter, request: Request<Body>) -> Response<Body> {
    let mut call = pin!(router.clone().oneshot(request));
    // The ETag of a large response takes several turns.
    let response = (0..100).find_map(|_| call.as_mut().now_or_never());
    response.expect("the handlers wait for nothing").unwrap_or_else(|e| match e {})
}

//! A limit for telling HTTP/1 from HTTP/2.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// The first bytes of a connection. hyper-util compares them with HTTP/2's preface and waits for them without a limit: a
/// client that sends nothing, or `P` and nothing else, would stay for ever.
pub(super) struct Preface {
    /// How much of the preface has come; all of it once the version is known.
    seen: usize,
    limit: Duration,
    /// Armed by a client that lets us wait.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Preface {
    /// [RFC 9113, 3.4](https://www.rfc-editor.org/rfc/rfc9113#section-3.4).
    const BYTES: &'static [u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    pub(super) fn new(limit: Duration) -> Self {
        Self { seen: 0, limit, timer: None }
    }

    pub(super) fn is_known(&self) -> bool {
        self.seen == Self::BYTES.len()
    }

    /// Takes notice of what was read.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        let rest = Self::BYTES.get(self.seen..).unwrap_or_default();
        let is_part = !bytes.is_empty() && rest.starts_with(bytes);
        self.seen = if is_part { self.seen + bytes.len() } else { Self::BYTES.len() };
        if self.is_known() {
            self.timer = None;
        }
    }

    /// Whether the client has taken too long.
    pub(super) fn poll_too_late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let limit = self.limit;
        self.timer.get_or_insert_with(|| Box::pin(sleep(limit))).as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_known_from_the_first_byte_that_differs() {
        let cases: &[(&[&str], bool)] = &[
            (&["GET / HTTP/1.1"], true),
            (&["P"], false),
            (&["P", "OST"], true),
            (&["PRI * HTTP/2.0\r\n\r\n"], false),
            (&["PRI * HTTP/2.0\r\n\r\n", "SM\r\n\r\n"], true),
            (&["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n and more"], true),
            (&[""], true),
        ];
        for (pieces, known) in cases {
            let mut preface = Preface::new(Duration::ZERO);
            pieces.iter().for_each(|piece| preface.read(piece.as_bytes()));
            assert_eq!(preface.is_known(), *known, "{pieces:?}");
        }
    }
}

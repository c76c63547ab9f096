//! What a closure panics with, and where.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

/// The message of a panic, and its place: a file and a line.
#[derive(Debug)]
pub(crate) struct Panic {
    pub(crate) message: String,
    pub(crate) place: (String, u32),
}

thread_local! {
    /// The panics of the closure that this thread runs in `panic_of`; `None` if it runs none.
    static SEEN: RefCell<Option<Vec<Panic>>> = const { RefCell::new(None) };
}

/// Runs a closure, and returns its last panic. Other panics, of this thread and of others, are reported as usual.
pub(crate) fn panic_of(run: impl FnOnce()) -> Option<Panic> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let place = info.location().map(|place| (place.file().to_owned(), place.line())).unwrap();
            let payload = info.payload();
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            let seen = Panic { message: text.unwrap_or_default().to_owned(), place };
            let taken = SEEN.with_borrow_mut(|all| all.as_mut().map(|all| all.push(seen)));
            if taken.is_none() {
                usual(info);
            }
        }));
    });
    SEEN.set(Some(Vec::new()));
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    let last = SEEN.take().and_then(|mut seen| seen.pop());
    assert_eq!(result.is_err(), last.is_some());
    last
}

/// Runs a closure that has to panic, and returns the message.
pub(crate) fn message_of(run: impl FnOnce()) -> String {
    panic_of(run).expect("no panic").message
}

//! What was logged, field by field.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Once;
use tracing::field::{Field, Visit};
use tracing::{Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

thread_local! {
    /// What this thread has logged, while somebody captures it.
    static EVENTS: RefCell<Option<Vec<Event>>> = const { RefCell::new(None) };
}

/// Captures what this thread logs, until it is dropped.
///
/// One subscriber for the whole process, that sorts by thread. One for each test would not do: a callsite that another test's
/// thread meets first, without a subscriber of its own, stays silent for all of them.
pub(crate) struct Log(());

#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) level: Level,
    pub(crate) fields: BTreeMap<&'static str, String>,
}

impl Event {
    /// The fields of this name, `-` for one that is not there.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("-", String::as_str)
    }

    pub(crate) fn message(&self) -> &str {
        self.field("message")
    }
}

impl Log {
    pub(crate) fn capture() -> Self {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| {
            tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Capture)).unwrap();
        });
        EVENTS.set(Some(Vec::new()));
        Self(())
    }

    /// What this crate has logged at this level, and forgets it.
    #[allow(clippy::unused_self)] // who has no `Log` captures nothing
    pub(crate) fn take(&self, level: Level) -> Vec<Event> {
        let events = EVENTS.with_borrow_mut(|events| events.as_mut().map(std::mem::take).unwrap_or_default());
        events.into_iter().filter(|event| event.level == level).collect()
    }

    /// What this crate has logged at any level, and forgets it.
    #[allow(clippy::unused_self)]
    pub(crate) fn all(&self) -> Vec<Event> {
        EVENTS.with_borrow_mut(|events| events.as_mut().map(std::mem::take).unwrap_or_default())
    }

    pub(crate) fn warnings(&self) -> Vec<Event> {
        self.take(Level::WARN)
    }

    /// Route, bytes and limit of each warning about the size of a response.
    pub(crate) fn too_large(&self) -> Vec<[String; 3]> {
        let warnings = self.warnings();
        let of_size = warnings.iter().filter(|event| event.message().contains("exceeds the limit"));
        of_size
            .map(|event| ["http.route", "bytes", "limit"].map(|name| event.field(name).to_owned()))
            .collect()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        EVENTS.set(None);
    }
}

struct Capture;

impl<S: Subscriber> Layer<S> for Capture {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if !event.metadata().target().starts_with("tower_api_routes") {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        EVENTS.with_borrow_mut(|events| {
            if let Some(events) = events {
                events.push(Event { level: *event.metadata().level(), fields: fields.0 });
            }
        });
    }
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

use crate::error::Error;
use crate::json;
use crate::response::Result;
use bytes::Bytes;
use serde::Serialize;
use std::time::Duration;

/// An event of an [`sse`](crate::ApiResponse::sse) response.
///
/// Data can have any number of lines, with any line breaks; the client receives `\n` between them. The browser does
/// not dispatch an event without data, but takes over its id and its time to reconnect.
///
/// The fields are sent in the order `event`, `id`, `retry`, `data`, however they were set: a client that is written by hand
/// may dispatch the event at its data.
///
/// A name or an id with a line break would start another field of the event, so [`send`](crate::EventWriter::send)
/// rejects it.
///
/// ```
/// use std::time::Duration;
/// use tower_api_routes::Event;
///
/// let event = Event::new("two\nlines").event("tick").id("7").retry(Duration::from_secs(3));
/// assert_eq!(event.to_string(), "event: tick\nid: 7\nretry: 3000\ndata: two\ndata: lines\n\n");
/// ```
///
/// Source: [the event stream format](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream).
#[derive(Clone, Debug, Default)]
#[must_use = "an event is sent by `EventWriter::send`"]
pub struct Event {
    /// The lines of each field, with their ends.
    name: String,
    id: String,
    retry: String,
    data: String,
    /// The first field that cannot be sent, with its value.
    problem: Option<(&'static str, String)>,
}

impl Event {
    /// Creates an event with this data.
    pub fn new(data: impl AsRef<str>) -> Self {
        Self::default().data(data)
    }

    /// Creates an event whose data is this value as JSON.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be serialized as JSON.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        Ok(Self::new(std::str::from_utf8(&json::to_bytes(value)?)?))
    }

    /// Adds data, on lines of their own.
    pub fn data(mut self, data: impl AsRef<str>) -> Self {
        let data = data.as_ref();
        self.data.reserve(data.len() + 16);
        lines(data).for_each(|line| self.data.extend(["data: ", line, "\n"]));
        self
    }

    /// Sets the event's type, the name for `addEventListener`. Default: `message`.
    pub fn event(mut self, name: impl AsRef<str>) -> Self {
        self.name = self.line("event", name.as_ref());
        self
    }

    /// Sets the event's id, which the browser sends as `Last-Event-ID` when it reconnects.
    pub fn id(mut self, id: impl AsRef<str>) -> Self {
        self.id = self.line("id", id.as_ref());
        self
    }

    /// Sets how long the browser waits before it reconnects, in whole milliseconds.
    pub fn retry(mut self, time: Duration) -> Self {
        self.retry = format!("retry: {}\n", time.as_millis());
        self
    }

    /// Returns the line of a field. A value that cannot be sent is noted, and has no line.
    fn line(&mut self, field: &'static str, value: &str) -> String {
        // Clients ignore an id with a NUL.
        if value.contains(['\r', '\n', '\0']) {
            self.problem.get_or_insert((field, value.to_owned()));
            return String::new();
        }
        [field, ": ", value, "\n"].concat()
    }

    fn text(&self) -> String {
        [&*self.name, &self.id, &self.retry, &self.data, "\n"].concat()
    }

    /// Returns the event as it is sent.
    pub(super) fn into_chunk(mut self) -> Result<Bytes> {
        if let Some((field, value)) = self.problem {
            return Err(Error::internal(format!("{value:?} cannot be the {field} of an event")));
        }
        if self.name.is_empty() && self.id.is_empty() && self.retry.is_empty() {
            self.data.push('\n');
            return Ok(self.data.into());
        }
        Ok(self.text().into())
    }
}

/// Writes the event as it is sent, without fields that cannot be sent.
impl std::fmt::Display for Event {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

macro_rules! data {
    ($($text:ty),*) => {$(
        impl From<$text> for Event {
            fn from(data: $text) -> Self {
                Self::new(data)
            }
        }
    )*};
}
data!(&str, String, &String);

pub(super) fn comment(text: &str) -> String {
    let mut comment = String::with_capacity(text.len() + 4);
    lines(text).for_each(|line| comment.extend([": ", line, "\n"]));
    comment.push('\n');
    comment
}

/// Splits text into lines as the format does: at `\r\n`, `\r` and `\n`.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let Some((line, after)) = text.find(['\r', '\n']).map(|at| text.split_at(at)) else {
            return Some(text);
        };
        rest = after.strip_prefix("\r\n").or_else(|| after.get(1..));
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_of_many_lines_stay_one_event() {
        let cases = [
            ("", "data: \n\n"),
            ("one", "data: one\n\n"),
            (" leading", "data:  leading\n\n"),
            ("a\nb", "data: a\ndata: b\n\n"),
            ("a\r\nb", "data: a\ndata: b\n\n"),
            ("a\rb", "data: a\ndata: b\n\n"),
            ("a\n\nb", "data: a\ndata: \ndata: b\n\n"),
            ("a\r\n\r\nb", "data: a\ndata: \ndata: b\n\n"),
            ("a\n\rb", "data: a\ndata: \ndata: b\n\n"),
            ("a\r\r\nb", "data: a\ndata: \ndata: b\n\n"),
            ("a\n", "data: a\ndata: \n\n"),
            ("\r\n", "data: \ndata: \n\n"),
            ("x\n\nevent: evil\ndata: y", "data: x\ndata: \ndata: event: evil\ndata: data: y\n\n"),
            ("a\u{2028}b\u{85}c é", "data: a\u{2028}b\u{85}c é\n\n"),
        ];
        for (data, text) in cases {
            assert_eq!(Event::new(data).into_chunk().unwrap(), text, "{data:?}");
        }
    }

    #[test]
    fn fields_go_out_in_one_order() {
        let cases = [
            (Event::new("x").data("y"), "data: x\ndata: y\n\n"),
            (Event::default().id("").event("é"), "event: é\nid: \n\n"),
            (
                Event::new("x").retry(Duration::from_secs(1)).id("1").event("a").id("2").data("y"),
                "event: a\nid: 2\nretry: 1000\ndata: x\ndata: y\n\n",
            ),
            (Event::default().retry(Duration::from_micros(2500)), "retry: 2\n\n"),
            (
                Event::json(&serde_json::json!({ "a": "b\nc", "n": 1.0 })).unwrap(),
                "data: {\"a\":\"b\\nc\",\"n\":1}\n\n",
            ),
            (Event::from(String::from("text")), "data: text\n\n"),
            (Event::from(&String::from("text")), "data: text\n\n"),
            (Event::from("text"), "data: text\n\n"),
        ];
        for (event, text) in cases {
            assert_eq!(event.to_string(), text);
            assert_eq!(event.into_chunk().unwrap(), text);
        }
    }

    #[test]
    fn names_and_ids_cannot_add_a_field() {
        for value in ["a\nb", "a\rb", "a\r\ndata: evil", "\n", "nul\0"] {
            for event in
                [Event::new("x").event(value), Event::new("x").id(value), Event::default().id(value).id("7")]
            {
                assert_eq!(event.into_chunk().unwrap_err().status(), 500, "{value:?}");
            }
        }
    }

    #[test]
    fn a_comment_of_many_lines_stays_a_comment() {
        for (text, comment) in [("", ": \n\n"), ("a\r\ndata: b\rc", ": a\n: data: b\n: c\n\n")] {
            assert_eq!(super::comment(text), comment);
        }
    }
}

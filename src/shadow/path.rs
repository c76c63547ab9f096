//! Paths within JSON: `$.items[0].name`.

/// A path within JSON, and the same path with `[*]` for each index.
pub(super) struct Path {
    text: String,
    pattern: String,
}

impl Path {
    pub(super) fn root() -> Self {
        Self { text: "$".into(), pattern: "$".into() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether one of the paths is this one.
    pub(super) fn is_in(&self, paths: &[Box<str>]) -> bool {
        paths.iter().any(|path| **path == *self.text || **path == *self.pattern)
    }

    /// Appends a key. [`pop`](Self::pop) takes it off again.
    pub(super) fn push_key(&mut self, key: &str) -> Mark {
        let step = if is_name(key) { format!(".{key}") } else { format!("[{key:?}]") };
        self.push(&step, &step)
    }

    /// Appends an index. [`pop`](Self::pop) takes it off again.
    pub(super) fn push_index(&mut self, index: usize) -> Mark {
        self.push(&format!("[{index}]"), "[*]")
    }

    fn push(&mut self, step: &str, pattern: &str) -> Mark {
        let mark = Mark { text: self.text.len(), pattern: self.pattern.len() };
        self.text.push_str(step);
        self.pattern.push_str(pattern);
        mark
    }

    pub(super) fn pop(&mut self, mark: &Mark) {
        self.text.truncate(mark.text);
        self.pattern.truncate(mark.pattern);
    }
}

/// The length of a path before a step.
pub(super) struct Mark {
    text: usize,
    pattern: usize,
}

/// Returns whether a key can be written without quotes.
fn is_name(key: &str) -> bool {
    !key.is_empty()
        && !key.starts_with(|first: char| first.is_ascii_digit())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$')
}

//! Lines and columns of a text.

/// Where the lines of a text start.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// The lines of a text.
    pub(crate) fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// Line and column from 1 on; columns count characters, a byte order mark is none.
    pub(crate) fn place(&self, text: &str, offset: usize) -> (usize, usize) {
        let line = self.index(offset);
        let before = text.get(self.starts[line]..offset).unwrap_or_default();
        (line + 1, before.trim_start_matches('\u{feff}').chars().count() + 1)
    }

    /// The line of an offset, from 0 on.
    pub(crate) fn index(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset) - 1
    }

    /// How many lines there are.
    pub(crate) fn count(&self) -> usize {
        self.starts.len()
    }

    /// The bytes of a line, its break included.
    pub(crate) fn range(&self, text: &str, line: usize) -> std::ops::Range<usize> {
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        self.starts.get(line).map_or(text.len()..text.len(), |start| *start..end)
    }

    /// The text of a line without its break.
    pub(crate) fn text<'a>(&self, text: &'a str, line: usize) -> &'a str {
        text[self.range(text, line)].trim_end_matches(['\n', '\r'])
    }
}

//! Rendering: reports to text, JSON and YAML. Nothing here decides anything.
//!
//! Width and colour are inputs. Text that comes from a cluster passes through
//! [`plain`] before it reaches a terminal.

pub mod admission;
pub mod admission_json;
pub mod diagnosis;
pub mod diff;
pub mod json_v1;
pub mod nodes;
pub mod nodes_json;
pub mod pipeline_nodes;
pub mod preflight;
pub mod table;
pub mod wording;

use std::borrow::Cow;

/// How text is rendered.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether to use colour; it never carries meaning alone.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
}

impl Style {
    /// Text in a style of its own, when colour is on.
    fn paint(self, style: anstyle::Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// A heading.
    pub fn bold(self, text: &str) -> String {
        self.paint(anstyle::Style::new().bold(), text)
    }

    /// Something wrong.
    pub fn bad(self, text: &str) -> String {
        self.paint(anstyle::AnsiColor::Red.on_default().bold(), text)
    }

    /// Something fine.
    pub fn good(self, text: &str) -> String {
        self.paint(anstyle::AnsiColor::Green.on_default(), text)
    }

    /// Something to be careful with.
    pub fn warn(self, text: &str) -> String {
        self.paint(anstyle::AnsiColor::Yellow.on_default(), text)
    }

    /// Something secondary.
    pub fn dim(self, text: &str) -> String {
        self.paint(anstyle::Style::new().dimmed(), text)
    }
}

/// Text without control characters: a name or message of a cluster must not move
/// the cursor, recolour the terminal or hide itself. Line breaks and tabs become
/// blanks.
pub fn plain(text: &str) -> Cow<'_, str> {
    let is_unsafe = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' | '\r' if !clean.ends_with(' ') => clean.push(' '),
            c if is_unsafe(c) => {}
            c => clean.push(c),
        }
    }
    Cow::Owned(clean.trim().to_owned())
}

/// Breaks text into lines of at most `width` columns, later lines indented. Words
/// longer than a line stay whole: they are names to copy.
pub fn wrap(text: &str, width: usize, first: &str, rest: &str) -> String {
    use unicode_width::UnicodeWidthStr;
    let mut lines = String::new();
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.width() + 1 + word.width() > width.max(40) {
            lines.push_str(line.trim_end());
            lines.push('\n');
            line = rest.to_owned();
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push_str(line.trim_end());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_of_a_cluster_never_reach_the_terminal() {
        assert_eq!(plain("plain text"), "plain text");
        assert_eq!(plain("a\u{1b}[31mred\u{7}\nb\u{202e}c\u{9b}2J"), "a[31mred bc2J");
    }

    #[test]
    fn wrapped_lines_keep_to_the_width() {
        let text = wrap("one two three four five six seven eight nine ten", 40, "- ", "  ");
        assert_eq!(text, "- one two three four five six seven\n  eight nine ten");
    }
}

//! The filter for text that leaves the program: names and messages of a cluster must not
//! move the cursor, recolour the terminal, reorder a line or hide in it.

use std::borrow::Cow;

use super::secrets;

/// Whether a character acts on the terminal, reorders text or is invisible: control
/// characters (C0, DEL, C1), format characters (bidi controls, zero-width characters,
/// tags), line and paragraph separators, and fillers that are rendered as nothing.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Text for one line: line breaks and tabs become a blank, hidden characters go.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        let is_break = matches!(c, '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
        if is_break && !clean.ends_with(' ') {
            clean.push(' ');
        } else if !is_hidden(c) {
            clean.push(c);
        }
    }
    Cow::Owned(clean)
}

/// Text for one line for people: without what is secret as well.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    without_secrets(line(text))
}

/// Text of several lines for people: without what is secret as well.
pub(crate) fn shown_lines(text: &str) -> Cow<'_, str> {
    without_secrets(lines(text))
}

fn without_secrets(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => secrets::text(text),
        Cow::Owned(text) => Cow::Owned(secrets::text(&text).into_owned()),
    }
}

/// Text of several lines: line breaks and tabs stay, hidden characters go.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    let goes = |c: char| is_hidden(c) && c != '\n' && c != '\t';
    if text.chars().any(goes) { Cow::Owned(text.chars().filter(|c| !goes(*c)).collect()) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_stays_one_line() {
        assert_eq!(line("plain text"), "plain text");
        assert_eq!(line("a\u{1b}[31mred\u{7}\nb\u{202e}c\u{9b}2J"), "a[31mred bc2J");
        assert_eq!(line("a\r\n\tb\u{2028}c\u{7f}"), "a b c");
        assert_eq!(line("zero\u{200b}width\u{feff}\u{2066}\u{e0041}"), "zerowidth");
        assert_eq!(line("  - indented"), "  - indented");
    }

    #[test]
    fn several_lines_keep_their_breaks_and_tabs() {
        assert_eq!(lines("a\n\tb\r\n\u{1b}c\u{202e}"), "a\n\tb\nc");
    }

    proptest::proptest! {
        #[test]
        fn nothing_hidden_is_left(text in proptest::prelude::any::<String>()) {
            assert!(!line(&text).chars().any(is_hidden));
            assert!(!lines(&text).chars().any(|c| is_hidden(c) && c != '\n' && c != '\t'));
        }
    }
}

//! Text in lines of a width: cleaned, measured without escape codes, then painted.

use unicode_width::UnicodeWidthStr as _;

use super::clean;
use super::document::{Span, Text, Tone};
use super::{Block, Style};

/// A word, which may change its tone inside.
type Word = Vec<Span>;

/// The narrowest text: below that, lines overflow instead.
const NARROWEST: usize = 20;

/// Columns that a text takes on one line.
pub(super) fn width(text: &Text) -> usize {
    text.0.iter().map(|span| clean::shown(&span.text).width()).sum()
}

/// The text on one line, blanks included.
pub(super) fn one_line(text: &Text, style: Style) -> String {
    text.0.iter().map(|span| style.paint(span.tone, &clean::shown(&span.text))).collect()
}

/// Lines of at most so many columns: the first, and each later one. Words longer than
/// that stay whole: they are names to copy.
pub(super) fn wrapped(text: &Text, (first, rest): (usize, usize), style: Style) -> Vec<String> {
    let mut width = first.max(NARROWEST);
    let (mut lines, mut line, mut used) = (Vec::new(), Word::new(), 0);
    for (blank, word) in words(text) {
        let columns: usize = word.iter().map(|span| span.text.width()).sum();
        if used > 0 && used + 1 + columns > width {
            lines.push(painted(&std::mem::take(&mut line), style));
            used = 0;
            width = rest.max(NARROWEST);
        }
        if used > 0 {
            add(&mut line, blank, " ");
            used += 1;
        }
        word.iter().for_each(|span| add(&mut line, span.tone, &span.text));
        used += columns;
    }
    if used > 0 || lines.is_empty() {
        lines.push(painted(&line, style));
    }
    lines
}

/// The words of a text, each with the tone of the blank before it.
fn words(text: &Text) -> Vec<(Tone, Word)> {
    let mut words: Vec<(Tone, Word)> = Vec::new();
    let mut is_open = false;
    let mut blank = Tone::Plain;
    for span in &text.0 {
        for c in clean::shown(&span.text).chars() {
            if c.is_whitespace() && c != '\u{a0}' {
                is_open = false;
                blank = span.tone;
                continue;
            }
            if !is_open {
                // A blank has the tone of its neighbours only where both agree.
                words.push((if blank == span.tone { blank } else { Tone::Plain }, Word::new()));
                is_open = true;
            }
            if let Some((_, word)) = words.last_mut() {
                add(word, span.tone, c.encode_utf8(&mut [0; 4]));
            }
        }
    }
    words
}

fn add(line: &mut Word, tone: Tone, text: &str) {
    match line.last_mut() {
        Some(last) if last.tone == tone => last.text.push_str(text),
        _ => line.push(Span { tone, text: text.to_owned() }),
    }
}

fn painted(line: &Word, style: Style) -> String {
    line.iter().map(|span| style.paint(span.tone, &span.text)).collect()
}

/// How far the later lines of a block are indented more than its first.
pub(super) fn hang(block: &Block) -> usize {
    match block {
        Block::Item { mark: "", .. } | Block::Verdict(_) | Block::Section(..) => 2,
        Block::Item { mark, .. } => mark.width() + 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_lines_keep_to_the_width() {
        let plain = Style { color: false, width: 80 };
        let text = Text::from("one two three four five six seven eight nine ten");
        assert_eq!(wrapped(&text, (38, 38), plain), ["one two three four five six seven", "eight nine ten"]);
        assert_eq!(wrapped(&Text::from("漢字漢字漢字 漢字漢字漢字"), (24, 24), plain).len(), 2);
        assert_eq!(wrapped(&Text::default(), (40, 40), plain), [""]);
    }

    #[test]
    fn colour_takes_no_width_and_cannot_be_forged() {
        let (plain, colour) = (Style { color: false, width: 80 }, Style { color: true, width: 80 });
        let text = Text::from("a ").and(Tone::Bad.of("red\u{1b}[32m word")).and(", b");
        assert_eq!(wrapped(&text, (30, 30), plain), ["a red[32m word, b"]);
        let painted = wrapped(&text, (30, 30), colour).join("\n");
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), "a red[32m word, b");
        assert!(!painted.contains("\u{1b}[32m"), "{painted:?}");
    }
}

//! Writes a [`Document`] for a terminal: wrapped, indented, coloured. Text is cleaned
//! here, before colour codes are added.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr as _;

use super::document::{Block, Document, Text, Tone};
use super::{Style, clean, table, wrap};

/// Writes a document.
///
/// # Errors
/// Those of the writer.
pub(crate) fn emit(document: &Document, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { style, out, is_empty: true };
    page.blocks(&document.blocks, 0, 0)
}

/// The number of lines that a document takes at so many columns.
pub(super) fn height(document: &Document, width: usize) -> usize {
    let mut lines = Vec::new();
    // A vector takes whatever is written.
    let _ = emit(document, Style { color: false, width }, &mut lines);
    lines.iter().filter(|byte| **byte == b'\n').count()
}

struct Page<'a> {
    style: Style,
    out: &'a mut dyn Write,
    is_empty: bool,
}

impl Page<'_> {
    fn blocks(&mut self, blocks: &[Block], indent: usize, depth: usize) -> io::Result<()> {
        let mut last: Option<&Block> = None;
        for block in blocks {
            let opens = matches!(block, Block::Section(..) | Block::Table(_));
            // What follows a section and does not belong to it is set off as well.
            let follows = matches!(block, Block::Verdict(_) | Block::Note(_))
                && last.is_some_and(|last| matches!(last, &Block::Section(..)));
            if depth == 0 && (opens || follows) && !self.is_empty {
                writeln!(self.out)?;
            }
            last = Some(block);
            self.block(block, indent, depth)?;
            self.is_empty = false;
        }
        Ok(())
    }

    fn block(&mut self, block: &Block, indent: usize, depth: usize) -> io::Result<()> {
        match block {
            Block::Verdict(text) | Block::Paragraph(text) => self.wrapped(block, "", text, indent),
            Block::Item { mark, text, body } => {
                self.wrapped(block, mark, text, indent)?;
                self.blocks(body, indent + wrap::hang(block), depth + 1)
            }
            Block::Section(title, body) => {
                self.wrapped(block, "", title, indent)?;
                self.blocks(body, if depth == 0 { indent + 2 } else { indent }, depth + 1)
            }
            Block::Nested(body) => self.blocks(body, indent + 2, depth + 1),
            Block::Line(text) => self.line(&wrap::one_line(text, self.style), indent),
            Block::Table(table) => {
                for line in table::lines(table, self.style, indent) {
                    self.line(&line, indent)?;
                }
                Ok(())
            }
            Block::Command(text) => {
                for line in text.lines() {
                    self.line(&format!("$ {}", clean::line(line)), indent)?;
                }
                Ok(())
            }
            Block::Quotation(text) => {
                for line in text.lines() {
                    self.line(&clean::shown_lines(line), indent)?;
                }
                Ok(())
            }
            Block::Note(text) => self.wrapped(block, "", &Tone::Dim.of(text), indent),
        }
    }

    fn wrapped(&mut self, block: &Block, mark: &str, text: &Text, indent: usize) -> io::Result<()> {
        let hang = wrap::hang(block);
        let first = if mark.is_empty() { String::new() } else { format!("{mark} ") };
        let room = self.style.width.saturating_sub(indent);
        // Blanks set parts of a title apart as long as it is on one line.
        if matches!(block, Block::Verdict(_) | Block::Section(..)) && wrap::width(text) <= room {
            return self.line(&wrap::one_line(text, self.style), indent);
        }
        let lines = wrap::wrapped(text, (room.saturating_sub(first.width()), room.saturating_sub(hang)), self.style);
        for (at, line) in lines.iter().enumerate() {
            if at == 0 {
                self.line(&format!("{first}{line}"), indent)?;
            } else {
                self.line(line, indent + hang)?;
            }
        }
        Ok(())
    }

    fn line(&mut self, line: &str, indent: usize) -> io::Result<()> {
        if line.is_empty() {
            return writeln!(self.out);
        }
        writeln!(self.out, "{:indent$}{line}", "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::clean::is_hidden;

    fn text(document: &Document, color: bool) -> String {
        let mut out = Vec::new();
        emit(document, Style { color, width: 40 }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn everything(text: &str) -> Document {
        let mut document = Document::verdict(Tone::Bad.of(text));
        let item = Block::Item { mark: "1.", text: text.into(), body: vec![Block::Command(text.to_owned())] };
        document.section(text, vec![item, Block::Quotation(text.to_owned())]);
        document.push(Block::Nested(vec![Block::Line(text.into()), Block::Paragraph(text.into())]));
        document.push(Block::Note(text.to_owned()));
        document
    }

    #[test]
    fn blocks_are_indented_by_what_they_belong_to() {
        let item = Block::Item {
            mark: "•",
            text: "an entry that is longer than one line of forty".into(),
            body: vec![Block::Command("oc get pods".to_owned())],
        };
        let mut document = Document::verdict("a verdict that is longer than one line of forty");
        document.section("Title", vec![Block::Section("Inner".into(), vec![item]), Block::entry("entry")]);
        document.push(Block::Quotation("first\n\n  third".to_owned()));
        let expected = "\
a verdict that is longer than one line
  of forty

Title
  Inner
  • an entry that is longer than one
    line of forty
    $ oc get pods
  entry
first

  third
";
        assert_eq!(text(&document, false), expected);
    }

    #[test]
    fn colour_changes_nothing_but_colour() {
        let document = everything("some words that go on until they have to be wrapped");
        let painted = text(&document, true);
        assert_ne!(painted, text(&document, false));
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), text(&document, false));
    }

    proptest::proptest! {
        #[test]
        fn nothing_hidden_is_written(part in proptest::prelude::any::<String>()) {
            let written = text(&everything(&format!("a\u{1b}[2J{part}\u{202e}\u{85}b")), false);
            assert!(!written.chars().any(|c| is_hidden(c) && c != '\n' && c != '\t'), "{written:?}");
        }
    }
}

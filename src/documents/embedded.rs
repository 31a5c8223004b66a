//! A text that stands in a scalar of another one: places in it as places of the outer text.

use std::ops::Range;

use super::lines::Lines;
use super::tree::{Node, Style};

/// Where each line of an embedded text begins: in it and in the outer text.
pub(crate) struct Embedded {
    lines: Vec<(usize, usize)>,
}

impl Embedded {
    /// The text of a block scalar (`|`), whose lines are those of the outer text without
    /// their indentation. `None` for other styles, which have no such lines.
    pub(crate) fn of(outer: &str, node: &Node) -> Option<Self> {
        let node = node.target();
        let inner = node.text().filter(|_| node.style == Style::Block)?;
        let lines = Lines::of(outer);
        let from = lines.index(node.span.start);
        // The scalar begins with its header, or with its first line.
        [from + 1, from].into_iter().find_map(|first| Self::aligned(outer, inner, &lines, first))
    }

    fn aligned(outer: &str, inner: &str, lines: &Lines, first: usize) -> Option<Self> {
        let mut found = Vec::new();
        let mut start = 0;
        for (number, line) in inner.split_inclusive('\n').enumerate() {
            if first + number >= lines.count() {
                return None;
            }
            let range = lines.range(outer, first + number);
            let theirs = outer[range.clone()].trim_end_matches(['\n', '\r']);
            let ours = line.trim_end_matches(['\n', '\r']);
            let indent = theirs.strip_suffix(ours).filter(|indent| indent.bytes().all(|byte| byte == b' '))?;
            found.push((start, range.start + indent.len()));
            start += line.len();
        }
        Some(Self { lines: found })
    }

    /// A place of the embedded text in the outer one; it ends on the line where it begins.
    pub(crate) fn outer(&self, span: &Range<usize>) -> Option<Range<usize>> {
        let at = self.lines.partition_point(|(start, _)| *start <= span.start).checked_sub(1)?;
        let (inner, outer) = *self.lines.get(at)?;
        let end = self.lines.get(at + 1).map_or(span.end, |(next, _)| span.end.min(next.saturating_sub(1)));
        Some(outer + span.start - inner..outer + end.max(span.start) - inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    #[test]
    fn lines_of_a_block_are_found_in_the_text_around_it() {
        let text = "a:\n  - b: |-\n      x: 1\n\n      y: 2\n    c: 3\n";
        let (documents, _) = read(text);
        let list = documents[0].root.list("a");
        let node = list[0].get("b").unwrap();
        let embedded = Embedded::of(text, node).unwrap();
        let inner = node.text().unwrap();
        let at = inner.find('y').unwrap();
        assert_eq!(&text[embedded.outer(&(at..at + 1)).unwrap()], "y");
        assert!(Embedded::of(text, list[0].get("c").unwrap()).is_none());
    }
}

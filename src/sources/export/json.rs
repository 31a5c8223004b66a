//! JSON of any size, piece by piece as it passes: of a list the objects one after another, and
//! then the list without them. Nothing but the piece at hand is in memory.
//!
//! Only where pieces begin and end is told here; what they hold is read by serde_json.

use std::io::{BufRead, ErrorKind};

/// Largest piece, in bytes: etcd stores no object of more than a few megabytes.
const LARGEST: usize = 64 * 1024 * 1024;

/// Why no further piece is read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It is something else than JSON objects after one another.
    Odd,
    /// It ended, or could not be read any further, in the middle of a document; what came
    /// before was handed out.
    Cut {
        /// The line of the end.
        line: usize,
        /// What reading said, if it was not the end of the file.
        reason: Option<String>,
    },
}

/// What takes the pieces.
pub(super) trait Sink {
    /// The list `items` of a document begins; `before` is what stands before it.
    fn list(&mut self, before: &[u8], line: usize);
    /// An entry of that list.
    fn item(&mut self, text: &[u8], line: usize);
    /// A document without what its list held; of one that was cut off what is there of it.
    fn document(&mut self, text: &[u8], line: usize, is_whole: bool);
}

/// Whether a text may be such JSON, by its first bytes.
pub(super) fn may_be(head: &[u8]) -> bool {
    head.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') && !head.contains(&0)
}

/// Hands out all pieces.
///
/// # Errors
/// Where it ends early, or is no such JSON.
pub(super) fn pass(source: impl BufRead, sink: &mut impl Sink) -> Result<(), Stop> {
    let mut text = Text { source, line: 1 };
    loop {
        match text.next() {
            Ok(b'{') => {}
            Ok(_) => return Err(Stop::Odd),
            // The end of the file, between two documents.
            Err(Stop::Cut { reason: None, .. }) => return Ok(()),
            Err(stop) => return Err(stop),
        }
        let (line, mut outer) = (text.line, Vec::new());
        let ended = document(&mut text, &mut outer, sink);
        match &ended {
            Ok(()) => sink.document(&outer, line, true),
            Err(Stop::Cut { .. }) => {
                outer.push(b'}');
                sink.document(&outer, line, false);
            }
            Err(Stop::Odd) => {}
        }
        ended?;
    }
}

/// Reads one document into `outer`, without the entries of its list `items`. Where it is cut
/// off, `outer` ends behind the last whole field.
fn document<R: BufRead>(text: &mut Text<R>, outer: &mut Vec<u8>, sink: &mut impl Sink) -> Result<(), Stop> {
    let first_line = text.line;
    text.expect(b'{')?;
    outer.push(b'{');
    let mut has_items = false;
    if text.next()? == b'}' {
        text.take();
        outer.push(b'}');
        return Ok(());
    }
    loop {
        let begin = outer.len();
        let mut field = Vec::new();
        if text.next()? != b'"' {
            return Err(Stop::Odd);
        }
        text.value(&mut field)?;
        let is_items = field == b"\"items\"";
        text.next()?;
        text.expect(b':')?;
        if text.next()? == b'[' && is_items {
            if std::mem::replace(&mut has_items, true) {
                return Err(Stop::Odd);
            }
            sink.list(&[outer.as_slice(), b"}"].concat(), first_line);
            outer.extend_from_slice(if begin > 1 { b",\"items\":[]" } else { b"\"items\":[]" });
            items(text, sink)?;
        } else {
            field.push(b':');
            text.value(&mut field)?;
            if begin > 1 {
                outer.push(b',');
            }
            outer.extend_from_slice(&field);
        }
        match text.next()? {
            b',' => text.take(),
            b'}' => {
                text.take();
                outer.push(b'}');
                return Ok(());
            }
            _ => return Err(Stop::Odd),
        }
    }
}

fn items<R: BufRead>(text: &mut Text<R>, sink: &mut impl Sink) -> Result<(), Stop> {
    text.expect(b'[')?;
    if text.next()? == b']' {
        text.take();
        return Ok(());
    }
    let mut item = Vec::new();
    loop {
        text.next()?;
        let line = text.line;
        item.clear();
        text.value(&mut item)?;
        if item.is_empty() {
            return Err(Stop::Odd);
        }
        // An object says itself that it is whole; of a number there may be the first half only.
        let is_whole = item.ends_with(b"}");
        if is_whole {
            sink.item(&item, line);
        }
        let next = text.next()?;
        if !is_whole {
            sink.item(&item, line);
        }
        text.take();
        match next {
            b',' => {}
            b']' => return Ok(()),
            _ => return Err(Stop::Odd),
        }
    }
}

/// A text, with the line that was reached.
struct Text<R> {
    source: R,
    line: usize,
}

impl<R: BufRead> Text<R> {
    /// The next byte that is no space, which stays to be read.
    fn next(&mut self) -> Result<u8, Stop> {
        loop {
            let (mut skipped, mut lines, mut found) = (0, 0, None);
            for byte in self.fill()? {
                match byte {
                    b'\n' => lines += 1,
                    b' ' | b'\t' | b'\r' => {}
                    byte => {
                        found = Some(*byte);
                        break;
                    }
                }
                skipped += 1;
            }
            self.source.consume(skipped);
            self.line += lines;
            if let Some(found) = found {
                return Ok(found);
            }
        }
    }

    /// Leaves behind the byte that [`next`](Self::next) gave.
    fn take(&mut self) {
        self.source.consume(1);
    }

    fn expect(&mut self, byte: u8) -> Result<(), Stop> {
        if self.next()? != byte {
            return Err(Stop::Odd);
        }
        self.take();
        Ok(())
    }

    /// The bytes that are there, at least one.
    fn fill(&mut self) -> Result<&[u8], Stop> {
        let line = self.line;
        let cut = |reason| Stop::Cut { line, reason };
        loop {
            match self.source.fill_buf() {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(cut(Some(error.to_string()))),
                Ok([]) => return Err(cut(None)),
                // It is in the buffer: this gives the very same bytes.
                Ok(_) => return self.source.fill_buf().map_err(|error| cut(Some(error.to_string()))),
            }
        }
    }

    /// Appends the value that begins here.
    fn value(&mut self, out: &mut Vec<u8>) -> Result<(), Stop> {
        let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
        loop {
            let (mut at, mut lines, mut is_over) = (0, 0, false);
            let bytes = self.fill()?;
            while let Some(&byte) = bytes.get(at) {
                if is_escaped {
                    (is_escaped, at) = (false, at + 1);
                } else if is_text {
                    let Some(end) = bytes[at..].iter().position(|byte| matches!(byte, b'"' | b'\\')) else {
                        at = bytes.len();
                        break;
                    };
                    at += end + 1;
                    is_escaped = bytes[at - 1] == b'\\';
                    is_text = is_escaped;
                    if !is_text && depth == 0 {
                        is_over = true;
                        break;
                    }
                } else {
                    match byte {
                        b'"' => is_text = true,
                        b'{' | b'[' => depth += 1,
                        // What ends a number or a word is not part of it.
                        b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => {
                            is_over = true;
                            break;
                        }
                        b'}' | b']' => {
                            depth -= 1;
                            if depth == 0 {
                                at += 1;
                                is_over = true;
                                break;
                            }
                        }
                        b'\n' => lines += 1,
                        _ => {}
                    }
                    at += 1;
                }
            }
            out.extend_from_slice(&bytes[..at]);
            self.source.consume(at);
            self.line += lines;
            if is_over {
                return Ok(());
            }
            if out.len() > LARGEST {
                return Err(Stop::Odd);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    /// The pieces, written down.
    #[derive(Default)]
    struct Written(Vec<String>);

    impl Written {
        fn add(&mut self, what: &str, text: &[u8], line: usize) {
            self.0.push(format!("{what}{line} {}", String::from_utf8_lossy(text)));
        }
    }

    impl Sink for Written {
        fn list(&mut self, before: &[u8], line: usize) {
            self.add("list", before, line);
        }

        fn item(&mut self, text: &[u8], line: usize) {
            self.add("item", text, line);
        }

        fn document(&mut self, text: &[u8], line: usize, is_whole: bool) {
            self.add(if is_whole { "whole" } else { "cut" }, text, line);
        }
    }

    /// The same whatever the pieces in which the text arrives.
    fn pieces(text: &str) -> (Vec<String>, Result<(), Stop>) {
        let read = |size: usize| {
            let mut written = Written::default();
            let end = pass(BufReader::with_capacity(size, text.as_bytes()), &mut written);
            (written.0, end)
        };
        let whole = read(1 << 16);
        for size in [1, 2, 3, 7] {
            assert_eq!(read(size), whole, "{size} bytes at once of {text}");
        }
        whole
    }

    #[test]
    fn lists_are_handed_out_object_by_object_with_their_lines() {
        let text = "{\"kind\": \"PodList\",\n \"items\": [\n  {\"a\": \"]}\\\"\",\n \"b\": [1]},\n {}\n ], \"x\": 1.5}\n{\"y\":{}} {}";
        let (pieces, end) = pieces(text);
        assert_eq!(
            pieces,
            [
                "list1 {\"kind\":\"PodList\"}",
                "item3 {\"a\": \"]}\\\"\",\n \"b\": [1]}",
                "item5 {}",
                "whole1 {\"kind\":\"PodList\",\"items\":[],\"x\":1.5}",
                "whole7 {\"y\":{}}",
                "whole7 {}",
            ]
        );
        assert_eq!(end, Ok(()));
    }

    #[test]
    fn of_a_list_that_was_cut_off_the_whole_objects_are_handed_out() {
        let whole = r#"{"apiVersion":"v1","items":[{"a":1},{"b":"x, }"},3],"kind":"List"}"#;
        for end in 1..whole.len() {
            let (pieces, stop) = pieces(&whole[..end]);
            assert_eq!(stop, Err(Stop::Cut { line: 1, reason: None }), "{}", &whole[..end]);
            let outer = pieces.last().unwrap().strip_prefix("cut1 ").unwrap();
            assert!(serde_json::from_str::<serde_json::Value>(outer).is_ok(), "{outer}");
            let items = pieces.iter().filter(|piece| piece.starts_with("item")).count();
            assert_eq!(items, [35, 48, 51].iter().filter(|whole| end >= **whole).count(), "{}", &whole[..end]);
        }
    }

    #[test]
    fn what_is_no_json_of_objects_is_left_to_others() {
        for text in
            ["[]", "{a: 1}", "{\"a\" 1}", "{}\n---\n{}", "{\"a\":1 \"b\":2}", "{\"items\":[1 2]}", "{\"items\":[,]}"]
        {
            assert_eq!(pieces(text).1, Err(Stop::Odd), "{text}");
        }
        assert_eq!(pieces("{\"items\":[],\"items\":[]}").1, Err(Stop::Odd));
        assert_eq!(pieces("  \n").0, Vec::<String>::new());
    }

    proptest::proptest! {
        #[test]
        fn every_json_is_handed_out_whole(texts in proptest::collection::vec("\\PC{0,6}", 0..5), last in "[\\[\\]{}:,\"a1 \n]{0,20}") {
            let items: Vec<serde_json::Value> = texts.iter().map(|text| serde_json::json!({ text: [text] })).collect();
            let text = serde_json::to_string_pretty(&serde_json::json!({ "items": items, "k": last })).unwrap();
            let (pieces, end) = pieces(&text);
            proptest::prop_assert_eq!(end, Ok(()));
            let read = |piece: &String| serde_json::from_str(piece.split_once(' ').unwrap().1).unwrap();
            let found: Vec<serde_json::Value> = pieces.iter().filter(|piece| piece.starts_with("item")).map(read).collect();
            proptest::prop_assert_eq!(found, items);
            let _ = pass(last.as_bytes(), &mut Written::default());
        }
    }
}

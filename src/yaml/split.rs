//! Splits a text into documents before any of them is read, so that a broken one loses
//! itself only, and lists that were written after one another without a mark are all read.

/// A document's text, with the line on which it starts, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// Its first line.
    pub line: usize,
    /// The text.
    pub text: &'a str,
}

/// Splits at `---` and `...`, leaves directives out, and splits where the first field of a
/// document begins again: `(oc get pr -o yaml; oc get tr -o yaml)` writes such a text.
pub fn split(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut part = Open { line: 1, start: 0, first: None, seen_kind: false };
    let (mut offset, mut number) = (0, 0);
    for line in text.split_inclusive('\n') {
        number += 1;
        let (start, end) = (offset, offset + line.len());
        offset = end;
        let bare = line.trim_end_matches(['\n', '\r']);
        if let Some(rest) = bare.strip_prefix("---").filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t'])) {
            part.close(text, start, &mut parts);
            // What stands behind the mark belongs to the document.
            let (line, start) = if rest.trim().is_empty() { (number + 1, end) } else { (number, start + 3) };
            part = Open { line, start, first: None, seen_kind: false };
        } else if bare.trim_end() == "..." || (bare.starts_with('%') && part.first.is_none()) {
            part.close(text, start, &mut parts);
            part = Open { line: number + 1, start: end, first: None, seen_kind: false };
        } else if let Some(field) = top_field(bare) {
            match part.first {
                None => part.first = Some(field),
                Some(first) if first == field || field == "kind" && begins_with_kind(&text[end..], part.seen_kind) => {
                    part.close(text, start, &mut parts);
                    part = Open { line: number, start, first: Some(field), seen_kind: false };
                }
                Some(_) => {}
            }
            part.seen_kind |= field == "kind";
        } else if bare.starts_with(['{']) && part.first.is_some_and(|first| !first.is_empty()) {
            // JSON behind fields at the left margin is another document.
            part.close(text, start, &mut parts);
            part = Open { line: number, start, first: Some(""), seen_kind: false };
        } else if part.first.is_none() && !bare.trim().is_empty() && !bare.trim_start().starts_with('#') {
            // Something else than a mapping of fields: it ends at a mark only.
            part.first = Some("");
        }
    }
    part.close(text, text.len(), &mut parts);
    parts
}

struct Open<'a> {
    line: usize,
    start: usize,
    /// Its first field at the left margin.
    first: Option<&'a str>,
    /// Whether it has said its kind.
    seen_kind: bool,
}

/// Whether a second `kind` begins another document: its version stands next to it.
fn begins_with_kind(rest: &str, seen_kind: bool) -> bool {
    seen_kind && rest.lines().find_map(top_field) == Some("apiVersion")
}

impl Open<'_> {
    fn close<'a>(&self, text: &'a str, end: usize, parts: &mut Vec<Part<'a>>) {
        let text = &text[self.start..end];
        let says_something = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        if text.lines().any(says_something) {
            parts.push(Part { line: self.line, text });
        }
    }
}

/// The name of a field at the left margin, of a plain word.
fn top_field(line: &str) -> Option<&str> {
    let (name, rest) = line.trim_start_matches('\u{feff}').split_once(':')?;
    let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
    let is_word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_word && (rest.is_empty() || rest.starts_with([' ', '\t']))).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<(usize, &str)> {
        split(text).into_iter().map(|part| (part.line, part.text)).collect()
    }

    #[test]
    fn documents_are_told_apart() {
        assert_eq!(parts("# head\n---\na: 1\n---\n# nothing\n---\nb: 2\n"), [(3, "a: 1\n"), (7, "b: 2\n")]);
        assert_eq!(parts("--- {a: 1}\n"), [(1, " {a: 1}\n")]);
        assert_eq!(parts("%YAML 1.2\n---\na: 1\n...\nb: 1"), [(3, "a: 1\n"), (5, "b: 1")]);
        assert_eq!(parts("a: 1\r\n---\r\nb: 1\r\n"), [(1, "a: 1\r\n"), (3, "b: 1\r\n")]);
        assert_eq!(parts("# only\n\n"), []);
    }

    #[test]
    fn lists_after_one_another_are_several_documents() {
        let text = "apiVersion: v1\nitems:\n- kind: A\n  apiVersion: v1\nkind: List\napiVersion: v1\nitems: []\n";
        assert_eq!(
            parts(text),
            [(1, &text[..text.find("kind: List\n").unwrap() + 11]), (6, "apiVersion: v1\nitems: []\n")]
        );
        let mixed = "apiVersion: v1\nkind: A\nmetadata: {}\nkind: B\napiVersion: v1\n";
        assert_eq!(parts(mixed).iter().map(|part| part.0).collect::<Vec<_>>(), [1, 4]);
        assert_eq!(parts("\"apiVersion\": v1\n\u{feff}\"apiVersion\": v1\n").len(), 2);
        assert_eq!(parts("apiVersion: v1\nkind: A\n{\"kind\": \"B\"}\n").len(), 2);
        // A text that only looks like fields is one.
        assert_eq!(parts("a: |\n  apiVersion: v1\n  apiVersion: v1\n").len(), 1);
    }
}

//! The list of reasons of SCC admission.
//!
//! Entries are separated by `, ` (`Admit`, from 4.8 on) or by a blank (`Admit` up to
//! 4.7, and `Validate` always), and contain both themselves. So an entry ends where
//! the next one can begin.

use serde_json::Value;

use crate::analysis::scc::refusal::{Refusal, RefusalKind};

/// Beginnings of entries that do not name their SCC.
const UNNAMED: [&str; 8] = [
    "spec.volumes[",
    "spec.containers[",
    "spec.initContainers[",
    "spec.ephemeralContainers[",
    "pod.metadata.annotations[",
    "metadata.annotations[",
    "pod.spec.securityContext.sysctls[",
    "spec.securityContext.sysctls[",
];
const HINT: &str = "no access to scc/";

/// Reads what follows `unable to validate against any security context constraint: `.
pub fn read_list(list: &str) -> Vec<Refusal> {
    let list = list.trim_end();
    let list = match list.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']').unwrap_or(inner),
        None => list,
    };
    let mut refusals = Vec::new();
    let mut rest = list;
    while !rest.is_empty() {
        let Some((refusal, after)) = read_entry(rest) else {
            break;
        };
        refusals.push(refusal);
        rest = after;
    }
    attribute(&mut refusals);
    refusals
}

/// One entry and what follows its separator.
fn read_entry(text: &str) -> Option<(Refusal, &str)> {
    let marks = [
        (RefusalKind::Invalid, ": Invalid value: "),
        (RefusalKind::Forbidden, ": Forbidden"),
        (RefusalKind::Required, ": Required value"),
    ];
    let (at, kind, mark) = marks
        .into_iter()
        .filter_map(|(kind, mark)| Some((text.find(mark)?, kind, mark)))
        .min_by_key(|found| found.0)?;
    let field = &text[..at];
    let mut position = at + mark.len();
    let mut value = Value::from("");
    if kind == RefusalKind::Invalid {
        let (read, length) = read_value(&text[position..], field);
        value = read;
        position += length;
    }
    let body = &text[position..];
    let (end, next) = boundary(body);
    let detail = body[..end].strip_prefix(": ").unwrap_or(&body[..end]).to_owned();
    let refusal = Refusal {
        scc: owner(field).unwrap_or_default().to_owned(),
        kind,
        field: field.to_owned(),
        value,
        detail,
        text: text[..position + end].to_owned(),
    };
    Some((refusal, &body[next..]))
}

/// Where an entry ends and where the next one begins.
fn boundary(text: &str) -> (usize, usize) {
    for (at, _) in text.match_indices(' ') {
        if is_start(&text[at + 1..]) {
            let end = if text[..at].ends_with(',') { at - 1 } else { at };
            return (end, at + 1);
        }
    }
    (text.len(), text.len())
}

fn is_start(text: &str) -> bool {
    if text.starts_with("provider \"") || text.starts_with(HINT) {
        return true;
    }
    match text.strip_prefix("provider ").and_then(|rest| rest.split_once(": .")) {
        Some((name, _)) => !name.contains([' ', ':']),
        None => UNNAMED.iter().any(|start| text.starts_with(start)),
    }
}

/// The SCC that a path names.
fn owner(field: &str) -> Option<&str> {
    if let Some(name) = field.strip_prefix(HINT) {
        return Some(name);
    }
    let rest = field.strip_prefix("provider ")?;
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split(": .").next(),
    }
}

/// A value in Go syntax or in JSON, and its length.
fn read_value(text: &str, field: &str) -> (Value, usize) {
    if text.starts_with('"') {
        let length = quoted_length(text);
        let value = unquote(&text[..length]);
        // Up to 1.33 a nil pointer is printed as the quoted word.
        let is_text = ["level", "role", "type", "user", "add", "driver", "]"].iter().any(|end| field.ends_with(end));
        return (if value == "null" && !is_text { Value::Null } else { Value::String(value) }, length);
    }
    // An empty list in JSON is `[]` too; only in Go syntax a type follows.
    if let Some(rest) = text.strip_prefix("[]").filter(|rest| rest.starts_with(char::is_alphabetic)) {
        let open = rest.find('{').unwrap_or(rest.len());
        let close = rest.find('}').unwrap_or(rest.len());
        let items = rest.get(open + 1..close).unwrap_or_default();
        let json = format!("[{items}]");
        return (serde_json::from_str(&json).unwrap_or(Value::Array(Vec::new())), (close + 3).min(text.len()));
    }
    let length = if text.starts_with('[') {
        text.find(']').map_or(text.len(), |at| at + 1)
    } else {
        text.find(": ").unwrap_or_else(|| boundary(text).0)
    };
    let raw = &text[..length];
    (serde_json::from_str(raw).unwrap_or_else(|_| Value::from(raw)), length)
}

/// Length of a Go string literal with its quotes.
fn quoted_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A Go string literal's text; an escape that is not understood stays as it is.
fn unquote(literal: &str) -> String {
    let inner = literal.strip_prefix('"').unwrap_or(literal);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('a') => text.push('\u{7}'),
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('v') => text.push('\u{b}'),
            Some(kind @ ('x' | 'u' | 'U')) => {
                let digits = match kind {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let code: String = chars.by_ref().take(digits).collect();
                match u32::from_str_radix(&code, 16).ok().and_then(char::from_u32) {
                    Some(c) => text.push(c),
                    None => {
                        text.push('\\');
                        text.push(kind);
                        text.push_str(&code);
                    }
                }
            }
            Some(c) => text.push(c),
            None => text.push('\\'),
        }
    }
    text
}

/// Entries that do not name their SCC belong to the one whose entries stand around
/// them. At the edge between two SCCs the owner is not known: equal entries of later
/// SCCs are left out, and an SCC may have unnamed entries only.
fn attribute(refusals: &mut [Refusal]) {
    for at in 0..refusals.len() {
        if !refusals[at].scc.is_empty() {
            continue;
        }
        let before =
            refusals[..at].iter().rev().find(|refusal| names_itself(refusal)).map(|refusal| refusal.scc.clone());
        let after = refusals[at..].iter().find(|refusal| names_itself(refusal)).map(|refusal| &refusal.scc);
        if let (Some(before), Some(after)) = (before, after)
            && before == *after
        {
            refusals[at].scc = before;
        }
    }
}

fn names_itself(refusal: &Refusal) -> bool {
    refusal.field.starts_with("provider ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_and_empty_values_do_not_split_entries() {
        let list = "[provider r: .containers[0].seLinuxOptions.type: Invalid value: \"x_t\": must be , provider r: .containers[0].runAsUser: Invalid value: 7: must be in the ranges: [1, 2], spec.volumes[0]: Invalid value: \"nfs\": nfs volumes are not allowed to be used, provider \"s\": Forbidden: not usable by user or serviceaccount]";
        let read = read_list(list);
        let details: Vec<&str> = read.iter().map(|refusal| refusal.detail.as_str()).collect();
        assert_eq!(
            details,
            [
                "must be ",
                "must be in the ranges: [1, 2]",
                "nfs volumes are not allowed to be used",
                "not usable by user or serviceaccount"
            ]
        );
        assert_eq!(read[2].scc, "");
        let blanks = list.replace(", provider", " provider").replace(", spec", " spec");
        assert_eq!(read_list(&blanks).iter().map(|refusal| refusal.detail.as_str()).collect::<Vec<_>>(), details);
    }

    #[test]
    fn a_single_entry_has_no_brackets() {
        let read = read_list("provider \"a\": Forbidden: not usable by user or serviceaccount");
        assert_eq!((read.len(), read[0].scc.as_str()), (1, "a"));
        assert!(read_list("[]").is_empty());
        assert!(read_list("<nil>").is_empty());
    }
}

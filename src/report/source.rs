//! The text of a manifest or workflow as it may be shown: secrets in it are struck out, each
//! character by one, so that lines and columns stay those of the file.

use std::borrow::Cow;
use std::ops::Range;

use crate::documents::{self, Content, Node};
use crate::model::secrecy::is_secret;
use crate::yaml::scalar::Resolved;

use super::secrets;

/// Keys beside a name that hold what is not the secret.
const OTHERS: [&str; 6] = ["name", "type", "description", "prompt", "kind", "valueFrom"];
/// Likeness from which a key is taken for a misspelling.
const ALIKE: f64 = 0.8;

/// The text without its secrets.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if secrets::are_shown() {
        return Cow::Borrowed(text);
    }
    // A byte order mark is none of the reader's.
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let (documents, unreadable) = documents::read(&text[start..]);
    let mut spans = Vec::new();
    for document in &documents {
        gather(&document.root, false, &mut spans);
    }
    let mut spans: Vec<Range<usize>> = spans.into_iter().map(|span| span.start + start..span.end + start).collect();
    if unreadable.is_some() {
        spans.extend(of_lines(text));
    }
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    let is_struck = |at: usize| spans.iter().any(|span| span.contains(&at));
    let strike = |(at, c): (usize, char)| if is_struck(at) && !c.is_whitespace() { '*' } else { c };
    Cow::Owned(text.char_indices().map(strike).collect())
}

/// Gathers the places of secrets; `is_one` says that all scalars below are.
fn gather(node: &Node, is_one: bool, spans: &mut Vec<Range<usize>>) {
    match &node.content {
        Content::Scalar(text) => {
            let is_plain = matches!(node.resolved(), Some(Resolved::Text)) || is_one;
            if is_one && is_plain && !is_reference(text) && !node.is_null() {
                spans.push(node.span.clone());
            }
        }
        Content::List(items) => items.iter().for_each(|item| gather(item, is_one, spans)),
        Content::Mapping(entries) => {
            let name = entries.iter().find(|entry| entry.name() == "name").and_then(|entry| entry.value.text());
            let is_named = name.is_some_and(is_secret);
            for entry in entries {
                let (key, held) = (entry.name(), &entry.value);
                let is_text = held.resolved() == Some(Resolved::Text);
                let of_key = is_secret(key) && !OTHERS.contains(&key) && is_text;
                gather(held, is_one || of_key || (is_named && is_value(key)), spans);
            }
        }
        // What an anchor names is told of where it stands.
        Content::Alias(_) => {}
    }
}

/// Whether a key holds the value of what is named beside it, misspelt or not.
fn is_value(key: &str) -> bool {
    !OTHERS.contains(&key)
        && ["value", "default", "options"].iter().any(|known| strsim::jaro_winkler(key, known) >= ALIKE)
}

fn is_reference(text: &str) -> bool {
    text.starts_with("$(") || text.starts_with("${{")
}

/// The places of secrets in a text that is no YAML, as far as single lines tell.
fn of_lines(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let (mut at, mut is_named) = (0, false);
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start();
        let is_item = bare.starts_with("- ");
        let entry = bare.trim_start_matches("- ");
        if let Some((key, value)) = entry.split_once(':') {
            let (key, value) = (key.trim().trim_matches(['"', '\'']), value.trim());
            is_named = if key == "name" { is_secret(value.trim_matches(['"', '\''])) } else { is_named && !is_item };
            let is_secret = (is_named && is_value(key)) || (is_secret(key) && !OTHERS.contains(&key));
            if is_secret && !value.is_empty() && !is_reference(value) {
                let end = at + line.trim_end().len();
                spans.push(end - value.len()..end);
            }
        }
        at += line.len();
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_struck_out_wherever_they_stand() {
        let text = "spec:\n  params:\n  - name: token\n    value: hunter2\n  - name: image\n    value: app\n  \
                    - {valeu: hunter2, name: \"API_KEY\"}\n  - value:\n    - hunter2\n    name: password\n  \
                    - name: passphrase\n    value: |\n      hunter2\n      hunter2\n  env: {DB_PASSWORD: hunter2}\n  \
                    ref: {name: fetch-token, kind: Task}\n  token: $(params.token)\n  automountServiceAccountToken: \
                    false\n---\npassword: 'hunter2'\n";
        let shown = shown(text);
        assert!(!shown.contains("hunter"), "{shown}");
        for word in ["app", "fetch-token", "kind: Task", "$(params.token)", "Token: false", "API_KEY"] {
            assert!(shown.contains(word), "{word}: {shown}");
        }
        let lengths = |text: &str| text.lines().map(|line| line.chars().count()).collect::<Vec<_>>();
        assert_eq!(lengths(&shown), lengths(text));
    }

    #[test]
    fn where_a_secret_is_kept_is_no_secret() {
        let text = "- name: token\n  valueFrom:\n    secretKeyRef: {name: registry, key: pull}\n";
        assert_eq!(shown(text), text);
    }

    #[test]
    fn what_is_no_yaml_is_masked_line_by_line() {
        let text = "a: [\n- name: token\n  value: hunter2 and more\n- name: x\n  value: seen\npassword: hunter2\n";
        let shown = shown(text);
        assert!(!shown.contains("hunter") && shown.contains("seen"), "{shown}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_keeps_its_shape(text in "[a-z:\\-\\n \u{feff}\"'{}\\[\\]]{0,80}", secret in "(name|value|token): [a-z]{1,5}\n") {
            let text = format!("{text}{secret}{text}");
            let shown = shown(&text);
            proptest::prop_assert_eq!(shown.chars().count(), text.chars().count());
        }
    }
}

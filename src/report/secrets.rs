//! Values that people should not see on a screen that is shared or copied: parameters and
//! variables whose name speaks of a secret, tokens and passwords inside texts.
//!
//! Manifests that are given to kubectl (`-o yaml`) and commands to run stay whole.

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::json;
use crate::model::secrecy::is_secret;
use crate::yaml::YamlError;

static SHOWN: AtomicBool = AtomicBool::new(false);

/// Has everything shown (`--show-secrets`).
pub(crate) fn show() {
    SHOWN.store(true, Ordering::Relaxed);
}

/// Before a secret in a text.
const BEFORE: [&str; 7] = ["bearer ", "password=", "password: ", "token=", "passwd=", "access_token=", "private_key="];

/// Whether everything is shown.
pub(crate) fn are_shown() -> bool {
    SHOWN.load(Ordering::Relaxed)
}

/// What stands for a secret: the same for the same value while the program runs, so that
/// a difference can be seen.
fn stands_for(value: &str) -> String {
    static SALT: OnceLock<RandomState> = OnceLock::new();
    let mark = SALT.get_or_init(RandomState::new).hash_one(value) & 0xffff;
    format!("***{mark:04x} (--show-secrets shows it)")
}

/// The value of a parameter or variable, as it may be shown.
pub(crate) fn value<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    // A reference to a parameter or result is none.
    let is_shown = are_shown() || value.is_empty() || value.starts_with("$(") || !is_secret(name);
    if is_shown { Cow::Borrowed(value) } else { Cow::Owned(stands_for(value)) }
}

/// The text of a field at `path`, `spec.params[token].value` for example, as it may be shown.
pub(crate) fn at_path(path: &str, text: &str) -> String {
    let names = path.split('[').skip(1).filter_map(|part| part.split_once(']')).map(|(name, _)| name);
    let is_value = path.contains("].value") || path.contains("].default");
    match names.last().filter(|_| is_value) {
        Some(name) => value(name, text).into_owned(),
        None => text.to_owned(),
    }
}

/// An object as YAML to be looked at, without the secrets in its parameters and variables.
///
/// # Errors
/// When the object is no YAML, which no object of a cluster is.
pub(crate) fn yaml(object: &Value) -> Result<String, YamlError> {
    let mut object = object.clone();
    mask(&mut object);
    json::yaml(&object)
}

/// Masks every text of a value: it may be a list or an object.
fn mask_all(name: &str, found: &mut Value) {
    match found {
        Value::String(text) => *text = value(name, text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| mask_all(name, item)),
        Value::Object(fields) => fields.values_mut().for_each(|field| mask_all(name, field)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn mask(object: &mut Value) {
    match object {
        Value::Object(fields) => {
            let name = fields.get("name").and_then(Value::as_str).map(str::to_owned);
            if let Some(name) = name.filter(|name| is_secret(name)) {
                for key in ["value", "default"] {
                    fields.get_mut(key).into_iter().for_each(|found| mask_all(&name, found));
                }
            }
            fields.values_mut().for_each(mask);
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A text as it may be shown.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    if are_shown() { Cow::Borrowed(text) } else { masked(text) }
}

/// A text without bearer tokens, and passwords in addresses and assignments, whatever may be
/// shown here: it is handed on.
pub(crate) fn masked(text: &str) -> Cow<'_, str> {
    let has_word = || {
        let lower = text.to_ascii_lowercase();
        lower.contains("://") || BEFORE.iter().any(|word| lower.contains(word))
    };
    if !has_word() {
        return Cow::Borrowed(text);
    }
    let is_part = |c: char| !c.is_whitespace() && !matches!(c, '"' | '\'' | ',' | ';' | ')' | '&' | '<' | '>');
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let lower = rest.to_ascii_lowercase();
        let ends = |start: usize, also: char| {
            rest[start..].find(|c: char| !is_part(c) || c == also).map_or(rest.len(), |at| start + at)
        };
        let after = |word: &'static str| lower.match_indices(word).map(move |(at, _)| at + word.len());
        let address = after("://").find_map(|start| {
            let user = start + rest[start..ends(start, '/')].rfind('@')?;
            Some((start + rest[start..user].find(':')? + 1, user))
        });
        // A placeholder is no secret.
        let is_plain = |start: &usize| !rest[*start..].starts_with(['$', '<', '*']);
        let assigned = BEFORE.into_iter().flat_map(after).filter(is_plain).map(|start| (start, ends(start, ' ')));
        let assigned = assigned.filter(|(start, end)| end > start).min();
        let Some((start, end)) = [address, assigned].into_iter().flatten().min() else {
            shown.push_str(rest);
            break;
        };
        shown.push_str(&rest[..start]);
        shown.push_str("***");
        rest = &rest[end..];
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_in_manifests_are_masked_and_stay_comparable() {
        let run = |value: &str| {
            json!({ "spec": { "params": [{ "name": "token", "value": value }, { "name": "image", "value": "app" }],
            "env": [{ "name": "DB_PASSWORD", "value": "$(params.db)" }] } })
        };
        let (a, b) = (yaml(&run("hunter2")).unwrap(), yaml(&run("hunter3")).unwrap());
        assert!(!a.contains("hunter") && a.contains("app") && a.contains("$(params.db)"), "{a}");
        assert_ne!(a, b);
        assert_eq!(a, yaml(&run("hunter2")).unwrap());
        let list = yaml(&json!({ "name": "tokens", "value": ["hunter2", { "a": "hunter2" }] })).unwrap();
        assert!(!list.contains("hunter"), "{list}");
        assert!(!at_path("spec.params[token].value", "hunter2").contains("hunter"));
        assert_eq!(at_path("spec.params[image].value", "app"), "app");
        assert_eq!(at_path("spec.taskRunSpecs[token].serviceAccountName", "ci"), "ci");
    }

    #[test]
    fn tokens_in_texts_are_masked() {
        for (plain, masked) in [
            (
                "fatal: https://ci:ghp_abc@git.example/x.git not found",
                "fatal: https://ci:***@git.example/x.git not found",
            ),
            ("Authorization: Bearer eyJhbGciOi.x.y end", "Authorization: Bearer *** end"),
            ("login --password=hunter2 --user=x", "login --password=*** --user=x"),
            (
                "a https://user@host b token=abcdef c https://x:y@h/",
                "a https://user@host b token=*** c https://x:***@h/",
            ),
            ("see https://tekton.dev/docs", "see https://tekton.dev/docs"),
            ("--password=$(params.p)", "--password=$(params.p)"),
            ("ünïcode://ä:ß@ö", "ünïcode://ä:***@ö"),
        ] {
            assert_eq!(text(plain), masked);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_masked(any in proptest::prelude::any::<String>(), word in 0..BEFORE.len()) {
            let _ = text(&any);
            let _ = text(&format!("{any}://{any}:{any}@{any}{}{any}", BEFORE[word]));
        }
    }
}

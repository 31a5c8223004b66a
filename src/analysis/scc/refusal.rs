//! One reason of a refusal, and how the API server prints it.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::release::Release;

/// Kind of a field error (k8s.io/apimachinery `pkg/util/validation/field/errors.go`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum RefusalKind {
    /// `Invalid value`.
    #[serde(rename = "FieldValueInvalid")]
    Invalid,
    /// `Required value`.
    #[serde(rename = "FieldValueRequired")]
    Required,
    /// `Forbidden`.
    #[serde(rename = "FieldValueForbidden")]
    Forbidden,
}

impl RefusalKind {
    /// The words in the text.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Invalid => "Invalid value",
            Self::Required => "Required value",
            Self::Forbidden => "Forbidden",
        }
    }
}

/// One reason why an SCC does not take a pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The SCC; empty when a text was read that does not name it.
    pub scc: String,
    /// Kind.
    pub kind: RefusalKind,
    /// Path as printed, for example `provider restricted-v2: .containers[0].runAsUser`.
    pub field: String,
    /// The value complained of; empty text where none is printed.
    pub value: Value,
    /// What is wrong with it.
    pub detail: String,
    /// The whole entry as the API server prints it.
    pub text: String,
}

/// The words for an SCC that neither the ServiceAccount nor the creator may use.
pub const NOT_USABLE: &str = "not usable by user or serviceaccount";

/// Makes the refusals of one SCC.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refuser<'a> {
    pub(super) scc: &'a str,
    pub(super) release: Release,
}

impl Refuser<'_> {
    pub(super) fn invalid(
        &self,
        field: impl Into<String>,
        value: impl Into<Value>,
        detail: impl Into<String>,
    ) -> Refusal {
        self.refuse(RefusalKind::Invalid, field.into(), value.into(), detail.into())
    }

    pub(super) fn required(&self, field: impl Into<String>, detail: &str) -> Refusal {
        self.refuse(RefusalKind::Required, field.into(), Value::from(""), detail.to_owned())
    }

    pub(super) fn forbidden(&self, field: impl Into<String>, detail: impl Into<String>) -> Refusal {
        self.refuse(RefusalKind::Forbidden, field.into(), Value::from(""), detail.into())
    }

    pub(super) fn not_usable(&self) -> Refusal {
        self.forbidden(format!("provider {}", go_quote(self.scc)), NOT_USABLE)
    }

    fn refuse(&self, kind: RefusalKind, field: String, value: Value, detail: String) -> Refusal {
        let mut text = format!("{field}: {}", kind.words());
        if kind == RefusalKind::Invalid {
            text.push_str(": ");
            text.push_str(&print_value(&value, self.release));
        }
        if !detail.is_empty() {
            text.push_str(": ");
            text.push_str(&detail);
        }
        Refusal { scc: self.scc.to_owned(), kind, field, value, detail, text }
    }
}

impl Refusal {
    /// Whether it only says that nobody asking may use the SCC.
    pub fn is_not_usable(&self) -> bool {
        self.detail == NOT_USABLE
    }

    /// The path below the provider, as one would write it for the pod:
    /// `spec.securityContext.fsGroup`, `spec.containers[0].runAsUser`.
    pub fn pod_path(&self) -> String {
        let path = match self.field.strip_prefix("provider ").and_then(|rest| rest.split_once(": .")) {
            Some((_, path)) => path,
            None => self.field.strip_prefix("pod.").unwrap_or(&self.field),
        };
        let bare = ["initContainers[", "containers[", "ephemeralContainers["].iter().any(|list| path.starts_with(list));
        if bare { format!("spec.{path}") } else { path.to_owned() }
    }
}

impl std::fmt::Display for Refusal {
    /// One clause: which SCC, which field of the pod, what is wrong with its value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scc = if self.scc.is_empty() { "an SCC" } else { &self.scc };
        let path = self.pod_path();
        let path = path.strip_prefix("spec.").unwrap_or(&path);
        write!(f, "{scc}: {}", path.strip_prefix("securityContext.").unwrap_or(path))?;
        let detail = if self.detail.is_empty() { self.kind.words() } else { &self.detail };
        if self.kind != RefusalKind::Invalid {
            return write!(f, ": {detail}");
        }
        let value = match &self.value {
            Value::Array(items) if items.len() == 1 => items[0].to_string(),
            value => value.to_string(),
        };
        match detail.strip_prefix(&value).filter(|rest| rest.starts_with(' ')) {
            Some(rest) => write!(f, " {value}{rest}"),
            None if detail.starts_with("must ") => write!(f, " {value} {detail}"),
            None => write!(f, " {value}: {detail}"),
        }
    }
}

/// Reasons as sentences, each once. That a constraint may not be used is no news,
/// unless that is all there is to say.
pub fn sentences<'r>(refusals: impl IntoIterator<Item = &'r Refusal>) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    for refusal in refusals.into_iter().filter(|refusal| !refusal.is_not_usable()) {
        let sentence = refusal.to_string();
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    if sentences.is_empty() {
        sentences.push("no SCC is usable by the pod's ServiceAccount or its creator".to_owned());
    }
    sentences
}

/// A value as `field.Error.ErrorBody` prints it: Go syntax up to apimachinery v0.33,
/// JSON from v0.34 on; text is quoted as Go does in both.
fn print_value(value: &Value, release: Release) -> String {
    match value {
        Value::String(text) => go_quote(text),
        Value::Null if !release.prints_json() => "\"null\"".to_owned(),
        Value::Array(items) if !release.prints_json() => {
            let kind = if items.iter().any(Value::is_string) { "core.Capability" } else { "int64" };
            let printed: Vec<String> = items.iter().map(|item| print_value(item, release)).collect();
            format!("[]{kind}{{{}}}", printed.join(", "))
        }
        other => other.to_string(),
    }
}

/// A text quoted as Go's `%q` (strconv.Quote).
pub fn go_quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            c if c.is_control() => {
                let code = u32::from(c);
                // Writing to a String cannot fail.
                let _ = if code < 0x80 { write!(quoted, "\\x{code:02x}") } else { write!(quoted, "\\u{code:04x}") };
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// The list as `utilerrors.Aggregate` prints it: each text once, one alone without
/// brackets, none at all as Go prints nil (k8s.io/apimachinery
/// `pkg/util/errors/errors.go`).
pub(super) fn aggregate<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for text in texts {
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    match seen.as_slice() {
        [] => "<nil>".to_owned(),
        [one] => (*one).to_owned(),
        many => format!("[{}]", many.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_printed_as_the_release_does() {
        let old = Refuser { scc: "r", release: Release::kubernetes(33) };
        let new = Refuser { scc: "r", release: Release::kubernetes(34) };
        assert_eq!(old.invalid("f", json!([1, 2]), "d").text, "f: Invalid value: []int64{1, 2}: d");
        assert_eq!(new.invalid("f", json!([1, 2]), "d").text, "f: Invalid value: [1,2]: d");
        assert_eq!(old.invalid("f", Value::Null, "d").text, "f: Invalid value: \"null\": d");
        assert_eq!(new.invalid("f", Value::Null, "d").text, "f: Invalid value: null: d");
        assert_eq!(new.invalid("f", "a\"b", "").text, "f: Invalid value: \"a\\\"b\"");
    }

    #[test]
    fn paths_are_given_back_as_pods_have_them() {
        let refuser = Refuser { scc: "r", release: Release::kubernetes(33) };
        let path = |field: &str| refuser.forbidden(field, "").pod_path();
        assert_eq!(path("provider r: .containers[0].runAsUser"), "spec.containers[0].runAsUser");
        assert_eq!(path("provider r: .spec.securityContext.fsGroup"), "spec.securityContext.fsGroup");
        assert_eq!(path("pod.spec.securityContext.sysctls[0]"), "spec.securityContext.sysctls[0]");
        assert_eq!(path("spec.volumes[1]"), "spec.volumes[1]");
    }
}

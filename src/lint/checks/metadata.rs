//! Names, labels and annotations, by the rules of the API server
//! (k8s.io/apimachinery pkg/api/validation/objectmeta.go) and of Tekton's webhook
//! (pkg/apis/validate/metadata.go).

use crate::documents::{Entry, Path};
use crate::lint::collector::Collector;
use crate::lint::finding::{Effect, Problem};
use crate::lint::kind::Kind;
use crate::lint::subject::Subject;

use super::values;

const NAME: &str = "a name of lower case letters, digits, - and .";
const LABEL: &str = "a label: letters, digits, -, _ and ., at most 63 of them";
const KEY: &str = "a key: an optional prefix such as example.com/ and a name of at most 63 letters, digits, -, _ and .";

/// The longest name that Tekton takes.
const LONGEST: usize = 63;

/// Judges the metadata of an object.
pub(crate) fn check(out: &mut Collector<'_>, subject: &Subject<'_>) {
    let path = subject.path.key("metadata");
    let Some(metadata) = subject.node.entry("metadata") else {
        if !subject.is_partial
            && let Some(kind) = subject.node.entry("kind")
        {
            let problem = Problem::Missing("metadata.name");
            out.add(Kind::MissingField, path, &kind.key.span, problem, Effect::Server);
        }
        return;
    };
    let node = metadata.value.target();
    if !node.is_mapping() {
        return;
    }
    let has_name = ["name", "generateName"].iter().any(|name| node.get(name).is_some());
    // A misspelt name is said as such.
    if !has_name && !subject.is_partial && node.entries().iter().all(|entry| is_known(entry.name())) {
        let problem = Problem::Missing("name");
        out.add(Kind::MissingField, path.clone(), &metadata.key.span, problem, Effect::Server);
    }
    if let Some(entry) = node.entry("name") {
        name(out, entry, path.key("name"), false);
        if subject.is_triggered
            && matches!(subject.kind, "PipelineRun" | "TaskRun")
            && entry.value.text().is_some_and(|text| !text.is_empty() && !text.contains("$("))
            && !out.is_open(&entry.value)
        {
            out.add(Kind::FixedName, path.key("name"), &entry.key.span, Problem::FixedName, Effect::RunFails);
        }
    }
    if let Some(entry) = node.entry("generateName") {
        name(out, entry, path.key("generateName"), true);
    }
    for field in ["labels", "annotations"] {
        let Some(map) = node.get(field) else { continue };
        for entry in map.entries() {
            let at = path.keys(&[field, entry.name()]);
            if out.is_open(&entry.key) || out.is_open(&entry.value) {
                continue;
            }
            if !values::is_label_key(entry.name()) {
                out.add(Kind::InvalidValue, at, &entry.key.span, Problem::Invalid(KEY), Effect::Server);
            } else if field == "labels"
                && entry.value.resolved() == Some(crate::documents::scalar::Resolved::Text)
                && entry.value.text().is_some_and(|text| !values::is_label_value(text))
            {
                out.add(Kind::InvalidValue, at, &entry.key.span, Problem::Invalid(LABEL), Effect::Server);
            }
        }
    }
}

fn is_known(name: &str) -> bool {
    matches!(name, "namespace" | "labels" | "annotations" | "finalizers" | "ownerReferences" | "creationTimestamp")
}

fn name(out: &mut Collector<'_>, entry: &Entry, path: Path, is_prefix: bool) {
    let Some(text) = entry.value.text() else { return };
    let is_text = entry.value.resolved() == Some(crate::documents::scalar::Resolved::Text);
    if text.is_empty() || !is_text || out.is_open(&entry.value) {
        return;
    }
    let checked = if is_prefix { format!("{}x", text) } else { text.to_owned() };
    if !values::is_dns_subdomain(&checked) {
        let effect = if is_prefix { Effect::Server } else { Effect::Webhook };
        out.add(Kind::InvalidValue, path, &entry.key.span, Problem::Invalid(NAME), effect);
    } else if !is_prefix && text.len() > LONGEST {
        let problem = Problem::TooLong { length: text.len(), limit: LONGEST };
        out.add(Kind::InvalidValue, path, &entry.key.span, problem, Effect::Webhook);
    }
}

//! Kinds and API versions that API servers serve.

use crate::documents::edit::Change;
use crate::documents::{Entry, Path, Style};
use crate::lint::collector::Collector;
use crate::lint::finding::{Effect, Fix, Problem};
use crate::lint::kind::Kind;
use crate::lint::subject::Subject;

/// Kinds of tekton.dev with the versions that are served
/// (config/300-crds of tektoncd/pipeline, 0.50 and later).
const SERVED: [(&str, &[&str]); 7] = [
    ("Pipeline", &["v1", "v1beta1"]),
    ("PipelineRun", &["v1", "v1beta1"]),
    ("Task", &["v1", "v1beta1"]),
    ("TaskRun", &["v1", "v1beta1"]),
    ("StepAction", &["v1beta1", "v1alpha1"]),
    ("CustomRun", &["v1beta1"]),
    ("VerificationPolicy", &["v1alpha1"]),
];

/// Whether the object is one that servers know; says so where it is not.
pub(crate) fn check(out: &mut Collector<'_>, subject: &Subject<'_>) -> bool {
    if subject.group != "tekton.dev"
        || ["kind", "apiVersion"]
            .iter()
            .any(|key| subject.node.entry(key).is_none_or(|entry| out.is_open(&entry.value)))
    {
        return subject.group == "tekton.dev"
            && subject.node.entry("kind").is_some_and(|entry| !out.is_open(&entry.value));
    }
    let known = SERVED.iter().find(|(kind, _)| *kind == subject.kind);
    if known.is_some_and(|(_, versions)| versions.contains(&subject.version)) {
        return true;
    }
    let served_once = subject.kind == "ClusterTask" && !out.schema.prunes() && subject.version == "v1beta1";
    if served_once {
        return false;
    }
    let key = if known.is_some() { "apiVersion" } else { "kind" };
    if let Some(entry) = subject.node.entry(key) {
        let problem = Problem::Unserved {
            kind: subject.kind.to_owned(),
            api_version: format!("{}/{}", subject.group, subject.version),
        };
        let path = subject.path.key(key);
        let fix = known.map(|(_, versions)| served(&path, entry, subject.group, versions));
        out.add_fixed(Kind::UnservedVersion, path, &entry.key.span, problem, Effect::NoMatch, fix);
    }
    false
}

/// The newest version that is served: the fields of the other one may have to change too.
fn served(path: &Path, entry: &Entry, group: &str, versions: &[&str]) -> Fix {
    let value = &entry.value;
    let (Some(newest), Style::Plain, false) = (versions.first(), value.style, value.is_anchored) else {
        return Fix::choice();
    };
    let text = format!("{group}/{newest}");
    Fix::proposed(Change::Rewrite { at: path.clone(), value: text.clone().into(), text })
}

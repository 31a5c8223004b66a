//! The manifest from which a run came: by its name, its `generateName`, the name that Pipelines
//! as Code notes, or the stem of a resubmission's name.

use std::ops::Range;
use std::path::Path as FilePath;

use crate::cli::CommandError;
use crate::commands::lint::files::Source;
use crate::documents::slices::slices;
use crate::documents::{Lines, Node, Path, read};
use crate::lint::subjects;
use crate::model::run::PipelineRun;
use crate::ops::resubmission;

/// The manifest of a run.
pub(super) struct Found {
    /// Its file.
    pub(super) source: Source,
    /// Its document, as a part of the file's text.
    pub(super) slice: Range<usize>,
    /// Where the run stands in its document.
    pub(super) object: Path,
    /// Whether it is written as v1beta1.
    pub(super) is_beta: bool,
    /// Its kind and name, and the line on which it begins.
    pub(super) place: String,
}

/// How a manifest is recognised, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// It has the run's name, `generateName`, or the name that Pipelines as Code notes.
    Name,
    /// Its name is the stem of the run's.
    Stem,
    /// Its name holds placeholders, and the run's is one that they can come to.
    Pattern,
}

struct Candidate {
    source: usize,
    slice: Range<usize>,
    object: Path,
    is_beta: bool,
    place: String,
    likeness: Likeness,
}

/// Annotation and label with the name of a run in its repository (Pipelines as Code,
/// pkg/apis/pipelinesascode/keys/keys.go).
const ORIGINAL: &str = "pipelinesascode.tekton.dev/original-prname";

/// The one manifest of some files from which a run came.
///
/// # Errors
/// When there is none, or more than one.
pub(super) fn find(path: &FilePath, mut sources: Vec<Source>, run: &PipelineRun) -> Result<Found, CommandError> {
    let mut candidates = Vec::new();
    let mut others = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let Some((text, _)) = source.text() else { continue };
        let lines = Lines::of(text);
        for slice in slices(text) {
            let part = &text[slice.clone()];
            let (documents, error) = read(part);
            let ([document], None) = (documents.as_slice(), error) else { continue };
            for subject in subjects(&document.root, source.is_patch) {
                let line = lines.place(text, slice.start + subject.node.span.start).0;
                let named = |key: &str| written(part, subject.node, key);
                let name = if named("name").is_empty() { named("generateName") } else { named("name") };
                let place = format!("{} {name:?}, line {line}", subject.kind);
                let is_run = subject.group == "tekton.dev" && subject.kind == "PipelineRun";
                match likeness(part, subject.node, run).filter(|_| is_run) {
                    Some(likeness) => candidates.push(Candidate {
                        source: index,
                        slice: slice.clone(),
                        object: subject.path.clone(),
                        is_beta: subject.version == "v1beta1",
                        place,
                        likeness,
                    }),
                    None => others.push((subject.kind.to_owned(), name.to_owned())),
                }
            }
        }
    }
    let best = candidates.iter().map(|candidate| candidate.likeness).min();
    candidates.retain(|candidate| Some(candidate.likeness) == best);
    let file = path.display();
    let name = &run.metadata.name;
    if candidates.len() > 1 {
        let places = candidates.iter().map(|one| format!("{}: {}", sources[one.source].path.display(), one.place));
        let error = CommandError::incomplete(format!(
            "--write-back: {} manifests of {file} may be that of {name}; nothing was changed",
            candidates.len()
        ));
        return Err(places.take(8).fold(error, CommandError::hint));
    }
    let Some(one) = candidates.pop() else { return Err(missing(path, &others, run)) };
    let Candidate { source, slice, object, is_beta, place, .. } = one;
    Ok(Found { source: sources.swap_remove(source), slice, object, is_beta, place })
}

/// That the manifest is not there, with what is.
fn missing(path: &FilePath, others: &[(String, String)], run: &PipelineRun) -> CommandError {
    let (file, name) = (path.display(), &run.metadata.name);
    let pipeline = run.spec_at("/pipelineRef/name").and_then(serde_json::Value::as_str);
    let error = CommandError::incomplete(format!(
        "--write-back: no PipelineRun of {file} is the manifest of {name}; nothing was changed"
    ));
    let holds_pipeline = others.iter().any(|(kind, name)| kind == "Pipeline" && Some(name.as_str()) == pipeline);
    if holds_pipeline {
        return error.hint(format!(
            "it holds Pipeline {}, but what a run is given stands in the PipelineRun or TriggerTemplate",
            pipeline.unwrap_or_default()
        ));
    }
    let runs: Vec<&str> =
        others.iter().filter(|(kind, _)| kind == "PipelineRun").map(|(_, name)| name.as_str()).collect();
    if runs.is_empty() { error.hint("it holds no PipelineRun") } else { error.known("runs", name, runs) }
}

/// A text of the metadata as it is written: the reader has letters in place of placeholders.
fn written<'t>(text: &'t str, manifest: &'t Node, key: &str) -> &'t str {
    let Some(node) = manifest.at(&["metadata", key]) else { return "" };
    let raw = text.get(node.span.clone()).unwrap_or_default().trim().trim_matches(['"', '\'']);
    if raw.contains("{{") { raw } else { node.text().unwrap_or_default() }
}

fn likeness(text: &str, manifest: &Node, run: &PipelineRun) -> Option<Likeness> {
    let text = |key: &str| written(text, manifest, key);
    let (name, generated, namespace) = (text("name"), text("generateName"), text("namespace"));
    let is_elsewhere = !namespace.is_empty() && !has_placeholder(namespace) && namespace != run.metadata.namespace;
    if is_elsewhere {
        return None;
    }
    let own = run.metadata.name.as_str();
    let original = run.metadata.annotation(ORIGINAL).or_else(|| run.metadata.label(ORIGINAL)).unwrap_or_default();
    let stem = resubmission::stem(run);
    let given = if name.is_empty() { generated } else { name };
    if given.is_empty() {
        return None;
    }
    let is_generated = run.metadata.generate_name.as_deref() == Some(generated) && name.is_empty();
    if name == own || is_generated || given == original {
        Some(Likeness::Name)
    } else if given.trim_end_matches('-') == stem.trim_end_matches('-') {
        Some(Likeness::Stem)
    } else if has_placeholder(given) && is_instance(given, own) {
        Some(Likeness::Pattern)
    } else {
        None
    }
}

fn has_placeholder(text: &str) -> bool {
    ["{{", "$("].iter().any(|open| text.contains(open))
}

/// Whether a name is what a pattern with placeholders can come to. It may go on behind the
/// pattern: Pipelines as Code makes a `generateName` of a name.
fn is_instance(pattern: &str, name: &str) -> bool {
    let mut literals = Vec::new();
    let mut rest = pattern;
    loop {
        let next = ["{{", "$("].iter().filter_map(|open| rest.find(open)).min();
        let Some(at) = next else { break };
        literals.push(&rest[..at]);
        let close = if rest[at..].starts_with("{{") { "}}" } else { ")" };
        let Some(end) = rest[at..].find(close) else { return false };
        rest = &rest[at + end + close.len()..];
    }
    literals.push(rest);
    // A pattern that says nothing of the name fits every run.
    if literals.iter().flat_map(|literal| literal.chars()).filter(char::is_ascii_alphanumeric).count() < 3 {
        return false;
    }
    let (first, last) = (literals[0], literals[literals.len() - 1]);
    let Some(mut left) = name.strip_prefix(first) else { return false };
    for literal in &literals[1..literals.len() - 1] {
        let Some(at) = left.find(literal) else { return false };
        left = &left[at + literal.len()..];
    }
    left.contains(last)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn like(manifest: &str, metadata: serde_json::Value) -> Option<Likeness> {
        let run: PipelineRun = serde_json::from_value(json!({ "metadata": metadata })).unwrap();
        let text = format!("metadata: {manifest}\n");
        likeness(&text, &read(&text).0[0].root, &run)
    }

    #[test]
    fn manifests_are_recognised_by_their_names() {
        let run = json!({"name": "build-x7k2p", "namespace": "n"});
        assert_eq!(like("{name: build-x7k2p}", run.clone()), Some(Likeness::Name));
        assert_eq!(like("{generateName: build-}", run.clone()), Some(Likeness::Stem));
        assert_eq!(like("{name: build}", run.clone()), Some(Likeness::Stem));
        assert_eq!(like("{generateName: build-, namespace: m}", run.clone()), None);
        assert_eq!(
            like("{generateName: \"build-{{ revision }}-\"}", json!({"name": "build-abc-x7k2p"})),
            Some(Likeness::Pattern)
        );
        assert_eq!(like("{generateName: \"{{ repo }}-\"}", run.clone()), None);
        assert_eq!(like("\n  name: build-{{ x }}", run.clone()), Some(Likeness::Pattern));
        assert_eq!(like("{generateName: other-}", run), None);
        let made = json!({"name": "build-x7k2p", "generateName": "build-"});
        assert_eq!(like("{generateName: build-}", made), Some(Likeness::Name));
        let of_pac = json!({"name": "web-abcde", "annotations": {ORIGINAL: "on-push"}});
        assert_eq!(like("{name: on-push}", of_pac), Some(Likeness::Name));
    }
}

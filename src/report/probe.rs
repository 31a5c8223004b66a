//! A probe: whether the environment or the pipeline is at fault.

use super::{Block, Document, Text, Tone};

/// What a probe showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Its step ran.
    Ran,
    /// Something kept it from running, in its own words.
    Failed(String),
    /// It still waited when the time was up.
    Waits(String),
}

/// The TaskRun that is about to be created, and what of the task it leaves out.
pub(crate) fn preview(manifest: &str, left_out: &[String]) -> Document {
    let mut document = Document { blocks: vec![Block::Quotation(manifest.to_owned())] };
    document.blocks.extend(left_out.iter().map(|sentence| Block::entry(format!("Left out: {sentence}"))));
    document
}

/// The outcome for the run `NAMESPACE/NAME`.
pub(crate) fn document(run: &str, task: &str, outcome: &Outcome) -> Document {
    Document::verdict(Text::from(format!("{run}: ")).and(verdict(task, outcome)))
}

/// The outcome in one sentence.
pub(crate) fn verdict(task: &str, outcome: &Outcome) -> Text {
    let (tone, fault, what) = match outcome {
        Outcome::Ran => (
            Tone::Good,
            "the environment is not at fault",
            format!(
                "a pod with the ServiceAccount, pod template and volume of task {task} was admitted, placed and started. What differs in the run is what Tekton adds (the affinity assistant) or what the task does"
            ),
        ),
        Outcome::Failed(words) => (
            Tone::Bad,
            "the environment is at fault, not the pipeline",
            format!("the probe of task {task} failed: {words}"),
        ),
        Outcome::Waits(words) => (
            Tone::Bad,
            "the environment is at fault, not the pipeline",
            format!("the probe of task {task} did not start: {words}"),
        ),
    };
    tone.of(fault).and(format!(": {what}"))
}

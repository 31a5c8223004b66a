//! The preview of a new run: what changes, and what that is predicted to do.

use crate::finding::{Prediction, RunReport};
use crate::repairs::prediction::Predicted;

use super::{Block, Document, Text, Tone};

/// What is shown before a new run is created.
#[derive(Debug)]
pub(crate) struct Preview<'a> {
    /// The change of the manifest.
    pub(crate) change: Document,
    /// Whether the new run asks for the same as the old one.
    pub(crate) is_same: bool,
    /// What is predicted of the new run.
    pub(crate) predicted: &'a Predicted,
    /// Why it is open whether the old run's fault is gone, although the new one goes on.
    pub(crate) doubt: Option<&'a str>,
    /// The diagnosis of the old run, where the prediction is certain.
    pub(crate) old: Option<&'a RunReport>,
}

/// The change, the prediction, and what would work instead.
pub(crate) fn preview(preview: Preview<'_>) -> Document {
    let Preview { change, is_same, predicted, doubt, old } = preview;
    let mut document = change;
    // A blank line ends the diff.
    document.push(Block::Line(Text::default()));
    if is_same {
        document.push(Block::Line("The new run asks for the same as the old one.".into()));
    }
    let verdict = match predicted.outcome {
        Prediction::Heals if doubt.is_some() => Tone::Careful.of("its pods will be admitted and get nodes"),
        Prediction::Heals => Tone::Good.of("the new run will go on"),
        Prediction::DoesNotHeal => Tone::Bad.of("the new run will stay stuck"),
        Prediction::Unknown => Tone::Careful.of("unknown"),
    };
    let because = match predicted.because.as_slice() {
        [] => String::new(),
        because => format!(", because {}", because.join("; ")),
    };
    document.push(Block::Verdict(Text::from("Prediction: ").and(verdict).and(format!("{because}."))));
    document.blocks.extend(
        doubt.map(|doubt| Block::entry(format!("It is unknown whether that removes the old run's fault: {doubt}."))),
    );
    if predicted.outcome == Prediction::DoesNotHeal {
        let all = old.iter().flat_map(|report| &report.findings).flat_map(|finding| &finding.repairs);
        let better = all.filter(|repair| repair.predicted == Prediction::Heals).map(|repair| Block::Item {
            mark: "",
            text: format!("works: {}", repair.summary).into(),
            body: Block::command(&repair.command).into_iter().collect(),
        });
        document.push(Block::Nested(better.collect()));
    }
    document
}

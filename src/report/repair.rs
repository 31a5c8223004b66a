//! What a repair shows: the plans, the changes that the server has checked, what was done.

use crate::finding::{Offer, Outcome, RunReport};
use crate::model::Kind;
use crate::ops::{ObjectRef, Op, Request, Write};
use crate::workflows::engine::Prepared;
use crate::workflows::operation::is_cancellation;
use crate::yaml::YamlError;

use super::comparison::unified;
use super::{Block, Document, Text, Tone, diagnosis, secrets, wording};

/// A plan in the list to choose from.
pub(crate) fn choice(offer: &Offer) -> String {
    let then = if offer.submits() { "" } else { " (the same run goes on)" };
    format!("{}{then}", wording::summary(offer))
}

/// The plans that work, for somebody who only looks.
pub(crate) fn plans(report: &RunReport, works: &[&Offer]) -> Document {
    let mut document = diagnosis::head(report);
    let plans = works.iter().map(|offer| Block::Item {
        mark: "*",
        text: Tone::Strong.of(offer.id.to_string()).and(format!(": {}", choice(offer))),
        body: diagnosis::conditions(offer).collect(),
    });
    document.section(Tone::Strong.of("Plans that are predicted to work"), plans.collect());
    document
}

/// That nothing is known to work, with what may, and what is not known.
pub(crate) fn none(report: &RunReport) -> Document {
    let mut document = diagnosis::head(report);
    let unknown = report.findings.iter().flat_map(|finding| &finding.cannot_tell);
    document.section(Tone::Strong.of("Unknown"), Block::items("?", unknown));
    let open = report.findings.iter().flat_map(|finding| &finding.offers);
    let open = open.filter(|offer| offer.forecast.outcome() == Outcome::Unknown).map(|offer| {
        let why = wording::because(&offer.forecast).join("; ");
        let text = format!("{}; unknown: {why}", wording::summary(offer));
        Block::Item { mark: "*", text: text.into(), body: diagnosis::commands(offer) }
    });
    document.section(Tone::Strong.of("May help, and is not carried out by itself"), open.collect());
    document
}

/// The changes of a plan, each as the server would store it.
///
/// # Errors
/// When an object cannot be written as YAML, which no object of a server is.
pub(crate) fn changes<'p>(writes: impl Iterator<Item = &'p Prepared>, old: &str) -> Result<Document, YamlError> {
    listed(writes, old, true)
}

fn listed<'p>(
    writes: impl Iterator<Item = &'p Prepared>,
    old: &str,
    names_what_is_final: bool,
) -> Result<Document, YamlError> {
    let mut document = Document::default();
    for (at, prepared) in writes.enumerate() {
        document.push(Block::Section(Tone::Strong.of(format!("{}. {}", at + 1, intent(prepared))), Vec::new()));
        if !prepared.is_needless() && !is_cancellation(&prepared.request) {
            document.append(change(prepared, old)?);
        }
        if names_what_is_final && prepared.inverse.is_none() && !prepared.is_needless() {
            document.push(Block::Paragraph(Tone::Careful.of("   This cannot be undone.")));
        }
    }
    Ok(document)
}

fn change(prepared: &Prepared, old: &str) -> Result<Document, YamlError> {
    let Request { object, write } = &prepared.request;
    let text = |value: Option<&serde_json::Value>| match value {
        Some(value) => secrets::yaml(&bare(value)),
        None => Ok(String::new()),
    };
    Ok(match write {
        Write::Delete { .. } => Document::default(),
        // A new run is compared with the one that it replaces by the command.
        Write::Create(_) if object.kind == Kind::PipelineRun && object.name != old => Document::default(),
        Write::Create(new) | Write::Ensure(new) => {
            let new = secrets::yaml(new)?;
            Document { blocks: vec![Block::Quotation(new.trim_end().to_owned())] }
        }
        Write::Merge(_) | Write::Json(_) => {
            let (before, after) = (text(prepared.before.as_ref())?, text(prepared.after.as_ref())?);
            unified((&before, &object.target()), (&after, &object.target()))
        }
    })
}

/// An object without what the server keeps of it.
fn bare(object: &serde_json::Value) -> serde_json::Value {
    let mut object = object.clone();
    if let Some(object) = object.as_object_mut() {
        object.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(serde_json::Value::as_object_mut) {
        for field in ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"] {
            metadata.remove(field);
        }
    }
    object
}

fn intent(prepared: &Prepared) -> String {
    let Request { object, write } = &prepared.request;
    let name = match object.namespace.as_str() {
        "" => format!("{} {}", object.kind, object.name),
        namespace => format!("{} {namespace}/{}", object.kind, object.name),
    };
    if prepared.is_needless() {
        return format!("{name} is as it should be");
    }
    match write {
        Write::Create(_) | Write::Ensure(_) => format!("create {name}"),
        Write::Merge(_) | Write::Json(_) if is_cancellation(&prepared.request) => format!("cancel {name}"),
        Write::Merge(_) | Write::Json(_) => format!("change {name}"),
        Write::Delete { .. } if object.kind == Kind::Claim => format!("delete {name}, and the data on its volume"),
        Write::Delete { .. } => format!("delete {name}"),
    }
}

/// Changes without the run that they are about, for `undo` and `resume`.
///
/// # Errors
/// When an object cannot be written as YAML, which no object of a server is.
pub(crate) fn taken_back<'p>(writes: impl Iterator<Item = &'p Prepared>) -> Result<Document, YamlError> {
    listed(writes, "", false)
}

/// What is predicted of a plan, and what it takes.
pub(crate) fn prediction(offer: &Offer, cancels_first: bool, is_followed: bool) -> Document {
    let because = wording::because(&offer.forecast).join("; ");
    let mut document = Document { blocks: vec![Block::Line(Text::default())] };
    document.push(Block::Verdict(
        Text::from("Prediction: ").and(Tone::Good.of("works")).and(format!(", because {because}.")),
    ));
    if cancels_first {
        let text = "The old run is cancelled first: the new one needs what it holds.";
        document.push(Block::Paragraph(Tone::Careful.of(text)));
    }
    let cancels = offer.ops.iter().any(|op| matches!(op, Op::Submit { cancel_old: true, .. }));
    if cancels && !cancels_first && !is_followed {
        let text = "The old run is cancelled as soon as the new one exists, because nobody waits (--wait 0).";
        document.push(Block::Paragraph(Tone::Careful.of(text)));
    }
    let risks = wording::risks(offer);
    if !risks.is_empty() {
        document.push(Block::Paragraph(format!("Risk: {risks}.").into()));
    }
    let rights = wording::rights(offer);
    if !rights.is_empty() {
        document.push(Block::Paragraph(format!("Requires: {rights}.").into()));
    }
    document
}

/// An object for which there was nothing to do.
pub(crate) fn unchanged(request: &Request) -> String {
    format!("{} unchanged", named(request))
}

fn named(request: &Request) -> String {
    let ObjectRef { kind, name, .. } = &request.object;
    let group = if kind.group().is_empty() { String::new() } else { format!(".{}", kind.group()) };
    format!("{}{group}/{name}", kind.name().to_lowercase())
}

/// A write that took place, as kubectl says it.
pub(crate) fn done(request: &Request) -> String {
    let verb = match &request.write {
        Write::Create(_) | Write::Ensure(_) => "created",
        Write::Merge(_) | Write::Json(_) if is_cancellation(request) => "cancelled",
        Write::Merge(_) | Write::Json(_) => "patched",
        Write::Delete { .. } => "deleted",
    };
    format!("{} {verb}", named(request))
}

/// That an operation has ended at a gate, and how it goes on.
pub(crate) fn closed(words: &str, operation: &str, (has_written, goes_on): (bool, bool)) -> String {
    let program = wording::caller().program();
    let mut text = format!("{words}; nothing {}was changed.", if has_written { "more " } else { "" });
    if goes_on {
        text.push_str(&format!(" To go on: {program} resume {operation}"));
    }
    if has_written {
        text.push_str(&format!(" To take back what was done: {program} undo {operation}"));
    }
    text
}

/// What is left after a repair that did not help.
pub(crate) fn left(run: &ObjectRef, operation: &str, (is_new, cancels_first): (bool, bool)) -> Document {
    let text = match (is_new, cancels_first) {
        (false, _) => format!("The run {} does not go on.", run.name),
        (true, true) => format!("The new run {} is stuck as well; the old one had to be cancelled first.", run.name),
        (true, false) => format!("The new run {} is stuck as well; the old one was left as it was.", run.name),
    };
    let undo = format!("{} undo {operation}", wording::caller().program());
    let blocks = vec![
        Block::Line(Text::default()),
        Block::Paragraph(format!("{text} To take the change back:").into()),
        Block::Nested(vec![Block::Command(undo)]),
    ];
    Document { blocks }
}

//! What a snapshot holds: how much, what was refused, what was taken out.

use super::document::Block;
use super::{Document, Tone, wording};

/// What was written.
pub(crate) struct Written<'a> {
    /// Where it was written.
    pub(crate) path: &'a str,
    /// The run that it is about, where there is one.
    pub(crate) run: Option<&'a str>,
    /// Files, objects and logs.
    pub(crate) counts: (usize, usize, usize),
    /// Resources that were refused, with their namespace.
    pub(crate) forbidden: Vec<String>,
    /// What was taken out: how many, of what.
    pub(crate) redacted: Vec<(usize, &'static str)>,
    /// Objects and logs that were left out for their names.
    pub(crate) foreign: usize,
}

/// The result of `snapshot`.
pub(crate) fn document(written: &Written<'_>) -> Document {
    let (files, objects, logs) = written.counts;
    let mut document = Document {
        blocks: vec![Block::Line(Tone::Good.of("Wrote").and(format!(
            " {}: {}, {}, {}",
            written.path,
            plural(objects, "object"),
            plural(logs, "log"),
            plural(files, "file")
        )))],
    };
    let redacted: Vec<String> = written
        .redacted
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if !redacted.is_empty() {
        document.push(Block::Paragraph(format!("Redacted: {}. Secrets were not read.", redacted.join(", ")).into()));
    } else {
        document.push(Block::Paragraph("Nothing had to be redacted. Secrets were not read.".into()));
    }
    if written.foreign > 0 {
        let what = plural(written.foreign, "object");
        let text = format!("Left out: {what} or logs, in a namespace whose name Kubernetes does not allow.");
        document.push(Block::Paragraph(text.into()));
    }
    if !written.forbidden.is_empty() {
        document.push(Block::Paragraph(
            format!("Not read, for want of rights: {}. The manifest says why.", written.forbidden.join(", ")).into(),
        ));
    }
    let run = written.run.unwrap_or("NAMESPACE/RUN");
    let from = shlex::try_quote(written.path).unwrap_or_default();
    if written.run.is_some() {
        document.push(Block::Command(format!("{} diagnose --from {from} {run}", wording::caller().program())));
    } else {
        document.push(Block::Command(format!("{} diagnose --from {from} -A", wording::caller().program())));
    }
    document.push(Block::Note(
        "Names of objects, nodes, users and images stay in it: look at it before you hand it on, or use --redact."
            .into(),
    ));
    document
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

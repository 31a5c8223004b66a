//! A diagnosis: the verdict, and for each cause the chain, the evidence, what is unknown
//! and the repairs.

use crate::checks::grouping;
use crate::checks::ruled_out::RuledOut;
use crate::finding::{Evidence, Finding, Offer, Outcome, RunReport, RunState, Severity};

use super::{Block, Document, Text, Tone, wording};

/// Longest quoted value without `-o wide`, in characters: a refusal by SCC lists
/// every constraint of the cluster.
const QUOTE: usize = 300;

/// The diagnosis of one run; `wide` shows quoted values whole.
pub(crate) fn one(report: &RunReport, wide: bool) -> Document {
    let state = match report.state {
        RunState::Healthy => Tone::Good.of("healthy"),
        RunState::Waiting => Tone::Careful.of("waiting"),
        RunState::Stuck => Tone::Bad.of("STUCK"),
        RunState::Failed => Tone::Bad.of("FAILED"),
        RunState::Cancelled => Tone::Careful.of("cancelled"),
        RunState::Unknown => Tone::Careful.of("CANNOT TELL"),
    };
    let run = Tone::Strong.of(format!("{}/{}", report.namespace, report.name));
    let verdict = Text::from("PipelineRun ").and(run).and(" is ").and(state).and(format!(": {}", report.headline));
    if report.findings.is_empty() {
        // A healthy run is one line, to be grepped.
        return Document { blocks: vec![Block::Line(verdict)] };
    }
    let mut document = Document::verdict(verdict);
    for (at, finding) in report.findings.iter().enumerate() {
        document.push(section(finding, at + 1, report.findings.len(), wide));
    }
    document
}

fn section(finding: &Finding, number: usize, of: usize, wide: bool) -> Block {
    let severity = match finding.severity {
        Severity::Error => Tone::Bad.of("error"),
        Severity::Warning => Tone::Careful.of("warning"),
        Severity::Info => "info".into(),
    };
    let order = if of > 1 { format!("cause {number} of {of}: ") } else { String::new() };
    let title = severity
        .and(format!("[{}] {order}", finding.cause.code()))
        .and(Tone::Strong.of(finding.cause.id()))
        .and(format!(" ({})", finding.confidence.as_str()));
    let mut parts = Document::default();
    // The headline has said what the first one is.
    if number > 1 {
        parts.push(Block::Paragraph((&finding.summary).into()));
    }
    parts.section(Tone::Strong.of("Why"), Block::items("→", &finding.chain));
    parts.section(
        Tone::Strong.of("Evidence"),
        Block::items("•", finding.evidence.iter().map(|item| quoted(item, wide))),
    );
    parts.section(Tone::Strong.of("Cannot tell"), Block::items("?", &finding.cannot_tell));
    parts.section(Tone::Strong.of("Repairs"), offers(&finding.offers));
    Block::Section(title, parts.blocks)
}

fn quoted(item: &Evidence, wide: bool) -> Text {
    let value = if wide { item.value.clone() } else { shorten(&item.value) };
    let source = if item.source.is_empty() { String::new() } else { format!(" [{}]", item.source) };
    Text::from(format!("{} {}: {value}", item.object, item.field)).and(Tone::Dim.of(source))
}

fn shorten(value: &str) -> String {
    if value.chars().count() <= QUOTE {
        return value.to_owned();
    }
    let kept: String = value.chars().take(QUOTE).collect();
    format!("{kept}… (-o wide shows all)")
}

/// Offers, what works first.
pub(super) fn offers(offers: &[Offer]) -> Vec<Block> {
    offers.iter().map(offer).collect()
}

fn offer(offer: &Offer) -> Block {
    let outcome = offer.forecast.outcome();
    let verdict = match outcome {
        Outcome::GoesOn => Tone::Good.of("works"),
        Outcome::Blocked => Tone::Bad.of("does not help"),
        Outcome::Unknown => Tone::Careful.of("unknown"),
    };
    let mut details = Vec::new();
    let because = wording::because(&offer.forecast);
    if !because.is_empty() {
        details.push(Block::Paragraph(format!("because {}", because.join("; ")).into()));
    }
    // Nobody should paste what will not work.
    if outcome != Outcome::Blocked {
        details.extend(commands(offer));
        for (title, text) in [("requires", wording::rights(offer)), ("risk", wording::risks(offer))] {
            if !text.is_empty() {
                details.push(Block::Paragraph(format!("{title}: {text}").into()));
            }
        }
    }
    let text = verdict.and(format!(": {}", wording::summary(offer)));
    Block::Item { mark: "", text, body: vec![Block::Nested(details)] }
}

/// The commands of an offer.
pub(super) fn commands(offer: &Offer) -> Vec<Block> {
    wording::commands(offer).map(Block::Command).collect()
}

/// The diagnosis of several runs, grouped by root cause: how many there are, then each
/// cause with its runs and what one of them shows.
pub(crate) fn many(reports: &[RunReport], wide: bool) -> Document {
    if reports.is_empty() {
        return Document { blocks: vec![Block::Line("there are no PipelineRuns".into())] };
    }
    let groups = grouping::groups(reports);
    let mut document = Document { blocks: vec![Block::Line(summary(reports, &groups).into())] };
    for group in &groups {
        let Some(first) = group.runs.first() else { continue };
        let title =
            Tone::Strong.of(count(group.runs.len(), "run", "runs")).and(": ").and(Tone::Strong.of(group.cause.id()));
        let others = group.runs.iter().skip(1).map(|report| {
            Block::Line(format!("{}/{} is {}", report.namespace, report.name, report.state.as_str()).into())
        });
        document.push(Block::Section(title, others.collect()));
        document.append(one(first, wide));
    }
    document
}

fn summary(reports: &[RunReport], groups: &[grouping::Group<'_>]) -> String {
    let ill: usize = groups.iter().map(|group| group.runs.len()).sum();
    let has_further = reports.iter().any(|report| report.findings.len() > 1);
    let cause = if has_further && groups.len() == 1 { "first cause" } else { "cause" };
    let causes = match ill {
        0 => "nothing is wrong".to_owned(),
        _ => format!("{} with {}", count(ill, "run", "runs"), count(groups.len(), cause, "causes")),
    };
    format!("{causes}; {} without findings", count(reports.len() - ill, "run", "runs"))
}

fn count(number: usize, one: &str, many: &str) -> String {
    match number {
        1 => format!("one {one}"),
        _ => format!("{number} {many}"),
    }
}

/// What was ruled out, and why.
pub(crate) fn ruled_out(cleared: &[RuledOut]) -> Document {
    let mut document = Document::default();
    let line = |item: &RuledOut| format!("{}: {}", item.suspect.id(), item.because);
    document.section(Tone::Strong.of("Ruled out"), Block::items("–", cleared.iter().map(line)));
    document
}

//! A preflight: the version of Tekton, what its flags do, what namespaces would refuse.

use crate::checks::preflight::{Flag, Place, Preflight};
use crate::finding::{Finding, Severity};
use crate::model::Kind;

use super::diagnosis::quoted;
use super::{Block, Document, Text, Tone};

/// What is known before any run; `wide` adds what proves it.
pub(crate) fn document(found: &Preflight, wide: bool) -> Document {
    let version = found.tekton_version.as_deref().unwrap_or("of unknown version");
    let place = found.namespace.as_deref().map(|namespace| format!(" in namespace {namespace}")).unwrap_or_default();
    let state = match found.coschedule {
        Some("disabled") => Tone::Good.of("off"),
        Some(mode) => Tone::Strong.of(format!("ON (coschedule: {mode})")),
        None => Tone::Careful.of("unknown"),
    };
    let mut document =
        Document::verdict(Text::from(format!("Tekton {version}{place}; affinity assistant: ")).and(state));
    document.push(Block::Nested(found.flags.iter().map(|flag| Block::entry(flag_line(flag))).collect()));
    document.blocks.extend(found.findings.iter().map(|finding| item(finding, wide)));
    document.blocks.extend(found.cannot_tell.iter().map(cannot_tell));
    document.blocks.extend(found.namespaces.iter().map(|place| of_place(place, wide)));
    document
}

fn flag_line(flag: &Flag) -> String {
    let read = match flag.read {
        // What a run records is not read again: it was in force for that run.
        true if flag.source.is_object(Kind::PipelineRun) => "in force when it was last reconciled",
        true => "read by this version",
        false => "NOT read by this version",
    };
    format!("{} {}: {:?} ({read})", flag.source, flag.key, flag.value)
}

fn item(finding: &Finding, wide: bool) -> Block {
    let severity = match finding.severity {
        Severity::Error => Tone::Bad.of("error"),
        Severity::Warning => Tone::Careful.of("warning"),
        Severity::Info => Tone::Dim.of("note"),
    };
    let text = severity.and(format!("[{}] {}", finding.cause.code(), finding.summary));
    let proof = finding.evidence.iter().filter(|_| wide).map(quoted);
    Block::Item { mark: "", text, body: Block::items("*", proof) }
}

fn cannot_tell(item: &String) -> Block {
    Block::entry(format!("? cannot tell {item}"))
}

fn of_place(place: &Place, wide: bool) -> Block {
    let mut facts: Vec<String> = Vec::new();
    if let Some(range) = &place.uid_range {
        facts.push(format!("user ids {range}"));
    }
    if let Some(group) = place.fs_group {
        facts.push(format!("the one fsGroup that restricted-v2 accepts: {group}"));
    }
    if let Some(level) = &place.pod_security {
        facts.push(format!("Pod Security enforces {level}"));
    }
    if !place.service_accounts.is_empty() {
        facts.push(format!("ServiceAccounts {}", place.service_accounts.join(", ")));
    }
    let mut body = Vec::new();
    if !facts.is_empty() {
        body.push(Block::Paragraph(facts.join("; ").into()));
    }
    body.extend(place.findings.iter().map(|finding| item(finding, wide)));
    if place.findings.is_empty() && place.cannot_tell.is_empty() {
        body.push(Block::Paragraph("an assistant without settings of its own would be admitted".into()));
    }
    body.extend(place.cannot_tell.iter().map(cannot_tell));
    Block::Item { mark: "", text: Text::from("Namespace ").and(Tone::Strong.of(&place.name)), body }
}

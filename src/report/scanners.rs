//! Findings in manifests in the formats that code hosts read.

use std::collections::HashMap;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::documents::Lines;
use crate::lint::finding::Severity;
use crate::lint::{Finding, Kind, Linted};

use super::lint::Secrets;
use super::wording::lint as wording;

/// A file as a code host knows it.
pub(crate) struct Scanned<'a> {
    /// Its findings.
    pub(crate) linted: &'a Linted,
    /// Its path from the root of the repository on, with slashes.
    pub(crate) path: String,
    /// The text after the safe fix of each finding, where there is one that is proven.
    pub(crate) fixed: Vec<Option<String>>,
}

/// SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/>).
pub(crate) fn sarif(files: &[Scanned<'_>]) -> Value {
    let rules: Vec<Value> = Kind::ALL
        .iter()
        .map(|kind| json!({"id": kind.code(), "name": kind.id(), "shortDescription": {"text": title(*kind)}}))
        .collect();
    let mut results = Vec::new();
    for file in files {
        let lines = Lines::of(&file.linted.text);
        let secrets = Secrets::of(file.linted);
        let mut marks = Marks::default();
        for (index, finding) in file.linted.findings().iter().enumerate() {
            let text = &file.linted.text;
            let message = wording::message(finding, secrets.covers(finding));
            let mut result = json!({
                "ruleId": finding.kind.code(),
                "ruleIndex": Kind::ALL.iter().position(|kind| *kind == finding.kind),
                "level": wording::severity(finding),
                "message": {"text": format!("{message}: {}", wording::effect(finding))},
                "locations": [{
                    "physicalLocation": {
                        "artifactLocation": {"uri": uri(&file.path)},
                        "region": region(text, &lines, finding.span.start, finding.span.end),
                    },
                    "logicalLocations": [{"fullyQualifiedName": place(finding)}],
                }],
                "partialFingerprints": {"tektonFix/v1": marks.of(&file.path, finding)},
            });
            if let Some(after) = file.fixed.get(index).and_then(Option::as_deref) {
                result["fixes"] = json!([fix(text, &lines, after, &file.path)]);
            }
            results.push(result);
        }
    }
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "kubectl-tekton_fix", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// A report of GitLab's Code Quality (<https://docs.gitlab.com/ci/testing/code_quality/>).
pub(crate) fn gitlab(files: &[Scanned<'_>]) -> Value {
    let mut issues = Vec::new();
    for file in files {
        let lines = Lines::of(&file.linted.text);
        let secrets = Secrets::of(file.linted);
        let mut marks = Marks::default();
        for finding in file.linted.findings() {
            let (line, _) = lines.place(&file.linted.text, finding.span.start);
            let message = wording::message(finding, secrets.covers(finding));
            issues.push(json!({
                "description": format!("{} {message}: {}", finding.kind.code(), wording::effect(finding)),
                "check_name": finding.kind.id(),
                "fingerprint": marks.of(&file.path, finding),
                "severity": match finding.severity() {
                    Severity::Error => "major",
                    Severity::Warning => "minor",
                },
                "location": {"path": file.path, "lines": {"begin": line}},
            }));
        }
    }
    Value::Array(issues)
}

/// The words of an id.
fn title(kind: Kind) -> String {
    let words = kind.id().replace('-', " ");
    let (first, rest) = words.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

fn place(finding: &Finding) -> String {
    finding.holder.as_ref().unwrap_or(&finding.path).to_string()
}

/// What a finding is known by from one run to the next, wherever its line goes.
#[derive(Default)]
struct Marks {
    seen: HashMap<String, usize>,
}

impl Marks {
    fn of(&mut self, file: &str, finding: &Finding) -> String {
        let mut hash = Sha256::new();
        // The place tells names, not values: no secret is in it.
        for part in [file, finding.kind.code(), &place(finding), &finding.path.to_string()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let mark: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let count = self.seen.entry(mark.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { mark } else { format!("{mark}-{count}") }
    }
}

/// A path as a relative reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

fn region(text: &str, lines: &Lines, start: usize, end: usize) -> Value {
    let (line, column) = lines.place(text, start.min(text.len()));
    let (end_line, end_column) = lines.place(text, end.max(start).min(text.len()));
    json!({"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column})
}

/// The smallest run of whole lines that differs.
fn fix(before: &str, lines: &Lines, after: &str, path: &str) -> Value {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let same_start = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let most = old.len().min(new.len()) - same_start;
    let same_end = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(old, new)| old == new).count();
    let offset = |lines: &[&str]| lines.iter().map(|line| line.len()).sum::<usize>();
    let (start, end) = (offset(&old[..same_start]), offset(&old[..old.len() - same_end]));
    json!({
        "description": {"text": "The change that lint --fix makes"},
        "artifactChanges": [{
            "artifactLocation": {"uri": uri(path)},
            "replacements": [{
                "deletedRegion": region(before, lines, start, end),
                "insertedContent": {"text": new[same_start..new.len() - same_end].concat()},
            }],
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("a b/c#d.yaml"), "a%20b/c%23d.yaml");
    }

    #[test]
    fn a_fix_replaces_the_lines_that_differ() {
        let (before, after) = ("a: 1\nb: 2\nc: 3\n", "a: 1\nd:\n  b: 2\nc: 3\n");
        let change = fix(before, &Lines::of(before), after, "x");
        let replacement = &change["artifactChanges"][0]["replacements"][0];
        assert_eq!(replacement["insertedContent"]["text"], "d:\n  b: 2\n");
        let region = json!({"startLine": 2, "startColumn": 1, "endLine": 3, "endColumn": 1});
        assert_eq!(replacement["deletedRegion"], region);
    }
}

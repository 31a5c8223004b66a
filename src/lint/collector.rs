//! Where the checks put what they find.

use std::collections::HashSet;
use std::ops::Range;

use crate::documents::{Lines, Node, Path};

use super::finding::{Effect, Finding, Fix, Problem};
use super::kind::Kind;
use super::schema::Schema;

/// Findings of one document, with what the checks share.
pub(crate) struct Collector<'a> {
    /// The text.
    pub(crate) text: &'a str,
    /// Its lines.
    pub(crate) lines: &'a Lines,
    /// The fields that are known.
    pub(crate) schema: Schema,
    /// Whether the object is one of v1beta1.
    pub(crate) is_beta: bool,
    document: usize,
    findings: Vec<Finding>,
    seen: HashSet<(Kind, usize, Problem)>,
}

/// Whether a scalar is nothing but a name that a shell fills in: `$IMAGE`.
fn is_shell_name(source: &str) -> bool {
    let name = source.trim_matches(['"', '\'']).strip_prefix('$');
    name.is_some_and(|name| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    })
}

impl<'a> Collector<'a> {
    /// An empty one for a document.
    pub(crate) fn new(text: &'a str, lines: &'a Lines, schema: Schema, document: usize) -> Self {
        Self { text, lines, schema, is_beta: false, document, findings: Vec::new(), seen: HashSet::new() }
    }

    /// Adds a finding; what an alias shows a second time is said once.
    pub(crate) fn add(
        &mut self,
        kind: Kind,
        path: Path,
        span: &Range<usize>,
        problem: Problem,
        effect: Effect,
    ) -> Option<&mut Finding> {
        if !self.seen.insert((kind, span.start, problem.clone())) {
            return None;
        }
        self.findings.push(Finding {
            kind,
            document: self.document,
            path,
            span: span.clone(),
            problem,
            effect,
            right_path: None,
            holder: None,
            fix: None,
        });
        self.findings.last_mut()
    }

    /// Adds a finding with a fix.
    pub(crate) fn add_fixed(
        &mut self,
        kind: Kind,
        path: Path,
        span: &Range<usize>,
        problem: Problem,
        effect: Effect,
        fix: Option<Fix>,
    ) {
        if let Some(finding) = self.add(kind, path, span, problem, effect) {
            finding.fix = fix;
        }
    }

    /// Whether a scalar holds a placeholder that somebody fills in.
    pub(crate) fn is_open(&self, node: &Node) -> bool {
        let source = self.text.get(node.target().span.clone()).unwrap_or_default();
        ["{{", "${", "<%", "{%", "$(tt.", "$(uid)", "\\\\ ."].iter().any(|mark| source.contains(mark))
            || is_shell_name(source)
    }

    /// The findings, by their places.
    pub(crate) fn finish(mut self) -> Vec<Finding> {
        self.findings.sort_by_key(|finding| finding.span.start);
        self.findings
    }
}

//! The safe fixes of a text, made one after the other, each proven.

use crate::documents::edit::{Change, Refused};
use crate::documents::slices::slices;
use crate::documents::{Path, proof, read};

use super::finding::{Finding, Safety};
use super::kind::Kind;
use super::silenced::Silenced;
use super::{Judgement, Rules, judge};

/// How many changes one document may need.
const MOST_CHANGES: usize = 2000;

/// A text after its safe fixes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fixed {
    /// The text.
    pub(crate) text: String,
    /// How many changes were made.
    pub(crate) made: usize,
    /// Changes that were not made, by kind and path, with the reason.
    pub(crate) refused: Vec<(Kind, Path, Refused)>,
}

/// Makes the safe fixes of a text without a byte order mark: each document alone, so that
/// no other one can be touched.
pub(crate) fn fix(text: &str, rules: &Rules) -> Fixed {
    let mut fixed = Fixed { text: String::with_capacity(text.len()), made: 0, refused: Vec::new() };
    // A comment silences the whole file, whichever document it stands in.
    let mut rules = rules.clone();
    rules.suppressed.extend(Silenced::of(text).of_file());
    for range in slices(text) {
        fix_document(&text[range], &rules, &mut fixed);
    }
    fixed
}

/// The text after the safe fix of one finding, where it is proven.
pub(crate) fn fix_one(text: &str, finding: &Finding) -> Option<String> {
    let fix = finding.fix.as_ref().filter(|fix| fix.safety == Safety::Safe)?;
    proven(text, finding, fix.change.as_ref()?)
}

/// A change that somebody has to agree to, with the text after it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Proposal {
    /// What it mends.
    pub(crate) finding: Finding,
    /// The text after it.
    pub(crate) text: String,
}

/// The next unsafe fix of a text that is proven and leaves fewer findings than there are; those
/// that were turned down are not asked for again.
pub(crate) fn propose(text: &str, rules: &Rules, declined: &[Finding]) -> Option<Proposal> {
    let Judgement::Read(findings) = judge(text, rules) else { return None };
    let is_declined = |finding: &Finding| {
        declined
            .iter()
            .any(|known| (known.kind, known.document, &known.path) == (finding.kind, finding.document, &finding.path))
    };
    findings.iter().filter(|finding| finding.is_proposed() && !is_declined(finding)).find_map(|finding| {
        let change = finding.fix.as_ref()?.change.as_ref()?;
        let after = proven(text, finding, change)?;
        let Judgement::Read(left) = judge(&after, rules) else { return None };
        (left.len() < findings.len()).then(|| Proposal { finding: finding.clone(), text: after })
    })
}

/// The text after a change for a finding in it, where that is proven.
fn proven(text: &str, finding: &Finding, change: &Change) -> Option<String> {
    let range = slices(text).into_iter().find(|range| range.contains(&finding.span.start))?;
    let slice = text.get(range.clone())?;
    let (documents, error) = read(slice);
    let ([document], None) = (documents.as_slice(), error) else { return None };
    let changed = proof::changed(slice, &document.root, change).ok()?;
    Some([text.get(..range.start)?, &changed, text.get(range.end..)?].concat())
}

fn fix_document(slice: &str, rules: &Rules, fixed: &mut Fixed) {
    let mut text = slice.to_owned();
    let mut refused: Vec<(Kind, Path, Refused)> = Vec::new();
    for _ in 0..MOST_CHANGES {
        let (documents, error) = read(&text);
        let [document] = documents.as_slice() else { break };
        let (None, Judgement::Read(findings)) = (error, judge(&text, rules)) else { break };
        let next = findings.iter().find_map(|finding| {
            let change = finding.fix.as_ref().filter(|fix| fix.safety == Safety::Safe)?.change.as_ref()?;
            let is_refused = refused.iter().any(|(kind, path, _)| *kind == finding.kind && *path == finding.path);
            (!is_refused).then_some((finding, change))
        });
        let Some((finding, change)) = next else { break };
        match proof::changed(&text, &document.root, change) {
            Ok(changed) => {
                text = changed;
                fixed.made += 1;
            }
            Err(reason) => refused.push((finding.kind, finding.path.clone(), reason)),
        }
    }
    fixed.refused.extend(refused);
    fixed.text.push_str(&text);
}

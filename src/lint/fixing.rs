//! The safe fixes of a text, made one after the other, each proven.

use crate::documents::edit::Refused;
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
    let range = slices(text).into_iter().find(|range| range.contains(&finding.span.start))?;
    let slice = text.get(range.clone())?;
    let (documents, error) = read(slice);
    let ([document], None) = (documents.as_slice(), error) else { return None };
    let changed = proof::changed(slice, &document.root, fix.change.as_ref()?).ok()?;
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

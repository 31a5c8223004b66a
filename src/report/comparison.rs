//! Two runs compared: the differences, and which of them matters.

use similar::{ChangeTag, TextDiff};

use crate::analysis::comparison::{Difference, Level};
use crate::checks::consequence::Consequence;
use crate::finding::RunReport;

use super::{Block, Document, Text, Tone};

/// A comparison.
#[derive(Debug)]
pub(crate) struct Comparison {
    /// `NAMESPACE/NAME` of the good run, or its file.
    pub(crate) left: String,
    /// The other run.
    pub(crate) right: String,
    /// One sentence about the whole comparison, whatever part of it is shown.
    pub(crate) verdict: String,
    /// The differences, those that matter first, with what they lead to.
    pub(crate) differences: Vec<(Difference, Option<Consequence>)>,
}

/// A comparison, those that matter first.
pub(crate) fn document(comparison: &Comparison) -> Document {
    let Comparison { left, right, verdict, differences } = comparison;
    let mut document = Document::verdict(
        Tone::Strong.of(right).and(" against ").and(Tone::Strong.of(left)).and(format!(": {verdict}")),
    );
    for (title, matters) in [(Tone::Bad.of("Matters"), true), (Tone::Strong.of("Does not explain it"), false)] {
        let chosen = differences.iter().filter(|(_, consequence)| consequence.is_some() == matters);
        document
            .section(title, chosen.map(|(difference, consequence)| entry(difference, consequence.as_ref())).collect());
    }
    document
}

fn entry(difference: &Difference, consequence: Option<&Consequence>) -> Block {
    let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "(absent)".to_owned());
    let mut body = vec![
        Block::Line(Tone::Bad.of(format!("- {}", side(&difference.left)))),
        Block::Line(Tone::Good.of(format!("+ {}", side(&difference.right)))),
    ];
    body.extend(consequence.map(|consequence| Block::item("→", &consequence.sentence)));
    let title = format!("{} ({})", difference.path, difference.level.as_str());
    Block::Item { mark: "", text: title.into(), body }
}

/// The verdict about all differences; `worse` is the report of the run that is worse off.
pub(crate) fn verdict(rows: &[(Difference, Option<Consequence>)], worse: &RunReport, is_from_file: bool) -> String {
    let matter: Vec<&str> = rows.iter().filter(|(_, m)| m.is_some()).map(|(d, _)| d.path.as_str()).collect();
    let spec = rows.iter().filter(|(d, _)| d.level == Level::Spec).count();
    match (matter.as_slice(), worse.findings.first()) {
        ([], None) if rows.is_empty() => "the runs do not differ".to_owned(),
        ([], None) if is_from_file => format!(
            "the runs differ in {} points; a file alone does not tell how a run goes: read it with its pods and events (--from)",
            rows.len()
        ),
        ([], None) => format!("the runs differ in {} points; none of them is stuck or has failed", rows.len()),
        ([], Some(finding)) if spec == 0 => {
            format!("the runs ask for the same; the difference lies in the environment: {}", finding.summary)
        }
        ([], Some(finding)) => {
            let differences =
                if spec == 1 { "the difference".to_owned() } else { format!("none of the {spec} differences") };
            let not = if spec == 1 { " not" } else { "" };
            format!("{differences} in what the runs ask for is{not} known to explain it: {}", finding.summary)
        }
        (paths, Some(finding)) => format!("{} is the difference that matters: {}", common(paths), finding.summary),
        (paths, None) => format!("{} matters", paths.join(", ")),
    }
}

/// The paths as one, where they have more in common than their root: `securityContext`
/// for its two fields.
fn common(paths: &[&str]) -> String {
    let Some((first, rest)) = paths.split_first() else { return String::new() };
    let mut shared = *first;
    for path in rest {
        while !is_below(path, shared) {
            shared = parent(shared);
        }
    }
    let is_root = matches!(shared, "" | "spec" | "metadata" | "spec.taskRunTemplate");
    if is_root { paths.join(", ") } else { shared.to_owned() }
}

/// Whether a path is the other one, or a field or entry below it.
fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The path without its last part.
fn parent(path: &str) -> &str {
    let cut = if path.ends_with(']') { path.rfind('[') } else { path.rfind('.') };
    cut.map_or("", |at| &path[..at])
}

/// A change as a unified diff: the lines that differ, each with three lines around it.
/// Empty where nothing differs.
pub(crate) fn unified((old, old_name): (&str, &str), (new, new_name): (&str, &str)) -> Document {
    let diff = TextDiff::from_lines(old, new);
    if diff.ratio() >= 1.0 {
        return Document::default();
    }
    let mut lines = vec![Tone::Strong.of(format!("--- {old_name}")), Tone::Strong.of(format!("+++ {new_name}"))];
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        lines.push(hunk.header().to_string().into());
        lines.extend(hunk.iter_changes().map(|change| {
            let line = change.value().trim_end_matches('\n');
            match change.tag() {
                ChangeTag::Delete => Tone::Bad.of(format!("-{line}")),
                ChangeTag::Insert => Tone::Good.of(format!("+{line}")),
                ChangeTag::Equal => Text::from(format!(" {line}")),
            }
        }));
    }
    Document { blocks: lines.into_iter().map(Block::Line).collect() }
}

#[cfg(test)]
mod tests {
    use super::common;

    #[test]
    fn paths_are_told_by_what_they_share() {
        assert_eq!(common(&["spec.a.fsGroup", "spec.a.runAsUser"]), "spec.a");
        assert_eq!(
            common(&["spec.t[x].podTemplate.tolerations[k].key", "spec.t[x].podTemplate.nodeSelector[a.b/c]"]),
            "spec.t[x].podTemplate"
        );
        assert_eq!(
            common(&["spec.params[a].value", "spec.timeouts.pipeline"]),
            "spec.params[a].value, spec.timeouts.pipeline"
        );
        assert_eq!(common(&["spec.ab", "spec.a"]), "spec.ab, spec.a");
        assert_eq!(common(&["spec.x"]), "spec.x");
    }
}

//! Runs that suffer from one root cause, together: "14 runs, one cause".

use crate::finding::{Cause, Evidence, RunReport};

/// Runs with one root cause.
#[derive(Debug, Clone, PartialEq)]
pub struct Group<'a> {
    /// Cause of the finding that must be cured first.
    pub cause: Cause,
    /// What the runs have in common, a sentence without their names.
    pub root: String,
    /// The runs, the one whose evidence is fullest first.
    pub runs: Vec<&'a RunReport>,
}

/// Groups reports by what must be cured first, the largest group first. Reports
/// without findings are in no group.
pub fn groups(reports: &[RunReport]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for report in reports {
        let Some(first) = report.findings.first() else { continue };
        let root = root(report, first.cause);
        match groups.iter_mut().find(|group| group.cause == first.cause && group.root == root) {
            Some(group) => group.runs.push(report),
            None => groups.push(Group { cause: first.cause, root, runs: vec![report] }),
        }
    }
    for group in &mut groups {
        group.runs.sort_by_key(|report| {
            let first = report.findings.first();
            std::cmp::Reverse(first.map(|finding| (finding.confidence, finding.evidence.len())))
        });
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.runs.len()));
    groups
}

/// What a run shares with others of the same cause: the object at the root where one
/// is, else the refusal's own words without names of runs, tasks and assistants.
fn root(report: &RunReport, cause: Cause) -> String {
    let findings = report.findings.iter().filter(|finding| finding.cause == cause);
    let evidence: Vec<&Evidence> = findings.flat_map(|finding| &finding.evidence).collect();
    let objects = |kinds: &[&str]| {
        let mut names: Vec<&str> = evidence
            .iter()
            .filter(|item| kinds.iter().any(|kind| item.object.starts_with(kind)))
            .map(|item| item.object.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        names.join(", ")
    };
    let shared = match cause {
        Cause::FlagsMisreadLegacyKey | Cause::InvalidFlagValueIgnored => objects(&["ConfigMap/"]),
        Cause::AssistantNodeCordoned | Cause::AssistantNodeFull | Cause::NodeNotReady => {
            let nodes = objects(&["Node/"]);
            if nodes.is_empty() { place(&evidence) } else { nodes }
        }
        Cause::AssistantQuota | Cause::QuotaExceeded | Cause::QuotaNeedsRequests => {
            format!("{} {}", report.namespace, objects(&["ResourceQuota/"]))
        }
        Cause::PvcMissing | Cause::PvcUnbound | Cause::ClaimBeingDeleted | Cause::ClaimLost => {
            format!("{} {}", report.namespace, objects(&["PersistentVolumeClaim/"]))
        }
        Cause::NamespaceTerminating => objects(&["Namespace/"]),
        Cause::ControllerNotRunning => objects(&["Deployment/"]),
        Cause::UntoleratedTaint | Cause::AssistantPendingUntoleratedTaint => objects(&["Node/"]),
        _ => String::new(),
    };
    if !shared.trim().is_empty() && shared.trim() != report.namespace {
        return shared.trim().to_owned();
    }
    let words = report.findings.first().map(|finding| finding.summary.as_str()).unwrap_or_default();
    format!("{}: {}", report.namespace, without_names(words, &report.name))
}

/// The node on which an assistant stands.
fn place(evidence: &[&Evidence]) -> String {
    let node = evidence.iter().find(|item| item.field == "spec.nodeName");
    node.map(|item| format!("Node/{}", item.value)).unwrap_or_default()
}

/// A summary without what differs from run to run.
fn without_names(text: &str, run: &str) -> String {
    const ASSISTANT: &str = "affinity-assistant-";
    let mut words = Vec::new();
    let mut after_task = false;
    for word in text.split_whitespace() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '-' && c != '.');
        let is_name = after_task || bare.starts_with(ASSISTANT) || is_of(bare, run);
        after_task = matches!(bare, "task" | "step");
        words.push(if is_name { "…" } else { word });
    }
    words.join(" ")
}

/// The run's own name, or that of something made from it.
fn is_of(word: &str, run: &str) -> bool {
    word.strip_prefix(run).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Finding, RunState};

    fn report(name: &str, findings: Vec<Finding>) -> RunReport {
        RunReport {
            namespace: "n".to_owned(),
            name: name.to_owned(),
            state: RunState::Stuck,
            age: None,
            waiting: Vec::new(),
            headline: String::new(),
            findings,
        }
    }

    #[test]
    fn runs_with_one_refusal_are_one_group_and_others_are_not() {
        let refused = |assistant: &str, why: &str| {
            let summary = format!(
                "OpenShift refuses the pod of the affinity assistant affinity-assistant-{assistant} (ServiceAccount default): {why}"
            );
            Finding::new(Cause::AssistantRefusedByScc, summary)
        };
        let reports = [
            report("a", vec![refused("0123456789", "fsGroup 1001")]),
            report("b", vec![refused("abcdefabcd", "fsGroup 2000")]),
            report("c", vec![refused("1111111111", "fsGroup 1001")]),
            report("d", Vec::new()),
        ];
        let groups = groups(&reports);
        let names: Vec<Vec<&str>> =
            groups.iter().map(|group| group.runs.iter().map(|run| run.name.as_str()).collect()).collect();
        assert_eq!(names, [vec!["a", "c"], vec!["b"]]);
    }
}

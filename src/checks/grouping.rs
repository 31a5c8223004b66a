//! Runs that suffer from one root cause, together: "14 runs, one cause".

use crate::finding::{About, Cause, Facts, Finding, RunReport};
use crate::model::Kind;

/// Runs with one root cause.
#[derive(Debug, Clone, PartialEq)]
pub struct Group<'a> {
    /// Cause of the finding that must be fixed first.
    pub cause: Cause,
    /// The runs, the one whose evidence is fullest first.
    pub runs: Vec<&'a RunReport>,
}

/// What the runs of a group have in common.
#[derive(Debug, PartialEq)]
struct Root<'a> {
    cause: Cause,
    /// Where; `None` for what holds in the whole cluster.
    namespace: Option<&'a str>,
    /// The objects at the root, where the facts do not name them.
    objects: Vec<&'a About>,
    facts: Facts,
}

/// Groups reports by what must be fixed first, the largest group first. Reports
/// without findings are in no group.
pub fn groups(reports: &[RunReport]) -> Vec<Group<'_>> {
    let mut groups: Vec<(Root<'_>, Vec<&RunReport>)> = Vec::new();
    for report in reports {
        let Some(first) = report.findings.first() else { continue };
        let root = root(report, first);
        match groups.iter_mut().find(|(known, _)| *known == root) {
            Some((_, runs)) => runs.push(report),
            None => groups.push((root, vec![report])),
        }
    }
    for (_, runs) in &mut groups {
        runs.sort_by_key(|report| {
            let first = report.findings.first();
            std::cmp::Reverse(first.map(|finding| (finding.confidence(), finding.evidence.len())))
        });
    }
    // Held runs come last: nothing is wrong with them.
    groups.sort_by_key(|(_, runs)| (runs.iter().all(|run| run.is_held()), std::cmp::Reverse(runs.len())));
    groups.into_iter().map(|(root, runs)| Group { cause: root.cause, runs }).collect()
}

/// What a run shares with others of the same cause.
fn root<'a>(report: &'a RunReport, finding: &'a Finding) -> Root<'a> {
    let objects = |kind: Kind| {
        let quoted = finding.evidence.iter().map(|item| &item.object);
        let mut objects: Vec<&About> = quoted.filter(|object| object.is_object(kind)).collect();
        objects.sort();
        objects.dedup();
        objects
    };
    let objects = match finding.cause {
        Cause::FlagsMisreadLegacyKey | Cause::InvalidFlagValueIgnored => objects(Kind::ConfigMap),
        Cause::PvcUnbound => objects(Kind::Claim),
        Cause::NamespaceTerminating => objects(Kind::Namespace),
        Cause::ControllerNotRunning => objects(Kind::Deployment),
        _ => Vec::new(),
    };
    let facts = finding.facts.shared();
    let is_of_cluster = match facts {
        Facts::Nodes(ref nodes) => !nodes.is_empty(),
        _ => objects.iter().any(|object| !object.is_object(Kind::Claim)),
    };
    Root { cause: finding.cause, namespace: (!is_of_cluster).then_some(report.namespace.as_str()), objects, facts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::scc::refusal::{Refusal, RefusalKind};
    use crate::finding::RunState;

    fn report(name: &str, findings: Vec<Finding>) -> RunReport {
        RunReport {
            namespace: "n".to_owned(),
            name: name.to_owned(),
            state: RunState::Stuck,
            age: None,
            waiting: Vec::new(),
            headline: String::new(),
            findings,
            origins: Vec::new(),
        }
    }

    #[test]
    fn runs_with_one_refusal_are_one_group_and_others_are_not() {
        let refused = |assistant: &str, group: &str| {
            let reason = Refusal {
                scc: "restricted-v2".to_owned(),
                kind: RefusalKind::Invalid,
                field: ".spec.securityContext.fsGroup".to_owned(),
                value: group.into(),
                detail: "group must be in the ranges".to_owned(),
                text: String::new(),
            };
            let summary = format!("OpenShift refuses the pod of the affinity assistant affinity-assistant-{assistant}");
            let facts = Facts::Denied { account: "default".to_owned(), reasons: vec![reason] };
            Finding::new(Cause::AssistantRefusedByScc, summary).facts(facts)
        };
        let reports = [
            report("a", vec![refused("0123456789", "1001")]),
            report("b", vec![refused("abcdefabcd", "2000")]),
            report("c", vec![refused("1111111111", "1001")]),
            report("d", Vec::new()),
        ];
        let groups = groups(&reports);
        let names: Vec<Vec<&str>> =
            groups.iter().map(|group| group.runs.iter().map(|run| run.name.as_str()).collect()).collect();
        assert_eq!(names, [vec!["a", "c"], vec!["b"]]);
    }
}

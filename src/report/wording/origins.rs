//! What manages a run or an object outside of the cluster, in words.

use crate::finding::RunReport;
use crate::model::origin::Origin;
use crate::ops::Edit;

/// Characters of a commit that tell it from others.
const COMMIT: usize = 12;

/// Where a run has to be changed as well, where one of its fixes changes it: otherwise the
/// next run is as this one was.
pub(crate) fn of_report(report: &RunReport) -> Vec<String> {
    let changes = |edits: &[Edit]| edits.iter().any(|edit| !matches!(edit, Edit::OnlyTasks { .. }));
    let is_changed = report
        .findings
        .iter()
        .flat_map(|finding| &finding.offers)
        .flat_map(|offer| &offer.ops)
        .any(|op| op.edits().is_some_and(changes));
    if is_changed { of_run(&report.origins) } else { Vec::new() }
}

/// Where a run came from.
pub(crate) fn of_run(origins: &[Origin]) -> Vec<String> {
    origins
        .iter()
        .map(|origin| match origin {
            Origin::PipelinesAsCode { repository, revision, branch, run } => {
                let at = [("at", short(revision)), ("branch", branch.as_str()), ("PipelineRun", run.as_str())];
                let at =
                    at.iter().filter(|(_, value)| !value.is_empty()).map(|(word, value)| format!("{word} {value}"));
                let at: Vec<String> = at.collect();
                let repository = if repository.is_empty() { "its repository" } else { repository };
                format!("this run came from {repository}, .tekton/ ({})", at.join(", "))
            }
            Origin::Resolved { uri, revision, path } => {
                let path = if path.is_empty() { String::new() } else { format!(", {path}") };
                format!("its pipeline came from {uri}{path} (at {})", short(revision))
            }
            Origin::ArgoCd { kind, .. } if kind == "Pipeline" => {
                format!("its Pipeline is managed by {}", manager(origin))
            }
            Origin::ArgoCd { kind, .. } if kind == "PipelineRun" => {
                format!("this run is managed by {}", manager(origin))
            }
            _ => format!("this run or its Pipeline is managed by {}", manager(origin)),
        })
        .collect()
}

/// Where a run came from, for somebody who is about to change it on the cluster only.
pub(crate) fn warnings(origins: &[Origin]) -> Vec<String> {
    of_run(origins)
        .into_iter()
        .map(|line| format!("{line}; what is changed here only, the next run does not have"))
        .collect()
}

/// That a change of an object lasts only until what manages it looks at it again.
pub(crate) fn reverted(object: &str, origins: &[Origin]) -> Option<String> {
    let origin = origins.iter().find(|origin| !matches!(origin, Origin::Resolved { .. }))?;
    Some(format!("{object} is managed by {}, which may undo a change made on the cluster only", manager(origin)))
}

fn manager(origin: &Origin) -> String {
    let of = |namespace: &str, name: &str| {
        if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
    };
    match origin {
        Origin::ArgoCd { application, .. } => format!("Application {application} of Argo CD"),
        Origin::Flux { kind, namespace, name } => format!("{kind} {} of Flux", of(namespace, name)),
        Origin::Helm { namespace, name } => format!("release {} of Helm", of(namespace, name)),
        Origin::PipelinesAsCode { repository, .. } => format!("Pipelines as Code ({repository})"),
        Origin::Resolved { uri, .. } => uri.clone(),
    }
}

fn short(revision: &str) -> &str {
    let is_commit = revision.len() > COMMIT && revision.chars().all(|c| c.is_ascii_hexdigit());
    if is_commit { &revision[..COMMIT] } else { revision }
}

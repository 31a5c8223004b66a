//! A run whose task is left to a custom task's controller: an approval, for example.

use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding, Severity};
use crate::model::Kind;
use crate::model::cluster::find;

/// `custom-run-waits`: nothing is left to do but what other controllers do. What they
/// wait for is theirs to say.
pub(super) fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    let is_alone = focus.tree.unfinished().next().is_none();
    if !is_alone || !focus.is_past_grace(run.metadata.creation_timestamp) {
        return Vec::new();
    }
    let children =
        run.status.child_references.iter().filter(|child| matches!(child.kind.as_str(), "CustomRun" | "Run"));
    children.filter_map(|child| finding(focus, &child.name, &child.pipeline_task_name)).collect()
}

fn finding(focus: &Focus<'_>, name: &str, task: &str) -> Option<Finding> {
    let read = find(&focus.cluster.custom_runs, focus.namespace(), name);
    let condition = read.and_then(|custom| custom.succeeded());
    if condition.is_some_and(|condition| condition.status != "Unknown") {
        return None;
    }
    let what = of_task(focus, task);
    let finding = |summary: String| {
        Finding::new(Cause::CustomRunWaits, summary)
            .severity(Severity::Warning)
            .link("Tekton leaves such a task to its own controller: an approval waits for people, others for what they watch.")
            .evidence(focus.quote_run())
    };
    Some(match (read, condition) {
        (Some(_), Some(condition)) => {
            let value = format!("{} {}: {}", condition.status, condition.reason, condition.message);
            finding(format!("the run waits for its custom task {task} ({what}): {} {}", condition.reason, condition.message))
                .evidence([focus.quote(Kind::CustomRun, name, "status.conditions[Succeeded]", value)])
        }
        (Some(_), None) => finding(format!("no controller has taken up the custom task {task} ({what}) of the run"))
            .severity(Severity::Error)
            .link("A CustomRun without any condition was seen by nobody: its controller is not installed or does not run.")
            .evidence([focus.quote(Kind::CustomRun, name, "status.conditions", "absent")]),
        (None, _) => finding(format!("the run waits for its custom task {task} ({what})"))
            .not_proven()
            .cannot_tell(format!("the state of CustomRun {name}: it was not read; kubectl get customrun/{name} -n {} -o yaml", focus.namespace())),
    })
}

/// What the pipeline says the task is: `ApprovalTask of openshift-pipelines.org/v1alpha1`.
fn of_task(focus: &Focus<'_>, task: &str) -> String {
    let definition = focus.run().task(task);
    let text = |field: &str| {
        let of = |parent: &str| definition?.pointer(&format!("/{parent}/{field}"))?.as_str();
        of("taskRef").or_else(|| of("taskSpec")).map(str::to_owned)
    };
    match (text("kind"), text("apiVersion")) {
        (Some(kind), Some(version)) => format!("{kind} of {version}"),
        (Some(kind), None) => kind,
        _ => "of a kind that the pipeline does not tell".to_owned(),
    }
}

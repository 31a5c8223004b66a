//! A task's pod was refused, or the TaskRun was: no pod ever came to be. A file for
//! each cause.

mod limit_range;
mod needs_requests;
mod pod_security;
mod policy;
pub mod priority_class;
pub mod quota;
pub mod runtime_class;
mod scc;
mod service_account;
mod two_claims;
mod unexplained;

use crate::analysis::tekton::run_tree::TaskNode;

use super::focus::Focus;
use super::reconciling::reference_not_fetched;
use super::refused::RefusedBy;
use crate::finding::{Cause, Evidence, Finding};

/// Reasons with which Tekton reports that a pod was not created
/// (tektoncd/pipeline pkg/reconciler/taskrun/taskrun.go `handlePodCreationError`).
const REASONS: [&str; 5] =
    ["PodAdmissionFailed", "PodCreationFailed", "CouldntGetTask", "ExceededResourceQuota", "TaskRunValidationFailed"];

/// Runs the checks on refused task pods.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    // The TaskRuns of a matrix are refused alike: one of them says it.
    let mut known: Vec<(Cause, &str)> = Vec::new();
    for task in &focus.tree.tasks {
        let Some(condition) = task.task_run.succeeded() else { continue };
        if condition.status == "True" || !REASONS.contains(&condition.reason.as_str()) {
            continue;
        }
        if reference_not_fetched::is_about(condition) {
            continue;
        }
        if let Some(finding) = finding(focus, task, &condition.reason, &without_guess(&condition.message))
            && !known.contains(&(finding.cause, task.task))
        {
            known.push((finding.cause, task.task));
            findings.push(finding);
        }
    }
    findings
}

fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, reason: &str, message: &str) -> Option<Finding> {
    if message.contains("more than one PersistentVolumeClaim is bound") {
        return Some(two_claims::finding(focus, task).evidence(evidence(focus, task)));
    }
    if reason == "TaskRunValidationFailed" {
        return None;
    }
    let name = task.task;
    let finding = match RefusedBy::read(message) {
        RefusedBy::Scc => scc::finding(task, message),
        RefusedBy::PodSecurity(level) => pod_security::finding(focus, name, &level, message),
        RefusedBy::Quota(quota) => quota::finding(focus, name, &quota, message),
        RefusedBy::QuotaNeedsRequests(quota) => needs_requests::finding(name, &quota, message),
        RefusedBy::ServiceAccountMissing(missing) => service_account::finding(focus, name, &missing),
        RefusedBy::PriorityClassMissing(class) => priority_class::finding(focus, name, &class, message),
        RefusedBy::RuntimeClassMissing(_) => runtime_class::finding(name, message),
        RefusedBy::LimitRange => limit_range::finding(name, message),
        RefusedBy::Policy(_) | RefusedBy::WebhookSilent(_) | RefusedBy::Invalid(_) => policy::finding(name, message)?,
        RefusedBy::Other => {
            limit_range::by_default(focus, task, message).unwrap_or_else(|| unexplained::finding(name, message))
        }
    };
    Some(finding.evidence(evidence(focus, task)))
}

/// The API server's words without what Tekton guesses behind them: `Maybe missing or
/// invalid Task NS/`, `Maybe invalid TaskSpec` (tektoncd/pipeline
/// pkg/reconciler/taskrun/taskrun.go `handlePodCreationError`).
fn without_guess(message: &str) -> String {
    message.split(". Maybe ").next().unwrap_or(message).to_owned()
}

fn evidence(focus: &Focus<'_>, task: &TaskNode<'_>) -> Vec<Evidence> {
    let mut evidence: Vec<Evidence> = Vec::new();
    evidence.extend(focus.quote_run());
    evidence.extend(focus.quote_task_run(task.task_run));
    evidence.extend(focus.quote_annotation(task.task_run));
    evidence.extend(focus.quote_warnings("TaskRun", &task.task_run.metadata.name));
    evidence.extend(focus.quote_warnings("PipelineRun", &focus.run().metadata.name));
    // An assistant that stands shows that the refusal hit the task alone.
    let set = task.task_run.assistant().and_then(|name| focus.tree.assistant(name)).and_then(|node| node.stateful_set);
    evidence.extend(set.map(|set| focus.quote_replicas(set)));
    evidence
}

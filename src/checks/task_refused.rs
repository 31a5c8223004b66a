//! A task's pod was refused, or the TaskRun was: no pod ever came to be.

use crate::analysis::tekton::assistant;
use crate::analysis::tekton::run_tree::TaskNode;
use crate::model::Kind;

use super::finding::{Evidence, Finding};
use super::focus::Focus;
use super::refused::{self, RefusedBy};
use super::scc_verdict;

/// Reasons with which Tekton reports that a pod was not created
/// (tektoncd/pipeline pkg/reconciler/taskrun/taskrun.go `handlePodCreationError`).
const REASONS: [&str; 5] =
    ["PodAdmissionFailed", "PodCreationFailed", "CouldntGetTask", "ExceededResourceQuota", "TaskRunValidationFailed"];

/// Runs the checks on refused task pods.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for task in &focus.tree.tasks {
        let Some(condition) = task.task_run.succeeded() else { continue };
        if condition.status == "True" || !REASONS.contains(&condition.reason.as_str()) {
            continue;
        }
        if let Some(finding) = finding(focus, task, &condition.reason, &condition.message)
            && !findings.iter().any(|known| known.cause == finding.cause && known.summary == finding.summary)
        {
            findings.push(finding);
        }
    }
    findings
}

fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, reason: &str, message: &str) -> Option<Finding> {
    let name = task.task;
    if message.contains("more than one PersistentVolumeClaim is bound") {
        return Some(two_claims(focus, task));
    }
    if reason == "TaskRunValidationFailed" {
        return None;
    }
    let account = task.task_run.spec.get("serviceAccountName").and_then(|v| v.as_str()).unwrap_or("default");
    let finding = match RefusedBy::classify(message) {
        RefusedBy::Scc => {
            let reasons = scc_verdict::reasons(message);
            let mut finding = Finding::new(
                "TKF301",
                "task-pod-refused-by-scc",
                format!("OpenShift refuses the pod of task {name} (ServiceAccount {account}): {}", reasons.join("; ")),
            )
            .link(format!("No SCC that ServiceAccount {account} or Tekton's controller may use admits the pod of task {name}; the TaskRun fails at once."));
            for reason in reasons {
                finding = finding.link(format!("Refused because {reason}."));
            }
            finding
        }
        RefusedBy::PodSecurity => Finding::new(
            "TKF302",
            "task-pod-refused-by-pod-security",
            format!("Pod Security refuses the pod of task {name}"),
        ),
        RefusedBy::Quota => {
            let quota = refused::quota_name(message);
            Finding::new(
                "TKF303",
                "quota-exceeded",
                format!("ResourceQuota {quota} leaves no room for the pod of task {name}"),
            )
            .link("Tekton tries again every minute; no timeout runs while it waits.")
            .evidence(quota_evidence(focus, quota))
        }
        RefusedBy::QuotaNeedsRequests => {
            let quota = refused::quota_name(message);
            Finding::new(
                "TKF304",
                "quota-needs-requests",
                format!("ResourceQuota {quota} demands requests or limits that containers of task {name} lack"),
            )
            .link("Tekton's own init containers (prepare, place-scripts) have no requests; without LimitRange defaults every run in the namespace fails so.")
        }
        RefusedBy::ServiceAccountMissing(missing) => Finding::new(
            "TKF305",
            "service-account-missing",
            format!("ServiceAccount {missing} of task {name} does not exist in namespace {}", focus.namespace()),
        ),
        RefusedBy::PriorityClassMissing => Finding::new(
            "TKF307",
            "priority-class-missing",
            format!("the PriorityClass of task {name} does not exist: {message}"),
        ),
        RefusedBy::RuntimeClassMissing => Finding::new(
            "TKF308",
            "runtime-class-missing",
            format!("the RuntimeClass of task {name} does not exist: {message}"),
        ),
        RefusedBy::LimitRange => Finding::new(
            "TKF306",
            "task-pod-limitrange",
            format!("a LimitRange refuses the pod of task {name}: {message}"),
        ),
        RefusedBy::Policy(policy) => Finding::new(
            "TKF309",
            "task-pod-refused-by-policy",
            format!("the admission policy {policy} refuses the pod of task {name}"),
        ),
        RefusedBy::Other => Finding::new(
            "TKF310",
            "task-pod-refused",
            format!("the pod of task {name} could not be created: {message}"),
        ),
    };
    Some(finding.evidence(evidence(focus, task)))
}

fn quota_evidence(focus: &Focus<'_>, quota: &str) -> Option<Evidence> {
    let quota = crate::model::cluster::find(&focus.cluster.resource_quotas, focus.namespace(), quota)?;
    let used: Vec<String> = quota
        .status
        .hard
        .iter()
        .map(|(resource, hard)| {
            let used = quota.status.used.get(resource).copied().unwrap_or_default();
            format!("{resource}: {used} of {hard}")
        })
        .collect();
    Some(focus.quote(Kind::ResourceQuota, &quota.metadata.name, "status.used / status.hard", used.join(", ")))
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

fn two_claims(focus: &Focus<'_>, task: &TaskNode<'_>) -> Finding {
    let run = focus.run();
    let claims: Vec<String> = run
        .task(task.task)
        .into_iter()
        .flat_map(|t| assistant::task_claim_workspaces(run, t))
        .map(|bound| {
            format!("{} ({})", bound.workspace, bound.claim.unwrap_or_else(|| "volumeClaimTemplate".to_owned()))
        })
        .collect();
    Finding::new(
        "TKF115",
        "two-claims-in-one-task",
        format!("task {} binds two claims ({}), which Tekton refuses while it makes an assistant for each workspace", task.task, claims.join(", ")),
    )
    .link("With coschedule: workspaces a task may bind one claim only, because one pod cannot stand beside two assistants.")
    .evidence(evidence(focus, task))
}

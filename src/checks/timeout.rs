//! The run ended by a timeout, which may hide why it waited.

use super::finding::{Confidence, Evidence, Finding};
use super::focus::Focus;
use super::refused::{self, RefusedBy};
use super::scc_verdict;

/// `timeout-hid-the-reason` and `timeout-after-assistant-refused-by-scc`.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let timed_out = |reason: &str, message: &str| {
        matches!(reason, "PipelineRunTimeout" | "TaskRunTimeout") || message.contains("failed to finish within")
    };
    let run_condition = focus.run().succeeded().filter(|c| c.status == "False");
    let Some(condition) = run_condition else { return Vec::new() };
    let task = focus.tree.tasks.iter().find(|task| {
        task.task_run.succeeded().is_some_and(|c| {
            c.status == "False" && (timed_out(&c.reason, &c.message) || c.message.contains("timed out"))
        })
    });
    if !timed_out(&condition.reason, &condition.message) && task.is_none() {
        return Vec::new();
    }
    let refused = refused::assistants_of_ended_run(focus);
    let keeps = task
        .and_then(|task| task.task_run.succeeded())
        .is_some_and(|condition| condition.message.contains("Previous status"));
    let by_scc = refused.iter().any(|refused| refused.by == Some(RefusedBy::Scc));
    let (code, cause, summary) = if keeps && by_scc {
        (
            "TKF504",
            "timeout-after-assistant-refused-by-scc",
            "the run timed out while its assistant was refused by SCC admission; what Tekton kept speaks of affinity only".to_owned(),
        )
    } else {
        (
            "TKF505",
            "timeout-hid-the-reason",
            "the run timed out, and the timeout overwrote the reason why it did not go on".to_owned(),
        )
    };
    let waiting = scheduling_words(focus);
    let mut finding = Finding::new(code, cause, summary)
        .link("A longer timeout only makes it wait longer.")
        .evidence(focus.quote_run())
        .evidence(task.and_then(|task| focus.quote_task_run(task.task_run)))
        .evidence(task.and_then(|task| focus.quote_annotation(task.task_run)))
        .evidence(focus.quote_run_warnings());
    for refused in &refused {
        finding = finding.evidence(refused.event.map(|event| focus.quote_event(event)));
    }
    let mut findings = Vec::new();
    let explained = !refused.is_empty() || !waiting.is_empty();
    finding = finding.evidence(waiting);
    if !explained && !ran_steps(focus) {
        finding = finding.confidence(Confidence::Likely).cannot_tell(format!(
            "why the run waited: no event of namespace {} tells; events live for hours only, collect them while the run is stuck",
            focus.namespace()
        ));
    } else if !explained {
        // A task that ran too long is a timeout and nothing more.
        finding =
            Finding::new("TKF506", "timeout", "the run took longer than its timeout while its steps were running")
                .evidence(focus.quote_run())
                .evidence(task.and_then(|task| focus.quote_task_run(task.task_run)));
    }
    findings.push(finding);
    for refused in refused.iter().filter(|_| cause == "timeout-hid-the-reason") {
        findings.extend(refusal_behind(focus, refused));
    }
    findings
}

/// The refusal of which events tell, as a finding of its own.
fn refusal_behind(focus: &Focus<'_>, refused: &refused::RefusedAssistant<'_>) -> Option<Finding> {
    let event = refused.event?;
    let text = refused::api_text(&event.message);
    let (code, cause) = match refused.by.as_ref()? {
        RefusedBy::Scc => ("TKF101", "assistant-refused-by-scc"),
        RefusedBy::PodSecurity => ("TKF102", "assistant-refused-by-pod-security"),
        RefusedBy::Policy(_) => ("TKF103", "assistant-refused-by-policy"),
        RefusedBy::Quota | RefusedBy::QuotaNeedsRequests => ("TKF104", "assistant-quota"),
        RefusedBy::LimitRange => ("TKF105", "assistant-limitrange"),
        RefusedBy::ServiceAccountMissing(_) => ("TKF106", "assistant-service-account-missing"),
        _ => ("TKF107", "assistant-refused"),
    };
    Some(
        Finding::new(
            code,
            cause,
            format!("the pod of the affinity assistant {} was refused until the timeout", refused.name),
        )
        .link(format!("The StatefulSet controller wrote: {text}"))
        .evidence([focus.quote_event(event)])
        .evidence(scc_verdict::run_fields(focus, text)),
    )
}

/// What the scheduler said of the run's pods while they existed.
fn scheduling_words(focus: &Focus<'_>) -> Vec<Evidence> {
    focus
        .tree
        .tasks
        .iter()
        .filter(|task| task.task_run.succeeded().is_some_and(|c| c.status == "False"))
        .flat_map(|task| {
            let pod = match task.task_run.status.pod_name.as_str() {
                "" => format!("{}-pod", task.task_run.metadata.name),
                name => name.to_owned(),
            };
            focus.cluster.events_about("Pod", focus.namespace(), &pod)
        })
        .filter(|event| event.reason == "FailedScheduling")
        .map(|event| focus.quote_event(event))
        .collect()
}

/// Whether a step was ever started: a step that only waited is ended without a start
/// (tektoncd/pipeline pkg/reconciler/taskrun/taskrun.go `terminateStepsInPod`).
fn ran_steps(focus: &Focus<'_>) -> bool {
    focus.tree.tasks.iter().any(|task| {
        task.task_run.status.steps.iter().any(|step| {
            step.state.running.is_some() || step.state.terminated.as_ref().is_some_and(|t| t.started_at.is_some())
        })
    })
}

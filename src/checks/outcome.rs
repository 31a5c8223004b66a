//! How a run ended, or why it waits on purpose.

use serde_json::Value;

use crate::analysis::tekton::run_tree::TaskNode;
use crate::model::Kind;

use super::finding::{Confidence, Evidence, Finding, Severity};
use super::focus::Focus;
use super::refused::{self, RefusedBy};
use super::scc_verdict;

/// `pending-by-spec-status`.
pub fn held(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    if run.is_done() || run.spec_at("/status").and_then(Value::as_str) != Some("PipelineRunPending") {
        return Vec::new();
    }
    vec![
        Finding::new("TKF501", "pending-by-spec-status", "the run is held: spec.status is PipelineRunPending")
            .severity(Severity::Warning)
            .link("Tekton starts nothing while the field stands; whoever set it (a queue, a person) removes it.")
            .evidence([focus.quote(Kind::PipelineRun, &run.metadata.name, "spec.status", "PipelineRunPending")])
            .evidence(focus.quote_run()),
    ]
}

/// `cancelled-by-user`.
pub fn cancelled(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    let Some(status) = run.spec_at("/status").and_then(Value::as_str) else { return Vec::new() };
    if !matches!(status, "Cancelled" | "CancelledRunFinally" | "StoppedRunFinally") {
        return Vec::new();
    }
    vec![
        Finding::new("TKF502", "cancelled-by-user", format!("somebody cancelled the run: spec.status is {status}"))
            .severity(Severity::Info)
            .evidence([focus.quote(Kind::PipelineRun, &run.metadata.name, "spec.status", status)])
            .evidence(focus.quote_run()),
    ]
}

/// `assistant-statefulset-refused`.
pub fn stateful_set_refused(focus: &Focus<'_>) -> Vec<Finding> {
    let Some(condition) = focus.run().succeeded().filter(|condition| {
        condition.reason.contains("AffinityAssistantStatefulSet")
            || condition.reason.contains("AffinityAssistantstatefulset")
    }) else {
        return Vec::new();
    };
    vec![
        Finding::new(
            "TKF108",
            "assistant-statefulset-refused",
            format!("Tekton could not create the StatefulSet of the affinity assistant: {}", condition.message),
        )
        .evidence(focus.quote_run())
        .evidence(run_events(focus)),
    ]
}

/// A run that ended before any task, by Tekton's own validation.
pub fn invalid(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    let Some(condition) = run.succeeded().filter(|condition| condition.status == "False") else { return Vec::new() };
    let known_elsewhere =
        matches!(condition.reason.as_str(), "Failed" | "Cancelled" | "PipelineRunTimeout" | "Completed")
            || condition.reason.contains("AffinityAssistant")
            || condition.reason.contains("Cancelled")
            || condition.reason.contains("Stopp");
    if known_elsewhere || !focus.tree.tasks.is_empty() {
        return Vec::new();
    }
    vec![
        Finding::new(
            "TKF503",
            "run-invalid",
            format!("Tekton refused the run before any task ({}): {}", condition.reason, condition.message),
        )
        .evidence(focus.quote_run())
        .evidence(run_events(focus)),
    ]
}

/// `timeout-hid-the-reason` and `timeout-after-assistant-refused-by-scc`.
pub fn timeout(focus: &Focus<'_>) -> Vec<Finding> {
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
        .evidence(run_events(focus));
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

fn run_events(focus: &Focus<'_>) -> Vec<Evidence> {
    let mut evidence = focus.quote_warnings("PipelineRun", &focus.run().metadata.name);
    for task in focus.tree.tasks.iter().filter(|task| task.task_run.succeeded().is_some_and(|c| c.status == "False")) {
        evidence.extend(focus.quote_warnings("TaskRun", &task.task_run.metadata.name));
    }
    evidence
}

/// `pod-evicted`, `workspace-permission-denied` and `step-failed`: the task ran.
pub fn ran_and_failed(focus: &Focus<'_>) -> Vec<Finding> {
    focus.tree.tasks.iter().filter_map(|task| failed_task(focus, task)).collect()
}

fn failed_task(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    let condition = task.task_run.succeeded().filter(|condition| condition.status == "False")?;
    let told_elsewhere = condition.reason.contains("Cancelled") || condition.reason.contains("ImagePull");
    if condition.message.contains("failed to finish within") || told_elsewhere {
        return None;
    }
    let events: Vec<Evidence> =
        [("TaskRun", &task.task_run.metadata.name), ("PipelineRun", &focus.run().metadata.name)]
            .into_iter()
            .flat_map(|(kind, name)| focus.cluster.events_about(kind, focus.namespace(), name))
            .filter(|event| event.kind == "Warning")
            .map(|event| focus.quote_event(event))
            .collect();
    let told = |finding: Finding| {
        finding
            .evidence(focus.quote_run())
            .evidence(focus.quote_task_run(task.task_run))
            .evidence(focus.quote_annotation(task.task_run))
            .evidence(events.clone())
    };
    let evicted = condition.reason == "PodEvicted"
        || condition.message.contains("The node was low on resource")
        || task.pod.is_some_and(|pod| pod.status.reason == "Evicted");
    if evicted {
        return Some(told(Finding::new(
            "TKF407",
            "pod-evicted",
            format!("the kubelet evicted the pod of task {}: {}", task.task, condition.message.trim()),
        )));
    }
    let step = task
        .task_run
        .status
        .steps
        .iter()
        .find(|step| step.state.terminated.as_ref().is_some_and(|t| t.exit_code != 0))?;
    let code = step.state.terminated.as_ref().map(|t| t.exit_code).unwrap_or_default();
    let log = task.pod.and_then(|pod| {
        let container = if step.container.is_empty() { format!("step-{}", step.name) } else { step.container.clone() };
        let key = format!("{}/{}/{container}", pod.metadata.namespace, pod.metadata.name);
        Some((key.clone(), focus.cluster.logs.get(&key)?))
    });
    let denied = log.as_ref().and_then(|(key, log)| Some((key, permission_denied(log)?)));
    if let Some((key, line)) = denied {
        return Some(
            told(Finding::new(
                "TKF410",
                "workspace-permission-denied",
                format!("step {} of task {} was denied a file: {line}", step.name, task.task),
            ))
            .evidence([Evidence {
                object: format!("Pod/{}", task.pod.map(|pod| pod.metadata.name.as_str()).unwrap_or_default()),
                field: format!("log of container {}", key.rsplit('/').next().unwrap_or_default()),
                value: line.to_owned(),
                source: key.clone(),
            }]),
        );
    }
    let mut finding = told(
        Finding::new(
            "TKF408",
            "step-failed",
            format!(
                "step {} of task {} ended with exit code {code}; placement, volumes and assistant are not at fault",
                step.name, task.task
            ),
        )
        .severity(Severity::Warning),
    );
    if log.is_none() {
        finding = finding.cannot_tell("what the step wrote: its log was not read");
    }
    Some(finding)
}

/// `task-failed`: a task failed in a way that no other check knows; its own words are
/// all there is.
pub fn otherwise_failed(focus: &Focus<'_>) -> Vec<Finding> {
    let failed = |task: &&TaskNode<'_>| task.task_run.succeeded().is_some_and(|condition| condition.status == "False");
    let Some(task) = focus.tree.tasks.iter().find(failed) else { return Vec::new() };
    let Some(condition) = task.task_run.succeeded() else { return Vec::new() };
    vec![
        Finding::new(
            "TKF409",
            "task-failed",
            format!("task {} failed ({}): {}", task.task, condition.reason, condition.message),
        )
        .severity(Severity::Warning)
        .evidence(focus.quote_run())
        .evidence(focus.quote_task_run(task.task_run))
        .evidence(run_events(focus)),
    ]
}

/// The line of a log that tells of a denied file.
fn permission_denied(log: &str) -> Option<&str> {
    log.lines().rev().map(str::trim).find(|line| {
        let line = line.to_lowercase();
        (line.contains("permission denied") || line.contains("eacces")) && !line.contains("publickey")
    })
}

/// A run that Tekton's controller has not taken up.
pub fn not_reconciled(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    let held = run.spec_at("/status").is_some();
    if run.succeeded().is_some() || held || !focus.is_past_grace(run.metadata.creation_timestamp) {
        return Vec::new();
    }
    if let Some(manager) = run.spec_at("/managedBy").and_then(Value::as_str).filter(|m| *m != "tekton.dev/pipeline") {
        return vec![
            Finding::new(
                "TKF511",
                "managed-by-other-controller",
                format!("the run is left to another controller: spec.managedBy is {manager}"),
            )
            .severity(Severity::Warning)
            .evidence([focus.quote(Kind::PipelineRun, &run.metadata.name, "spec.managedBy", manager)]),
        ];
    }
    let mut finding = Finding::new(
        "TKF510",
        "controller-not-running",
        "Tekton's controller has not taken up the run: it has no condition yet",
    )
    .evidence([focus.quote(Kind::PipelineRun, &run.metadata.name, "status.conditions", "absent")]);
    match focus.installation.controller {
        Some(controller) if controller.status.available_replicas == 0 => {
            finding = finding.link(format!("Deployment {} has no available pod.", controller.metadata.name));
        }
        Some(_) => {
            finding = finding
                .confidence(Confidence::Likely)
                .cannot_tell("why the controller does not take it up: its Deployment has a pod; read its log");
        }
        None => {
            finding = finding
                .confidence(Confidence::Likely)
                .cannot_tell("whether the controller runs: its Deployment was not read");
        }
    }
    vec![finding]
}

//! Checks: each looks for one cause (or one family of causes that exclude each
//! other) and returns findings with evidence. Pure functions of a run in focus.

pub mod assistant_missing;
pub mod assistant_pending;
pub mod assistant_refused;
pub mod assistant_refused_by_scc;
pub mod assistant_scaled_to_zero;
pub mod assistant_statefulset_refused;
pub mod beside_assistant;
pub mod cancelled_by_user;
pub mod consequence;
pub mod containers;
pub mod controller_log;
mod default_selector;
pub mod failed_task;

pub mod flags_misread;
pub mod focus;
pub mod future;
pub mod grouping;
pub mod held_by_queue;
pub mod judged;
pub mod manifest;
pub mod missing;
pub mod namespace_terminating;
pub mod no_node;
pub mod not_started;
pub mod obstacles;
pub mod past;
pub mod pending_by_spec_status;
pub mod preflight;
pub mod progress;
pub mod reconciling;
pub mod refused;
pub mod ruled_out;
pub mod run_being_deleted;
pub mod run_invalid;
pub mod scc_verdict;
pub mod scheduler_not_running;
pub mod scheduling_gated;
pub mod siblings;
pub mod task_refused;
pub mod task_run_refused;
pub mod timeout;
pub mod unread;
pub mod unschedulable;
pub mod webhooks;
pub mod workspace_access;
pub mod workspace_claim_refused;

use jiff::{SignedDuration, Timestamp};

use crate::analysis::tekton::run_tree::TaskNode;
use crate::model::Cluster;
use crate::model::origin::Origin;
use crate::model::run::PipelineRun;

use crate::finding::{Cause, Finding, RunReport, RunState, Severity};
use containers::Progress;
use focus::Focus;

/// Large images and slow disks take minutes to come to a node.
pub(crate) const SLOW_START: SignedDuration = SignedDuration::from_mins(10);

/// A check: looks at a run in focus.
pub type Check = fn(&Focus<'_>) -> Vec<Finding>;

/// All checks, what must be fixed first standing first.
pub const REGISTRY: &[Check] = &[
    manifest::misplaced,
    run_being_deleted::check,
    namespace_terminating::check,
    held_by_queue::check,
    pending_by_spec_status::check,
    cancelled_by_user::check,
    assistant_statefulset_refused::check,
    workspace_claim_refused::check,
    run_invalid::check,
    task_run_refused::check,
    timeout::check,
    assistant_refused_by_scc::check,
    assistant_refused::pod_security::check,
    assistant_refused::policy::check,
    assistant_refused::quota::check,
    assistant_refused::limit_range::check,
    assistant_refused::service_account::check,
    assistant_refused::other::check,
    assistant_refused::unexplained::check,
    assistant_scaled_to_zero::check,
    assistant_missing::check,
    assistant_pending::check,
    beside_assistant::check,
    task_refused::check,
    unschedulable::check,
    not_started::check,
    containers::check,
    scheduler_not_running::check,
    scheduling_gated::check,
    failed_task::check,
    reconciling::check,
    unread::check,
];

/// Diagnoses a run. `now` is the time of reading.
pub fn diagnose(cluster: &Cluster, run: &PipelineRun, now: Timestamp) -> RunReport {
    let focus = Focus::new(cluster, run, now);
    let succeeded = run.succeeded().is_some_and(|condition| condition.status == "True");
    let mut findings: Vec<Finding> = Vec::new();
    if !succeeded {
        findings = while_under_way(&focus);
        let flags = flags_misread::check(&focus, &findings);
        findings.splice(0..0, flags);
        if findings.is_empty() && run.is_done() {
            findings = failed_task::otherwise_failed(&focus);
        }
        one_per_cause(&mut findings);
        flags_misread::edited::annotate(&focus, &mut findings);
        let says_itself = |finding: &Finding| {
            finding.cause == assistant_refused_by_scc::CAUSE
                || finding.cause != Cause::EvidenceMissing && finding.severity == Severity::Error
        };
        if findings.iter().any(says_itself) {
            // It says itself what could not be read.
            findings.retain(|finding| finding.cause != Cause::EvidenceMissing);
        }
        if findings.iter().all(|finding| finding.cause == Cause::PodTemplateMisplaced) && is_progressing(&focus) {
            findings.clear();
        }
    }
    let logged = controller_log::lines(&focus);
    if let Some(first) = findings.first_mut().filter(|_| !logged.is_empty()) {
        *first = first.clone().evidence(logged);
    }
    let state = state(&focus, &findings);
    if state == RunState::Unknown && findings.is_empty() {
        findings.push(unread::not_understood(&focus));
    }
    if state == RunState::Failed && findings.is_empty() {
        findings.push(unread::failed_unexplained(&focus));
    }
    RunReport {
        namespace: run.metadata.namespace.clone(),
        name: run.metadata.name.clone(),
        state,
        age: age(&focus),
        waiting: if focus.is_running() { progress::progress(&focus).waiting } else { Vec::new() },
        headline: headline(&focus, state, &findings),
        findings,
        origins: Origin::of_run(run),
    }
}

/// How old a run is, or how long it took.
fn age(focus: &Focus<'_>) -> Option<SignedDuration> {
    let run = focus.run();
    let ended = run.succeeded().filter(|condition| condition.status != "Unknown");
    match ended.and_then(|condition| condition.last_transition_time) {
        Some(end) => Some(end.duration_since(run.metadata.creation_timestamp?)),
        None => focus.age(run.metadata.creation_timestamp),
    }
}

/// What all checks say of a run, cause by cause.
fn while_under_way(focus: &Focus<'_>) -> Vec<Finding> {
    let mut findings = REGISTRY.iter().flat_map(|check| check(focus)).collect();
    one_per_cause(&mut findings);
    findings
}

/// Several tasks may suffer from one cause: one finding tells it, with the evidence
/// of all.
fn one_per_cause(findings: &mut Vec<Finding>) {
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings.drain(..) {
        match kept.iter_mut().find(|known| known.cause == finding.cause) {
            Some(known) => {
                let evidence = finding.evidence;
                *known = known.clone().evidence(evidence);
                known
                    .chain
                    .extend(finding.chain.into_iter().filter(|link| !known.chain.contains(link)).collect::<Vec<_>>());
            }
            None => kept.push(finding),
        }
    }
    *findings = kept;
}

/// A step of the run works, or all that waits is younger than a normal start.
fn is_progressing(focus: &Focus<'_>) -> bool {
    focus.is_running()
        && focus.tree.unfinished().any(|task| {
            containers::progress(focus, task) == Progress::Works
                || task.pod.is_some_and(|pod| !focus.is_past_grace(pod.metadata.creation_timestamp))
        })
}

fn state(focus: &Focus<'_>, findings: &[Finding]) -> RunState {
    let run = focus.run();
    let has = |cause: Cause| findings.iter().any(|finding| finding.cause == cause);
    match run.succeeded() {
        Some(condition) if condition.status == "True" => RunState::Healthy,
        Some(condition) if condition.status == "False" => {
            if has(Cause::CancelledByUser) {
                RunState::Cancelled
            } else {
                RunState::Failed
            }
        }
        _ if has(Cause::PendingBySpecStatus) || has(Cause::HeldByQueue) => RunState::Waiting,
        _ if findings.iter().any(|finding| finding.severity == Severity::Error) => RunState::Stuck,
        _ if has(Cause::CancelledByUser) => RunState::Waiting,
        _ if WAITS.into_iter().any(has) || findings.iter().any(siblings::is_for_its_turn) => RunState::Waiting,
        _ if reconciling::resolver::is_resolving(focus) && !reconciling::resolver::is_late(focus) => RunState::Waiting,
        _ if focus.tree.unfinished().any(|task| containers::progress(focus, task) == Progress::Works) => {
            RunState::Healthy
        }
        _ if !focus.is_past_grace(run.metadata.creation_timestamp) => RunState::Waiting,
        _ if is_between_tasks(focus) => RunState::Waiting,
        _ if focus.tree.unfinished().next().is_some()
            && focus.tree.unfinished().all(|task| waits_normally(focus, task)) =>
        {
            RunState::Waiting
        }
        _ => RunState::Unknown,
    }
}

/// Causes of which a run waits on purpose.
const WAITS: [Cause; 4] =
    [Cause::SchedulingGated, Cause::ManagedByOtherController, Cause::CustomRunWaits, Cause::HeldByQueue];

/// Whether every task that exists has just ended: the next ones come within moments.
fn is_between_tasks(focus: &Focus<'_>) -> bool {
    let ends = focus.tree.tasks.iter().map(|task| task.task_run.status.completion_time);
    let last = ends.collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().max());
    last.is_some_and(|last| focus.age(Some(last)).is_some_and(|age| age < reconciling::LONG))
}

/// A start that takes its time: young, or on a node that has not complained.
fn waits_normally(focus: &Focus<'_>, task: &TaskNode<'_>) -> bool {
    let Some(pod) = task.pod else { return !focus.is_past_grace(task.task_run.metadata.creation_timestamp) };
    if !focus.is_past_grace(pod.metadata.creation_timestamp)
        || containers::progress(focus, task) == Progress::Starts
        || focus.is_scaling_up(pod)
    {
        return true;
    }
    let is_young = focus.age(pod.metadata.creation_timestamp).is_some_and(|age| age < SLOW_START);
    let standing = not_started::standing(focus, &pod.metadata.name);
    let warned = standing.iter().any(|event| event.reason != "FailedScheduling");
    pod.status.phase == "Pending"
        && !pod.spec.node_name.is_empty()
        && (is_young || pulling(focus, task).is_some())
        && !warned
}

/// What a node says while it pulls an image for a task: large ones take long.
fn pulling(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<String> {
    let events = focus.events_about("Pod", &task.pod?.metadata.name);
    let last = events.iter().rev().find(|event| event.reason != "Scheduled")?;
    (last.reason == "Pulling").then(|| last.message.clone())
}

fn headline(focus: &Focus<'_>, state: RunState, findings: &[Finding]) -> String {
    let run = focus.run();
    let text = run.succeeded().map(|condition| condition.message.clone()).unwrap_or_default();
    match (state, findings.first()) {
        (_, Some(first)) => first.summary.clone(),
        (RunState::Healthy, None) if run.is_done() => format!("succeeded: {text}"),
        (RunState::Healthy, None) => format!("makes progress: {text}"),
        (RunState::Waiting, None) if reconciling::resolver::is_resolving(focus) => {
            format!("waits for a resolver, which may take a minute: {text}")
        }
        (RunState::Waiting, None) if focus.tree.unfinished().any(|task| pulling(focus, task).is_some()) => {
            let images: Vec<String> = focus.tree.unfinished().filter_map(|task| pulling(focus, task)).collect();
            format!("waits for its node to pull an image: {}", images.join("; "))
        }
        (RunState::Waiting, None) if focus.tree.unfinished().next().is_none() && !focus.tree.tasks.is_empty() => {
            "between tasks: the last one has just ended".to_owned()
        }
        (RunState::Waiting, None) => waits_for_start(focus),
        (RunState::Failed, None) => format!("failed: {text}"),
        (RunState::Cancelled, None) => format!("cancelled: {text}"),
        (RunState::Stuck | RunState::Unknown, None) => {
            format!("waits, and nothing that was read explains for what: {text}")
        }
    }
}

/// How long the run has waited for pods that start normally.
fn waits_for_start(focus: &Focus<'_>) -> String {
    let born = focus.tree.unfinished().filter_map(|task| task.pod?.metadata.creation_timestamp).min();
    match focus.age(born.or(focus.run().metadata.creation_timestamp)) {
        Some(age) if age >= focus::GRACE => {
            format!("waits for a pod to start, for {} so far; its node reports no problem", containers::span(age))
        }
        _ => "just started; pods may stay Pending for about 30 s".to_owned(),
    }
}

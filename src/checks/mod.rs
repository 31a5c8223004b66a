//! Checks: each looks for one cause (or one family of causes that exclude each
//! other) and returns findings with evidence. Pure functions of a run in focus.

pub mod assistant_missing;
pub mod assistant_pending;
pub mod assistant_refused;
pub mod assistant_refused_by_scc;
pub mod beside_assistant;
pub mod consequence;
pub mod controller_log;
pub mod finding;
pub mod flags_misread;
pub mod focus;
pub mod grouping;
pub mod judged;
pub mod manifest;
pub mod not_started;
pub mod obstacles;
pub mod outcome;
pub mod preflight;
pub mod progress;
pub mod refused;
pub mod ruled_out;
pub mod scc_verdict;
pub mod task_refused;
pub mod unschedulable;

use jiff::Timestamp;

use crate::model::Cluster;
use crate::model::run::PipelineRun;

use finding::{Finding, RunReport, RunState, Severity};
use focus::Focus;

/// A check: looks at a run in focus.
pub type Check = fn(&Focus<'_>) -> Vec<Finding>;

/// All checks, what must be cured first standing first.
pub const REGISTRY: &[Check] = &[
    manifest::misplaced,
    outcome::held,
    outcome::cancelled,
    outcome::stateful_set_refused,
    outcome::invalid,
    outcome::timeout,
    assistant_refused_by_scc::check,
    assistant_refused::pod_security,
    assistant_refused::policy,
    assistant_refused::quota,
    assistant_refused::limit_range,
    assistant_refused::service_account,
    assistant_refused::other,
    assistant_refused::unexplained,
    assistant_missing::check,
    assistant_pending::check,
    beside_assistant::check,
    task_refused::check,
    unschedulable::check,
    not_started::check,
    not_started::unseen,
    outcome::ran_and_failed,
    outcome::not_reconciled,
];

/// Diagnoses a run. `now` is the time of reading.
pub fn diagnose(cluster: &Cluster, run: &PipelineRun, now: Timestamp) -> RunReport {
    let focus = Focus::new(cluster, run, now);
    let succeeded = run.succeeded().is_some_and(|condition| condition.status == "True");
    let mut findings: Vec<Finding> = Vec::new();
    if !succeeded {
        findings = REGISTRY.iter().flat_map(|check| check(&focus)).collect();
        let flags =
            flags_misread::invalid_value(&focus, &findings).or_else(|| flags_misread::legacy_key(&focus, &findings));
        findings.splice(0..0, flags);
        if findings.is_empty() && run.is_done() {
            findings = outcome::otherwise_failed(&focus);
        }
        one_per_cause(&mut findings);
        if findings.iter().any(|finding| finding.cause == assistant_refused_by_scc::CAUSE) {
            // It says itself what could not be read.
            findings.retain(|finding| finding.cause != "evidence-missing");
        }
        if findings.iter().all(|finding| finding.cause == "pod-template-misplaced") && is_progressing(&focus) {
            findings.clear();
        }
    }
    let logged = controller_log::lines(&focus);
    if let Some(first) = findings.first_mut().filter(|_| !logged.is_empty()) {
        *first = first.clone().evidence(logged);
    }
    let state = state(&focus, &findings);
    RunReport {
        namespace: run.metadata.namespace.clone(),
        name: run.metadata.name.clone(),
        state,
        headline: headline(&focus, state, &findings),
        findings,
    }
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

/// A pod of the run runs, or all that waits is younger than a normal start.
fn is_progressing(focus: &Focus<'_>) -> bool {
    focus.is_running()
        && focus.tree.unfinished().any(|task| {
            task.pod.is_some_and(|pod| {
                pod.status.phase == "Running" || !focus.is_past_grace(pod.metadata.creation_timestamp)
            })
        })
}

fn state(focus: &Focus<'_>, findings: &[Finding]) -> RunState {
    let run = focus.run();
    let has = |cause: &str| findings.iter().any(|finding| finding.cause == cause);
    match run.succeeded() {
        Some(condition) if condition.status == "True" => RunState::Healthy,
        Some(condition) if condition.status == "False" => {
            if has("cancelled-by-user") {
                RunState::Cancelled
            } else {
                RunState::Failed
            }
        }
        _ if has("pending-by-spec-status") => RunState::Waiting,
        _ if findings.iter().any(|finding| finding.severity == Severity::Error) => RunState::Stuck,
        _ => {
            let running = focus.tree.unfinished().any(|task| task.pod.is_some_and(|pod| pod.status.phase == "Running"));
            if running {
                RunState::Healthy
            } else if focus
                .tree
                .unfinished()
                .all(|task| task.pod.is_none_or(|pod| !focus.is_past_grace(pod.metadata.creation_timestamp)))
            {
                RunState::Waiting
            } else {
                RunState::Unknown
            }
        }
    }
}

fn headline(focus: &Focus<'_>, state: RunState, findings: &[Finding]) -> String {
    let run = focus.run();
    let text = run.succeeded().map(|condition| condition.message.clone()).unwrap_or_default();
    match (state, findings.first()) {
        (_, Some(first)) => first.summary.clone(),
        (RunState::Healthy, None) if run.is_done() => format!("succeeded: {text}"),
        (RunState::Healthy, None) => format!("makes progress: {text}"),
        (RunState::Waiting, None) => "just started; a pod that waits for half a minute is normal".to_owned(),
        (RunState::Failed, None) => format!("failed: {text}"),
        (RunState::Cancelled, None) => format!("cancelled: {text}"),
        (RunState::Stuck | RunState::Unknown, None) => {
            format!("waits, and nothing that was read tells for what: {text}")
        }
    }
}

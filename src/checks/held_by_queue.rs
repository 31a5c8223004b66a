//! A queue keeps the run from starting: Kueue, or the concurrency of Pipelines as Code.

use serde_json::Value;

use crate::model::Kind;
use crate::model::run::CustomRun;

use super::focus::Focus;
use crate::finding::{Cause, Evidence, Facts, Finding, Severity};

/// Label by which Kueue knows the queue of a workload (kubernetes-sigs/kueue
/// pkg/controller/constants, v0.10).
const KUEUE: &str = "kueue.x-k8s.io/queue-name";
/// What Pipelines as Code says of a run that waits for its turn (openshift-pipelines/
/// pipelines-as-code pkg/apis/pipelinesascode/keys, v0.30).
const PAC_STATE: &str = "pipelinesascode.tekton.dev/state";

/// The queue that holds the run, by what the run itself carries.
fn queue(focus: &Focus<'_>) -> Option<(String, Vec<Evidence>)> {
    let run = focus.run();
    let meta = &run.metadata;
    let quote = |field: String, value: &str| focus.quote(Kind::PipelineRun, &meta.name, field, value);
    let manager = run.spec_at("/managedBy").and_then(Value::as_str).filter(|name| name.contains("kueue"));
    if let Some(queue) = meta.label(KUEUE) {
        let mut evidence = vec![quote(format!("metadata.labels[{KUEUE}]"), queue)];
        evidence.extend(manager.map(|name| quote("spec.managedBy".to_owned(), name)));
        return Some((format!("Kueue queue {queue}"), evidence));
    }
    if let Some(manager) = manager {
        return Some(("Kueue".to_owned(), vec![quote("spec.managedBy".to_owned(), manager)]));
    }
    let state = meta.annotation(PAC_STATE).filter(|state| *state == "queued")?;
    let evidence = vec![quote(format!("metadata.annotations[{PAC_STATE}]"), state)];
    Some(("the concurrency limit of Pipelines as Code".to_owned(), evidence))
}

/// What Kueue says of the run's Workload: conditions that are not met.
fn workload<'a>(focus: &Focus<'a>) -> Option<(&'a CustomRun, Vec<String>)> {
    let run = &focus.run().metadata;
    let owned = |workload: &&CustomRun| {
        let owners = &workload.metadata.owner_references;
        workload.metadata.namespace == run.namespace
            && owners.iter().any(|owner| owner.kind == "PipelineRun" && owner.name == run.name)
    };
    let workload = focus.cluster.workloads.iter().find(owned)?;
    let unmet = workload.status.conditions.iter().filter(|condition| condition.status == "False");
    let words = unmet.map(|condition| format!("{} {}: {}", condition.kind, condition.reason, condition.message));
    Some((workload, words.collect()))
}

/// `held-by-queue`: stands before `pending-by-spec-status`, because taking `spec.status` off
/// by hand is not how such a run is started.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    if run.is_done() || run.spec_at("/status").and_then(Value::as_str) != Some("PipelineRunPending") {
        return Vec::new();
    }
    let Some((queue, evidence)) = queue(focus) else { return Vec::new() };
    let workload = workload(focus);
    let words = workload.as_ref().map(|(_, words)| words.join("; ")).filter(|words| !words.is_empty());
    let says = words.as_ref().map(|words| format!(": {words}")).unwrap_or_default();
    let mut finding = Finding::new(Cause::HeldByQueue, format!("the run is held for {queue}{says}"))
        .severity(Severity::Warning)
        .facts(Facts::Words(words.unwrap_or_default()))
        .link("The queue takes spec.status off when it admits the run; taking it off by hand goes around the queue, which may set it again.")
        .evidence(evidence)
        .evidence([focus.quote(Kind::PipelineRun, &run.metadata.name, "spec.status", "PipelineRunPending")]);
    match workload {
        Some((workload, words)) => {
            let name = &workload.metadata.name;
            let quotes = words.into_iter().map(|words| focus.quote(Kind::Workload, name, "status.conditions", words));
            finding = finding.evidence(quotes);
        }
        None => {
            finding = finding
                .cannot_tell("why it is not admitted yet: no Workload of the run was read (workloads.kueue.x-k8s.io)");
        }
    }
    vec![finding]
}

/// Whether a queue holds the run.
pub fn is_held(focus: &Focus<'_>) -> bool {
    queue(focus).is_some()
}

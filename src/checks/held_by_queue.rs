//! A queue holds the run: Kueue, or Pipelines-as-Code with a concurrency limit.

use serde_json::Value;

use crate::model::cluster::find;
use crate::model::run::Conditioned;
use crate::model::{Condition, Kind};

use super::focus::Focus;
use crate::finding::{Cause, Evidence, Facts, Finding, Severity};

/// Label that puts a run into a LocalQueue (kubernetes-sigs/kueue
/// pkg/controller/constants, v0.13).
const QUEUE_LABEL: &str = "kueue.x-k8s.io/queue-name";
/// Group of Kueue, in labels and in `spec.managedBy`.
const KUEUE: &str = "kueue.x-k8s.io/";
/// What Pipelines-as-Code writes on its runs (openshift-pipelines/pipelines-as-code
/// pkg/apis/pipelinesascode/keys/keys.go `State`, v0.35).
const PAC_STATE: &str = "pipelinesascode.tekton.dev/state";
/// Its Repository, whose `concurrency_limit` makes a queue.
const PAC_REPOSITORY: &str = "pipelinesascode.tekton.dev/repository";

/// Words of a Workload that no waiting changes (kubernetes-sigs/kueue
/// pkg/scheduler/flavorassigner, v0.13).
const NEVER: [&str; 5] =
    ["unavailable in ClusterQueue", "doesn't exist", "is inactive", "exceeds maximum capacity", "not found"];

/// `held-by-queue`. It comes before `pending-by-spec-status`: who holds the run also
/// releases it.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    if !is_held(focus) {
        return Vec::new();
    }
    let run = focus.run();
    let meta = &run.metadata;
    let of_pac = |value: &&str| *value == "queued";
    let labelled = |key: &str| meta.label(key).or_else(|| meta.annotation(key));
    let finding = if let Some(state) = labelled(PAC_STATE).filter(of_pac) {
        pipelines_as_code(focus, state, labelled(PAC_REPOSITORY))
    } else {
        kueue(focus)
    };
    vec![finding.evidence(quote_spec_status(focus)).evidence(focus.quote_run())]
}

/// Whether a queue holds the run.
pub fn is_held(focus: &Focus<'_>) -> bool {
    let run = focus.run();
    let meta = &run.metadata;
    let managed = run.spec_at("/managedBy").and_then(Value::as_str).unwrap_or_default();
    let is_kueue = meta.label(QUEUE_LABEL).is_some() || managed.starts_with(KUEUE);
    let is_pac = meta.label(PAC_STATE).or_else(|| meta.annotation(PAC_STATE)) == Some("queued");
    let is_pending = run.spec_at("/status").and_then(Value::as_str) == Some("PipelineRunPending");
    // With managedBy alone Kueue's own controller works on the run once it is admitted.
    let waits = is_pending || managed.starts_with(KUEUE) && run.succeeded().is_none();
    !run.is_done() && waits && (is_kueue || is_pac)
}

fn kueue(focus: &Focus<'_>) -> Finding {
    const CAUSE: Cause = Cause::HeldByQueue;
    let run = focus.run();
    let queue = run.metadata.label(QUEUE_LABEL);
    let held = match queue {
        Some(queue) => format!("the run is held for Kueue queue {queue}"),
        None => "the run is held for Kueue".to_owned(),
    };
    let quoted = queue.map(|queue| {
        focus.quote(Kind::PipelineRun, &run.metadata.name, format!("metadata.labels[{QUEUE_LABEL}]"), queue)
    });
    let managed = run
        .spec_at("/managedBy")
        .and_then(Value::as_str)
        .map(|name| focus.quote(Kind::PipelineRun, &run.metadata.name, "spec.managedBy", name));
    let is_listed = focus.cluster.coverage.proves_absence(Kind::QueueWorkload, focus.namespace());
    // That nobody has taken it up is said by nobody: it follows from the list of Workloads.
    let follows = workload(focus).is_none() && is_listed;
    let proof = |quoted: Option<Evidence>| quoted.map(|item| if follows { item.computed() } else { item });
    let (quoted, managed) = (proof(quoted), proof(managed));
    let with = |finding: Finding| {
        finding
            .severity(Severity::Warning)
            .link("Kueue releases the run once its Workload is admitted; releasing it by hand bypasses the queue.")
            .evidence(quoted.clone())
            .evidence(managed.clone())
    };
    let Some(workload) = workload(focus) else {
        let namespace = focus.namespace();
        return if is_listed {
            with(Finding::new(CAUSE, format!("{held}, and has no Workload: Kueue has not taken it up")))
                .severity(Severity::Error)
                .cannot_tell("why Kueue has not taken it up: look at the log of its controller and of tekton-kueue")
        } else {
            with(Finding::new(CAUSE, held)).cannot_tell(format!(
                "what Kueue waits for: its Workloads were not read; kubectl get workloads.kueue.x-k8s.io -n {namespace} -o yaml"
            ))
        };
    };
    let Some(condition) = last_word(workload) else {
        return with(Finding::new(CAUSE, format!("{held}; its Workload has no condition yet")));
    };
    let is_admitted = workload.condition("Admitted").is_some_and(|condition| condition.status == "True");
    let summary = if is_admitted {
        format!("{held}: its Workload is admitted, and the run has not been released")
    } else {
        format!("{held}: {}", condition.message.trim())
    };
    let is_stuck = is_admitted && focus.is_past_grace(condition.last_transition_time)
        || NEVER.iter().any(|words| condition.message.contains(words));
    let value = format!("{} {}: {}", condition.status, condition.reason, condition.message);
    let field = format!("status.conditions[{}]", condition.kind);
    with(Finding::new(CAUSE, summary))
        .facts(Facts::Queue { name: queue.unwrap_or_default().to_owned(), words: condition.message.clone() })
        .severity(if is_stuck { Severity::Error } else { Severity::Warning })
        .link(if is_admitted {
            format!("Workload {} says: {} is True.", workload.metadata.name, condition.kind)
        } else {
            format!("Workload {} says ({}): {}", workload.metadata.name, condition.reason, condition.message.trim())
        })
        .evidence([focus.quote(Kind::QueueWorkload, &workload.metadata.name, field, value)])
}

/// The Workload that represents the run.
fn workload<'a>(focus: &Focus<'a>) -> Option<&'a Conditioned> {
    let run = &focus.run().metadata;
    // tekton-kueue names it so; an export may lack the owner.
    let prefix = format!("pipelinerun-{}-", run.name);
    let own = focus.cluster.queue_workloads.iter().filter(|workload| workload.metadata.namespace == focus.namespace());
    let mut own: Vec<&Conditioned> = own
        .filter(|workload| {
            let meta = &workload.metadata;
            workload.is_owned_by(&run.uid) || meta.owner_references.is_empty() && meta.name.starts_with(&prefix)
        })
        .collect();
    own.sort_by_key(|workload| workload.metadata.creation_timestamp);
    own.pop()
}

/// What decides: that it is admitted, else why not.
fn last_word(workload: &Conditioned) -> Option<&Condition> {
    let is_true = |kind: &str| workload.condition(kind).filter(|condition| condition.status == "True");
    is_true("Admitted")
        .or_else(|| workload.condition("QuotaReserved").filter(|condition| condition.status == "False"))
        .or_else(|| is_true("Evicted"))
        .or_else(|| workload.condition("Admitted"))
        .or_else(|| workload.status.conditions.last())
}

fn pipelines_as_code(focus: &Focus<'_>, state: &str, repository: Option<&str>) -> Finding {
    let run = focus.run();
    let whose = repository.map(|name| format!(" of Repository {name}")).unwrap_or_default();
    // The runs in front of it are what it waits for.
    let ahead: Vec<&str> = focus
        .cluster
        .pipeline_runs
        .iter()
        .filter(|other| {
            let meta = &other.metadata;
            let of = |key: &str| meta.label(key).or_else(|| meta.annotation(key));
            meta.namespace == *focus.namespace()
                && meta.name != run.metadata.name
                && !other.is_done()
                && of(PAC_STATE) == Some("started")
                && of(PAC_REPOSITORY) == repository
        })
        .map(|other| other.metadata.name.as_str())
        .collect();
    let field = format!("metadata.labels[{PAC_STATE}]");
    let quoted = focus.quote(Kind::PipelineRun, &run.metadata.name, field, state);
    let finding = Finding::new(
        Cause::HeldByQueue,
        format!("the run is queued by Pipelines-as-Code: the concurrency limit{whose} is reached"),
    )
    .link("Pipelines-as-Code starts it when a run in front of it ends.")
    .evidence([quoted.clone()]);
    if ahead.is_empty() {
        let is_listed = focus.cluster.coverage.proves_absence(Kind::PipelineRun, focus.namespace());
        let sentence = "No run in front of it is under way: Pipelines-as-Code has lost its queue; its watcher rebuilds it when it restarts.";
        return if is_listed && focus.is_past_grace(run.metadata.creation_timestamp) {
            // Nobody says that it is lost: that follows from the list of runs.
            finding.link(sentence).evidence([quoted.computed()])
        } else {
            finding.severity(Severity::Warning)
        };
    }
    let states = ahead.iter().filter_map(|name| {
        let other = find(&focus.cluster.pipeline_runs, focus.namespace(), name)?;
        let condition = other.succeeded()?;
        let value = format!("{} {}: {}", condition.status, condition.reason, condition.message);
        Some(focus.quote(Kind::PipelineRun, name, "status.conditions[Succeeded]", value))
    });
    finding
        .severity(Severity::Warning)
        .link(format!("Under way in front of it: {}.", ahead.join(", ")))
        .evidence(states.collect::<Vec<_>>())
}

fn quote_spec_status(focus: &Focus<'_>) -> Option<Evidence> {
    let run = focus.run();
    let status = run.spec_at("/status").and_then(Value::as_str)?;
    Some(focus.quote(Kind::PipelineRun, &run.metadata.name, "spec.status", status))
}

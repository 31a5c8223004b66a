//! Repairs: what would heal a run, with a predicted outcome. Plans only; nothing
//! here touches a cluster.

mod admission;
mod assistant;
mod controller;
mod flags;
pub mod grant;
mod pinning;
pub mod placement;
pub mod prediction;
pub mod probe;
mod refusals;
mod requests;
pub mod resubmission;
pub mod run_admission;
mod scheduling;
pub mod smallest_change;
mod starting;
mod volumes;
mod workspaces;

pub use admission::block_start;

use serde_json::Value;

use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding, Prediction, Repair, RunReport};
use crate::model::Cluster;

use prediction::Lifted;
use resubmission::Edit;

/// Offers repairs for every finding of a report.
pub fn attach(cluster: &Cluster, report: &mut RunReport, now: jiff::Timestamp) {
    let Some(run) = cluster.pipeline_run(&report.namespace, &report.name) else { return };
    let focus = Focus::new(cluster, run, now);
    let causes: Vec<Cause> = report.findings.iter().map(|finding| finding.cause).collect();
    for finding in &mut report.findings {
        finding.repairs = for_finding(&focus, finding);
        if let Some(other) = also_blocks(finding.cause, &causes) {
            for repair in finding.repairs.iter_mut().filter(|repair| repair.predicted == Prediction::Heals) {
                repair.predicted = Prediction::DoesNotHeal;
                repair.because = vec![format!("{other} blocks the run as well: cure both")];
            }
        }
    }
}

/// Another cause that would still block the run after this one is cured. Causes
/// that name one obstacle from two sides do not count.
fn also_blocks(cause: Cause, causes: &[Cause]) -> Option<Cause> {
    const REFUSALS: [Cause; 8] = [
        Cause::AssistantRefusedByScc,
        Cause::AssistantRefusedByPodSecurity,
        Cause::AssistantRefusedByPolicy,
        Cause::AssistantQuota,
        Cause::AssistantLimitrange,
        Cause::AssistantServiceAccountMissing,
        Cause::QuotaExceeded,
        Cause::TaskPodRefusedByScc,
    ];
    REFUSALS
        .contains(&cause)
        .then(|| causes.iter().find(|other| **other != cause && REFUSALS.contains(other)).copied())?
}

fn for_finding(focus: &Focus<'_>, finding: &Finding) -> Vec<Repair> {
    match finding.cause {
        Cause::AssistantRefusedByScc | Cause::TimeoutAfterAssistantRefusedByScc => admission::assistant(focus, finding),
        Cause::TaskPodRefusedByScc => admission::task_pod(focus, finding),
        Cause::AssistantRefusedByPodSecurity => refusals::pod_security(focus),
        Cause::TaskPodRefusedByPodSecurity => refusals::task_pod_security(focus),
        Cause::AssistantRefusedByPolicy | Cause::TaskPodRefusedByPolicy | Cause::TaskRunRefused => {
            refusals::policy(focus, finding)
        }
        Cause::AssistantQuota | Cause::QuotaExceeded => refusals::quota(focus, finding),
        Cause::QuotaNeedsRequests => refusals::needs_requests(focus),
        Cause::AssistantLimitrange => refusals::limit_range(focus),
        Cause::TaskPodLimitrange => refusals::task_limit_range(focus),
        Cause::ServiceAccountMissing | Cause::AssistantServiceAccountMissing => {
            refusals::service_account(focus, finding)
        }
        Cause::AssistantStatefulsetRefused => refusals::stateful_set(focus, finding),
        Cause::PriorityClassMissing => scheduling::drop_field(
            focus,
            "drop-priority-class",
            ("priorityClassName", "priority-class"),
            "submit again without the priority class",
        ),
        Cause::RuntimeClassMissing => scheduling::drop_field(
            focus,
            "drop-runtime-class",
            ("runtimeClassName", "runtime-class"),
            "submit again without the runtime class",
        ),
        Cause::AssistantMissingSharedClaim => workspaces::shared_claim(focus),
        Cause::AssistantMissingFlagFlip | Cause::AssistantDeleted | Cause::AssistantMissing => {
            assistant::resubmit(focus)
        }
        Cause::AssistantNodeCordoned => assistant::cordoned(focus),
        Cause::AssistantNodeFull => scheduling::node_full(focus),
        Cause::AssistantContradictsTaskPlacement => assistant::contradiction(focus),
        Cause::TwoClaimsInOneTask => workspaces::two_claims(focus),
        Cause::FlagsMisreadLegacyKey => flags::coschedule_off(focus).into_iter().collect(),
        Cause::InvalidFlagValueIgnored => flags::valid_flag(focus).into_iter().collect(),
        Cause::RwopInUse => workspaces::one_pod(focus),
        Cause::AntiAffinityIsolate => assistant::isolated(focus),
        Cause::IsolateAffinityAliasing => {
            let mut repairs = drop_affinity(focus);
            repairs.push(flags::one_assistant_for_each_run(focus));
            repairs
        }
        Cause::AntiAffinityAgainstAssistant | Cause::AntiAffinity | Cause::PodAffinity => drop_affinity(focus),
        Cause::TopologySpread => scheduling::drop_field(
            focus,
            "drop-topology-spread",
            ("topologySpreadConstraints", "topology-spread"),
            "submit again without the spread constraints",
        ),
        Cause::PodTemplateMisplaced => admission::misplaced(focus),
        Cause::UntoleratedTaint | Cause::AssistantPendingUntoleratedTaint => scheduling::tolerate(focus, finding),
        Cause::AssistantPendingVolumeNodeAffinity | Cause::VolumeNodeAffinity => volumes::follow_volume(focus),
        Cause::AssistantPendingVolumeLimit | Cause::VolumeLimit | Cause::AssistantPendingInsufficientResources => {
            scheduling::elsewhere(focus)
        }
        Cause::InsufficientResources => scheduling::no_room(focus),
        Cause::NodeSelectorMismatch => scheduling::selector(focus),
        Cause::NodesCordoned | Cause::AssistantPendingCordoned => scheduling::uncordon(focus, finding),
        Cause::HostportConflict => scheduling::free_port(finding),
        Cause::SchedulerNotRunning => scheduling::drop_field(
            focus,
            "drop-scheduler-name",
            ("schedulerName", "scheduler-name"),
            "submit again without schedulerName: the cluster's own scheduler then places its pods",
        ),
        Cause::PvcMissing => workspaces::missing(focus, finding),
        Cause::PvcUnbound => workspaces::unbound(focus),
        Cause::WorkspaceClaimRefused => workspaces::claim_refused(focus, finding),
        Cause::VolumeMultiAttach => starting::multi_attach(focus),
        Cause::VolumeSourceMissing => starting::source_missing(focus, finding),
        Cause::ImagePull => starting::image(focus, finding),
        Cause::NodeNotReady => starting::node_lost(focus),
        Cause::PodEvicted => starting::evicted(focus),
        Cause::WorkspacePermissionDenied => starting::denied(focus),
        Cause::PendingBySpecStatus => assistant::release(focus),
        Cause::ControllerNotRunning => controller::look(focus),
        _ => Vec::new(),
    }
}

fn drop_affinity(focus: &Focus<'_>) -> Vec<Repair> {
    scheduling::drop_field(
        focus,
        "drop-affinity",
        ("affinity", "affinity"),
        "submit again without affinity in the pod template",
    )
}

/// `NAMESPACE/NAME` of the run, as commands take it.
fn target(focus: &Focus<'_>) -> String {
    format!("{}/{}", focus.namespace(), focus.run().metadata.name)
}

/// The namespace of Tekton; the upstream's where it was not read.
fn tekton_namespace<'a>(focus: &'a Focus<'_>) -> &'a str {
    focus.installation.namespace.as_deref().unwrap_or("tekton-pipelines")
}

/// A repair by resubmission with `rerun` and flags.
fn rerun(
    focus: &Focus<'_>,
    id: &'static str,
    flags: &str,
    summary: impl Into<String>,
    predicted: Prediction,
    changes: Value,
) -> Repair {
    let is_running = focus.is_running();
    let flags: Vec<&str> = flags.split(' ').filter(|flag| is_running || *flag != "--cancel-old").collect();
    let cancels = flags.contains(&"--cancel-old");
    let flags = match flags.join(" ") {
        flags if flags.is_empty() => flags,
        flags => format!(" {flags}"),
    };
    Repair {
        id,
        summary: summary.into(),
        command: format!("oc tekton-fix rerun {}{flags}", target(focus)),
        predicted,
        needs: "create on pipelineruns in the namespace".to_owned(),
        risk: if !is_running {
            "a new run starts from its first task".to_owned()
        } else if cancels {
            "a new run starts from its first task; the stuck one is cancelled, which cannot be undone".to_owned()
        } else {
            "a new run starts from its first task; cancel the stuck one (--cancel-old) if they share a volume"
                .to_owned()
        },
        changes,
        ..Repair::default()
    }
}

/// A repair by resubmission whose outcome is predicted on the changed run.
fn resubmission(
    focus: &Focus<'_>,
    id: &'static str,
    flags: &str,
    summary: impl Into<String>,
    edits: &[Edit],
    changes: Value,
) -> Repair {
    let predicted = prediction::of_edits(focus, edits, flags.contains("--cancel-old"));
    Repair { because: predicted.because, ..rerun(focus, id, flags, summary, predicted.outcome, changes) }
}

/// A repair of the cluster after which the stuck run goes on by itself: it heals
/// only where nothing but `lifted` stands in the run's way.
fn in_place(focus: &Focus<'_>, lifted: Lifted, repair: Repair) -> Repair {
    if !focus.is_running() {
        let because = vec!["the run is over: submit it again once this is done".to_owned()];
        return Repair { predicted: Prediction::Unknown, because, ..repair };
    }
    let predicted = prediction::in_place(focus, lifted);
    Repair { predicted: predicted.outcome, because: predicted.because, ..repair }
}

/// A repair by a change of the cluster that an administrator makes.
fn by_admin(
    id: &'static str,
    command: String,
    summary: impl Into<String>,
    predicted: Prediction,
    changes: Value,
) -> Repair {
    Repair {
        id,
        summary: summary.into(),
        command,
        predicted,
        needs: "rights of an administrator".to_owned(),
        changes,
        ..Repair::default()
    }
}

/// Makes the StatefulSet controller try again at once: after a refusal it waits
/// about as long as the run has been stuck already.
fn nudge(focus: &Focus<'_>) -> String {
    focus
        .tree
        .assistants
        .iter()
        .filter(|node| node.stateful_set.is_some() && node.pod.is_none())
        .map(|node| {
            format!("\noc annotate statefulset/{} -n {} tekton-fix/retry=now --overwrite", node.name, focus.namespace())
        })
        .collect()
}

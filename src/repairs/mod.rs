//! Repairs: what could be done about each cause, as operations. Plans only; nothing here
//! touches a cluster, and whether a repair works is for the forecast to say.

mod admission;
mod assistant;
mod combine;
mod flags;
pub mod probe;
mod refusals;
mod requests;
mod scheduling;
mod seccomp;
pub mod smallest_change;
mod starting;
mod storage;
mod volumes_apart;
mod within_limits;
mod workspaces;

use std::borrow::Cow;

use crate::assess;
use crate::checks::focus::Focus;
use crate::checks::{pending_by_spec_status, siblings};
use crate::finding::{Cause, Facts, Finding, Offer, RunReport};
use crate::model::{Cluster, Kind};
use crate::ops::{self, Edit, Instruction, ObjectRef, Op, Risk};

pub use admission::block_start;
pub(crate) use flags::{SECURITY_CONTEXT, pairs_for as flags_for, place as flag_place};
pub(crate) use scheduling::pin_to;

/// Operations with the permanent id under which they are offered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    pub(crate) id: Cow<'static, str>,
    pub(crate) ops: Vec<Op>,
}

impl Plan {
    fn new(id: &'static str, ops: Vec<Op>) -> Self {
        Self { id: Cow::Borrowed(id), ops }
    }
}

/// Attaches offers to every finding of a report.
pub fn attach(cluster: &Cluster, report: &mut RunReport, now: jiff::Timestamp) {
    let Some(run) = cluster.pipeline_run(&report.namespace, &report.name) else { return };
    let focus = Focus::new(cluster, run, now);
    let plans: Vec<Vec<Plan>> = report.findings.iter().map(|finding| for_finding(&focus, finding)).collect();
    let mut offers = combine::forecast_all(&focus, &report.findings, &plans);
    for finding in report.findings.iter_mut().rev() {
        finding.offers = offers.pop().unwrap_or_default();
    }
}

/// The smallest changes that get a run's pods admitted, with what is forecast of them.
pub fn for_admission(focus: &Focus<'_>) -> Vec<Offer> {
    let plans = smallest_change::find(focus).plans;
    plans.into_iter().map(|plan| offer(focus, &[], plan)).collect()
}

/// A plan with its forecast, and what it endangers.
pub(crate) fn offer(focus: &Focus<'_>, findings: &[Finding], plan: Plan) -> Offer {
    let forecast = assess::forecast(focus, findings, &plan.ops);
    let risks = plan.ops.iter().flat_map(|op| risks(focus, &plan.ops, op)).collect();
    let fields = plan.ops.iter().flat_map(|op| ops::changed(op, focus.run())).collect();
    Offer { id: plan.id, ops: plan.ops, forecast, risks, fields }
}

/// What an operation endangers.
fn risks(focus: &Focus<'_>, all: &[Op], op: &Op) -> Vec<Risk> {
    use crate::ops::{Mode, OldRun};
    match op {
        Op::Submit { edits, cancel_old, .. } => {
            let old = match (focus.is_running(), cancel_old) {
                (false, _) => OldRun::Ended,
                (true, true) => OldRun::Cancelled,
                (true, false) => OldRun::Left,
            };
            let of_edit = |edit: &Edit| match edit {
                Edit::Toleration { .. } => Some(Risk::ReservedNodes),
                Edit::Request { .. } => Some(Risk::LessResources),
                Edit::Workspace { name, binding } if binding.get("emptyDir").is_some() => {
                    Some(Risk::Scratch(name.clone()))
                }
                Edit::Workspace { name, binding } if binding.get("volumeClaimTemplate").is_some() => {
                    Some(Risk::NewVolume(name.clone()))
                }
                Edit::Workspace { name, .. } => Some(Risk::LeftBehind(name.clone())),
                _ => None,
            };
            let mut found: Vec<Risk> = Vec::new();
            for risk in edits.iter().filter_map(of_edit).chain([Risk::NewRun(old)]) {
                if !found.contains(&risk) {
                    found.push(risk);
                }
            }
            found
        }
        Op::Release { .. } => vec![Risk::Queue],
        Op::Delete { force: true, .. } => vec![Risk::TwoHolders],
        Op::Delete { object, .. } if object.kind == Kind::PipelineRun => vec![Risk::RecordsLost],
        Op::Delete { .. } => vec![Risk::VolumeStays],
        // Nobody may use it before it is granted.
        Op::Create { object, .. } if object.kind == Kind::SecurityContextConstraints => Vec::new(),
        Op::Create { object, .. } => vec![Risk::NewObject(object.kind)],
        Op::Grant { namespace, grant } => {
            // What is granted may only be made by the same plan.
            let mut cluster = focus.cluster.overlay();
            all.iter().filter(|op| matches!(op, Op::Create { .. })).for_each(|op| ops::apply(op, &mut cluster));
            vec![Risk::Grant(grant.reach(&cluster, namespace))]
        }
        Op::SetFlags { pairs, .. } => {
            let is_off = pairs.iter().any(|(key, value)| {
                *key == crate::analysis::tekton::flags::COSCHEDULE && value == "disabled"
                    || *key == crate::analysis::tekton::flags::DISABLE_ASSISTANT && value == "true" && pairs.len() == 1
            });
            match pairs.first() {
                Some((flags::SECURITY_CONTEXT, value)) if value == "false" => vec![Risk::PlainContainers],
                Some((flags::SECURITY_CONTEXT, _)) => vec![Risk::RootlessContainers],
                _ if is_off => vec![Risk::AllRuns(Mode::Off)],
                _ => vec![Risk::AllRuns(Mode::PerRun)],
            }
        }
        Op::Enforce { level, .. } => vec![Risk::Level(level)],
        Op::Uncordon { .. }
        | Op::RaiseQuota { .. }
        | Op::MoveBounds { .. }
        | Op::Scale { .. }
        | Op::Retry { .. }
        | Op::Unannotate { .. }
        | Op::Manual { .. } => Vec::new(),
    }
}

/// What could be done about a cause. A cause without a row does not compile.
fn for_finding(focus: &Focus<'_>, finding: &Finding) -> Vec<Plan> {
    let words = || match &finding.facts {
        Facts::Refused { words, .. } | Facts::Queue { words, .. } => words.clone(),
        _ => String::new(),
    };
    match finding.cause {
        // It goes on by itself.
        _ if siblings::is_for_its_turn(finding) => Vec::new(),
        Cause::AssistantRefusedByScc | Cause::TimeoutAfterAssistantRefusedByScc => admission::assistant(focus),
        Cause::TaskPodRefusedByScc => admission::task_pod(focus, &finding.facts),
        Cause::AssistantRefusedByPodSecurity => refusals::pod_security(focus),
        Cause::TaskPodRefusedByPodSecurity => refusals::task_pod_security(focus),
        Cause::AssistantRefusedByPolicy => refusals::policy(focus, ops::Refused::Assistant, words()),
        Cause::TaskPodRefusedByPolicy => refusals::policy(focus, ops::Refused::TaskPod, words()),
        Cause::TaskRunRefused => refusals::policy(focus, ops::Refused::TaskRun, words()),
        Cause::SchedulingGated => scheduling::gated(focus),
        Cause::AssistantQuota | Cause::QuotaExceeded => refusals::quota(focus, &finding.facts),
        Cause::QuotaNeedsRequests => refusals::needs_requests(focus),
        Cause::AssistantLimitrange => refusals::limit_range(focus),
        Cause::TaskPodLimitrange => refusals::task_limit_range(focus),
        Cause::ServiceAccountMissing | Cause::AssistantServiceAccountMissing => {
            refusals::service_account(focus, &finding.facts)
        }
        Cause::AssistantStatefulsetRefused => refusals::stateful_set(focus, &finding.facts),
        Cause::PriorityClassMissing => scheduling::drop_field(focus, "drop-priority-class", "priorityClassName"),
        Cause::RuntimeClassMissing => scheduling::drop_field(focus, "drop-runtime-class", "runtimeClassName"),
        Cause::AssistantMissingSharedClaim => workspaces::shared_claim(focus),
        Cause::AssistantMissingFlagFlip | Cause::AssistantDeleted | Cause::AssistantMissing => {
            vec![resubmit(focus, true)]
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
            let mut plans = scheduling::drop_field(focus, "drop-affinity", "affinity");
            plans.push(flags::one_assistant_for_each_run(focus));
            plans
        }
        Cause::AntiAffinityAgainstAssistant | Cause::AntiAffinity | Cause::PodAffinity => {
            scheduling::drop_field(focus, "drop-affinity", "affinity")
        }
        Cause::TopologySpread => scheduling::drop_field(focus, "drop-topology-spread", "topologySpreadConstraints"),
        Cause::PodTemplateMisplaced => admission::misplaced(focus),
        Cause::UntoleratedTaint | Cause::AssistantPendingUntoleratedTaint => {
            scheduling::tolerate(focus, &finding.facts)
        }
        Cause::AssistantPendingVolumeNodeAffinity | Cause::VolumeNodeAffinity => {
            let mut plans = scheduling::follow_volume(focus);
            plans.extend(volumes_apart::plans(focus));
            plans
        }
        Cause::VolumesInDifferentZones => volumes_apart::plans(focus),
        Cause::AssistantPendingVolumeLimit | Cause::VolumeLimit | Cause::AssistantPendingInsufficientResources => {
            scheduling::elsewhere(focus)
        }
        Cause::InsufficientResources => scheduling::no_room(focus),
        Cause::NodeSelectorMismatch => scheduling::other_labels(focus),
        Cause::NodesCordoned | Cause::AssistantPendingCordoned => scheduling::uncordon(focus, &finding.facts),
        Cause::HostportConflict => scheduling::free_port(&finding.facts),
        Cause::SchedulerNotRunning => scheduling::drop_field(focus, "drop-scheduler-name", "schedulerName"),
        Cause::PvcMissing => workspaces::missing(focus, &finding.facts),
        Cause::ClaimBeingDeleted | Cause::ClaimLost => workspaces::being_deleted(focus, &finding.facts),
        Cause::VolumeFull => storage::full(focus, &finding.facts),
        Cause::VolumeReadOnly => storage::read_only(focus),
        Cause::ReferenceNotFetched => {
            let correct = manual(Instruction::CorrectReference { words: words() });
            vec![Plan::new("correct-reference", vec![correct, submit(focus, Vec::new(), true)])]
        }
        Cause::AssistantScaledToZero => assistant::scale_up(focus, &finding.facts),
        Cause::PvcUnbound => workspaces::unbound(focus),
        Cause::WorkspaceClaimRefused => workspaces::claim_refused(focus, &finding.facts),
        Cause::VolumeMultiAttach => scheduling::held_elsewhere(focus, &finding.facts),
        Cause::SelinuxLabelConflict => starting::other_label(focus, &finding.facts),
        Cause::VolumeSourceMissing => starting::source_missing(focus, &finding.facts),
        Cause::ImagePull => starting::image(focus, &finding.facts),
        Cause::NodeNotReady => starting::node_lost(focus),
        Cause::PodEvicted => vec![resubmit(focus, false)],
        Cause::PodLost => vec![resubmit(focus, true)],
        Cause::StepKilled | Cause::InitContainerFailed => starting::more_memory(focus, &finding.facts),
        Cause::WrongArchitecture => starting::other_architecture(focus, &finding.facts),
        Cause::HeldByQueue => vec![Plan::new("ask-queue", vec![manual(Instruction::AskQueue { words: words() })])],
        Cause::ResolverAnswerUnnoticed => vec![Plan::new("wake-run", vec![Op::Retry { set: run(focus) }])],
        Cause::ImageWouldRunAsRoot => starting::would_run_as_root(focus, &finding.facts),
        Cause::SidecarNotReady => starting::sidecar(focus, &finding.facts),
        Cause::WorkspacePermissionDenied => starting::denied(focus),
        Cause::PendingBySpecStatus => {
            let held = pending_by_spec_status::held(focus).map(|task| &task.task_run.metadata.name);
            let tasks: Vec<Op> = held.map(|name| Op::Release { run: object(focus, Kind::TaskRun, name) }).collect();
            let ops = if tasks.is_empty() { vec![Op::Release { run: run(focus) }] } else { tasks };
            vec![Plan::new("release-run", ops)]
        }
        Cause::ControllerNotRunning => starting::controller(focus),
        // What these need is not known here, or nothing is to be done about the run.
        Cause::AssistantRefused
        | Cause::AssistantPending
        | Cause::NodeUnderPressure
        | Cause::Unschedulable
        | Cause::TaskPodRefused
        | Cause::ContainerNotCreated
        | Cause::StepFailed
        | Cause::TaskFailed
        | Cause::PodNotStarted
        | Cause::VolumeNotMounted
        | Cause::CancelledByUser
        | Cause::RunBeingDeleted
        | Cause::NamespaceTerminating
        | Cause::RunInvalid
        | Cause::TimeoutHidTheReason
        | Cause::Timeout
        | Cause::ManagedByOtherController
        | Cause::CustomRunWaits
        | Cause::ResolverNotAnswering
        | Cause::FlagInForce
        | Cause::NewerThanKnown
        | Cause::UpgradeChangesMeaning
        | Cause::OperatorSetsDeadKey
        | Cause::FlagNotInForceYet
        | Cause::EditedConfigMap
        | Cause::NextUpgrade
        | Cause::EvidenceMissing => Vec::new(),
    }
}

/// The run in focus, as operations name it.
fn run(focus: &Focus<'_>) -> ObjectRef {
    ObjectRef::new(Kind::PipelineRun, focus.namespace(), &focus.run().metadata.name)
}

/// An object of the run's namespace.
fn object(focus: &Focus<'_>, kind: Kind, name: &str) -> ObjectRef {
    ObjectRef::new(kind, focus.namespace(), name)
}

/// The run again, edited; a run that is over needs no cancelling.
fn submit(focus: &Focus<'_>, edits: Vec<Edit>, cancel_old: bool) -> Op {
    Op::Submit { run: run(focus), edits, cancel_old: cancel_old && focus.is_running() }
}

fn resubmit(focus: &Focus<'_>, cancel_old: bool) -> Plan {
    Plan::new("resubmit", vec![submit(focus, Vec::new(), cancel_old)])
}

/// A change of the cluster: a stuck run goes on by itself then, one that is over has to be
/// submitted again.
fn in_cluster(focus: &Focus<'_>, mut ops: Vec<Op>) -> Vec<Op> {
    if focus.is_running() {
        ops.extend(retries(focus));
    } else {
        ops.push(submit(focus, Vec::new(), false));
    }
    ops
}

/// Has the StatefulSet controller try again at once.
pub(crate) fn retries(focus: &Focus<'_>) -> Vec<Op> {
    let waits = focus.tree.assistants.iter().filter(|node| node.stateful_set.is_some() && node.pod.is_none());
    waits.map(|node| Op::Retry { set: object(focus, Kind::StatefulSet, &node.name) }).collect()
}

fn manual(instruction: Instruction) -> Op {
    Op::Manual { instruction, look: Vec::new() }
}

/// Something for a person to do, with commands that show what it takes.
fn manual_with(instruction: Instruction, look: &[&[&str]]) -> Op {
    let look = look.iter().map(|words| words.iter().map(|word| (*word).to_owned()).collect()).collect();
    Op::Manual { instruction, look }
}

/// The namespace of Tekton; the upstream's where it was not read.
fn tekton_namespace<'a>(focus: &'a Focus<'_>) -> &'a str {
    focus.installation.namespace.as_deref().unwrap_or("tekton-pipelines")
}

//! Causes that a change leaves in the way: what stopped a run stops the next one too, unless
//! something that was done lifts it.

use crate::analysis::admission::Plugin;
use crate::analysis::scc::admission::VALIDATED;
use crate::analysis::tekton::flags::SET_SECURITY_CONTEXT;
use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::checks::missing;
use crate::checks::refused::RefusedBy;
use crate::checks::workspace_access;
use crate::finding::forecast::{Block, Forecast, Gap, Who};
use crate::finding::{Cause, Confidence, Facts, Finding, Outcome, Severity, Stage, Survival};
use crate::model::Kind;
use crate::model::cluster::find;
use crate::model::node::Node;
use crate::model::volume::VolumeSource;
use crate::ops::{Edit, Instruction, Op};

/// What a change does to a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lifts {
    Yes,
    /// Only a person, or a registry, can tell.
    Perhaps,
    No,
}

/// Adds what is left of the findings to a forecast of the run `before`, seen in `after`.
pub(super) fn add(
    forecast: &mut Forecast,
    (before, after): (&Focus<'_>, &Focus<'_>),
    findings: &[Finding],
    ops: &[Op],
) {
    let submits = ops.iter().any(|op| matches!(op, Op::Submit { .. }));
    for finding in findings.iter().filter(|finding| finding.severity > Severity::Info) {
        let words = || finding.summary.clone();
        // What holds a run on purpose, or ended it by its own doing, is a warning; whether the
        // next run meets it again is then open, but it is not forgotten.
        let is_certain = finding.severity == Severity::Error || fails_by_its_own(finding);
        let stays = match finding.cause.survival() {
            Survival::Stays => true,
            Survival::Gone => !submits,
            Survival::Open => {
                forecast.gap(Gap::Open(finding.cause, words()));
                false
            }
            Survival::Ruled if finding.severity == Severity::Error => {
                ruled(forecast, before, finding, ops, submits);
                false
            }
            Survival::Ruled => false,
        };
        if stays {
            match lifts(before, finding, ops) {
                Lifts::Yes => {}
                Lifts::Perhaps => forecast.gap(Gap::Open(finding.cause, words())),
                Lifts::No if is_certain => forecast.block(Block::Remains(finding.cause, words())),
                Lifts::No => forecast.gap(Gap::Open(finding.cause, words())),
            }
        }
        if finding.cause == Cause::NodeNotReady && submits {
            forecast.gaps.extend(attached(after));
        } else if finding.cause == Cause::NodeNotReady && !ops.iter().any(Op::is_manual) && stays_on_lost_node(after) {
            forecast.block(Block::Remains(finding.cause, words()));
        }
    }
    // Where the scheduler has not spoken, room is judged as for any other run.
    let waits = |finding: &Finding| matches!(finding.cause.stage(), Stage::Assistant | Stage::Placement);
    let is_lowered = findings.iter().any(waits)
        && ops.iter().filter_map(Op::edits).flatten().any(|edit| matches!(edit, Edit::Request { .. }));
    if is_lowered && !before.cluster.coverage.proves_absence(Kind::Pod, "") {
        // The scheduler says that too little is left, never how much is.
        forecast.gap(Gap::FreeCapacity);
    }
    for op in ops {
        let Op::Manual { instruction, .. } = op else { continue };
        let is_about_room = matches!(instruction, Instruction::RequestLess { .. } | Instruction::FindNode);
        if is_about_room && !before.cluster.coverage.proves_absence(Kind::Pod, "") {
            forecast.gap(Gap::FreeCapacity);
        }
        forecast.gap(Gap::Manual);
    }
}

/// A cause that the rules judge. Where it is not proven, its fix is not either; where a
/// refusal was seen that no rule explains, resubmitting unchanged is no fix.
fn ruled(forecast: &mut Forecast, focus: &Focus<'_>, finding: &Finding, ops: &[Op], submits: bool) {
    if finding.confidence() == Confidence::Likely {
        forecast.gap(Gap::NotProven);
    }
    let changes_nothing = submits && ops.len() == 1 && ops.iter().all(|op| op.edits().is_some_and(<[Edit]>::is_empty));
    let is_refusal = finding.cause.stage() == Stage::Admission
        || matches!(
            finding.cause,
            Cause::AssistantRefusedByScc
                | Cause::AssistantRefusedByPodSecurity
                | Cause::AssistantLimitrange
                | Cause::AssistantQuota
                | Cause::AssistantServiceAccountMissing
        );
    // What is used of a quota that was read, and which accounts exist, changes with time.
    let is_of_the_moment = match &finding.facts {
        Facts::Quota { name, .. } => find(&focus.cluster.resource_quotas, focus.namespace(), name).is_some(),
        Facts::Account(_) => true,
        _ => false,
    };
    if changes_nothing && is_refusal && !is_of_the_moment && forecast.outcome() == Outcome::GoesOn {
        forecast.gap(Gap::Unexplained(finding.cause));
    }
}

/// Whether a task failed by what the run itself says, so that the same run fails again
/// (tektoncd/pipeline pkg/apis/pipeline/v1/taskrun_types.go, v1.15).
fn fails_by_its_own(finding: &Finding) -> bool {
    const REASONS: [&str; 5] = [
        "TaskRunValidationFailed",
        "TaskValidationFailed",
        "InvalidParamValue",
        "TaskRunResultLargerThanAllowedLimit",
        "ResourceVerificationFailed",
    ];
    let Facts::Reason(reason) = &finding.facts else { return false };
    finding.cause == Cause::TaskFailed && REASONS.contains(&reason.as_str())
}

/// Whether a task that has not ended has its pod on a node that is not Ready: the pod stays
/// there, whatever becomes of its assistant.
fn stays_on_lost_node(focus: &Focus<'_>) -> bool {
    let lost = |name: &str| focus.cluster.node(name).and_then(Node::ready).is_some_and(|ready| ready.status != "True");
    let mut pods = focus.tree.unfinished().filter_map(|task| task.pod).filter(|pod| !pod.is_terminal());
    pods.any(|pod| lost(&pod.spec.node_name))
}

/// Whether a person takes a block away by following an instruction; whether that succeeds
/// is for nobody here to say.
pub(super) fn is_left_to_a_person(instruction: &Instruction, block: &Block) -> bool {
    let refused_by = |plugin: Plugin| matches!(block, Block::Admission { refusal, .. } if refusal.plugin == plugin);
    let is_unplaced = matches!(block, Block::NoNode { .. });
    // A default limit below a request makes the pod invalid.
    let is_invalid = matches!(block, Block::Incoming { refused, .. } if refused.plugin == "validation");
    match instruction {
        Instruction::FreeQuota { .. } | Instruction::RaiseQuota { .. } => refused_by(Plugin::ResourceQuota),
        Instruction::FitLimitRange { .. } => refused_by(Plugin::LimitRanger) || is_invalid,
        Instruction::GrantSomeScc { .. } => matches!(block, Block::Scc { .. }),
        Instruction::AskForLess { task, .. } => {
            matches!(block, Block::Scc { who: Who::Task(refused), .. } if refused == task)
        }
        Instruction::ProvideVolume { .. } => {
            is_unplaced || matches!(block, Block::NoProvisioner(_) | Block::NoDefaultClass | Block::NoSuchClass(_))
        }
        Instruction::RequestLess { .. }
        | Instruction::EndPod { .. }
        | Instruction::WaitForRuns { .. }
        | Instruction::RecoverNode => is_unplaced,
        Instruction::ValidFlag { .. } => true,
        _ => false,
    }
}

/// What operations do to a cause that no rule judges.
fn lifts(focus: &Focus<'_>, finding: &Finding, ops: &[Op]) -> Lifts {
    let edits = || ops.iter().filter_map(Op::edits).flatten();
    let manual = if ops.iter().any(Op::is_manual) { Lifts::Perhaps } else { Lifts::No };
    let any = |wanted: fn(&Edit) -> bool| if edits().any(wanted) { Lifts::Yes } else { manual };
    match finding.cause {
        _ if finding.facts == Facts::Passing => Lifts::Perhaps,
        Cause::SchedulerNotRunning => any(|edit| matches!(edit, Edit::DropPodField { field: "schedulerName" })),
        Cause::PendingBySpecStatus if ops.iter().any(|op| matches!(op, Op::Release { .. })) => Lifts::Yes,
        Cause::AssistantScaledToZero if ops.iter().any(|op| matches!(op, Op::Scale { .. })) => Lifts::Yes,
        Cause::ResolverAnswerUnnoticed if ops.iter().any(|op| matches!(op, Op::Retry { .. })) => Lifts::Yes,
        // How much is enough, and what else writes there, nobody can tell from the cluster.
        Cause::VolumeFull | Cause::VolumeReadOnly => {
            if edits().any(|edit| matches!(edit, Edit::Workspace { .. })) {
                Lifts::Perhaps
            } else {
                manual
            }
        }
        Cause::ImageWouldRunAsRoot if flag_off(ops) && is_by_flag_alone(focus, finding) => Lifts::Yes,
        Cause::ImageWouldRunAsRoot => {
            let may_help = |edit: &Edit| matches!(edit, Edit::RunAsUser { user } if *user != 0);
            if flag_off(ops) || edits().any(may_help) { Lifts::Perhaps } else { manual }
        }
        Cause::WrongArchitecture => {
            if edits().any(|edit| matches!(edit, Edit::NodeSelector { .. })) {
                Lifts::Perhaps
            } else {
                manual
            }
        }
        Cause::VolumeSourceMissing if are_there(focus, finding) => Lifts::Yes,
        // A quota that was read is judged by rule.
        Cause::WorkspaceClaimRefused if is_judged(focus, finding) => Lifts::Yes,
        Cause::AssistantStatefulsetRefused | Cause::WorkspaceClaimRefused | Cause::TaskRunRefused => {
            let raises = ops.iter().any(|op| matches!(op, Op::RaiseQuota { .. }));
            if raises { Lifts::Yes } else { manual }
        }
        // Whether a changed run is a valid one the server says when it is asked.
        Cause::RunInvalid | Cause::TaskPodRefused | Cause::TaskFailed | Cause::StepFailed => {
            let changes = edits().any(|edit| !matches!(edit, Edit::PinNode { .. } | Edit::NodeSelector { .. }));
            if changes { Lifts::Perhaps } else { manual }
        }
        Cause::WorkspacePermissionDenied => {
            let is_about_access = |edit: &Edit| {
                matches!(
                    edit,
                    Edit::FsGroup { .. }
                        | Edit::DropSecurityField { .. }
                        | Edit::DropSecurityContext
                        | Edit::PodTemplate { .. }
                        | Edit::MergeTemplate { .. }
                        | Edit::Patch { .. }
                        | Edit::RunAsUser { .. }
                )
            };
            if edits().any(|edit| gives_group(focus, finding, edit)) {
                Lifts::Yes
            } else if edits().any(is_about_access) {
                Lifts::Perhaps
            } else {
                manual
            }
        }
        // Another step, image or amount may fare better; nobody can tell from the cluster.
        Cause::Timeout => {
            let may_help = |edit: &Edit| {
                matches!(
                    edit,
                    Edit::Request { .. }
                        | Edit::PinNode { .. }
                        | Edit::Timeout { .. }
                        | Edit::Param { .. }
                        | Edit::Patch { .. }
                        | Edit::OnlyTasks { .. }
                )
            };
            if edits().any(may_help) { Lifts::Perhaps } else { manual }
        }
        _ => manual,
    }
}

/// Whether what a volume is to be made of has come to be since.
fn are_there(focus: &Focus<'_>, finding: &Finding) -> bool {
    matches!(&finding.facts, Facts::Sources(sources) if missing::all_exist_now(focus, sources))
}

/// Whether an edit gives the volume to a group of the step, where modes alone are in its way
/// and the driver honours fsGroup.
fn gives_group(focus: &Focus<'_>, finding: &Finding, edit: &Edit) -> bool {
    use crate::analysis::access::Cause as Denied;
    let by_modes = matches!(
        finding.facts,
        Facts::FileDenied(Denied::NotWritable | Denied::FileNotReadable | Denied::DirectoryNotSearchable)
    );
    let Edit::FsGroup { group, .. } = edit else { return false };
    let remedies = || workspace_access::remedies(focus).into_iter();
    by_modes && remedies().any(|remedy| remedy.fs_group.map(i64::from) == Some(*group))
}

/// Whether the flag that gives Tekton's own containers runAsNonRoot is switched off.
fn flag_off(ops: &[Op]) -> bool {
    let off = |(key, value): &(&str, String)| *key == SET_SECURITY_CONTEXT && value == "false";
    ops.iter().any(|op| matches!(op, Op::SetFlags { pairs, .. } if pairs.iter().any(off)))
}

/// Whether nothing but the flag asks a container not to run as root: no SCC and no field of
/// the pod.
fn is_by_flag_alone(focus: &Focus<'_>, finding: &Finding) -> bool {
    let Facts::Container { pod, container } = &finding.facts else { return false };
    let is_tektons = !container.starts_with("step-") && !container.starts_with("sidecar-");
    let known = focus.tree.tasks.iter().filter_map(|task| task.pod).find(|known| known.metadata.name == *pod);
    is_tektons
        && known.is_some_and(|pod| {
            let of_pod = pod.spec.security_context.as_ref().and_then(|context| context.run_as_non_root);
            of_pod != Some(true) && pod.metadata.annotation(VALIDATED).is_none()
        })
}

/// Whether the quota that refused a claim was read with what is used of it, or the LimitRange.
fn is_judged(focus: &Focus<'_>, finding: &Finding) -> bool {
    let Facts::Quota { name, words } = &finding.facts else { return false };
    if name.is_empty() {
        let by_range = matches!(RefusedBy::read(words), RefusedBy::LimitRange);
        return by_range && focus.cluster.coverage.proves_absence(Kind::LimitRange, focus.namespace());
    }
    let quota = find(&focus.cluster.resource_quotas, focus.namespace(), name);
    quota.is_some_and(|quota| !quota.status.used.is_empty())
}

/// A volume that the run's pods have on a lost node.
fn attached(focus: &Focus<'_>) -> Option<Gap> {
    let pods = focus.tree.tasks.iter().filter_map(|task: &TaskNode<'_>| task.pod);
    let volume = pods.flat_map(|pod| &pod.spec.volumes).find(|volume| {
        let VolumeSource::PersistentVolumeClaim(source) = &volume.source else { return false };
        let claim = focus.cluster.claim(focus.namespace(), &source.claim_name);
        claim.is_none_or(|claim| {
            let of = |name: Option<&str>| name == Some(claim.spec.volume_name.as_str());
            focus.cluster.volume_attachments.iter().any(|a| of(a.spec.source.persistent_volume_name.as_deref()))
        })
    })?;
    Some(Gap::Detach(volume.name.clone()))
}

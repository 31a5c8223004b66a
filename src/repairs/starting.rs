//! Repairs for pods that have a node and do not start there, or lost it.

use crate::analysis::scc::ranges;
use crate::checks::containers::is_of_tekton;
use crate::checks::focus::Focus;
use crate::checks::missing;
use crate::checks::workspace_access;
use crate::finding::{Facts, ImageTrouble};
use crate::ops::{Edit, Instruction, Op};

use super::{Plan, assistant, block_start, manual, manual_with, resubmit, submit, tekton_namespace};

/// A user that is not root, where the namespace has no range of its own.
const ANY_USER: i64 = 65532;

/// Pods with different SELinux labels on one volume: one label for both, or one after the
/// other.
pub(super) fn other_label(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let mut plans: Vec<Plan> = Vec::new();
    let own = focus.run().spec_at("/taskRunTemplate/podTemplate/securityContext/seLinuxOptions");
    if own.is_some_and(|options| !options.is_null()) {
        let edits = vec![Edit::DropSecurityField { field: "seLinuxOptions" }];
        plans.push(Plan::new("drop-selinux-options", vec![submit(focus, edits, true)]));
    }
    if let Facts::Holders(holders) = facts
        && !holders.is_empty()
    {
        let runs = holders.iter().map(|(run, node)| format!("{run} on {node}")).collect();
        plans.push(Plan::new("wait-for-runs", vec![manual(Instruction::WaitForRuns { runs })]));
    }
    plans
}

/// A Secret or ConfigMap that is mounted and does not exist; the kubelet tries again.
pub(super) fn source_missing(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let Facts::Sources(sources) = facts else { return Vec::new() };
    if missing::all_exist_now(focus, sources) {
        return vec![resubmit(focus, true)];
    }
    let op = manual_with(
        Instruction::CreateSource { sources: sources.clone() },
        &[&["get", "secrets,configmaps", "-n", focus.namespace()]],
    );
    vec![Plan::new("create-volume-source", vec![op])]
}

/// An image that cannot be pulled, by what the registry, or the way to it, answered.
pub(super) fn image(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let trouble = if let Facts::Image { trouble, .. } = facts { *trouble } else { ImageTrouble::Other };
    let account = focus.run().service_account().unwrap_or("default").to_owned();
    let (id, instruction) = match trouble {
        ImageTrouble::Unreachable => ("reach-registry", Instruction::ReachRegistry),
        ImageTrouble::Unauthorized => ("pull-secret", Instruction::PullSecret { account }),
        ImageTrouble::Untrusted => ("trust-registry", Instruction::TrustRegistry),
        ImageTrouble::RateLimited => ("wait", Instruction::WaitForRegistry),
        ImageTrouble::NotFound => ("correct-image", Instruction::CorrectImage),
        ImageTrouble::OtherPlatform => ("correct-image", Instruction::ImageForArchitecture),
        ImageTrouble::Invalid => ("correct-image", Instruction::ValidImageName),
        ImageTrouble::ShortName => ("correct-image", Instruction::NameRegistry),
        ImageTrouble::NeverPulled => ("correct-image", Instruction::AllowPull),
        ImageTrouble::Other => ("correct-image", Instruction::MakePullable),
    };
    let mut ops = vec![manual(instruction)];
    if !focus.is_running() || id == "correct-image" {
        ops.push(submit(focus, Vec::new(), true));
    }
    vec![Plan::new(id, ops)]
}

/// The pod's node has lost contact: a new run goes elsewhere, unless a volume holds it.
pub(super) fn node_lost(focus: &Focus<'_>) -> Vec<Plan> {
    let mut plans = vec![resubmit(focus, true)];
    plans.extend(assistant::on_lost_node(focus));
    plans.push(Plan::new("mend-node", vec![manual_with(Instruction::RecoverNode, &[&["get", "nodes"]])]));
    plans
}

/// A container that was killed: more memory, which only its author can judge, and a new run,
/// because this one cannot go on.
pub(super) fn more_memory(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let Facts::Step { task, step, memory } = facts else { return Vec::new() };
    let is_tektons = is_of_tekton(step);
    let instruction = if is_tektons {
        Instruction::MoreMemoryForTekton { container: step.clone(), limit: memory.clone() }
    } else {
        Instruction::MoreMemory { task: task.clone(), step: step.clone(), limit: memory.clone() }
    };
    vec![Plan::new("more-memory", vec![manual(instruction), submit(focus, Vec::new(), true)])]
}

/// A step whose image does not run on its node: nodes of the other architecture may do.
pub(super) fn other_architecture(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    const ARCH: &str = "kubernetes.io/arch";
    let Facts::Architecture(here) = facts else { return Vec::new() };
    let others = focus.cluster.nodes.iter().filter_map(|node| node.metadata.label(ARCH));
    let mut others: Vec<&str> = others.filter(|arch| arch != here).collect();
    others.sort_unstable();
    others.dedup();
    let edit = |arch: &str| Edit::NodeSelector { key: ARCH.to_owned(), value: arch.to_owned() };
    let mut plans: Vec<Plan> = others
        .into_iter()
        .map(|arch| Plan::new("other-architecture", vec![submit(focus, vec![edit(arch)], true)]))
        .collect();
    let image = vec![manual(Instruction::ImageForArchitecture), submit(focus, Vec::new(), true)];
    plans.push(Plan::new("correct-image", image));
    plans
}

/// A container that must not run as root and would: another user for the run's pods, or, for
/// Tekton's own containers, the flag off.
pub(super) fn would_run_as_root(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let Facts::Container { container, .. } = facts else { return Vec::new() };
    let is_step = container.starts_with("step-") || container.starts_with("sidecar-");
    let mut plans: Vec<Plan> = Vec::new();
    if !is_step {
        plans.extend(super::flags::security_context_off(focus));
    }
    let user = match focus.cluster.namespace(focus.namespace()).map(|known| ranges::user_ids(&known.metadata)) {
        Some(Ok(range)) => range.min,
        _ => ANY_USER,
    };
    plans.push(Plan::new("run-as-user", vec![submit(focus, vec![Edit::RunAsUser { user }], true)]));
    plans
}

/// A sidecar that does not become ready.
pub(super) fn sidecar(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let Facts::Container { pod, container } = facts else { return Vec::new() };
    let logs: &[&str] = &["logs", pod, "-c", container, "-n", focus.namespace(), "--tail=50"];
    let describe: &[&str] = &["describe", "pod", pod, "-n", focus.namespace()];
    let instruction = Instruction::InspectContainer { container: container.clone() };
    vec![Plan::new("inspect-sidecar", vec![manual_with(instruction, &[logs, describe])])]
}

/// What lets a step get at the files of another.
pub(super) fn denied(focus: &Focus<'_>) -> Vec<Plan> {
    let plan = |remedy: crate::analysis::access::Remedy| {
        let op = match remedy.fs_group.map(i64::from) {
            Some(group) => {
                let of_namespace = block_start(focus) == Some(group);
                submit(focus, vec![Edit::FsGroup { group, of_namespace }], true)
            }
            None => Op::Manual { instruction: Instruction::OpenFiles { how: remedy.summary }, look: Vec::new() },
        };
        Plan::new("open-workspace", vec![op])
    };
    workspace_access::remedies(focus).into_iter().map(plan).collect()
}

/// The controller's pods, and their logs.
pub(super) fn controller(focus: &Focus<'_>) -> Vec<Plan> {
    let namespace = tekton_namespace(focus);
    let is_down = focus.installation.controller.is_some_and(|controller| controller.status.available_replicas == 0);
    let instruction = if is_down { Instruction::StartController } else { Instruction::InspectController };
    let pods: &[&str] = &["get", "pods", "-n", namespace, "-l", "app.kubernetes.io/name=controller"];
    let logs: &[&str] = &["logs", "-n", namespace, "deployment/tekton-pipelines-controller", "--tail=50"];
    vec![Plan::new("start-controller", vec![manual_with(instruction, &[pods, logs])])]
}

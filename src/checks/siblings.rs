//! Tasks of one run that take turns on a node: a matrix waits for its own siblings.

use crate::analysis::scheduler::requests::{Amounts, of_existing, of_incoming};
use crate::analysis::scheduler::{Behaviour, NodeInfo};
use crate::model::pod::Pod;

use super::containers::{self, Progress};
use super::focus::Focus;
use crate::finding::{Cause, Finding, Severity};

/// Whether a pod fits on a node once working tasks of its own run have ended there, and not
/// before: that is no standstill.
pub fn makes_room(focus: &Focus<'_>, pod: &Pod, node: &str) -> bool {
    let state = focus.state(false);
    let behaviour = Behaviour::of(state.version());
    let Some(info) = state.node(node) else { return false };
    let works = focus.tree.tasks.iter().filter(|task| containers::progress(focus, task) == Progress::Works);
    let siblings: Vec<&Pod> = works
        .filter_map(|task| task.pod)
        .filter(|other| other.spec.node_name == node && other.metadata.name != pod.metadata.name)
        .collect();
    if siblings.is_empty() || focus.is_in_the_past() {
        return false;
    }
    let wanted = of_incoming(pod, &behaviour);
    let gone: Vec<Amounts<'_>> = siblings.iter().map(|other| of_existing(other, &behaviour)).collect();
    !fits(&wanted, info, &[]) && fits(&wanted, info, &gone)
}

/// The finding of a task that waits until others of its run have ended: nothing is wrong.
pub fn for_its_turn(finding: Finding) -> Finding {
    finding.severity(Severity::Warning).link(
        "Working tasks of the same run hold the room there. The pod fits once they have ended: it waits for its turn.",
    )
}

/// Whether a finding is of that kind.
pub fn is_for_its_turn(finding: &Finding) -> bool {
    finding.severity == Severity::Warning
        && matches!(finding.cause, Cause::AssistantNodeFull | Cause::InsufficientResources)
}

/// Whether a node has room when `gone` no longer uses it.
fn fits(wanted: &Amounts<'_>, info: &NodeInfo<'_>, gone: &[Amounts<'_>]) -> bool {
    let (all, used) = (&info.allocatable, &info.requested);
    let sum = |of: &dyn Fn(&Amounts<'_>) -> i64| gone.iter().map(of).fold(0, i64::saturating_add);
    let enough = |asked: i64, all: i64, used: i64, gone: i64| asked <= all.saturating_sub(used.saturating_sub(gone));
    let there = i64::try_from(info.pods.len().saturating_sub(gone.len())).unwrap_or(i64::MAX);
    enough(wanted.milli_cpu, all.milli_cpu, used.milli_cpu, sum(&|a| a.milli_cpu))
        && enough(wanted.memory, all.memory, used.memory, sum(&|a| a.memory))
        && enough(
            wanted.ephemeral_storage,
            all.ephemeral_storage,
            used.ephemeral_storage,
            sum(&|a| a.ephemeral_storage),
        )
        && wanted
            .scalars
            .iter()
            .all(|(name, asked)| enough(*asked, all.scalar(name), used.scalar(name), sum(&|a| a.scalar(name))))
        && there < all.pods
}

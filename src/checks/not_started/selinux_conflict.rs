//! Two pods with different SELinux labels on one volume of a node.

use crate::analysis::access::label::{Label, Shares};
use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::checks::no_node::volume_node_affinity::claims_of;
use crate::checks::refused::between;
use crate::finding::{Cause, Facts, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;

use super::standing;

/// `selinux-label-conflict`: drivers that set `seLinuxMount` mount a volume with the label of the
/// first pod, and the kubelet lets no pod with another label onto the same mount (kubernetes
/// pkg/kubelet/volumemanager/cache/desired_state_of_world.go; all access modes since 1.37,
/// `SELinuxMount`). The volume controller warns of it before
/// (pkg/controller/volume/selinuxwarning/cache).
pub(super) fn selinux_conflict(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    const WORDS: &str = "conflicting SELinux labels of volume ";
    let events = standing(focus, &pod.metadata.name);
    let event = events.iter().rev().find(|event| event.message.contains(WORDS))?;
    let said = event.message.split_once(WORDS)?.1;
    let (volume, labels) = said.split_once(": ")?;
    let (first, second) = labels.split_once("\" and \"").unwrap_or((labels, ""));
    let (first, second) = (first.trim_start_matches('"'), between(second, "", "\"").unwrap_or(second));
    let claim = claims_of(pod)
        .filter_map(|name| focus.cluster.claim(focus.namespace(), name))
        .find(|claim| claim.spec.volume_name == volume);
    let what = claim.map_or_else(|| format!("volume {volume}"), |claim| format!("claim {}", claim.metadata.name));
    let holders = claim.map(|claim| holders(focus, pod, &claim.metadata.name)).unwrap_or_default();
    let node = &pod.spec.node_name;
    let mut finding = Finding::new(
        Cause::SelinuxLabelConflict,
        format!(
            "{what} of task {} is mounted on {node} with SELinux label {first:?}, and the pod has {second:?}: it waits until the other pod is gone",
            task.task
        ),
    )
    .link("The driver mounts the volume with the label of the first pod; the kubelet lets no pod with another label use that mount at the same time.");
    for holder in &holders {
        let run =
            holder.metadata.label("tekton.dev/pipelineRun").map(|run| format!(" of run {run}")).unwrap_or_default();
        finding = finding.link(format!("Pod {}{run} uses it on {node} with {}.", holder.metadata.name, label(holder)));
    }
    finding = finding.link(
        "A pod that no SCC or field gives a level gets one of its own: privileged pods, and pods of another namespace, differ.",
    );
    let runs: Vec<(String, String)> = holders
        .iter()
        .filter_map(|holder| Some((holder.metadata.label("tekton.dev/pipelineRun")?.to_owned(), node.clone())))
        .filter(|(run, _)| *run != focus.run().metadata.name)
        .collect();
    let quoted: Vec<_> = holders
        .iter()
        .map(|holder| {
            let context = holder.spec.security_context.as_ref().and_then(|context| context.se_linux_options.as_ref());
            let text = serde_json::to_string(&context).unwrap_or_default();
            focus.quote(Kind::Pod, &holder.metadata.name, "spec.securityContext.seLinuxOptions", text)
        })
        .collect();
    Some(
        finding
            .facts(Facts::Holders(runs))
            .evidence(focus.quote_run())
            .evidence(focus.quote_task_run(task.task_run))
            .evidence([focus.quote(Kind::Pod, &pod.metadata.name, "spec.nodeName", node), focus.quote_event(event)])
            .evidence(quoted),
    )
}

/// The level that a pod as a whole was given.
fn label(pod: &Pod) -> Label {
    Label::of(pod.spec.security_context.as_ref().and_then(|context| context.se_linux_options.as_ref()))
}

/// Pods on the same node that use the claim with another label.
fn holders<'f>(focus: &'f Focus<'_>, pod: &Pod, claim: &str) -> Vec<&'f Pod> {
    let own = label(pod);
    let uses = |other: &&Pod| {
        other.metadata.name != pod.metadata.name
            && !other.is_terminal()
            && other.spec.node_name == pod.spec.node_name
            && claims_of(other).any(|name| name == claim)
            && label(other).shares_with(&own) == Shares::No
    };
    focus.cluster.pods_in(focus.namespace()).filter(uses).collect()
}

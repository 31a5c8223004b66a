//! A volume is attached to another node.

use crate::analysis::pipeline_fit::attached_nowhere;
use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::checks::no_node::volume_in_use;
use crate::checks::no_node::volume_node_affinity::claims_of;
use crate::checks::refused::between;
use crate::finding::{Cause, Facts, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;
use crate::model::volume::Claim;

use super::standing;

/// Label with which Tekton marks the pods of a run, its assistants' included
/// (tektoncd/pipeline pkg/apis/pipeline/register.go, v1.15).
const RUN_LABEL: &str = "tekton.dev/pipelineRun";

/// `volume-multi-attach` (kubernetes pkg/controller/volume/attachdetach/reconciler
/// `reportMultiAttachError`, v1.33).
pub(super) fn multi_attach(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    let events = standing(focus, &pod.metadata.name);
    let event = events.iter().find(|event| event.message.contains("Multi-Attach error"))?;
    let node = &pod.spec.node_name;
    let claim = between(&event.message, "for volume \"", "\"").and_then(|volume| claim_of(focus, pod, volume));
    let holders: Vec<&Pod> = claim.map(|claim| holders(focus, pod, claim)).unwrap_or_default();
    let stranded = claim.filter(|_| holders.is_empty()).and_then(|claim| attached_nowhere(focus.cluster, claim));
    let summary = match (claim, holders.first()) {
        (Some(claim), None) if stranded.is_some() => format!(
            "the volume of claim {} of task {} is still attached to {}, a node that does not exist any more",
            claim.metadata.name,
            task.task,
            stranded.map(|attachment| attachment.spec.node_name.as_str()).unwrap_or_default()
        ),
        (Some(claim), Some(holder)) => format!(
            "claim {} of task {} is in use on {} by pod {}, and its volume cannot be attached to {node} too",
            claim.metadata.name, task.task, holder.spec.node_name, holder.metadata.name
        ),
        (Some(claim), None) => format!(
            "the volume of claim {} of task {} is attached to another node than {node}",
            claim.metadata.name, task.task
        ),
        (None, _) => format!("the volume of task {} is attached to another node than {node}", task.task),
    };
    let own = focus.run().metadata.name.as_str();
    let mut others: Vec<(String, String)> = holders
        .iter()
        .filter_map(|holder| Some((holder.metadata.label(RUN_LABEL)?.to_owned(), holder.spec.node_name.clone())))
        .filter(|(run, _)| run != own)
        .collect();
    others.sort();
    others.dedup();
    let mut finding = Finding::new(Cause::VolumeMultiAttach, summary)
        .link("A ReadWriteOnce volume can be attached to one node only; the kubelet waits until it is free there.");
    let left = holders.iter().find_map(|holder| volume_in_use::left_behind(focus, holder));
    finding = match (others.first(), task.task_run.assistant()) {
        (Some((run, node)), _) if left == Some(run.as_str()) => finding.link(format!(
            "Run {run} is over, and its assistant is still there: it keeps the claim on {node} until its StatefulSet is deleted."
        )),
        (Some((run, node)), Some(_)) => finding.link(format!(
            "Run {run} uses the claim on {node}. Each run has an assistant of its own, and the scheduler does not keep two runs on one node."
        )),
        (Some((run, node)), None) => finding.link(format!("Run {run} uses the claim on {node}.")),
        (None, _) if stranded.is_some() => finding.link(
            "Nothing detaches a volume from a node that is gone: its VolumeAttachment has to be deleted once the disk is known to be free.",
        ),
        (None, None) => finding.link("Without an assistant nothing keeps the run's pods on one node."),
        (None, Some(_)) => finding,
    };
    let quoted = holders
        .iter()
        .take(3)
        .map(|pod| focus.quote(Kind::Pod, &pod.metadata.name, "spec.nodeName", &pod.spec.node_name));
    let quoted: Vec<_> = quoted.collect();
    Some(
        finding
            .facts(Facts::Holders(others))
            .evidence(stranded.map(|attachment| {
                let name = &attachment.metadata.name;
                focus.quote(Kind::VolumeAttachment, name, "spec.nodeName", &attachment.spec.node_name)
            }))
            .evidence(focus.quote_run())
            .evidence(focus.quote_task_run(task.task_run))
            .evidence([focus.quote(Kind::Pod, &pod.metadata.name, "spec.nodeName", node), focus.quote_event(event)])
            .evidence(quoted),
    )
}

/// The pod's claim that is bound to a volume.
fn claim_of<'f>(focus: &'f Focus<'_>, pod: &Pod, volume: &str) -> Option<&'f Claim> {
    let claims = claims_of(pod).filter_map(|name| focus.cluster.claim(focus.namespace(), name));
    claims.into_iter().find(|claim| claim.spec.volume_name == volume)
}

/// Pods that use the claim on another node.
fn holders<'f>(focus: &'f Focus<'_>, pod: &Pod, claim: &Claim) -> Vec<&'f Pod> {
    let uses = |other: &&Pod| claims_of(other).any(|name| name == claim.metadata.name);
    let elsewhere = |other: &&Pod| {
        !other.is_terminal() && !other.spec.node_name.is_empty() && other.spec.node_name != pod.spec.node_name
    };
    focus.cluster.pods_in(focus.namespace()).filter(elsewhere).filter(uses).collect()
}

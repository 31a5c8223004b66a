//! A ReadWriteOncePod claim that another pod uses.

use crate::checks::focus::Focus;
use crate::finding::{Cause, Evidence, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;

use super::volume_node_affinity::claims_of;

const CAUSE: Cause = Cause::RwopInUse;

/// `rwop-in-use`: a task's pod on its own.
pub fn of_task(focus: &Focus<'_>, pod: &Pod, task: &str) -> Finding {
    let summary = format!("another pod uses the ReadWriteOncePod claim that task {task} needs");
    finding(focus, pod, summary)
}

/// `rwop-in-use`: a task that must join its assistant, which mounts the claim.
pub fn beside_assistant(focus: &Focus<'_>, pod: &Pod, task: &str) -> Finding {
    let summary = format!("task {task} cannot use its ReadWriteOncePod claim: the assistant itself uses it");
    finding(focus, pod, summary)
}

/// `rwop-in-use`: the assistant's pod.
pub fn of_assistant(focus: &Focus<'_>, pod: &Pod) -> Finding {
    let name = &pod.metadata.name;
    let summary =
        format!("the affinity assistant's pod {name} cannot use a ReadWriteOncePod claim that another pod uses");
    finding(focus, pod, summary)
}

/// With the claims and the pods that use them.
fn finding(focus: &Focus<'_>, pod: &Pod, summary: String) -> Finding {
    let mut finding = Finding::new(CAUSE, summary);
    for claim in claims_of(pod).filter_map(|name| focus.cluster.claim(focus.namespace(), name)) {
        let name = &claim.metadata.name;
        if !claim.spec.access_modes.iter().any(|mode| mode == "ReadWriteOncePod") {
            continue;
        }
        let modes = claim.spec.access_modes.join(", ");
        finding = finding.evidence([focus.quote(Kind::Claim, name, "spec.accessModes", modes)]);
        for holder in holders(focus, pod, name) {
            finding = finding.evidence([quote_use(focus, holder, name)]);
            if let Some(run) = left_behind(focus, holder) {
                finding = finding.link(format!("Pod {} is the affinity assistant of PipelineRun {run}, which is over: an assistant that is switched off while a run is under way stays until that PipelineRun is deleted.", holder.metadata.name));
            }
        }
    }
    finding
}

/// Other pods that use a claim and have a node.
pub fn holders<'a>(focus: &Focus<'a>, pod: &Pod, claim: &str) -> Vec<&'a Pod> {
    let uses = |other: &&Pod| {
        other.metadata.name != pod.metadata.name
            && !other.spec.node_name.is_empty()
            && !other.is_terminal()
            && claims_of(other).any(|used| used == claim)
    };
    focus.cluster.pods_in(focus.namespace()).filter(uses).collect()
}

fn quote_use(focus: &Focus<'_>, holder: &Pod, claim: &str) -> Evidence {
    let value = format!("{claim}, on {}", holder.spec.node_name);
    focus.quote(Kind::Pod, &holder.metadata.name, "spec.volumes[].persistentVolumeClaim.claimName", value)
}

/// The run that is over and whose assistant a pod is.
pub fn left_behind<'a>(focus: &Focus<'a>, holder: &'a Pod) -> Option<&'a str> {
    use crate::analysis::tekton::assistant::{COMPONENT, COMPONENT_LABEL};
    let run = holder.metadata.label("tekton.dev/pipelineRun")?;
    let is_assistant = holder.metadata.label(COMPONENT_LABEL) == Some(COMPONENT);
    let is_over = focus.cluster.pipeline_run(focus.namespace(), run).is_none_or(|run| run.is_done());
    (is_assistant && is_over).then_some(run)
}

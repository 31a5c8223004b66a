//! The image is built for another CPU architecture than the node's.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Facts, Finding};
use crate::model::Kind;

use super::log::Words;

const ARCH: &str = "kubernetes.io/arch";

/// `wrong-architecture`: the kernel refuses a binary of another architecture with
/// `ENOEXEC` (errno(3)).
///
/// `who` is the step or init container, `step build` for example.
pub fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, who: &str, words: &Words<'_>) -> Option<Finding> {
    let line = words.line(&["exec format error"])?;
    let pod = words.pod;
    let node = pod.and_then(|pod| focus.cluster.node(&pod.spec.node_name));
    let arch = node.and_then(|node| node.metadata.label(ARCH));
    let image = pod
        .and_then(|pod| pod.all_containers().find(|own| own.name == words.container))
        .map_or("its image", |container| container.image.as_str());
    let on = arch.map(|arch| format!("; the node is {arch}")).unwrap_or_default();
    let mut finding = Finding::new(
        Cause::WrongArchitecture,
        format!("{who} of task {} cannot run what {image} holds: exec format error{on}", task.task),
    )
    .facts(Facts::Architecture(arch.unwrap_or_default().to_owned()))
    .link(format!("It wrote: {line}"));
    let mut others: Vec<&str> = focus
        .cluster
        .nodes
        .iter()
        .filter_map(|node| node.metadata.label(ARCH))
        .filter(|own| Some(*own) != arch)
        .collect();
    others.sort_unstable();
    others.dedup();
    // What Tekton starts itself is the image's; anything else may be a script without `#!`.
    let is_started_by_tekton =
        line.contains("/tekton/") || line.contains("exec user process") || line.contains("exec /");
    match (node, arch) {
        (Some(node), Some(arch)) => {
            let name = &node.metadata.name;
            finding = finding
                .link(format!(
                    "The pod was placed on {name}, which is {arch}; the image has no {arch} variant, or the program in it is built for another architecture."
                ))
                .evidence([focus.quote(Kind::Node, name, format!("metadata.labels[{ARCH}]"), arch)]);
            if others.is_empty() {
                finding = finding.link(format!("All nodes that were read are {arch}."));
            } else {
                finding = finding.link(format!(
                    "The cluster also has nodes of {}: a nodeSelector {ARCH} keeps the task on them, a multi-arch image runs on all.",
                    others.join(", ")
                ));
            }
        }
        _ => {
            finding = finding.cannot_tell(format!("the node's architecture: its label {ARCH} was not read"));
        }
    }
    let is_certain = is_started_by_tekton && !others.is_empty();
    if !is_certain {
        finding = finding.cannot_tell(
            "whether a script without a #! line is meant, which the kernel refuses with the same words: look at the file, and at the platforms of the image",
        );
    }
    if let Some(pod) = pod {
        let field = format!("spec.containers[{}].image", words.container);
        let image = focus.quote(Kind::Pod, &pod.metadata.name, field, image);
        // For which architectures the image is, is concluded.
        let image = if is_certain { image } else { image.computed() };
        finding = finding
            .evidence([focus.quote(Kind::Pod, &pod.metadata.name, "spec.nodeName", &pod.spec.node_name)])
            .evidence([image]);
    }
    Some(words.quoted(focus, finding))
}

//! The image is built for another processor architecture than the node's.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::checks::workspace_access::container_of;
use crate::finding::{Cause, Evidence, Facts, Finding};
use crate::model::Kind;
use crate::model::run::StepState;

/// The kernel's words for a program that it cannot run (`ENOEXEC`), as Go and shells write
/// them.
const WORDS: &str = "exec format error";
const ARCH: &str = "kubernetes.io/arch";

/// `wrong-architecture`.
pub fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, step: &StepState) -> Option<Finding> {
    let pod = task.pod?;
    let container = container_of(step);
    let key = format!("{}/{}/{container}", pod.metadata.namespace, pod.metadata.name);
    let in_log = focus.cluster.logs.get(&key).and_then(|log| log.lines().rev().find(|line| has_words(line)));
    let message = step.state.terminated.as_ref().map(|end| end.message.as_str()).filter(|text| has_words(text));
    let (line, field, source) = match (in_log, message) {
        (Some(line), _) => (line, format!("log of container {container}"), key.clone()),
        (None, Some(text)) => (text, format!("termination message of container {container}"), String::new()),
        (None, None) => return None,
    };
    let node = focus.cluster.node(&pod.spec.node_name);
    let arch = node.and_then(|node| node.metadata.label(ARCH)).unwrap_or_default();
    let on = if arch.is_empty() { String::new() } else { format!(" on {} ({arch})", pod.spec.node_name) };
    let image = pod.spec.containers.iter().find(|own| own.name == container).map_or("", |own| own.image.as_str());
    let summary = format!("step {} of task {} cannot run{on}: {WORDS}", step.name, task.task);
    let mut finding = Finding::new(Cause::WrongArchitecture, summary)
        .facts(Facts::Architecture(arch.to_owned()))
        .link(format!("Its image {image} is built for another processor architecture than the node's, or its script has no valid first line."))
        .evidence([Evidence {
            object: format!("Pod/{}", pod.metadata.name),
            field,
            value: line.trim().to_owned(),
            source,
        }]);
    match node {
        Some(node) => {
            let field = format!("metadata.labels[{ARCH}]");
            finding = finding.evidence([focus.quote(Kind::Node, &node.metadata.name, field, arch)]);
        }
        None => finding = finding.cannot_tell("the architecture of the node: nodes were not read"),
    }
    Some(finding)
}

fn has_words(text: &str) -> bool {
    text.to_lowercase().contains(WORDS)
}

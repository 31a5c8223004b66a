//! A step could not write: no space is left.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Facts, Finding};
use crate::model::Kind;
use crate::model::run::StepState;
use crate::model::volume::VolumeSource;

use super::log::{self, Words};

/// `ENOSPC` and `EDQUOT` (errno(3)), as C, Java, Node, Go and Python write them.
const FULL: [&str; 5] =
    ["no space left on device", "enospc", "disk quota exceeded", "edquot", "not enough space on the disk"];

/// `volume-full`.
pub fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, step: &StepState, words: &Words<'_>) -> Option<Finding> {
    let line = words.line(&FULL)?;
    let path = log::path(line);
    let mount = path.and_then(|path| words.mount(path));
    let source = mount.and_then(|mount| words.source(mount));
    let place = match (source, path) {
        (Some(VolumeSource::PersistentVolumeClaim(source)), _) => format!("claim {} is full", source.claim_name),
        (Some(_), Some(path)) => format!("the disk of the node is full, on which {path} lies"),
        (None, Some(path)) if !path.starts_with("/workspace") => {
            format!("the disk of the node is full: {path} is in the container's own file system")
        }
        _ => "no space is left on a device".to_owned(),
    };
    let mut finding =
        Finding::new(Cause::VolumeFull, format!("step {} of task {} could not write: {place}", step.name, task.task))
            .link(format!("The step wrote: {line}"));
    if let Some(VolumeSource::PersistentVolumeClaim(source)) = source {
        let name = &source.claim_name;
        finding = finding.facts(Facts::Claim(name.clone()));
        let claim = focus.cluster.claim(focus.namespace(), name);
        match claim.and_then(|claim| claim.status.capacity.get("storage")) {
            Some(size) => {
                finding = finding.link(format!("Claim {name} has {size}.")).evidence([focus.quote(
                    Kind::Claim,
                    name,
                    "status.capacity.storage",
                    size.to_string(),
                )]);
            }
            None => finding = finding.cannot_tell(format!("the size of claim {name}: it was not read")),
        }
        finding = finding.cannot_tell(format!("what fills claim {name}: only a look into the volume tells"));
    } else if source.is_none() {
        finding = finding.cannot_tell("which volume is full: the line names no path on a volume of the step");
    }
    Some(words.quoted(focus, finding))
}

//! A step could not write: the file system is read-only.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding};
use crate::model::Kind;
use crate::model::run::StepState;
use crate::model::volume::VolumeSource;

use super::log::{self, Words};

/// `EROFS` (errno(3)).
const READ_ONLY: [&str; 3] = ["read-only file system", "erofs", "readonlyfilesystemexception"];

/// `volume-read-only`.
pub fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, step: &StepState, words: &Words<'_>) -> Option<Finding> {
    let line = words.line(&READ_ONLY)?;
    let path = log::path(line);
    let mount = path.and_then(|path| words.mount(path));
    let container = words.pod.and_then(|pod| pod.spec.containers.iter().find(|own| own.name == words.container));
    let is_root_read_only =
        container.and_then(|own| own.security_context.as_ref()?.read_only_root_filesystem) == Some(true);
    let mut finding = Finding::new(
        Cause::VolumeReadOnly,
        format!(
            "step {} of task {} could not write to {}: read-only file system",
            step.name,
            task.task,
            path.unwrap_or("a file")
        ),
    )
    .link(format!("The step wrote: {line}"));
    let pod = words.pod.map(|pod| pod.metadata.name.as_str()).unwrap_or_default();
    match mount {
        Some(mount) if mount.read_only => {
            let what = match words.source(mount) {
                Some(VolumeSource::PersistentVolumeClaim(source)) => format!("claim {}", source.claim_name),
                Some(source) => source.field_name().to_owned(),
                None => mount.name.clone(),
            };
            finding = finding
                .link(format!("{what} is mounted read-only at {}: the task declares its workspace readOnly, or the volume is of a kind that never can be written.", mount.mount_path))
                .evidence([focus.quote(
                    Kind::Pod,
                    pod,
                    format!("spec.containers[{}].volumeMounts[{}].readOnly", words.container, mount.name),
                    "true",
                )]);
        }
        Some(mount) => match words.source(mount) {
            Some(VolumeSource::ConfigMap { .. } | VolumeSource::Secret { .. } | VolumeSource::Projected(_)) => {
                finding = finding.link(format!(
                    "{} shows a ConfigMap or Secret: such volumes are always read-only.",
                    mount.mount_path
                ));
            }
            _ => {
                finding = finding
                    .link(format!("{} is mounted for writing: the storage itself has become read-only, as file systems do after an error.", mount.mount_path))
                    .cannot_tell("why the storage is read-only: look at the kernel log of the node and at the storage");
            }
        },
        None if is_root_read_only => {
            finding = finding
                .link("The container's own file system is read-only (readOnlyRootFilesystem): write to a workspace or an emptyDir.")
                .evidence([focus.quote(
                    Kind::Pod,
                    pod,
                    format!("spec.containers[{}].securityContext.readOnlyRootFilesystem", words.container),
                    "true",
                )]);
        }
        None => {
            finding =
                finding.cannot_tell("which file system is read-only: the line names no path on a volume of the step")
        }
    }
    Some(words.quoted(focus, finding))
}

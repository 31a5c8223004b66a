//! What a failed step wrote, and the volume on which a path of it lies.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::checks::workspace_access::container_of;
use crate::finding::{Evidence, Finding};
use crate::model::pod::{Pod, VolumeMount};
use crate::model::run::StepState;
use crate::model::volume::VolumeSource;

/// Where a failed step's last words stand.
pub struct Words<'a> {
    /// The pod, where it was read.
    pub pod: Option<&'a Pod>,
    /// The step's container.
    pub container: String,
    /// Its log; absent where it was not read.
    pub log: Option<&'a str>,
    /// The termination message, without Tekton's own entries.
    pub termination: &'a str,
    /// What the TaskRun says.
    pub condition: &'a str,
}

impl<'a> Words<'a> {
    /// Collects what is known of a failed step.
    pub fn of(focus: &Focus<'a>, task: &TaskNode<'a>, step: &StepState) -> Self {
        Self::of_container(focus, task, container_of(step))
    }

    /// The same of any container of a task's pod.
    pub fn of_container(focus: &Focus<'a>, task: &TaskNode<'a>, container: String) -> Self {
        let pod = task.pod;
        let status = pod.and_then(|pod| {
            let statuses = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
            statuses.into_iter().find(|status| status.name == container)
        });
        let end = status.and_then(|status| status.state.terminated.as_ref());
        let termination = end.map(|end| end.message.trim()).filter(|text| !text.starts_with('[')).unwrap_or_default();
        let condition = task.task_run.succeeded().map(|condition| condition.message.as_str()).unwrap_or_default();
        Self { pod, log: pod.and_then(|pod| focus.log(pod, &container)), container, termination, condition }
    }

    /// The last line with one of these words, which are lower case: of the log, of the
    /// termination message, then of the TaskRun.
    pub fn line(&self, words: &[&str]) -> Option<&'a str> {
        let with = |text: &'a str| {
            text.lines().rev().map(str::trim).find(|line| {
                let lower = line.to_lowercase();
                words.iter().any(|word| lower.contains(word))
            })
        };
        with(self.log.unwrap_or_default()).or_else(|| with(self.termination)).or_else(|| with(self.condition))
    }

    /// Why the container ended, in the runtime's one word.
    pub fn end_reason(&self) -> &'a str {
        let statuses = self.pod.map(|pod| pod.status.container_statuses.as_slice()).unwrap_or_default();
        let end = statuses.iter().find(|status| status.name == self.container);
        end.and_then(|status| status.state.terminated.as_ref()).map(|end| end.reason.as_str()).unwrap_or_default()
    }

    /// The last lines of the log that say something, as many as wanted.
    pub fn last_lines(&self, wanted: usize) -> Vec<&'a str> {
        let lines = self.log.unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty());
        let lines: Vec<&str> = lines.collect();
        lines[lines.len().saturating_sub(wanted)..].to_vec()
    }

    /// Adds the last lines of the log, or says that it was not read.
    pub fn quoted(&self, focus: &Focus<'_>, finding: Finding) -> Finding {
        let quoted: Option<Evidence> = self.pod.and_then(|pod| focus.quote_log(pod, &self.container));
        if quoted.is_some() {
            return finding.evidence(quoted);
        }
        match self.pod {
            Some(pod) if self.log.is_none() => finding.cannot_tell(format!(
                "what the step wrote: its log was not read; kubectl logs {} -c {} -n {}",
                pod.metadata.name,
                self.container,
                focus.namespace()
            )),
            Some(_) => finding.cannot_tell("what the step wrote: its log is empty"),
            None => finding.cannot_tell("what the step wrote: its pod was not read, and with it its log"),
        }
    }

    /// The mount of the container above a path.
    pub fn mount(&self, path: &str) -> Option<&'a VolumeMount> {
        let container = self.pod?.spec.containers.iter().find(|own| own.name == self.container)?;
        let above = |mount: &&VolumeMount| {
            path.strip_prefix(mount.mount_path.trim_end_matches('/'))
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        container.volume_mounts.iter().filter(above).max_by_key(|mount| mount.mount_path.len())
    }

    /// What a mount shows: the claim, or the kind of volume.
    pub fn source(&self, mount: &VolumeMount) -> Option<&'a VolumeSource> {
        let pod = self.pod?;
        pod.spec.volumes.iter().find(|volume| volume.name == mount.name).map(|volume| &volume.source)
    }
}

/// The last absolute path of a line.
pub fn path(line: &str) -> Option<&str> {
    let is_end =
        |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '`' | '(' | ')' | ',' | ';' | '‘' | '’' | '[' | ']');
    let mut words = line.rsplit(is_end).map(|word| word.trim_end_matches([':', '.', '!']));
    words.find(|word| word.starts_with('/') && word.len() > 1)
}

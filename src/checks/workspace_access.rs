//! `workspace-permission-denied`: a step was denied a path; who it is, who else used the
//! volume, and what that explains.

use jiff::Timestamp;

use crate::analysis::access::denial::Tried;
use crate::analysis::access::fs_group::{ChangePolicy, Ownership, ownership};
use crate::analysis::access::label::Label;
use crate::analysis::access::{Cause, Denial, Explanation, Party, Process, Remedy, Situation, denial, explain};
use crate::analysis::scc::admission::VALIDATED;
use crate::analysis::scc::ranges;
use crate::analysis::tekton::TaskNode;
use crate::model::Kind;
use crate::model::pod::{Container, Pod};
use crate::model::run::StepState;
use crate::model::volume::{PersistentVolume, VolumeSource};

use super::focus::Focus;
use super::scc_verdict::is_openshift;
use crate::finding::{self, About, Evidence, Facts, Finding, Proof};

/// A denial in what a container wrote, with the field and place where it stands.
fn denied(focus: &Focus<'_>, pod: &Pod, container: &str) -> Option<(Denial, String, String)> {
    let key = format!("{}/{}/{container}", pod.metadata.namespace, pod.metadata.name);
    let log = focus.cluster.logs.get(&key).map(String::as_str);
    if let Some(denial) = log.and_then(denial::last_in) {
        return Some((denial, format!("log of container {container}"), key));
    }
    let denial = denial::last_in(termination(pod, container)?)?;
    Some((denial, format!("termination message of container {container}"), String::new()))
}

/// Explains what was denied to a container of a task, when the path lies on a claim.
fn explained(focus: &Focus<'_>, task: &TaskNode<'_>, container: &str, denial: Denial) -> Option<Explanation> {
    let pod = task.pod?;
    let container = pod.spec.containers.iter().find(|own| own.name == container)?;
    let claim = claim_of(pod, container, denial.path.as_deref())?;
    Some(explanation(focus, task, (pod, container), &claim, denial))
}

/// Remedies for all denials of the run, each once.
pub fn remedies(focus: &Focus<'_>) -> Vec<Remedy> {
    let mut remedies: Vec<Remedy> = Vec::new();
    for task in &focus.tree.tasks {
        for step in &task.task_run.status.steps {
            let container = container_of(step);
            if not_executable(step) {
                continue;
            }
            let Some((denial, ..)) = task.pod.and_then(|pod| denied(focus, pod, &container)) else { continue };
            let explanation = explained(focus, task, &container, denial);
            for remedy in explanation.into_iter().flat_map(|explanation| explanation.remedies) {
                if !remedies.contains(&remedy) {
                    remedies.push(remedy);
                }
            }
        }
    }
    remedies
}

/// Whether a step ended because a shell may not execute a file: no group or owner mends that.
fn not_executable(step: &StepState) -> bool {
    step.state.terminated.as_ref().is_some_and(|end| end.exit_code == 126)
}

/// The container of a step.
pub fn container_of(step: &StepState) -> String {
    if step.container.is_empty() { format!("step-{}", step.name) } else { step.container.clone() }
}

/// The finding for a step that failed, when what it wrote tells of a denied path.
pub fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, step: &StepState) -> Option<Finding> {
    let pod = task.pod?;
    let container = container_of(step);
    let (denial, field, source) = denied(focus, pod, &container)?;
    if not_executable(step) {
        let summary = format!("step {} of task {} may not execute a file: {}", step.name, task.task, denial.line);
        let object = About::Object { kind: Kind::Pod, name: pod.metadata.name.clone() };
        let evidence = Evidence { proof: Proof::Said, object, field, value: denial.line, source };
        return Some(Finding::new(finding::Cause::WorkspacePermissionDenied, summary).evidence([evidence]).link(
            "Exit code 126 says that the file was found and may not be executed: it lacks the executable bit, or its volume is mounted noexec.",
        ));
    }
    let (line, path) = (denial.line.clone(), denial.path.clone());
    let names_a_file = denial::names_a_file(&line);
    let summary = format!("step {} of task {} was denied a file: {line}", step.name, task.task);
    let object = About::Object { kind: Kind::Pod, name: pod.metadata.name.clone() };
    let evidence = Evidence { proof: Proof::Said, object, field, value: line, source };
    let mut finding = Finding::new(finding::Cause::WorkspacePermissionDenied, summary.clone()).evidence([evidence]);
    let tried = denial.tried;
    let Some(explanation) = explained(focus, task, &container, denial) else {
        // A file of the image, or no file at all: the step's own affair.
        if !path.as_deref().is_some_and(|path| path.starts_with("/workspace")) {
            return None;
        }
        let place = path.as_deref().unwrap_or("the path");
        return Some(finding.link(format!(
            "{place} is on no claim that is known of the pod: the image's own files, or another volume, deny it"
        )));
    };
    if path.is_none() && tried == Tried::Unknown && !names_a_file {
        return None;
    }
    finding = finding.facts(Facts::FileDenied(explanation.cause));
    if explanation.cause != Cause::Unknown {
        let surely = if explanation.is_certain { "" } else { "most likely " };
        finding.summary = format!("{summary}; {surely}{}", explanation.cause.words());
    }
    for sentence in explanation.chain {
        finding = finding.link(sentence);
    }
    for unknown in explanation.unknown {
        finding = finding.cannot_tell(unknown);
    }
    Some(finding.evidence([focus.quote(Kind::Pod, &pod.metadata.name, "spec.securityContext", context_text(pod))]))
}

fn context_text(pod: &Pod) -> String {
    serde_json::to_string(&pod.spec.security_context).unwrap_or_default()
}

fn termination<'p>(pod: &'p Pod, container: &str) -> Option<&'p str> {
    let status = pod.status.container_statuses.iter().find(|status| status.name == container)?;
    Some(status.state.terminated.as_ref()?.message.as_str())
}

/// The claim on which a path lies: that of the longest mount above it. Without a path
/// the only claim of the container is meant.
fn claim_of(pod: &Pod, container: &Container, path: Option<&str>) -> Option<String> {
    let claim = |volume: &str| {
        let volume = pod.spec.volumes.iter().find(|own| own.name == volume)?;
        match &volume.source {
            VolumeSource::PersistentVolumeClaim(source) => Some(source.claim_name.clone()),
            _ => None,
        }
    };
    let Some(path) = path else {
        let mut claims: Vec<String> = container.volume_mounts.iter().filter_map(|mount| claim(&mount.name)).collect();
        claims.dedup();
        return if claims.len() == 1 { claims.pop() } else { None };
    };
    let above = |mount: &str| path.strip_prefix(mount).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let mounts = container.volume_mounts.iter().filter(|mount| above(mount.mount_path.trim_end_matches('/')));
    claim(&mounts.max_by_key(|mount| mount.mount_path.len())?.name)
}

fn explanation(
    focus: &Focus<'_>,
    task: &TaskNode<'_>,
    (pod, container): (&Pod, &Container),
    claim: &str,
    denial: Denial,
) -> Explanation {
    let cluster = focus.cluster;
    let volume: Option<&PersistentVolume> = cluster
        .claim(focus.namespace(), claim)
        .and_then(|claim| cluster.persistent_volumes.iter().find(|pv| pv.metadata.name == claim.spec.volume_name));
    let (from, until) = times(pod);
    let mut others: Vec<(Option<Timestamp>, Party)> = cluster
        .pods_in(focus.namespace())
        .filter(|other| other.metadata.name != pod.metadata.name)
        .filter_map(|other| {
            let user = other.spec.containers.iter().find(|own| claim_mounted(other, own, claim))?;
            let (began, ended) = times(other);
            if began.is_none() || until.is_some() && began > until {
                return None;
            }
            let is_concurrent = ended.is_none_or(|ended| from.is_none_or(|from| ended > from));
            let task = other.metadata.label("tekton.dev/pipelineTask").map(|task| format!("task {task}"));
            let name = task.unwrap_or_else(|| format!("pod {}", other.metadata.name));
            Some((began, party(focus, name, other, user, is_concurrent)))
        })
        .collect();
    others.sort_by_key(|(began, _)| *began);
    let situation = Situation {
        denial,
        reader: party(focus, format!("task {}", task.task), pod, container, false),
        others: others.into_iter().map(|(_, party)| party).collect(),
        ownership: volume.map_or_else(
            || Ownership::Unknown(format!("the volume of claim {claim}")),
            |volume| ownership(cluster, volume),
        ),
        is_remote: volume.is_some_and(|volume| volume.spec.nfs.is_some()),
        block: block(focus),
        is_openshift: is_openshift(cluster),
    };
    explain(&situation)
}

fn claim_mounted(pod: &Pod, container: &Container, claim: &str) -> bool {
    let is_it = |name: &str| {
        pod.spec.volumes.iter().any(|volume| {
            volume.name == name
                && matches!(&volume.source, VolumeSource::PersistentVolumeClaim(source) if source.claim_name == claim)
        })
    };
    container.volume_mounts.iter().any(|mount| is_it(&mount.name))
}

/// Start and end of a pod.
fn times(pod: &Pod) -> (Option<Timestamp>, Option<Timestamp>) {
    let ends = pod.status.container_statuses.iter().map(|status| status.state.terminated.as_ref()?.finished_at);
    let ends: Option<Vec<Timestamp>> = ends.collect();
    (pod.status.start_time, ends.and_then(|ends| ends.into_iter().max()))
}

fn party(focus: &Focus<'_>, name: String, pod: &Pod, container: &Container, is_concurrent: bool) -> Party {
    let context = pod.spec.security_context.clone().unwrap_or_default();
    let mut process = Process::of(pod, container);
    if !is_openshift(focus.cluster) && process.label == Label::Random {
        // Most other clusters have no SELinux.
        process.label = Label::Unconfined;
    }
    Party {
        name,
        process,
        fs_group: context.fs_group.and_then(|group| u32::try_from(group).ok()),
        policy: ChangePolicy::of(&context),
        scc: pod.metadata.annotation(VALIDATED).map(str::to_owned),
        is_concurrent,
    }
}

/// Start of the namespace's group block.
fn block(focus: &Focus<'_>) -> Option<u32> {
    let namespace = &focus.cluster.namespace(focus.namespace())?.metadata;
    u32::try_from(ranges::fs_group(namespace).ok()?.min).ok()
}

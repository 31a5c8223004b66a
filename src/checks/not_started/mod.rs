//! The pod has a node and its containers do not start: node, volumes, images.

mod container_not_created;
mod image;
mod init_container_runs;
mod multi_attach;
pub mod node_not_ready;
mod selinux_conflict;
mod source_missing;
mod unexplained;
mod volume_not_mounted;
mod would_run_as_root;

use crate::model::event::Event;

use super::focus::Focus;
use super::refused;
use crate::finding::Finding;
use container_not_created::{config_error, config_refused};
use image::image;
use multi_attach::multi_attach;
use node_not_ready::node_not_ready;
use selinux_conflict::selinux_conflict;
use source_missing::source_missing;
use unexplained::not_started;
use volume_not_mounted::volume_not_mounted;

/// Runs the checks on pods that are bound to a node.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for task in &focus.tree.tasks {
        let done_well = task.task_run.succeeded().is_some_and(|c| c.status == "True");
        if done_well {
            continue;
        }
        let finding = image(focus, task)
            .or_else(|| would_run_as_root::finding(focus, task))
            .or_else(|| config_refused(focus, task))
            .or_else(|| {
                let pod = task.pod.filter(|pod| !pod.spec.node_name.is_empty() && !pod.is_terminal())?;
                if task.task_run.is_done() || !focus.is_past_grace(pod.metadata.creation_timestamp) {
                    return None;
                }
                if pod.status.phase != "Pending" {
                    // Other containers of it run already.
                    return config_error(focus, task, pod);
                }
                multi_attach(focus, task, pod)
                    .or_else(|| selinux_conflict(focus, task, pod))
                    .or_else(|| source_missing(focus, task, pod))
                    .or_else(|| node_not_ready(focus, task, pod))
                    .or_else(|| config_error(focus, task, pod))
                    .or_else(|| volume_not_mounted(focus, task, pod))
                    .or_else(|| init_container_runs::finding(focus, task, pod))
                    .or_else(|| not_started(focus, task, pod))
            });
        findings.extend(finding);
    }
    findings
}

fn warnings<'a>(focus: &Focus<'a>, pod: &str) -> Vec<&'a Event> {
    let mut events = focus.events_about("Pod", pod);
    events.retain(|event| event.kind == "Warning");
    events
}

/// The warnings about a pod whose volumes or sandbox do not come up, without those that
/// are over: what could be attached meanwhile, and all that comes before the images.
pub(super) fn standing<'a>(focus: &Focus<'a>, pod: &str) -> Vec<&'a Event> {
    let all = focus.events_about("Pod", pod);
    let mut events = warnings(focus, pod);
    events.retain(|event| !all.iter().any(|later| later.last_seen() > event.last_seen() && ends(later, event)));
    events
}

fn ends(later: &Event, event: &Event) -> bool {
    let volume = |event: &Event| refused::between(&event.message, "volume \"", "\"").map(str::to_owned);
    match later.reason.as_str() {
        "Pulling" | "Pulled" | "Created" | "Started" => true,
        "SuccessfulAttachVolume" => event.reason == "FailedAttachVolume" && volume(later) == volume(event),
        _ => false,
    }
}

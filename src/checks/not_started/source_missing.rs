//! A Secret or ConfigMap that is mounted does not exist.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::checks::missing;
use crate::checks::refused::between;
use crate::finding::{Cause, Facts, Finding};
use crate::model::event::Event;
use crate::model::pod::Pod;

use super::standing;

pub(super) fn source_missing(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    let events = standing(focus, &pod.metadata.name);
    let named = |event: &&Event| {
        let what = |kind: &str, word: &str| {
            between(&event.message, &format!("{word} \""), "\"").map(|name| format!("{kind} {name}"))
        };
        let is_missing = event.reason == "FailedMount" && event.message.contains("not found");
        is_missing.then(|| what("Secret", "secret").or_else(|| what("ConfigMap", "configmap")))?
    };
    let mut absent: Vec<String> = events.iter().filter_map(&named).collect();
    absent.sort();
    absent.dedup();
    if absent.is_empty() {
        return None;
    }
    let sources: Vec<String> = absent
        .iter()
        .map(|what| what.replacen("Secret ", "secret/", 1).replacen("ConfigMap ", "configmap/", 1))
        .collect();
    let are_there = missing::all_exist_now(focus, &sources);
    let words = missing::words(are_there, absent.len(), &format!(" in namespace {}", focus.namespace()));
    let summary = format!("{}, which task {} mounts, {words}", absent.join(" and "), task.task);
    Some(
        Finding::new(Cause::VolumeSourceMissing, summary)
            .facts(Facts::Sources(sources))
            .evidence(focus.quote_run())
            .evidence(focus.quote_task_run(task.task_run))
            .evidence(events.into_iter().filter(|event| named(event).is_some()).map(|event| focus.quote_event(event))),
    )
}

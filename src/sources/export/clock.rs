//! When an export was taken, against which ages are counted.

use jiff::{SignedDuration, Timestamp};

use crate::model::Cluster;
use crate::model::cluster::Object;

/// How far behind its newest object an export may be dated: collecting takes a while.
const SKEW: SignedDuration = SignedDuration::from_mins(1);
/// Nothing on a cluster happened before this: no Tekton existed (2019).
const EARLIEST: &str = "2019-01-01T00:00:00Z";
/// A time so far ahead of this machine's clock is wrong.
const AHEAD: SignedDuration = SignedDuration::from_hours(48);

/// The time that the export says of itself, where that is plausible: not before what it
/// holds. Else the newest time in it, with a minute for the collecting. `None` where it
/// holds no plausible time.
pub(super) fn of(cluster: &Cluster) -> Option<Timestamp> {
    let newest = newest(cluster);
    match (cluster.taken_at.filter(|taken| is_plausible(*taken)), newest) {
        (Some(taken), Some(newest)) if taken < newest.saturating_sub(SKEW).unwrap_or(newest) => later(newest),
        (Some(taken), _) => Some(taken),
        (None, newest) => newest.and_then(later),
    }
}

fn later(newest: Timestamp) -> Option<Timestamp> {
    newest.checked_add(SKEW).ok()
}

fn is_plausible(time: Timestamp) -> bool {
    let earliest: Option<Timestamp> = EARLIEST.parse().ok();
    let latest = Timestamp::now().checked_add(AHEAD).ok();
    earliest.is_none_or(|earliest| time >= earliest) && latest.is_none_or(|latest| time <= latest)
}

/// The newest plausible time in any object: of creation, deletion, an event, a condition, a
/// container.
fn newest(cluster: &Cluster) -> Option<Timestamp> {
    let mut newest: Option<Timestamp> = None;
    let mut see = |time: Option<Timestamp>| newest = newest.max(time.filter(|time| is_plausible(*time)));
    for event in cluster.events.iter() {
        see(event.last_seen());
        see(event.metadata.creation_timestamp);
    }
    for run in cluster.pipeline_runs.iter() {
        see(run.metadata.creation_timestamp);
        for condition in &run.status.conditions {
            see(condition.last_transition_time);
        }
        see(run.status.completion_time);
    }
    for run in cluster.task_runs.iter() {
        see(run.metadata.creation_timestamp);
        for condition in &run.status.conditions {
            see(condition.last_transition_time);
        }
        see(run.status.completion_time);
    }
    for pod in cluster.pods.iter() {
        see(pod.metadata.creation_timestamp);
        see(pod.metadata.deletion_timestamp);
        for condition in &pod.status.conditions {
            see(condition.last_transition_time);
        }
    }
    macro_rules! created {
        ($($list:ident),*) => { $(for object in cluster.$list.iter() { see(object.metadata().creation_timestamp); })* };
    }
    created!(stateful_sets, claims, custom_runs, resolution_requests, queue_workloads);
    newest
}

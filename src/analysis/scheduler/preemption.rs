//! Would removing pods of lower priority help? Needed for the last words of the
//! message.
//!
//! Mirrors `framework/preemption/preemption.go` and
//! `plugins/defaultpreemption/default_preemption.go` (1.27 to 1.36). Which victims
//! are chosen is not computed: whether there are any decides the message.

use std::collections::BTreeMap;

use super::cycle::{Cycle, priority};
use super::filter::{Changes, View};
use super::message::write;
use super::plugin::Plugin;
use super::verdict::{PreFilterRefusal, Reason};
use super::version::Restricted;
use crate::model::pod::Pod;

/// How the cycle left a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// Refused, and removing pods might help.
    Unschedulable,
    /// Refused, and removing pods cannot help.
    Unresolvable,
    /// Not filtered.
    Restricted,
}

/// What PostFilter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PostFilter {
    /// Victims were found. Until 1.36 that has no words; since then the message ends with
    /// the node and the number of victims, which are not computed here.
    Silent,
    /// The end of the message.
    Says(String),
    /// It depends on something that was not read.
    Unknown,
}

/// Runs PostFilter.
pub(super) fn post_filter(cycle: &Cycle<'_, '_>, left: &[Left]) -> PostFilter {
    let behaviour = &cycle.snapshot.behaviour;
    if behaviour.dynamic_resources && cycle.refusal.is_some() {
        // DynamicResources finds no state of its own, because its PreFilter never
        // ran, and ends PostFilter with this error.
        return PostFilter::Says("not found".to_owned());
    }
    let claims = if behaviour.says_no_new_claims { "no new claims to deallocate, " } else { "" };
    match preempt(cycle, left) {
        Ok(None) => PostFilter::Silent,
        Ok(Some(text)) => PostFilter::Says(format!("{claims}preemption: {text}")),
        Err(Trouble::Error(error)) => PostFilter::Says(format!("preemption: {error}")),
        Err(Trouble::Unread) => PostFilter::Unknown,
    }
}

/// Why it cannot be said whether preemption helps.
enum Trouble {
    Error(String),
    Unread,
}

/// The reason why preemption does not help, none when it does.
fn preempt(cycle: &Cycle<'_, '_>, left: &[Left]) -> Result<Option<String>, Trouble> {
    let behaviour = &cycle.snapshot.behaviour;
    if cycle.pod.spec.preemption_policy.as_deref() == Some("Never") {
        return Ok(Some("not eligible due to preemptionPolicy=Never.".to_owned()));
    }
    if waits_for_victims(cycle, left) {
        return Ok(Some("not eligible due to a terminating pod on the nominated node.".to_owned()));
    }
    let mut reasons: BTreeMap<Reason, usize> = BTreeMap::new();
    let mut error = None;
    let mut found = false;
    for (at, left) in left.iter().enumerate() {
        let tried = match (&cycle.refusal, left) {
            (Some(_), _) => behaviour.preempts_after_prefilter,
            (None, Left::Unschedulable) => true,
            (None, Left::Unresolvable) => false,
            (None, Left::Restricted) => behaviour.restricted == Restricted::Tried,
        };
        if !tried {
            *reasons.entry("Preemption is not helpful for scheduling".into()).or_default() += 1;
            continue;
        }
        match without_victims(cycle, at) {
            Ok(refusals) if refusals.is_empty() => found = true,
            Ok(refusals) => refusals.into_iter().for_each(|reason| *reasons.entry(reason).or_default() += 1),
            Err(Trouble::Unread) => return Err(Trouble::Unread),
            Err(trouble) => error = error.or(Some(trouble)),
        }
    }
    match error {
        _ if found => Ok(None),
        Some(error) => Err(error),
        None => Ok(Some(write::fit_error(left.len(), None, &reasons, None, behaviour))),
    }
}

/// Whether a pod that was nominated waits for its victims to end.
fn waits_for_victims(cycle: &Cycle<'_, '_>, left: &[Left]) -> bool {
    let nominated = &cycle.pod.status.nominated_node_name;
    let Some(at) = cycle.snapshot.position(nominated) else { return false };
    let ended_by_scheduler = |pod: &Pod| {
        pod.metadata.deletion_timestamp.is_some()
            && pod
                .condition("DisruptionTarget")
                .is_some_and(|condition| condition.status == "True" && condition.reason == "PreemptionByScheduler")
    };
    left.get(at) != Some(&Left::Unresolvable)
        && cycle.refusal.is_none()
        && cycle.snapshot.nodes()[at]
            .pods
            .iter()
            .any(|pod| priority(pod) < priority(cycle.pod) && ended_by_scheduler(pod))
}

/// Reasons that remain on a node when all pods of lower priority are gone; none
/// when the pod fits then.
fn without_victims(cycle: &Cycle<'_, '_>, at: usize) -> Result<Vec<Reason>, Trouble> {
    let behaviour = &cycle.snapshot.behaviour;
    let mut info = cycle.snapshot.nodes()[at].clone();
    let own = priority(cycle.pod);
    let victims: Vec<&Pod> = info.pods.iter().copied().filter(|pod| priority(pod) < own).collect();
    if victims.is_empty() {
        return Ok(vec!["No preemption victims found for incoming pod".into()]);
    }
    if let Some(refusal) = &cycle.refusal {
        return Err(Trouble::Error(missing_state(refusal)));
    }
    let mut changes = Changes::default();
    for victim in victims {
        info.remove(victim, behaviour);
        cycle.change(&mut changes, &info, victim, -1);
    }
    let filtered = cycle.filter(at, &View { info: &info, changes: Some(&changes) }, false);
    match (filtered.error, filtered.refusal) {
        (Some(error), _) => Err(Trouble::Error(error)),
        _ if !filtered.doubts.is_empty() => Err(Trouble::Unread),
        (None, Some(refusal)) => Ok(refusal.reasons),
        (None, None) => Ok(Vec::new()),
    }
}

/// Until 1.28 victims were removed although a PreFilter had refused, and the first
/// plugin without state failed.
fn missing_state(refusal: &PreFilterRefusal) -> String {
    let early = refusal.plugin.is_some_and(|plugin| plugin <= Plugin::VolumeRestrictions);
    if early {
        "running RemovePod on PreFilter plugin \"VolumeRestrictions\": cannot read \"PreFilterVolumeRestrictions\" \
         from cycleState"
            .to_owned()
    } else {
        "running RemovePod on PreFilter plugin \"PodTopologySpread\": reading \"PreFilterPodTopologySpread\" from \
         cycleState: not found"
            .to_owned()
    }
}

//! What a run does not suffer from, and why: the usual suspects, each with the fact
//! that clears it. Says nothing where the fact was not read.

use crate::analysis::admission::{self, Plugin};
use crate::analysis::tekton::{Coschedule, assistant, assistant_pod};
use crate::model::Kind;

use super::focus::{Focus, unplaced};
use super::scc_verdict::{self, SetVerdict};
use crate::finding::{Cause, RunReport};

/// A cause, or a family of causes, that people usually suspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspect {
    /// One cause.
    Cause(Cause),
    /// That the affinity assistant has a part in it.
    AffinityAssistant,
    /// That the flags contradict each other.
    ContradictingFlags,
}

impl Suspect {
    /// Its permanent id.
    pub fn id(self) -> &'static str {
        match self {
            Self::Cause(cause) => cause.id(),
            Self::AffinityAssistant => "affinity-assistant",
            Self::ContradictingFlags => "contradicting-flags",
        }
    }
}

impl From<Cause> for Suspect {
    fn from(cause: Cause) -> Self {
        Self::Cause(cause)
    }
}

/// A suspect and what clears it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuledOut {
    /// What was suspected.
    pub suspect: Suspect,
    /// Why not, one sentence.
    pub because: String,
}

/// Suspects that are cleared for a run with findings.
pub fn ruled_out(focus: &Focus<'_>, report: &RunReport) -> Vec<RuledOut> {
    let mut cleared = Vec::new();
    for part in [of_assistant, of_flags, of_admission, of_placement, of_volumes, of_control] {
        cleared.extend(part(focus));
    }
    let is_found = |suspect| report.findings.iter().any(|finding| Suspect::Cause(finding.cause) == suspect);
    cleared.retain(|item| !is_found(item.suspect));
    cleared
}

fn item(suspect: impl Into<Suspect>, because: impl Into<String>) -> RuledOut {
    RuledOut { suspect: suspect.into(), because: because.into() }
}

fn of_assistant(focus: &Focus<'_>) -> Vec<RuledOut> {
    let mut cleared = Vec::new();
    if focus.tree.tasks.iter().all(|task| task.task_run.assistant().is_none()) && !focus.tree.tasks.is_empty() {
        cleared.push(item(
            Suspect::AffinityAssistant,
            "no TaskRun of the run has the annotation: no assistant has a part in it",
        ));
        return cleared;
    }
    for node in &focus.tree.assistants {
        if let Some(pod) = node.pod.filter(|pod| unplaced(pod).is_none() && !pod.spec.node_name.is_empty()) {
            let because = format!("its pod {} was admitted and is on {}", pod.metadata.name, pod.spec.node_name);
            cleared.push(item(Cause::AssistantRefusedByScc, because.clone()));
            cleared.push(item(Cause::AssistantPending, because));
        }
        if node.stateful_set.is_some() {
            cleared.push(item(Cause::AssistantMissing, format!("the StatefulSet {} exists", node.name)));
        }
    }
    if assistant::shared_claims(focus.run()).is_empty() {
        cleared.push(item(Cause::AssistantMissingSharedClaim, "no claim is bound by two workspaces of the run"));
    }
    cleared
}

fn of_flags(focus: &Focus<'_>) -> Vec<RuledOut> {
    let mut cleared = Vec::new();
    let Some(flags) = focus.installation.assistant_flags() else { return cleared };
    if let (Some(value), Some(version)) = (&flags.dead_key, focus.tekton()) {
        let mode = flags.mode.as_ref().map_or("what it was before", |mode| mode.as_str());
        cleared.push(item(
            Suspect::ContradictingFlags,
            format!("disable-affinity-assistant: {value:?} beside coschedule: {mode} is no contradiction: Tekton {version} does not read the first key"),
        ));
    } else if flags.mode == Ok(Coschedule::Disabled) {
        cleared.push(item(Suspect::AffinityAssistant, "the flags in force switch it off"));
    }
    if flags.mode.is_ok() {
        cleared.push(item(
            Cause::InvalidFlagValueIgnored,
            "the flags that govern the assistant hold values that Tekton accepts",
        ));
    }
    cleared
}

fn of_admission(focus: &Focus<'_>) -> Vec<RuledOut> {
    let mut cleared = Vec::new();
    for node in focus.tree.assistants.iter().filter(|node| node.pod.is_none()) {
        let Some(set) = node.stateful_set else { continue };
        let pod = assistant_pod::of_stateful_set(set);
        if scc_verdict::is_openshift(focus.cluster)
            && matches!(scc_verdict::of_stateful_set(focus.cluster, set), SetVerdict::Admitted)
        {
            cleared
                .push(item(Cause::AssistantRefusedByScc, format!("an SCC admits the pod template of {}", node.name)));
        }
        let judgement = admission::judge(focus.cluster, &pod);
        let unread = |what: &str| judgement.unread.iter().any(|text| text.contains(what));
        if judgement.by(Plugin::LimitRanger).is_none() && !unread("LimitRanges") {
            cleared.push(item(
                Cause::AssistantLimitrange,
                "no LimitRange of the namespace forbids 50m CPU and 100Mi memory",
            ));
        }
        if judgement.by(Plugin::ResourceQuota).is_none() && !unread("ResourceQuotas") {
            cleared
                .push(item(Cause::AssistantQuota, "every ResourceQuota of the namespace has room for the assistant"));
        }
        if judgement.by(Plugin::ServiceAccount).is_none() && !unread("ServiceAccounts") {
            cleared.push(item(Cause::AssistantServiceAccountMissing, "the ServiceAccount of its pod exists"));
        }
    }
    if !focus.tree.tasks.is_empty() && focus.tree.tasks.iter().all(|task| task.pod.is_some()) {
        cleared.push(item(Cause::TaskPodRefused, "every TaskRun has its pod: admission let them in"));
    }
    cleared
}

fn of_placement(focus: &Focus<'_>) -> Vec<RuledOut> {
    let mut cleared = Vec::new();
    for node in &focus.tree.assistants {
        let Some(place) = focus.assistant_node(&node.name) else { continue };
        let Some(place) = focus.cluster.node(place) else { continue };
        if !place.spec.unschedulable {
            cleared.push(item(Cause::AssistantNodeCordoned, format!("{} is not cordoned", place.metadata.name)));
        }
        if place.ready().is_some_and(|condition| condition.status == "True") {
            cleared.push(item(Cause::NodeNotReady, format!("{} is Ready", place.metadata.name)));
        }
    }
    let waiting: Vec<_> = focus.unplaced().collect();
    if waiting.is_empty() {
        cleared.push(item(Cause::Unschedulable, "no pod of the run waits for a node"));
    } else if waiting.iter().all(|(_, pod)| pod.condition("PodScheduled").is_some()) {
        cleared.push(item(Cause::SchedulerNotRunning, "the scheduler has looked at every waiting pod"));
    }
    cleared
}

fn of_volumes(focus: &Focus<'_>) -> Vec<RuledOut> {
    let names: Vec<String> =
        assistant::claim_workspaces(focus.run()).into_iter().filter_map(|bound| bound.claim).collect();
    let claims: Vec<_> = names.iter().filter_map(|name| focus.cluster.claim(focus.namespace(), name)).collect();
    if names.is_empty() || claims.len() < names.len() || claims.iter().any(|claim| claim.status.phase != "Bound") {
        return Vec::new();
    }
    let because = format!("{} {} bound", names.join(", "), if names.len() == 1 { "is" } else { "are" });
    vec![item(Cause::PvcMissing, because.clone()), item(Cause::PvcUnbound, because)]
}

fn of_control(focus: &Focus<'_>) -> Vec<RuledOut> {
    let mut cleared = Vec::new();
    let run = focus.run();
    if run.spec_at("/status").is_none() {
        cleared.push(item(Cause::CancelledByUser, "spec.status of the run is not set: nobody holds or cancels it"));
    }
    if run.succeeded().is_some() {
        cleared.push(item(Cause::ControllerNotRunning, "Tekton's controller has taken up the run: it has a condition"));
    }
    if focus.is_running() {
        cleared.push(item(Cause::Timeout, "the run has not ended"));
    }
    if focus.cluster.coverage.proves_absence(Kind::Event, focus.namespace())
        && !focus.cluster.events.iter().any(|event| {
            event.metadata.namespace == focus.namespace() && event.message.contains("Failed to pull image")
        })
    {
        cleared.push(item(Cause::ImagePull, "no event of the namespace tells of an image that cannot be pulled"));
    }
    cleared
}

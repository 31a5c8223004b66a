//! A pipeline or task that a resolver fetches, and a resolver that does not answer.

use jiff::SignedDuration;

use crate::checks::focus::Focus;
use crate::finding::{Cause, Confidence, Finding};

const CAUSE: Cause = Cause::ResolverNotAnswering;

/// Tekton gives up after a minute (tektoncd/pipeline config/resolvers `default-timeout`,
/// and the global timeout of pkg/resolution/resource).
const PATIENCE: SignedDuration = SignedDuration::from_secs(90);

/// Whether the run waits for a resolver.
pub fn is_resolving(focus: &Focus<'_>) -> bool {
    focus
        .run()
        .succeeded()
        .is_some_and(|condition| condition.status == "Unknown" && condition.reason.contains("Resolving"))
}

/// Whether the wait is longer than a resolver may take.
pub fn is_late(focus: &Focus<'_>) -> bool {
    let since = focus.run().succeeded().and_then(|condition| condition.last_transition_time);
    focus.age(since.or(focus.run().metadata.creation_timestamp)).is_none_or(|age| age >= PATIENCE)
}

/// `resolver-not-answering`: the run still waits, longer than Tekton should.
pub(super) fn waiting(focus: &Focus<'_>) -> Option<Finding> {
    (is_resolving(focus) && is_late(focus)).then(|| {
        about(focus, Finding::new(CAUSE, "the resolver that is to fetch the run's pipeline or task does not answer"))
            .confidence(Confidence::Likely)
            .cannot_tell("why: the log of the resolvers' Deployment tekton-pipelines-remote-resolvers tells")
    })
}

/// `resolver-not-answering`: Tekton gave up.
pub fn gave_up(focus: &Focus<'_>) -> Option<Finding> {
    let condition = focus.run().succeeded().filter(|condition| condition.status == "False")?;
    condition.message.contains("resolution took longer than global timeout").then(|| {
        let summary = "the resolver that was to fetch the run's pipeline or task did not answer within a minute";
        about(focus, Finding::new(CAUSE, summary)).evidence(focus.quote_run_warnings())
    })
}

fn about(focus: &Focus<'_>, finding: Finding) -> Finding {
    let mut finding = finding.evidence(focus.quote_run());
    let resolvers = |deployment: &&crate::model::workload::Workload| {
        deployment.metadata.name == "tekton-pipelines-remote-resolvers"
    };
    finding = match focus.cluster.deployments.iter().find(resolvers) {
        Some(known) if known.status.available_replicas == 0 => finding.link(format!(
            "Deployment {} has no available pod: nobody resolves anything.",
            known.metadata.name
        )),
        Some(_) => finding.link("The resolvers run; what they fetch from (Git, a registry, the hub) may be slow or out of reach."),
        None => finding.link("The Deployment tekton-pipelines-remote-resolvers was not among what was read: whether the resolvers run is not known."),
    };
    finding
}

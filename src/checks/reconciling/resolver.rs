//! A pipeline or task that a resolver fetches, and a resolver that does not answer.

use jiff::SignedDuration;

use crate::checks::focus::Focus;
use crate::finding::{Cause, Confidence, Finding};
use crate::model::Kind;
use crate::model::run::CustomRun;

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

/// A request of the run that the resolver has answered, where all of them are.
fn answered<'a>(focus: &Focus<'a>) -> Option<&'a CustomRun> {
    let run = &focus.run().metadata;
    let owned = |request: &&CustomRun| {
        let owners = &request.metadata.owner_references;
        request.metadata.namespace == run.namespace
            && owners.iter().any(|owner| owner.kind == "PipelineRun" && owner.name == run.name)
    };
    let succeeded = |request: &&CustomRun| {
        let conditions = &request.status.conditions;
        conditions.iter().any(|condition| condition.kind == "Succeeded" && condition.status == "True")
    };
    let mut requests = focus.cluster.resolution_requests.iter().filter(owned).peekable();
    let first = requests.peek().copied();
    if requests.all(|request| succeeded(&request)) { first } else { None }
}

/// `resolver-not-answering`: the run still waits, longer than Tekton should.
pub(super) fn waiting(focus: &Focus<'_>) -> Option<Finding> {
    if !is_resolving(focus) || !is_late(focus) {
        return None;
    }
    if let Some(request) = answered(focus) {
        let name = &request.metadata.name;
        let summary = format!("the resolver has answered ({name} succeeded), and the run was not woken");
        return Some(
            Finding::new(Cause::ResolverAnswerUnnoticed, summary)
                .link("Below Tekton 1.15 the event that wakes the run can be missed; any change of the run makes the controller look again.")
                .evidence([focus.quote(Kind::ResolutionRequest, name, "status.conditions[Succeeded]", "True")])
                .evidence(focus.quote_run()),
        );
    }
    Some({
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

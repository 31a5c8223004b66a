//! A pipeline or task that a resolver fetches, and a resolver that does not answer.

use jiff::SignedDuration;

use crate::checks::focus::Focus;
use crate::checks::task_run_refused;
use crate::finding::{Cause, Evidence, Finding};
use crate::model::run::Conditioned;
use crate::model::{Condition, Kind};

use super::reference_not_fetched;

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

/// Requests of the run for remote tasks and pipelines.
fn requests<'a>(focus: &Focus<'a>) -> Vec<&'a Conditioned> {
    let uid = &focus.run().metadata.uid;
    let mut owners: Vec<&str> = vec![uid];
    owners.extend(focus.tree.tasks.iter().map(|task| task.task_run.metadata.uid.as_str()));
    let own = focus.cluster.resolution_requests.iter().filter(|request| {
        request.metadata.namespace == focus.namespace() && owners.iter().any(|uid| request.is_owned_by(uid))
    });
    own.collect()
}

/// Quotes the state of a request.
pub fn quote_request(focus: &Focus<'_>, request: &Conditioned, condition: &Condition) -> Evidence {
    let words = [condition.status.as_str(), &condition.reason, &condition.message];
    let value = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    focus.quote(Kind::ResolutionRequest, &request.metadata.name, "status.conditions[Succeeded]", value)
}

/// The run waits for a resolver, longer than Tekton should: `resolver-not-answering`,
/// `resolver-answer-unnoticed` or `reference-not-fetched`.
pub(super) fn waiting(focus: &Focus<'_>) -> Option<Finding> {
    // The reason stays when Tekton's webhook refuses the TaskRun afterwards.
    if !is_resolving(focus) || !is_late(focus) || !task_run_refused::check(focus).is_empty() {
        return None;
    }
    let requests = requests(focus);
    if let Some(failed) = requests.iter().find_map(|request| reference_not_fetched::request_failed(focus, request)) {
        return Some(failed);
    }
    let answered = |request: &&&Conditioned| request.succeeded().is_some_and(|condition| condition.status == "True");
    if !requests.is_empty() && requests.iter().all(|request| answered(&request)) {
        return Some(unnoticed(focus, &requests));
    }
    let mut finding =
        about(focus, Finding::new(CAUSE, "the resolver that is to fetch the run's pipeline or task does not answer"))
            .not_proven()
            .cannot_tell("why: the log of the resolvers' Deployment tekton-pipelines-remote-resolvers tells");
    for request in requests.iter().filter(|request| !answered(request)) {
        let words = request.succeeded().map_or_else(
            || "no condition".to_owned(),
            |condition| format!("{} {} {}", condition.status, condition.reason, condition.message),
        );
        let age = focus.age(request.metadata.creation_timestamp).map(crate::checks::containers::span);
        let since = age.map(|age| format!(" for {age}")).unwrap_or_default();
        finding = finding
            .link(format!("ResolutionRequest {} has been unanswered{since}.", request.metadata.name))
            .evidence([focus.quote(
                Kind::ResolutionRequest,
                &request.metadata.name,
                "status.conditions[Succeeded]",
                words.trim().to_owned(),
            )]);
    }
    Some(finding)
}

/// `resolver-answer-unnoticed`: before 1.15 the event that wakes the run could be missed
/// (tektoncd/pipeline pull request 10429).
fn unnoticed(focus: &Focus<'_>, requests: &[&Conditioned]) -> Finding {
    let names: Vec<&str> = requests.iter().map(|request| request.metadata.name.as_str()).collect();
    let last = requests.iter().filter_map(|request| request.succeeded()?.last_transition_time).max();
    let since = focus.age(last).map(|age| format!(" {} ago", crate::checks::containers::span(age))).unwrap_or_default();
    let finding = Finding::new(
        Cause::ResolverAnswerUnnoticed,
        format!("ResolutionRequest {} has Succeeded{since}, and the run was not woken", names.join(", ")),
    )
    .link("The resolver has answered; Tekton's controller missed the event and looks at the run again only when something changes on it, or when the controller restarts.")
    .evidence(focus.quote_run())
    .evidence(requests.iter().filter_map(|request| Some(quote_request(focus, request, request.succeeded()?))));
    match focus.tekton() {
        Some(version) if !version.wakes_resolved_runs() => {
            finding.link(format!("Tekton {version} is known for it; 1.15.0 corrected it."))
        }
        _ => finding.not_proven().cannot_tell("why the run was not woken: look at the log of Tekton's controller"),
    }
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

//! A task, pipeline, bundle or ClusterTask that cannot be fetched.

use crate::checks::focus::Focus;
use crate::checks::refused::between;
use crate::checks::scc_verdict::is_openshift;
use crate::finding::{Cause, Facts, Finding};
use crate::model::run::Conditioned;

use super::resolver;

const CAUSE: Cause = Cause::ReferenceNotFetched;

/// Reasons with which Tekton ends a run or TaskRun whose reference it cannot get
/// (tektoncd/pipeline pkg/apis/pipeline/v1/pipelinerun_types.go and taskrun_types.go,
/// v0.44 to v1.15.0).
const REASONS: [&str; 4] = ["CouldntGetPipeline", "CouldntGetTask", "TaskRunResolutionFailed", "CouldntGetStepAction"];

/// Wrappings of Tekton around the words of who was asked; what follows the last of them
/// is said by the resolver or the API server.
const WRAPPINGS: [&str; 7] = [
    "can't be Run; it contains Tasks that don't exist: ",
    "Error retrieving pipeline for pipelinerun ",
    "error when listing pipelines for pipelineRun ",
    "error when listing tasks for taskRun ",
    "error requesting remote resource: ",
    "error getting \"",
    "failed to get task: ",
];

/// `reference-not-fetched`: the run ended by it.
pub fn ended(focus: &Focus<'_>) -> Option<Finding> {
    let run = focus.run();
    let failed = |condition: &&crate::model::Condition| condition.status == "False" && is_about(condition);
    if let Some(condition) = run.succeeded().filter(failed) {
        let finding = about(focus, &condition.message);
        return Some(finding.evidence(focus.quote_run()).evidence(focus.quote_run_warnings()));
    }
    let task = focus.tree.tasks.iter().find_map(|task| Some((task, task.task_run.succeeded().filter(failed)?)));
    task.map(|(task, condition)| {
        about(focus, &condition.message)
            .evidence(focus.quote_run())
            .evidence(focus.quote_task_run(task.task_run))
            .evidence(focus.quote_run_warnings())
    })
}

/// Old versions say `CouldntGetTask` of a refused pod as well.
pub fn is_about(condition: &crate::model::Condition) -> bool {
    let text = &condition.message;
    let fetch =
        ["Couldn't retrieve", "remote resource", "error getting", "rror retrieving", "not found", "rror when listing"];
    REASONS.contains(&condition.reason.as_str())
        && !text.contains("resolution took longer than")
        && !text.contains("failed to create task run pod")
        && fetch.iter().any(|words| text.contains(words))
}

/// `reference-not-fetched`: the request failed, and the run has not noticed yet.
pub fn request_failed(focus: &Focus<'_>, request: &Conditioned) -> Option<Finding> {
    let condition = request.succeeded().filter(|condition| condition.status == "False")?;
    Some(
        about(focus, &condition.message)
            .evidence(focus.quote_run())
            .evidence([resolver::quote_request(focus, request, condition)]),
    )
}

fn about(focus: &Focus<'_>, message: &str) -> Finding {
    let said = words(message);
    let facts = Facts::Refused { by: String::new(), words: said.to_owned() };
    let finding = Finding::new(CAUSE, format!("a reference of the run could not be fetched: {said}")).facts(facts);
    if let Some(name) = between(message, "clustertasks.tekton.dev \"", "\"") {
        return without_cluster_task(focus, finding, name);
    }
    let lower = message.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["clustertask"]) {
        finding.link("ClusterTasks were removed in Tekton 1.0: use the cluster resolver, or a Task in the namespace.")
    } else if has(&["401", "unauthorized", "403", "denied", "authentication required", "could not read username"]) {
        finding.link("The server asked for credentials, or refused those it got: resolvers use the ServiceAccount of the run for bundles, and the token named in the parameters for Git.")
    } else if has(&["not found", "404", "manifest unknown", "name unknown"]) {
        finding.link("The server answered, and does not have it: look at name, namespace, revision or tag.")
    } else if has(&["x509", "certificate"]) {
        finding.link("The resolver does not trust the server's certificate.")
    } else if has(&["no such host", "connection refused", "timeout", "deadline exceeded"]) {
        finding.link("The resolver did not reach the server: look at its network, proxy and DNS.")
    } else {
        finding
    }
}

/// A ClusterTask: Tekton 1.0 removed the kind. OpenShift Pipelines has its Tasks in a namespace
/// of the platform instead, and the cluster resolver fetches them.
fn without_cluster_task(focus: &Focus<'_>, finding: Finding, name: &str) -> Finding {
    let finding = finding.link("ClusterTasks were removed in Tekton 1.0.");
    let own = focus.namespace();
    let known: Vec<&str> = focus
        .cluster
        .tasks
        .iter()
        .filter(|task| task.metadata.name == name)
        .map(|task| task.metadata.namespace.as_str())
        .collect();
    if known.contains(&own) {
        return finding
            .link(format!("Task {name} exists in namespace {own}: taskRef without kind ClusterTask finds it."));
    }
    let reference = |namespace: &str| {
        format!(
            "taskRef: {{resolver: cluster, params: [{{name: kind, value: task}}, {{name: name, value: {name}}}, {{name: namespace, value: {namespace}}}]}}"
        )
    };
    match known.first() {
        Some(namespace) => {
            finding.link(format!("Task {name} of namespace {namespace} can take its place: {}", reference(namespace)))
        }
        None if is_openshift(focus.cluster) => finding
            .link(format!(
                "OpenShift Pipelines keeps such tasks in namespace openshift-pipelines: {}",
                reference("openshift-pipelines")
            ))
            .cannot_tell(format!("whether Task {name} is there: kubectl get task {name} -n openshift-pipelines")),
        None => finding.link(format!("Install Task {name} in a namespace and name it there: {}", reference(own))),
    }
}

/// What the resolver or the API server itself said.
fn words(message: &str) -> &str {
    let end = |wrapping: &str| message.rfind(wrapping).map(|at| at + wrapping.len());
    let start = WRAPPINGS.into_iter().filter_map(end).max().unwrap_or_default();
    let rest = &message[start..];
    // `error getting "Git" "ns/git-0123": words`
    let rest = match message[..start].ends_with("error getting \"") {
        true => rest.split_once("\": ").map_or(rest, |(_, words)| words),
        false => rest,
    };
    // `Couldn't retrieve Task "x": words` names the task: it stays.
    rest.trim()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn the_words_of_who_was_asked_are_left() {
        for (message, said) in [
            (
                "Pipeline a/r can't be Run; it contains Tasks that don't exist: Couldn't retrieve Task \"resolver type git\\n\": error requesting remote resource: error getting \"Git\" \"a/git-0f1e\": error resolving repository: authentication required",
                "error resolving repository: authentication required",
            ),
            (
                "Error retrieving pipeline for pipelinerun a/r: error when listing pipelines for pipelineRun r: error requesting remote resource: error getting \"bundleresolver\" \"a/bundles-1\": cannot retrieve the oci image: GET https://q/v2: UNAUTHORIZED: access denied",
                "cannot retrieve the oci image: GET https://q/v2: UNAUTHORIZED: access denied",
            ),
            (
                "Pipeline a/r can't be Run; it contains Tasks that don't exist: Couldn't retrieve Task \"git-clone\": clustertasks.tekton.dev \"git-clone\" not found",
                "Couldn't retrieve Task \"git-clone\": clustertasks.tekton.dev \"git-clone\" not found",
            ),
        ] {
            assert_eq!(words(message), said);
        }
    }
}

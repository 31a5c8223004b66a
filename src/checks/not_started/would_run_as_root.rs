//! A container must not run as root, and its image would.

use crate::analysis::scc::admission::VALIDATED;
use crate::analysis::tekton::flags::SET_SECURITY_CONTEXT;
use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::checks::refused::between;
use crate::finding::{Cause, Evidence, Facts, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;

const CAUSE: Cause = Cause::ImageWouldRunAsRoot;

/// The kubelet's words (kubernetes pkg/kubelet/kuberuntime/security_context_others.go
/// `verifyRunAsNonRoot`, v1.33).
const WORDS: [&str; 3] = [
    "container has runAsNonRoot and image will run as root",
    "container has runAsNonRoot and image has non-numeric user",
    "container's runAsUser breaks non-root policy",
];

/// `image-would-run-as-root`: of a pod that waits, or of a TaskRun that failed of it
/// (tektoncd/pipeline pkg/pod/status.go `ReasonCreateContainerConfigError`).
pub(super) fn finding(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    let waiting = task.pod.and_then(waiting);
    let events = super::warnings(focus, &task.pod_name());
    let event = events.iter().rev().find(|event| WORDS.iter().any(|words| event.message.contains(words)));
    let condition = task.task_run.succeeded().filter(|condition| condition.status != "True");
    let said = condition.filter(|condition| WORDS.iter().any(|words| condition.message.contains(words)));
    let has_failed = condition.is_some_and(|condition| condition.reason.starts_with("CreateContainer"));
    let text = waiting
        .map(|(_, text)| text)
        .or_else(|| event.filter(|_| has_failed).map(|event| event.message.as_str()))
        .or(said.map(|condition| condition.message.as_str()))?;
    // `(pod: "p_ns(uid)", container: step-build)`
    let by_text = between(text, "container: ", ")").or_else(|| between(text, "container \"", "\""));
    let container = waiting.map(|(name, _)| name).or(by_text).unwrap_or("of the task");
    let image = task
        .pod
        .and_then(|pod| pod.all_containers().find(|own| own.name == container))
        .map_or("its image", |own| own.image.as_str());
    let user = between(text, "non-numeric user (", ")");
    let summary = match user {
        Some(user) => format!(
            "container {container} of task {} must not run as root, and its image names user {user} instead of a UID",
            task.task
        ),
        None if text.contains("breaks non-root policy") => {
            format!("container {container} of task {} is to run as UID 0, and must not run as root", task.task)
        }
        None => {
            format!("container {container} of task {} must not run as root, and its image {image} would", task.task)
        }
    };
    let mut finding = Finding::new(CAUSE, summary)
        .facts(Facts::Container { pod: task.pod_name(), container: container.to_owned() })
        .link(format!("The kubelet says: {}", text.trim()));
    finding = match user {
        Some(_) => finding.link("The kubelet cannot see from a name that it is not root: runAsUser with a number, or an image with a numeric USER, would do."),
        None => finding.link("A runAsUser other than 0, or an image whose USER is not root, would do."),
    };
    match task.pod {
        Some(pod) => {
            let asked = who_asks(focus, pod, container);
            if asked.is_empty() {
                finding = finding.cannot_tell("what asks for runAsNonRoot: neither the pod nor its container says it");
            }
            for (sentence, evidence) in asked {
                finding = finding.link(sentence).evidence([evidence]);
            }
        }
        None => finding = finding.cannot_tell("what asks for runAsNonRoot: the pod was not read"),
    }
    let quoted = task.pod.zip(waiting).map(|(pod, (name, text))| {
        let field = format!("status.containerStatuses[{name}].state.waiting");
        focus.quote(Kind::Pod, &pod.metadata.name, field, format!("CreateContainerConfigError: {text}"))
    });
    Some(
        finding
            .evidence(focus.quote_run())
            .evidence(focus.quote_task_run(task.task_run))
            .evidence(quoted)
            .evidence(events.into_iter().map(|event| focus.quote_event(event))),
    )
}

/// The container that waits for it, and the kubelet's text.
fn waiting(pod: &Pod) -> Option<(&str, &str)> {
    let states = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    states
        .filter_map(|status| Some((status.name.as_str(), status.state.waiting.as_ref()?.message.as_str())))
        .find(|(_, text)| WORDS.iter().any(|words| text.contains(words)))
}

/// Which setting asks for a user other than root: the container, the pod, its SCC, or
/// the level of the namespace.
fn who_asks(focus: &Focus<'_>, pod: &Pod, container: &str) -> Vec<(String, Evidence)> {
    let mut found = Vec::new();
    let name = &pod.metadata.name;
    let own = pod.all_containers().find(|own| own.name == container);
    let of_container = own.and_then(|own| own.security_context.as_ref()?.run_as_non_root);
    let of_pod = pod.spec.security_context.as_ref().and_then(|context| context.run_as_non_root);
    if of_container == Some(true) {
        let field = format!("spec.containers[{container}].securityContext.runAsNonRoot");
        found.push((
            format!("The securityContext of container {container} sets runAsNonRoot."),
            focus.quote(Kind::Pod, name, field, "true"),
        ));
    } else if of_pod == Some(true) {
        let field = "spec.securityContext.runAsNonRoot";
        found.push((
            "The securityContext of the pod sets runAsNonRoot.".to_owned(),
            focus.quote(Kind::Pod, name, field, "true"),
        ));
    }
    if let Some(scc) = pod.metadata.annotation(VALIDATED) {
        let field = format!("metadata.annotations[{VALIDATED}]");
        found.push((
            format!("SCC {scc} admitted the pod; with MustRunAsNonRoot it sets runAsNonRoot itself."),
            focus.quote(Kind::Pod, name, field, scc),
        ));
    }
    let is_set = focus.installation.sets_security_context() == Some(true);
    if let Some(map) = focus.installation.feature_flags.filter(|_| is_set && !container.starts_with("step-")) {
        let value =
            map.data.get(SET_SECURITY_CONTEXT).map_or("absent: on by default since Tekton 1.16", String::as_str);
        let field = format!("data.{SET_SECURITY_CONTEXT}");
        let evidence = focus.quote_in(&map.metadata.namespace, Kind::ConfigMap, &map.metadata.name, field, value);
        found.push(("Tekton's flag set-security-context gives its own containers runAsNonRoot.".to_owned(), evidence));
    }
    const ENFORCE: &str = "pod-security.kubernetes.io/enforce";
    let level = focus.cluster.namespace(focus.namespace()).and_then(|known| known.metadata.label(ENFORCE));
    if level == Some("restricted") {
        let evidence =
            focus.quote(Kind::Namespace, focus.namespace(), format!("metadata.labels[{ENFORCE}]"), "restricted");
        found.push(("Pod Security level restricted of the namespace demands runAsNonRoot.".to_owned(), evidence));
    }
    found
}

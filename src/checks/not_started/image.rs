//! The node cannot pull an image.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::checks::refused::between;
use crate::finding::{Cause, Facts, Finding, ImageTrouble};
use crate::model::Kind;
use crate::model::event::Event;

use super::warnings;

/// Waiting reasons that mean that the image does not come.
const IMAGE: [&str; 6] = [
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "ImageInspectError",
    "ErrImageNeverPull",
    "RegistryUnavailable",
];

/// What stands before the name of the image in the kubelet's words (kubernetes
/// pkg/kubelet/images/image_manager.go, v1.33).
const BEFORE_NAME: [&str; 4] = [
    "Failed to pull image \"",
    "Failed to inspect image \"",
    "Failed to apply default image tag \"",
    "Container image \"",
];

/// The image that one of the kubelet's sentences is about.
fn named(text: &str) -> Option<&str> {
    BEFORE_NAME.iter().find_map(|before| between(text, before, "\""))
}

/// What the registry, or the way to it, answered: the runtime hands on its words
/// (containerd `remotes/docker`, CRI-O `internal/storage/image.go`).
///
/// Words and digits of the image's own name are no answer.
fn trouble(texts: &[&str], image: &str) -> ImageTrouble {
    let texts: Vec<String> = texts.iter().map(|text| text.replace(image, " ").to_lowercase()).collect();
    let said = |words: &[&str]| texts.iter().any(|text| words.iter().any(|word| text.contains(word)));
    // A digest, tag or port may hold the same digits: only a word of its own is an answer.
    let is_code = |word: &str, code: &str| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()) == code;
    let answered = |code: &str| texts.iter().any(|text| text.split_whitespace().any(|word| is_code(word, code)));
    let unreachable =
        ["no such host", "server misbehaving", "connection refused", "i/o timeout", "network is unreachable"];
    if said(&["invalidimagename", "invalid reference format", "couldn't parse image name"]) {
        ImageTrouble::Invalid
    } else if said(&["short-name", "short name mode"]) {
        ImageTrouble::ShortName
    } else if said(&unreachable) {
        ImageTrouble::Unreachable
    } else if said(&[
        "no match for platform",
        "no matching manifest",
        "no image found in manifest list for architecture",
    ]) {
        ImageTrouble::OtherPlatform
    } else if said(&["unauthorized", "authentication required", "denied", "forbidden"])
        || answered("401")
        || answered("403")
    {
        ImageTrouble::Unauthorized
    } else if said(&["x509", "certificate"]) {
        ImageTrouble::Untrusted
    } else if said(&["toomanyrequests", "too many requests", "rate limit"]) || answered("429") {
        ImageTrouble::RateLimited
    } else if said(&["errimageneverpull", "pull policy of never"]) {
        ImageTrouble::NeverPulled
    } else if said(&["manifest unknown", "not found", "name unknown"]) {
        ImageTrouble::NotFound
    } else {
        ImageTrouble::Other
    }
}

pub(super) fn image(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    let waiting = task.pod.and_then(|pod| {
        let states = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
        states.filter_map(|c| Some((c, c.state.waiting.as_ref()?))).find(|(_, w)| IMAGE.contains(&w.reason.as_str()))
    });
    let reason = task.task_run.succeeded().map(|c| c.reason.as_str()).unwrap_or_default();
    let reported = matches!(reason, "TaskRunImagePullFailed" | "PullImageFailed");
    let events: Vec<&Event> = warnings(focus, &task.pod_name());
    let pull = events.iter().find(|event| named(&event.message).is_some());
    // A pod that is gone says nothing of itself any more.
    let is_gone = task.pod.is_some_and(|pod| pod.status.container_statuses.is_empty()) && !task.task_run.is_done();
    let pulled = || focus.events_about("Pod", &task.pod_name()).iter().any(|event| event.reason == "Started");
    let is_said_by_events = is_gone && pull.is_some() && !pulled();
    if waiting.is_none() && !reported && !is_said_by_events {
        return None;
    }
    let image = pull
        .and_then(|event| named(&event.message))
        .or_else(|| {
            let (status, _) = waiting?;
            let pod = task.pod?;
            pod.all_containers().find(|c| c.name == status.name).map(|c| c.image.as_str())
        })
        .unwrap_or("an image");
    let mut finding =
        Finding::new(Cause::ImagePull, format!("the node cannot pull {image}, which task {} needs", task.task))
            .evidence(focus.quote_run())
            .evidence(focus.quote_task_run(task.task_run));
    let said = events.iter().map(|event| event.message.as_str());
    let said = said.chain(waiting.map(|(_, waiting)| waiting.message.as_str()));
    let said = said.chain(waiting.map(|(_, waiting)| waiting.reason.as_str()));
    let of_task_run = task.task_run.succeeded().map(|condition| condition.message.as_str());
    finding = finding.facts(Facts::Image {
        image: image.to_owned(),
        trouble: trouble(&said.chain(of_task_run).collect::<Vec<_>>(), image),
    });
    if let Some(event) = pull {
        finding = finding.link(event.message.clone());
    } else if let Some((_, waiting)) = waiting.filter(|(_, waiting)| !waiting.message.is_empty()) {
        finding = finding.link(format!("{}: {}", waiting.reason, waiting.message));
    }
    if let (Some(pod), Some((status, waiting))) = (task.pod, waiting) {
        let value = format!("{}: {}", waiting.reason, waiting.message);
        let field = format!("status.containerStatuses[{}].state.waiting", status.name);
        finding = finding.evidence([focus.quote(Kind::Pod, &pod.metadata.name, field, value)]);
    }
    Some(
        finding
            .evidence(events.into_iter().map(|event| focus.quote_event(event)))
            .evidence(focus.quote_warnings("TaskRun", &task.task_run.metadata.name))
            .evidence(focus.quote_warnings("PipelineRun", &focus.run().metadata.name)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_registries_are_told_apart() {
        for (text, expected) in [
            ("unexpected status: 401 Unauthorized", ImageTrouble::Unauthorized),
            ("received unexpected HTTP status: 403", ImageTrouble::Unauthorized),
            ("manifest unknown: r.example/a@sha256:1e401f", ImageTrouble::NotFound),
            ("r.example/a:4290: manifest unknown", ImageTrouble::NotFound),
            ("r.example:4293/a: not found", ImageTrouble::NotFound),
            ("429 Too Many Requests", ImageTrouble::RateLimited),
            ("no match for platform in manifest: not found", ImageTrouble::OtherPlatform),
            ("ErrImageNeverPull", ImageTrouble::NeverPulled),
            ("x509: certificate signed by unknown authority", ImageTrouble::Untrusted),
            ("Back-off pulling image \"r.example/denied:403\"", ImageTrouble::Other),
            ("couldn't parse image name \"R/A\": invalid reference format", ImageTrouble::Invalid),
            ("short-name \"a:1\" did not resolve to an alias", ImageTrouble::ShortName),
            ("the moon is full", ImageTrouble::Other),
        ] {
            assert_eq!(trouble(&[text], "r.example/denied:403"), expected, "{text}");
        }
    }
}

//! What Tekton's controller logged about a run.
//!
//! The log is JSON, a line each: `severity`, `msg` or `message`, `error`,
//! `knative.dev/key` (tektoncd/pipeline config/config-logging.yaml, v0.68 to v1.15).

use serde_json::Value;

use crate::model::Cluster;

use super::focus::Focus;
use crate::finding::{About, Evidence, Proof};

/// Prefix of the names of the controller's pods.
pub const CONTROLLER: &str = "tekton-pipelines-controller-";
/// Lines that are quoted, the last ones.
const LINES: usize = 3;
/// Longest quoted text, in characters.
const LONGEST: usize = 400;

/// Whether a log, by its key `namespace/pod/container`, is the controller's.
fn is_controller(key: &str) -> bool {
    key.split('/').nth(1).is_some_and(|pod| pod.starts_with(CONTROLLER))
}

/// Pods of the controller that were seen, as `(namespace, pod, container)`.
pub fn pods(cluster: &Cluster) -> Vec<(String, String, String)> {
    cluster
        .pods
        .known()
        .filter(|pod| pod.metadata.name.starts_with(CONTROLLER))
        .filter_map(|pod| {
            let container = pod.spec.containers.first()?.name.clone();
            Some((pod.metadata.namespace.clone(), pod.metadata.name.clone(), container))
        })
        .collect()
}

/// Warnings and errors of the controller that concern the run.
pub fn lines(focus: &Focus<'_>) -> Vec<Evidence> {
    let namespace = focus.namespace();
    let mut names: Vec<&str> = vec![&focus.run().metadata.name];
    names.extend(focus.tree.tasks.iter().map(|task| task.task_run.metadata.name.as_str()));
    let keys: Vec<String> = names.iter().map(|name| format!("{namespace}/{name}")).collect();
    let mut found = Vec::new();
    for (log, text) in focus.cluster.logs.iter().filter(|(key, _)| is_controller(key)) {
        for (number, line) in text.lines().enumerate() {
            let Some(said) = said(line, &keys) else { continue };
            found.push(Evidence {
                proof: Proof::Said,
                object: About::Log { pod: log.split('/').nth(1).unwrap_or_default().to_owned() },
                field: format!("line {}", number + 1),
                value: said.chars().take(LONGEST).collect(),
                source: log.clone(),
            });
        }
    }
    // The controller repeats itself at every reconcile.
    let mut kept: Vec<Evidence> = Vec::new();
    for line in found.into_iter().rev() {
        if kept.len() < LINES && !kept.iter().any(|known| known.value == line.value) {
            kept.push(line);
        }
    }
    kept.reverse();
    kept
}

/// What a line says, if it is a warning or an error about one of the keys.
fn said(line: &str, keys: &[String]) -> Option<String> {
    let entry: Value = serde_json::from_str(line).ok()?;
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
    let severity = if entry.get("severity").is_some() { text("severity") } else { text("level") };
    if !matches!(severity.to_lowercase().as_str(), "warn" | "warning" | "error" | "fatal" | "panic") {
        return None;
    }
    let concerns = |value: &Value| value.as_str().is_some_and(|text| keys.iter().any(|key| is_about(text, key)));
    if !entry.as_object()?.values().any(concerns) {
        return None;
    }
    let message = if entry.get("message").is_some() { text("message") } else { text("msg") };
    let error = text("error");
    Some(if error.is_empty() { format!("{severity}: {message}") } else { format!("{severity}: {message}: {error}") })
}

/// Whether a text names the key, and not only a longer name that starts like it.
fn is_about(text: &str, key: &str) -> bool {
    text.match_indices(key).any(|(at, _)| {
        let after = text[at + key.len()..].chars().next();
        !after.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
    })
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn only_complaints_about_the_run_are_quoted() {
        let keys = ["n/run".to_owned()];
        let line = |severity: &str, key: &str| {
            format!(r#"{{"severity":"{severity}","message":"Reconcile error","knative.dev/key":"{key}","error":"no"}}"#)
        };
        assert_eq!(said(&line("error", "n/run"), &keys).as_deref(), Some("error: Reconcile error: no"));
        assert_eq!(said(&line("info", "n/run"), &keys), None);
        assert_eq!(said(&line("error", "n/run-2"), &keys), None);
        assert_eq!(said("not JSON about n/run", &keys), None);
    }
}

//! `KIND/NAME`, as kubectl takes it, where only one kind makes sense.
//!
//! A word before the slash is a namespace first: nothing keeps a namespace from being called
//! `pipelines`, and the commands that this program prints name runs by their namespace. What is
//! not found there and is a word for a kind was meant as one.

use crate::cli::CommandError;
use crate::ops::Command;
use crate::report::wording;

/// Kinds that people name beside runs, with the words that kubectl takes for them.
const KINDS: [(&str, &[&str]); 27] = [
    ("Pod", &["pod", "pods", "po"]),
    ("TaskRun", &["taskrun", "taskruns", "tr", "trs"]),
    ("CustomRun", &["customrun", "customruns"]),
    ("Pipeline", &["pipeline", "pipelines"]),
    ("Task", &["task", "tasks"]),
    ("StepAction", &["stepaction", "stepactions"]),
    ("Deployment", &["deployment", "deployments", "deploy"]),
    ("DeploymentConfig", &["deploymentconfig", "deploymentconfigs", "dc"]),
    ("ReplicaSet", &["replicaset", "replicasets", "rs"]),
    ("StatefulSet", &["statefulset", "statefulsets", "sts"]),
    ("DaemonSet", &["daemonset", "daemonsets", "ds"]),
    ("Job", &["job", "jobs"]),
    ("CronJob", &["cronjob", "cronjobs", "cj"]),
    ("Build", &["build", "builds"]),
    ("Service", &["service", "services", "svc"]),
    ("Event", &["event", "events", "ev"]),
    ("ConfigMap", &["configmap", "configmaps", "cm"]),
    ("Secret", &["secret", "secrets"]),
    ("ServiceAccount", &["serviceaccount", "serviceaccounts", "sa"]),
    ("PersistentVolumeClaim", &["persistentvolumeclaim", "persistentvolumeclaims", "pvc"]),
    ("PersistentVolume", &["persistentvolume", "persistentvolumes", "pv"]),
    ("ResourceQuota", &["resourcequota", "resourcequotas", "quota"]),
    ("LimitRange", &["limitrange", "limitranges", "limits"]),
    ("Node", &["node", "nodes", "no"]),
    ("Namespace", &["namespace", "namespaces", "ns"]),
    ("EventListener", &["eventlistener", "eventlisteners", "el"]),
    ("PipelineRun", &["pipelinerun", "pipelineruns", "pr", "prs"]),
];

/// The kind that a word stands for, its API group and version aside: `pods`, `Pod`,
/// `taskrun.tekton.dev`.
pub(super) fn named(word: &str) -> Option<&'static str> {
    let word = word.split('.').next().unwrap_or_default().to_ascii_lowercase();
    KINDS.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(kind, _)| *kind)
}

/// Whether a word can be no namespace: names of namespaces are DNS labels.
pub(super) fn is_no_namespace(word: &str) -> bool {
    !word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Why `WORD/NAME` was not found, if `WORD` is a kind other than the one that is expected.
pub(super) fn another(word: &str, name: &str, expected: &str, namespace: Option<&str>) -> Option<CommandError> {
    let kind = named(word).filter(|kind| *kind != expected)?;
    let error = CommandError::usage(format!("{word}/{name} names a {kind}, and a {expected} is expected"));
    let error = match kind {
        "Pod" | "TaskRun" if expected == "PipelineRun" => {
            let place = namespace.map(|namespace| ["-n", namespace]);
            let words = ["get", word, name, "-L", "tekton.dev/pipelineRun"];
            let words: Vec<&str> = words.into_iter().chain(place.into_iter().flatten()).collect();
            error.hint(format!("its run: {}", Command::of_client(wording::caller(), &words).line()))
        }
        _ => error,
    };
    let error = match is_no_namespace(word) || namespace.is_some() {
        true => error.hint("expected NAME, NAMESPACE/NAME or KIND/NAME"),
        false => error.hint(format!("for a namespace that is called {word}: -n {word} {name}")),
    };
    Some(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_as_for_kubectl() {
        for (word, kind) in
            [("po", "Pod"), ("Pods", "Pod"), ("taskrun.tekton.dev", "TaskRun"), ("deploy", "Deployment")]
        {
            assert_eq!(named(word), Some(kind), "{word}");
        }
        assert_eq!(named("shop"), None);
        assert!(
            another("pr", "x", "PipelineRun", None).is_none() && another("shop", "x", "PipelineRun", None).is_none()
        );
        let words: Vec<&str> = KINDS.iter().flat_map(|(_, words)| words.iter().copied()).collect();
        let unique: std::collections::BTreeSet<&&str> = words.iter().collect();
        assert_eq!(words.len(), unique.len());
    }

    #[test]
    fn a_namespace_is_a_label() {
        assert!(!is_no_namespace("team-a1") && is_no_namespace("Pod") && is_no_namespace("pods.v1"));
    }
}

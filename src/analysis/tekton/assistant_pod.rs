//! The pod of an affinity assistant: what its StatefulSet says, or what it would say
//! of a run that does not exist yet.
//!
//! Mirrors tektoncd/pipeline `affinityAssistantStatefulSet` in
//! `pkg/reconciler/pipelinerun/affinity_assistant.go` (v0.68.1 to v1.15.0); what it
//! takes from the run by version is in `TektonVersion`.

use serde_json::Value;

use super::assistant::{self, Coschedule};
use super::pod_template;
use super::task_pod::Setting;
use super::version::TektonVersion;
use super::workspaces;
use crate::model::Quantity;
use crate::model::pod::{Affinity, Container, Pod, PodAffinityTerm, PodPlan, Resources, WeightedPodAffinityTerm};
use crate::model::quantity::ResourceList;
use crate::model::selector::LabelSelector;
use crate::model::volume::{ClaimSource, Volume, VolumeSource};
use crate::model::workload::Workload;

/// The pods of all assistants that Tekton would make for the run.
pub fn assistant_pods(setting: Setting<'_>) -> Vec<Pod> {
    let created = assistant::created_for(setting.run, setting.mode);
    created.into_iter().map(|(name, workspace)| pod(setting, &name, &workspace)).collect()
}

/// The pod that a StatefulSet makes: its template, with a name and its claims.
pub fn of_stateful_set(set: &Workload) -> Pod {
    let template = &set.spec.template;
    let mut pod = Pod { spec: template.spec.clone(), ..Pod::default() };
    pod.metadata.name = format!("{}-0", set.metadata.name);
    pod.metadata.namespace.clone_from(&set.metadata.namespace);
    pod.metadata.labels = template.metadata.labels.clone().into();
    pod.metadata.annotations.clone_from(&template.metadata.annotations);
    let claims = set.spec.volume_claim_templates.iter().map(|claim| &claim.metadata.name);
    pod.spec.volumes.extend(claims.map(|name| claim_volume(name.clone(), format!("{name}-{}", pod.metadata.name))));
    pod
}

fn pod(setting: Setting<'_>, name: &str, workspace: &str) -> Pod {
    let run = setting.run;
    let mut pod = Pod::default();
    pod.metadata.name = format!("{name}-0");
    pod.metadata.namespace.clone_from(&run.metadata.namespace);
    let labels = &mut pod.metadata.labels;
    labels.extend(run.metadata.labels.iter().map(|(key, value)| (key.clone(), value.clone())));
    labels.insert("tekton.dev/pipelineRun".to_owned(), run.metadata.name.clone());
    labels.insert(assistant::INSTANCE_LABEL.to_owned(), name.to_owned());
    labels.insert(assistant::COMPONENT_LABEL.to_owned(), assistant::COMPONENT.to_owned());
    pod.spec = spec(setting).into();
    pod.spec.volumes = volumes(setting, workspace);
    pod
}

fn spec(setting: Setting<'_>) -> PodPlan {
    let fixed: ResourceList = [
        ("cpu".to_owned(), Quantity::from_milli(assistant::CPU_MILLI)),
        ("memory".to_owned(), Quantity::from_units(assistant::MEMORY_BYTES)),
    ]
    .into();
    let mut spec = PodPlan {
        containers: vec![Container {
            name: "affinity-assistant".to_owned(),
            resources: Resources { requests: fixed.clone(), limits: fixed },
            security_context: setting.defaults.security_context(),
            ..Container::default()
        }],
        affinity: affinity(setting),
        ..PodPlan::default()
    };
    let defaults = setting.defaults;
    let template = pod_template::of_assistant(setting.run, &defaults.pod_template, &defaults.assistant_template);
    let field = |name: &str| template.get(name).cloned().unwrap_or_default();
    let since = |rule: fn(TektonVersion) -> bool| setting.version.is_none_or(rule);
    spec.node_selector = serde_json::from_value(field("nodeSelector")).unwrap_or_default();
    spec.tolerations = serde_json::from_value(field("tolerations")).unwrap_or_default();
    spec.image_pull_secrets = serde_json::from_value(field("imagePullSecrets")).unwrap_or_default();
    if since(TektonVersion::assistant_has_security_context) {
        spec.security_context = serde_json::from_value(field("securityContext")).unwrap_or_default();
    }
    if since(TektonVersion::assistant_has_priority_class) {
        spec.priority_class_name = field("priorityClassName").as_str().unwrap_or_default().to_owned();
    }
    // Where the version is unknown, the account that admission gives is assumed: the
    // run's own came late and was never backported.
    if setting.version.is_some_and(TektonVersion::assistant_has_service_account) {
        let own = field("serviceAccountName");
        let own = own.as_str().filter(|name| !name.is_empty());
        let account = own.or_else(|| setting.run.service_account()).or(defaults.service_account.as_deref());
        spec.service_account_name = account.unwrap_or_default().to_owned();
    }
    spec
}

/// The run's affinity, and away from other assistants
/// (`getAssistantAffinityMergedWithPodTemplateAffinity`).
fn affinity(setting: Setting<'_>) -> Affinity {
    let of_run = setting.run.spec_at("/taskRunTemplate/podTemplate/affinity");
    let default = setting.defaults.pod_template.get("affinity");
    let mut affinity: Affinity =
        of_run.or(default).and_then(|affinity| serde_json::from_value(affinity.clone()).ok()).unwrap_or_default();
    let labels = [(assistant::COMPONENT_LABEL.to_owned(), assistant::COMPONENT.to_owned())];
    let term = PodAffinityTerm {
        label_selector: Some(LabelSelector { match_labels: labels.into(), match_expressions: Vec::new() }),
        topology_key: "kubernetes.io/hostname".to_owned(),
        ..PodAffinityTerm::default()
    };
    let apart = affinity.pod_anti_affinity.get_or_insert_default();
    if setting.mode == Coschedule::IsolatePipelineRun {
        apart.required.push(term);
    } else {
        apart.preferred.push(WeightedPodAffinityTerm { weight: 100, pod_affinity_term: term });
    }
    affinity
}

/// The claims that the assistant holds: its workspace's, or all of the run.
fn volumes(setting: Setting<'_>, workspace: &str) -> Vec<Volume> {
    let bindings = setting.run.spec_at("/workspaces").and_then(Value::as_array);
    let names = bindings.into_iter().flatten().filter_map(|binding| binding.get("name")?.as_str());
    let held = names.filter(|name| setting.mode.is_per_run() || *name == workspace);
    let mut claims: Vec<String> =
        held.filter_map(|name| workspaces::claim_name(setting.run, name, setting.mode)).collect();
    claims.dedup();
    claims.into_iter().enumerate().map(|(at, claim)| claim_volume(format!("workspace-{at}"), claim)).collect()
}

fn claim_volume(name: String, claim_name: String) -> Volume {
    Volume { name, source: VolumeSource::PersistentVolumeClaim(ClaimSource { claim_name, read_only: false }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::tekton::Defaults;
    use crate::model::run::PipelineRun;
    use serde_json::json;

    fn pods(mode: Coschedule, version: &str) -> Vec<Pod> {
        let mut run = PipelineRun {
            spec: json!({
                "taskRunTemplate": { "serviceAccountName": "pipeline", "podTemplate": {
                    "nodeSelector": { "a": "1" }, "securityContext": { "fsGroup": 7 }, "priorityClassName": "high",
                    "runtimeClassName": "kata",
                    "affinity": { "nodeAffinity": { "preferredDuringSchedulingIgnoredDuringExecution": [] } } } },
                "workspaces": [{ "name": "src", "persistentVolumeClaim": { "claimName": "data" } },
                    { "name": "new", "volumeClaimTemplate": { "spec": {} } }, { "name": "tmp", "emptyDir": {} }] }),
            ..PipelineRun::default()
        };
        run.metadata.name = "r".to_owned();
        run.metadata.labels.insert("app".to_owned(), "x".to_owned());
        let defaults = Defaults::default();
        let version = TektonVersion::parse(version);
        assistant_pods(Setting { run: &run, mode, version, defaults: &defaults, limit_ranges: &[] })
    }

    #[test]
    fn what_it_takes_from_the_run_came_by_and_by() {
        let seen = |version: &str| {
            let spec = &pods(Coschedule::Workspaces, version)[0].spec;
            let group = spec.security_context.as_ref().and_then(|context| context.fs_group);
            (group, spec.priority_class_name.clone(), spec.service_account_name.clone())
        };
        assert_eq!(seen("0.62.0"), (None, String::new(), String::new()));
        assert_eq!(seen("0.63.0"), (Some(7), String::new(), String::new()));
        assert_eq!(seen("1.6.6"), (Some(7), "high".to_owned(), String::new()));
        assert_eq!(seen("1.15.0"), (Some(7), "high".to_owned(), "pipeline".to_owned()));
        assert_eq!(pods(Coschedule::Workspaces, "1.15.0")[0].spec.runtime_class_name, None);
    }

    #[test]
    fn claims_and_repulsion_follow_the_mode() {
        let per_claim = pods(Coschedule::Workspaces, "1.15.0");
        assert_eq!(per_claim.iter().map(|pod| pod.spec.volumes.len()).collect::<Vec<_>>(), [1, 1]);
        let apart = |pod: &Pod| {
            let apart = pod.spec.affinity.pod_anti_affinity.as_ref().unwrap();
            (apart.required.len(), apart.preferred.len())
        };
        assert_eq!(apart(&per_claim[0]), (0, 1));
        let isolated = pods(Coschedule::IsolatePipelineRun, "1.15.0");
        assert_eq!((isolated.len(), isolated[0].spec.volumes.len(), apart(&isolated[0])), (1, 2, (1, 0)));
        assert!(pods(Coschedule::Disabled, "1.15.0").is_empty());
        assert_eq!(isolated[0].metadata.label("app"), Some("x"));
    }

    #[test]
    fn a_stateful_set_says_it_itself() {
        let set: Workload = serde_json::from_value(json!({ "metadata": { "name": "affinity-assistant-1", "namespace": "ci" },
            "spec": { "template": { "metadata": { "labels": { "a": "b" } }, "spec": { "containers": [{ "name": "c" }] } },
                "volumeClaimTemplates": [{ "metadata": { "name": "pvc-1" } }] } }))
        .unwrap();
        let pod = of_stateful_set(&set);
        assert_eq!((pod.metadata.name.as_str(), pod.metadata.label("a")), ("affinity-assistant-1-0", Some("b")));
        let VolumeSource::PersistentVolumeClaim(claim) = &pod.spec.volumes[0].source else { panic!("no claim") };
        assert_eq!(claim.claim_name, "pvc-1-affinity-assistant-1-0");
    }
}

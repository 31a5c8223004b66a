//! Pods put together from runs, against those that real Tekton releases made and real
//! servers stored.

#![allow(clippy::unwrap_used, reason = "a test")]

mod recorded;

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use tekton_fix::analysis::incoming::{self, Server};
use tekton_fix::analysis::tekton::assistant_pod::{assistant_pods, of_stateful_set};
use tekton_fix::analysis::tekton::task_pod::{Setting, task_pod};
use tekton_fix::analysis::tekton::{Coschedule, Defaults};
use tekton_fix::checks::focus::Focus;
use tekton_fix::checks::judged::kubernetes_version;
use tekton_fix::checks::scc_verdict::is_openshift;
use tekton_fix::model::Cluster;
use tekton_fix::model::namespace::LimitRange;
use tekton_fix::model::pod::{Container, Pod};
use tekton_fix::model::volume::VolumeSource;
use tekton_fix::sources::export;

use recorded::{folders, unpack};

/// Pods that were made before the installation was upgraded and set differently.
const MADE_BEFORE: [(&str, &str); 1] = [("024-sdk-build-across-upgrade", "checkout")];

fn snapshots() -> Vec<(String, Cluster, String, String)> {
    let folder = unpack("incidents.tar.zst");
    let mut all: Vec<_> = folders(&folder.path().join("incidents"))
        .into_iter()
        .map(|path| {
            let truth: Value = serde_yaml::from_str(&fs::read_to_string(path.join("truth.yaml")).unwrap()).unwrap();
            let (namespace, name) = truth["run"].as_str().unwrap().split_once('/').unwrap();
            let cluster = export::read(path.join("snapshot").to_str().unwrap()).unwrap();
            let incident = path.file_name().unwrap().to_str().unwrap().to_owned();
            (incident, cluster, namespace.to_owned(), name.to_owned())
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

fn claims(pod: &Pod) -> BTreeSet<&str> {
    let claims = pod.spec.volumes.iter().filter_map(|volume| match &volume.source {
        VolumeSource::PersistentVolumeClaim(claim) => Some(claim.claim_name.as_str()),
        _ => None,
    });
    claims.collect()
}

fn containers(containers: &[Container]) -> Vec<String> {
    let list = containers.iter().map(|container| format!("{} {:?}", container.name, container.resources));
    list.collect()
}

/// What placement reads, as texts that can be compared.
fn placement(pod: &Pod) -> Vec<(&'static str, String)> {
    let spec = &pod.spec;
    let tolerations: BTreeSet<String> =
        spec.tolerations.iter().map(|toleration| serde_json::to_string(toleration).unwrap()).collect();
    vec![
        ("init containers", format!("{:#?}", containers(&spec.init_containers))),
        ("containers", format!("{:#?}", containers(&spec.containers))),
        ("node selector", format!("{:?}", spec.node_selector)),
        ("tolerations", format!("{tolerations:#?}")),
        ("affinity", format!("{:#?}", spec.affinity)),
        ("spread", format!("{:?}", spec.topology_spread_constraints)),
        ("overhead", format!("{:?}", spec.overhead)),
        ("priority", format!("{:?} {}", spec.priority, spec.priority_class_name)),
        ("runtime class", format!("{:?}", spec.runtime_class_name)),
        ("scheduler", spec.scheduler_name.clone()),
        ("host network", spec.host_network.to_string()),
        ("claims", format!("{:?}", claims(pod))),
        ("deadline", spec.active_deadline_seconds.is_some().to_string()),
        ("account", spec.service_account_name.clone()),
    ]
}

#[test]
fn task_and_assistant_pods_are_what_real_servers_stored() {
    let mut wrong: Vec<String> = Vec::new();
    let (mut tasks, mut assistants) = (0, 0);
    for (incident, cluster, namespace, name) in snapshots() {
        let run = cluster.pipeline_run(&namespace, &name).unwrap();
        let focus = Focus::new(&cluster, run, cluster.taken_at.unwrap());
        let installation = &focus.installation;
        let defaults = Defaults::read(
            installation.defaults.map(|map| &map.data),
            installation.feature_flags.map(|map| &map.data),
            focus.tekton(),
            |text| serde_yaml::from_str(text).ok(),
        );
        let ranges: Vec<&LimitRange> =
            cluster.limit_ranges.iter().filter(|range| range.metadata.namespace == namespace).collect();
        let mode = focus.coschedule().unwrap_or(Coschedule::Workspaces);
        let setting = Setting { run, mode, version: focus.tekton(), defaults: &defaults, limit_ranges: &ranges };
        let server = Server { version: kubernetes_version(&cluster), is_openshift: is_openshift(&cluster) };
        let mut compare = |what: String, ours: &Pod, real: &Pod| {
            for ((part, ours), (_, real)) in placement(ours).into_iter().zip(placement(real)) {
                if ours != real {
                    wrong.push(format!("{incident} {what}: {part}\n  ours {ours}\n  real {real}"));
                }
            }
        };
        for node in &focus.tree.tasks {
            let (Some(real), Some(spec)) = (node.pod, &node.task_run.status.task_spec) else { continue };
            if MADE_BEFORE.contains(&(incident.as_str(), node.task)) {
                continue;
            }
            let pipeline_tasks = run.pipeline_tasks();
            let task = pipeline_tasks.iter().find(|task| task["name"] == node.task).unwrap();
            let ours = incoming::admit(&cluster, task_pod(setting, task, spec), server);
            compare(format!("task {}", node.task), &ours.pod, real);
            tasks += 1;
        }
        for ours in assistant_pods(setting) {
            let real = focus.tree.assistants.iter().find_map(|node| {
                let stored = node.pod.cloned();
                let made = || node.stateful_set.map(|set| incoming::admit(&cluster, of_stateful_set(set), server).pod);
                stored.or_else(made).filter(|pod| pod.metadata.name == ours.metadata.name)
            });
            let Some(real) = real else { continue };
            let ours = incoming::admit(&cluster, ours, server);
            compare("assistant".to_owned(), &ours.pod, &real);
            assistants += 1;
        }
    }
    assert!(tasks > 30 && assistants > 10, "{tasks} tasks, {assistants} assistants");
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
}

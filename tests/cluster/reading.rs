//! A cluster and its export are one and the same to everything that judges them.

use rig::{Platform, Rig, TektonVersion, record, scenario};
use serde_json::Value;
use tekton_fix::model::Cluster;
use tekton_fix::sources::live::{Access, connect};
use tekton_fix::sources::{Wanted, export};

use crate::plugin::{json, plugin};

async fn read_live(rig: &Rig, namespace: &str) -> Cluster {
    let timeout = std::time::Duration::from_secs(30);
    let access = Access { kubeconfig: Some(rig.kubeconfig()), timeout, ..Access::default() };
    let wanted = Wanted::namespace(namespace);
    connect(&access).await.unwrap().read(&wanted).await.unwrap()
}

/// Of Tekton's own namespace an export holds everything, while a reading asks only for
/// what tells how Tekton is set up.
fn as_wanted(mut exported: Cluster, namespace: &str) -> Cluster {
    macro_rules! only_here {
        ($($field:ident),*) => { $(exported.$field.retain(|object| object.metadata.namespace == namespace);)* };
    }
    only_here!(pipeline_runs, task_runs, pods, stateful_sets, events, service_accounts, limit_ranges, resource_quotas);
    only_here!(claims, roles, role_bindings, pipelines, tasks, csi_storage_capacities);
    exported.config_maps.retain(|map| map.metadata.namespace != namespace);
    exported
}

#[tokio::test(flavor = "multi_thread")]
async fn live_and_export_of_one_state_are_equal() {
    let rig = Rig::start(TektonVersion::V1_6_6, Platform::OpenShift).await.unwrap();
    let staged = scenario::incident(&rig, "private-models").await.unwrap();
    rig.wait_for_refused_assistant(&staged).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    // What is retried meanwhile may count an event up between two readings.
    let mut tries = 0;
    let (live, exported) = loop {
        let before = read_live(&rig, "private-models").await;
        record::record(&rig, &["private-models", "openshift-pipelines"], folder.path()).await.unwrap();
        let exported = as_wanted(export::read(folder.path().to_str().unwrap()).unwrap(), "private-models");
        let after = read_live(&rig, "private-models").await;
        tries += 1;
        if before == after || tries == 20 {
            break (after, exported);
        }
    };
    assert!(live.pipeline_runs.len() == 1 && live.nodes.len() == 7 && live.sccs.len() > 5 && !live.events.is_empty());
    assert_equal(&live, &exported);

    let run = format!("{}/{}", staged.namespace, staged.run);
    let findings = |document: Value| document["runs"][0]["findings"].clone();
    let live = findings(json(&plugin(&rig.kubeconfig(), &["diagnose", &run, "-o", "json"])));
    let from = folder.path().to_str().unwrap();
    let exported = findings(json(&plugin(&rig.kubeconfig(), &["diagnose", &run, "--from", from, "-o", "json"])));
    assert_eq!(live[0]["cause"], "assistant-refused-by-scc");
    for (live, exported) in live.as_array().unwrap().iter().zip(exported.as_array().unwrap()) {
        for key in ["code", "cause", "severity", "confidence", "summary"] {
            assert_eq!(live[key], exported[key]);
        }
        assert_eq!(live["repairs"], exported["repairs"]);
    }
}

fn assert_equal(live: &Cluster, exported: &Cluster) {
    macro_rules! same {
        ($($field:ident),*) => { $(
            let names = |cluster: &Cluster| -> Vec<String> {
                cluster.$field.iter().map(|o| format!("{}/{}", o.metadata.namespace, o.metadata.name)).collect()
            };
            assert_eq!(names(live), names(exported), "names of {}", stringify!($field));
            assert!(live.$field == exported.$field, "{} differ:\n{:?}\n{:?}", stringify!($field), live.$field, exported.$field);
        )* };
    }
    same!(
        pipeline_runs,
        task_runs,
        pods,
        stateful_sets,
        events,
        nodes,
        service_accounts,
        limit_ranges,
        resource_quotas,
        claims,
        persistent_volumes,
        roles,
        role_bindings,
        cluster_roles,
        cluster_role_bindings,
        sccs,
        deployments,
        config_maps,
        namespaces,
        tekton_configs,
        pipelines,
        tasks,
        storage_classes,
        csi_nodes,
        csi_drivers,
        volume_attachments,
        csi_storage_capacities,
        priority_classes,
        runtime_classes,
        scheduler_configs
    );
    assert_eq!(live.logs, exported.logs);
    assert!(live == exported, "a list that is not named above differs");
}

//! What was not read becomes a doubt, never a verdict.

#![allow(clippy::unwrap_used, reason = "a test")]

mod scheduler;

use scheduler::{all_listed, cases};
use serde_json::{Value, json};
use tekton_fix::analysis::scheduler::{Judgement, KubernetesVersion, Options, Plugin, Verdict, judge};
use tekton_fix::model::{Cluster, Kind, Origin, Reading};

const VERSION: KubernetesVersion = KubernetesVersion::new(1, 33, 0);

fn node(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "10"}}})
}

fn pod(name: &str, node: &str, spec: &Value) -> Value {
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "ci", "uid": name},
        "spec": {"nodeName": node, "containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]}});
    pod["spec"].as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    pod
}

/// A cluster of which everything was read but these kinds.
fn cluster(objects: Vec<Value>, unread: &[Kind]) -> Cluster {
    let mut cluster = Cluster::default();
    for object in objects {
        let kind = Kind::of(object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap()).unwrap();
        cluster.insert(kind, object, Origin::Server(String::new())).unwrap();
    }
    all_listed(&mut cluster);
    for kind in unread {
        cluster.coverage.record(*kind, "", Reading::Forbidden("no".to_owned()));
    }
    cluster
}

fn judged(cluster: &Cluster) -> Judgement {
    judge(cluster, cluster.pod("ci", "t").unwrap(), VERSION, Options::default())
}

fn doubts(judgement: &Judgement, node: &str) -> Vec<(Plugin, String)> {
    let node = judgement.node(node).unwrap();
    node.doubts.iter().map(|doubt| (doubt.plugin, doubt.unread.to_string())).collect()
}

#[test]
fn without_foreign_pods_room_is_not_known() {
    let mut cluster = cluster(vec![node("n1"), pod("t", "", &json!({}))], &[Kind::Pod]);
    cluster.coverage.record(Kind::Pod, "ci", Reading::Listed);
    let judgement = judged(&cluster);
    assert_eq!(judgement.node("n1").unwrap().verdict, Verdict::Unknown);
    let pods = "pods of all namespaces".to_owned();
    assert_eq!(doubts(&judgement, "n1"), [(Plugin::NodeResourcesFit, pods.clone()), (Plugin::InterPodAffinity, pods)]);
    assert_eq!((judgement.message, judgement.chosen_among.len()), (None, 0));
}

#[test]
fn what_is_seen_can_refuse_for_certain() {
    let full = pod("big", "n1", &json!({}));
    let mut big = pod("t", "", &json!({}));
    big["spec"]["containers"][0]["resources"]["requests"]["cpu"] = json!("1500m");
    let cluster = cluster(vec![node("n1"), full, big], &[Kind::Pod]);
    let judgement = judged(&cluster);
    let refusal = judgement.node("n1").unwrap().refusal().unwrap();
    assert_eq!(refusal.plugin, Some(Plugin::NodeResourcesFit));
    let more = (Plugin::NodeResourcesFit, "pods of all namespaces".to_owned());
    assert_eq!(doubts(&judgement, "n1"), [more], "other resources may be short, too");
    assert_eq!(judgement.message, None);
}

#[test]
fn a_later_refusal_stands_beside_an_earlier_doubt() {
    let spread = json!({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone",
        "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}]});
    let cluster = cluster(vec![node("n1"), pod("t", "", &spread)], &[Kind::Pod]);
    let judgement = judged(&cluster);
    let node = judgement.node("n1").unwrap();
    assert_eq!(node.refusal().unwrap().plugin, Some(Plugin::PodTopologySpread));
    assert_eq!(doubts(&judgement, "n1"), [(Plugin::NodeResourcesFit, "pods of all namespaces".to_owned())]);
    assert_eq!(judgement.message, None, "the first reason may be another one");
}

#[test]
fn an_unread_volume_or_claim_is_named() {
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "ci", "annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
        "spec": {"volumeName": "pv1", "storageClassName": "fast", "accessModes": ["ReadWriteOnce"]},
        "status": {"phase": "Bound"}});
    let uses = json!({"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]});
    let with_claim = cluster(vec![node("n1"), claim, pod("t", "", &uses)], &[Kind::PersistentVolume]);
    let judgement = judged(&with_claim);
    assert_eq!(judgement.node("n1").unwrap().verdict, Verdict::Unknown);
    let unread = doubts(&judgement, "n1");
    for plugin in [Plugin::NodeVolumeLimits, Plugin::VolumeBinding, Plugin::VolumeZone] {
        assert!(unread.contains(&(plugin, "persistentvolumes/pv1".to_owned())), "{unread:?}");
    }
    let without_claim = cluster(vec![node("n1"), pod("t", "", &uses)], &[Kind::Claim]);
    let judgement = judged(&without_claim);
    assert_eq!(judgement.prefilter, None);
    let unread = doubts(&judgement, "n1");
    let data = "persistentvolumeclaims/data in namespace ci".to_owned();
    assert!(unread.contains(&(Plugin::VolumeBinding, data)), "{unread:?}");
}

#[test]
fn without_nodes_nothing_is_said_of_them() {
    let judgement = judged(&cluster(vec![pod("t", "", &json!({}))], &[Kind::Node]));
    assert!(judgement.nodes.is_empty() && judgement.error.is_none() && judgement.message.is_none());
    let judgement = judged(&cluster(vec![pod("t", "", &json!({}))], &[]));
    assert_eq!(judgement.error.as_deref(), Some("no nodes available to schedule pods"));
}

#[test]
fn device_claims_cannot_be_judged() {
    let claims = json!({"resourceClaims": [{"name": "gpu", "resourceClaimName": "g"}]});
    let objects = cluster(vec![node("n1"), pod("t", "", &claims)], &[]);
    let judge = |minor| {
        let version = KubernetesVersion::new(1, minor, 0);
        judge(&objects, objects.pod("ci", "t").unwrap(), version, Options::default())
    };
    assert!(judge(33).node("n1").unwrap().fits(), "the gate is off");
    assert_eq!(judge(34).node("n1").unwrap().verdict, Verdict::Unknown);
}

/// Takes a kind away from a cluster of which everything was read.
fn forget(cluster: &mut Cluster, kind: Kind) {
    match kind {
        Kind::Pod => cluster.pods.retain(|pod| pod.spec.node_name.is_empty()),
        Kind::Namespace => cluster.namespaces.clear(),
        Kind::Claim => cluster.claims.clear(),
        Kind::PersistentVolume => cluster.persistent_volumes.clear(),
        Kind::StorageClass => cluster.storage_classes.clear(),
        Kind::CsiNode => cluster.csi_nodes.clear(),
        Kind::CsiDriver => cluster.csi_drivers.clear(),
        Kind::VolumeAttachment => cluster.volume_attachments.clear(),
        Kind::CsiStorageCapacity => cluster.csi_storage_capacities.clear(),
        _ => panic!("{kind} is not read by filters"),
    }
    cluster.coverage.record(kind, "", Reading::NotRead);
}

const KINDS: [Kind; 9] = [
    Kind::Pod,
    Kind::Namespace,
    Kind::Claim,
    Kind::PersistentVolume,
    Kind::StorageClass,
    Kind::CsiNode,
    Kind::CsiDriver,
    Kind::VolumeAttachment,
    Kind::CsiStorageCapacity,
];

/// A verdict from less must not contradict the verdict from everything.
fn assert_sound(what: &str, full: &Judgement, partial: &Judgement) {
    if let Some(refusal) = &partial.prefilter {
        assert_eq!(full.prefilter.as_ref(), Some(refusal), "{what}");
        return;
    }
    if let Some(text) = &partial.message {
        assert_eq!(full.message.as_ref(), Some(text), "{what}");
    }
    for node in &partial.nodes {
        let what = format!("{what} {}", node.name);
        let real = full.node(&node.name);
        match &node.verdict {
            Verdict::Unknown => {}
            Verdict::Fits => assert!(real.is_some_and(|real| real.fits()), "{what} fits"),
            Verdict::Refused(refusal) => {
                assert!(!real.is_some_and(|real| real.fits()), "{what} {refusal:?}");
                if node.doubts.is_empty() && full.prefilter.is_none() {
                    assert_eq!(real.unwrap().refusal().unwrap().plugin, refusal.plugin, "{what}");
                }
            }
        }
    }
}

#[test]
fn less_never_contradicts_more() {
    for case in cases("cases-part-a.jsonl.zst") {
        let judge = |cluster: &Cluster, minor| {
            let pod = cluster.pod(&case.target.0, &case.target.1).unwrap();
            judge(cluster, pod, KubernetesVersion::new(1, minor, 20), Options::default())
        };
        for minor in [30, 35] {
            let full = judge(&case.cluster, minor);
            for kind in KINDS {
                let mut cluster = case.cluster.overlay();
                forget(&mut cluster, kind);
                assert_sound(&format!("{} without {kind}", case.id), &full, &judge(&cluster, minor));
            }
            let mut cluster = case.cluster.overlay();
            cluster.pods.retain(|pod| pod.metadata.namespace == case.target.0);
            cluster.coverage.record(Kind::Pod, "", Reading::Forbidden(String::new()));
            cluster.coverage.record(Kind::Pod, &case.target.0, Reading::Listed);
            assert_sound(&format!("{} own namespace", case.id), &full, &judge(&cluster, minor));
        }
    }
}

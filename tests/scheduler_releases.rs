//! One state, judged by the rules of two releases: what Kubernetes 1.37 changed.

use serde_json::{Value, json};
use tekton_fix::analysis::scheduler::{Judgement, KubernetesVersion, Options, Snapshot, judge, judge_in};
use tekton_fix::model::pod::Pod;
use tekton_fix::model::{Cluster, Kind, Origin};

fn cluster(objects: Vec<(Kind, Value)>) -> Cluster {
    let mut cluster = Cluster::default();
    for (kind, object) in objects {
        cluster.insert(kind, object, Origin::Server(String::new())).unwrap();
    }
    cluster.sort();
    cluster.coverage.assume_whole();
    cluster
}

fn node(name: &str) -> (Kind, Value) {
    let amounts = json!({ "cpu": "4", "memory": "8Gi", "pods": "10" });
    let labels = json!({ "kubernetes.io/hostname": name });
    (Kind::Node, json!({ "metadata": { "name": name, "labels": labels }, "status": { "allocatable": amounts } }))
}

fn pod(namespace: &str, name: &str, spec: Value) -> (Kind, Value) {
    let mut spec = spec;
    if spec.get("containers").is_none() {
        spec["containers"] = json!([{ "name": "c" }]);
    }
    (Kind::Pod, json!({ "metadata": { "name": name, "namespace": namespace, "labels": { "app": "x" } }, "spec": spec }))
}

fn incoming(spec: Value) -> Pod {
    serde_json::from_value(pod("own", "new", spec).1).unwrap()
}

fn by(minor: u32, cluster: &Cluster, pod: &Pod) -> Judgement {
    judge(cluster, pod, KubernetesVersion::new(1, minor, 2), Options::default())
}

fn fitting(judgement: &Judgement) -> Vec<&str> {
    judgement.fitting().map(|node| node.name.as_str()).collect()
}

#[test]
fn a_negative_namespace_selector_means_what_it_says_again() {
    let there = pod("excluded", "there", json!({ "nodeName": "a" }));
    let namespace = |name: &str| {
        (Kind::Namespace, json!({ "metadata": { "name": name, "labels": { "kubernetes.io/metadata.name": name } } }))
    };
    let cluster = cluster(vec![node("a"), there, namespace("excluded"), namespace("own")]);
    let term = json!({ "topologyKey": "kubernetes.io/hostname", "labelSelector": { "matchLabels": { "app": "x" } },
        "namespaceSelector": { "matchExpressions": [{ "key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["excluded"] }] } });
    let new = incoming(
        json!({ "affinity": { "podAntiAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": [term] } } }),
    );
    assert_eq!(fitting(&by(33, &cluster, &new)), ["a"]);
    assert_eq!(fitting(&by(36, &cluster, &new)), [""; 0]);
    assert_eq!(fitting(&by(37, &cluster, &new)), ["a"]);
}

#[test]
fn the_end_of_the_message_has_no_word_on_device_claims() {
    let cluster = cluster(vec![node("a")]);
    let new = incoming(json!({ "nodeSelector": { "no": "such" } }));
    let text = |minor| by(minor, &cluster, &new).message.unwrap();
    assert!(text(36).contains("no new claims to deallocate, preemption: 0/1"), "{}", text(36));
    assert!(text(37).contains(". preemption: 0/1 nodes are available: 1 Preemption is not helpful"), "{}", text(37));
}

/// A claim whose volume a driver attaches, on a node that has the driver and one that has not.
fn with_driver(prevents: Value) -> (Cluster, Pod) {
    let driver =
        |name: &str| json!({ "metadata": { "name": name }, "spec": { "drivers": [{ "name": "d", "nodeID": name }] } });
    let volume = json!({ "metadata": { "name": "pv" }, "spec": { "accessModes": ["ReadWriteOnce"],
        "csi": { "driver": "d", "volumeHandle": "h" }, "capacity": { "storage": "1Gi" } }, "status": { "phase": "Bound" } });
    let claim = json!({ "metadata": { "name": "c", "namespace": "own", "annotations": { "pv.kubernetes.io/bind-completed": "yes" } },
        "spec": { "volumeName": "pv", "accessModes": ["ReadWriteOnce"] }, "status": { "phase": "Bound" } });
    let cluster = cluster(vec![
        node("a"),
        node("b"),
        (Kind::CsiNode, driver("a")),
        (Kind::CsiNode, json!({ "metadata": { "name": "b" }, "spec": { "drivers": [] } })),
        (
            Kind::CsiDriver,
            json!({ "metadata": { "name": "d" }, "spec": { "preventPodSchedulingIfMissing": prevents } }),
        ),
        (Kind::PersistentVolume, volume),
        (Kind::Claim, claim),
    ]);
    (cluster, incoming(json!({ "volumes": [{ "name": "v", "persistentVolumeClaim": { "claimName": "c" } }] })))
}

#[test]
fn a_driver_that_asks_for_it_has_to_be_on_the_node() {
    let (asks, new) = with_driver(json!(true));
    assert_eq!(fitting(&by(36, &asks, &new)), ["a", "b"]);
    let judgement = by(37, &asks, &new);
    assert_eq!(fitting(&judgement), ["a"]);
    let refusal = judgement.node("b").unwrap().refusal().unwrap();
    assert_eq!(refusal.reasons[0].to_string(), "d CSI driver is not installed on the node");
    for lets in [json!(false), Value::Null] {
        let (cluster, new) = with_driver(lets);
        assert_eq!(fitting(&by(37, &cluster, &new)), ["a", "b"]);
    }
}

#[test]
fn an_unread_driver_is_a_doubt_only_where_the_node_lacks_it() {
    let (mut cluster, new) = with_driver(json!(true));
    cluster.forget(Kind::CsiDriver);
    cluster.coverage = tekton_fix::model::Coverage::default();
    for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::CsiDriver) {
        cluster.coverage.record(*kind, "", tekton_fix::model::Reading::Listed);
    }
    let judgement = by(37, &cluster, &new);
    assert_eq!(fitting(&judgement), ["a"]);
    let other = judgement.node("b").unwrap();
    assert!(!other.fits() && other.refusal().is_none() && !other.doubts.is_empty());
}

/// Node a offers GPUs by a device plugin, node b does not; a class may stand behind them.
fn with_devices(class: Option<Value>) -> (Cluster, Pod) {
    let mut offers = node("a");
    offers.1["status"]["allocatable"]["example.com/gpu"] = json!("1");
    let mut objects = vec![offers, node("b")];
    objects.extend(class.map(|spec| (Kind::DeviceClass, json!({ "metadata": { "name": "gpus" }, "spec": spec }))));
    let resources = json!({ "requests": { "example.com/gpu": "1" }, "limits": { "example.com/gpu": "1" } });
    (cluster(objects), incoming(json!({ "containers": [{ "name": "c", "resources": resources }] })))
}

#[test]
fn devices_may_meet_what_a_node_does_not_offer_since_1_36() {
    let (state, new) = with_devices(Some(json!({ "extendedResourceName": "example.com/gpu" })));
    let older = by(35, &state, &new);
    assert_eq!(fitting(&older), ["a"]);
    assert!(older.node("b").unwrap().refusal().is_some());
    let newer = by(36, &state, &new);
    assert_eq!(fitting(&newer), ["a"]);
    let other = newer.node("b").unwrap();
    assert!(!other.fits() && other.refusal().is_none() && !other.doubts.is_empty());
    // No class, or one for something else, leaves it refused.
    for class in [None, Some(json!({})), Some(json!({ "extendedResourceName": "example.com/fpga" }))] {
        let (state, new) = with_devices(class);
        assert!(by(37, &state, &new).node("b").unwrap().refusal().is_some());
    }
    // Every class offers itself by its own name.
    let (state, mut new) = with_devices(Some(json!({})));
    let requests = &mut new.spec.containers[0].resources.requests;
    let amount = requests.remove("example.com/gpu").unwrap();
    requests.insert("deviceclass.resource.kubernetes.io/gpus".to_owned(), amount);
    let judged = by(37, &state, &new);
    assert!(["a", "b"].iter().all(|name| judged.node(name).unwrap().refusal().is_none()));
    assert_eq!(fitting(&judged), [""; 0]);
}

#[test]
fn unread_device_classes_are_a_doubt_only_where_the_node_offers_nothing() {
    let (mut state, new) = with_devices(None);
    state.coverage = tekton_fix::model::Coverage::default();
    for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::DeviceClass) {
        state.coverage.record(*kind, "", tekton_fix::model::Reading::Listed);
    }
    let judgement = by(37, &state, &new);
    assert_eq!(fitting(&judgement), ["a"]);
    let other = judgement.node("b").unwrap();
    assert!(!other.fits() && other.refusal().is_none() && !other.doubts.is_empty());
    // The scheduler's own words about more nodes than offer the resource tell that no class
    // stands behind it; about as many they tell nothing.
    for (short, is_told) in [(2, true), (1, false)] {
        let message = format!("0/2 nodes are available: {short} Insufficient example.com/gpu.");
        let condition =
            json!({ "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message });
        let mut waiting = pod("own", "waiting", json!({})).1;
        waiting["status"] = json!({ "conditions": [condition] });
        let mut state = state.overlay();
        state.insert(Kind::Pod, waiting, Origin::Server(String::new())).unwrap();
        state.sort();
        assert_eq!(by(37, &state, &new).node("b").unwrap().refusal().is_some(), is_told);
    }
}

#[test]
fn resized_pods_use_the_largest_total_and_not_the_sum_of_the_largest() {
    let container = |name: &str, cpu: &str| json!({ "name": name, "resources": { "requests": { "cpu": cpu } } });
    let status = |name: &str, cpu: &str| json!({ "name": name, "allocatedResources": { "cpu": cpu }, "resources": { "requests": { "cpu": cpu } } });
    let mut there =
        pod("own", "there", json!({ "nodeName": "a", "containers": [container("x", "2"), container("y", "1")] }));
    there.1["status"] = json!({ "containerStatuses": [status("x", "1"), status("y", "2")] });
    let wants = |cpu: &str| incoming(json!({ "containers": [container("c", cpu)] }));
    let state = cluster(vec![node("a"), there.clone()]);
    // 2 + 2 of 4 until 1.36, then the larger of 2 + 1 and 1 + 2.
    assert_eq!(fitting(&by(36, &state, &wants("1"))), [""; 0]);
    assert_eq!(fitting(&by(37, &state, &wants("1"))), ["a"]);
    assert_eq!(fitting(&by(37, &state, &wants("1500m"))), [""; 0]);
    // What cannot be done does not count.
    there.1["spec"]["containers"][0]["resources"]["requests"]["cpu"] = json!("4");
    there.1["status"]["conditions"] = json!([{ "type": "PodResizePending", "status": "True", "reason": "Infeasible" }]);
    let state = cluster(vec![node("a"), there]);
    assert_eq!(fitting(&by(37, &state, &wants("1"))), ["a"]);
}

#[test]
fn more_free_storage_is_better() {
    let class = json!({ "metadata": { "name": "local" }, "provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer" });
    let volume = |name: &str, node: &str, size: &str| {
        let terms =
            json!([{ "matchExpressions": [{ "key": "kubernetes.io/hostname", "operator": "In", "values": [node] }] }]);
        json!({ "metadata": { "name": name }, "spec": { "storageClassName": "local", "accessModes": ["ReadWriteOnce"],
            "capacity": { "storage": size }, "nodeAffinity": { "required": { "nodeSelectorTerms": terms } } }, "status": { "phase": "Available" } })
    };
    let claim = json!({ "metadata": { "name": "c", "namespace": "own" }, "spec": { "storageClassName": "local",
        "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "10Gi" } } }, "status": { "phase": "Pending" } });
    let state = cluster(vec![
        node("small"),
        node("wide"),
        (Kind::StorageClass, class),
        (Kind::PersistentVolume, volume("s", "small", "12Gi")),
        (Kind::PersistentVolume, volume("w", "wide", "100Gi")),
        (Kind::Claim, claim),
    ]);
    let new = incoming(json!({ "volumes": [{ "name": "v", "persistentVolumeClaim": { "claimName": "c" } }] }));
    assert_eq!(by(36, &state, &new).chosen_among, ["small", "wide"]);
    let judgement = by(37, &state, &new);
    assert_eq!(judgement.chosen_among, ["wide"]);
    let total = |name: &str| judgement.node(name).unwrap().score.as_ref().unwrap().total;
    // 100 - 10 of 100 against 100 - 83 of 100.
    assert_eq!(total("wide") - total("small"), 90 - 17);
}

#[test]
fn a_node_that_is_named_leaves_no_other_to_filter() {
    let mut cordoned = node("a");
    cordoned.1["spec"] = json!({ "unschedulable": true });
    let state = cluster(vec![cordoned, node("b")]);
    let new = incoming(json!({ "nodeName": "a" }));
    let text = |minor| {
        let snapshot = Snapshot::new(&state, KubernetesVersion::new(1, minor, 2));
        judge_in(&snapshot, &new, Options::default()).message.unwrap()
    };
    let start = "0/2 nodes are available: 1 node(s) didn't";
    assert!(
        text(36).starts_with(&format!("{start} match the requested node name, 1 node(s) were unschedulable.")),
        "{}",
        text(36)
    );
    assert!(
        text(37).starts_with(&format!("{start} satisfy plugin(s) [NodeName], 1 node(s) were unschedulable.")),
        "{}",
        text(37)
    );
}

#[test]
fn image_volumes_are_images_that_are_wanted() {
    const GIB: i64 = 1024 * 1024 * 1024;
    let mut holder = node("holder");
    holder.1["status"]["images"] = json!([{ "names": ["models/m:1"], "sizeBytes": 2 * GIB }]);
    let state = cluster(vec![holder, node("other")]);
    let new = incoming(json!({ "volumes": [{ "name": "m", "image": { "reference": "models/m:1" } }] }));
    let gain = |minor| {
        let judgement = by(minor, &state, &new);
        let total = |name: &str| judgement.node(name).unwrap().score.as_ref().unwrap().total;
        total("holder") - total("other")
    };
    assert_eq!(gain(35), 0);
    // 1 GiB after scaling, between 23 MiB and 1000 MiB for the one container, or twice that.
    assert_eq!(gain(36), 100);
    assert_eq!(gain(37), 100 * (1024 - 23) / (2000 - 23));
}

#[test]
fn a_newer_release_is_judged_and_reported_as_the_newest_known() {
    let state = cluster(vec![node("a")]);
    let judgement = judge(&state, &incoming(json!({})), KubernetesVersion::new(1, 52, 0), Options::default());
    assert_eq!(judgement.version, KubernetesVersion::NEWEST);
    let judgement = judge(&state, &incoming(json!({})), KubernetesVersion::new(1, 36, 9), Options::default());
    assert_eq!(judgement.version, KubernetesVersion::new(1, 36, 9));
}

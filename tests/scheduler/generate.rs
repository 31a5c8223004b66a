//! Random clusters, small and nasty: every plugin, every corner, Tekton's shapes.

use serde_json::{Map, Value, json};

use super::corners;

/// A small, fast generator of numbers (splitmix64): the same seed gives the same
/// cluster on every machine.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// True once in `of` times.
    pub fn once_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    pub fn pick<'v, T>(&mut self, values: &'v [T]) -> &'v T {
        &values[self.below(values.len())]
    }

    fn some(&mut self, values: &[&str], most: usize) -> Vec<String> {
        let count = self.below(most + 1);
        (0..count).map(|_| (*self.pick(values)).to_owned()).collect()
    }
}

const NAMESPACES: [&str; 3] = ["ci", "prod", "team"];
const ZONES: [&str; 3] = ["a", "b", "c"];
const HOSTNAME: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";
const BETA_ZONE: &str = "failure-domain.beta.kubernetes.io/zone";
const CLAIMS: [&str; 6] = ["c0", "c1", "c2", "c3", "c4", "c5"];
const DRIVER: &str = "csi.example.com";

/// One question for the scheduler.
pub fn question(seed: u64) -> Value {
    let mut dice = Dice::new(seed);
    let nodes: Vec<String> = (0..1 + dice.below(6)).map(|at| format!("n{at}")).collect();
    let mut objects = Vec::new();
    for namespace in NAMESPACES {
        if !dice.once_in(8) {
            let labels = labels(&mut dice, &["env", "team"], &["x", "y"]);
            objects.push(
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}),
            );
        }
    }
    for name in &nodes {
        objects.push(node(&mut dice, name));
    }
    let storage = dice.once_in(2);
    if storage {
        storage_objects(&mut dice, &nodes, &mut objects);
    }
    for at in 0..dice.below(14) {
        objects.push(existing_pod(&mut dice, &format!("p{at}"), &nodes, storage));
    }
    let tekton = dice.once_in(6);
    if tekton {
        objects.push(assistant(&mut dice, &nodes));
    }
    let mut target = pod(&mut dice, "t", "ci", storage, 3);
    target["spec"]["priority"] = json!(*dice.pick(&[0, 0, 10, 100]));
    if dice.once_in(10) {
        target["spec"]["preemptionPolicy"] = json!("Never");
    }
    if tekton {
        target["spec"]["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] = json!([{
            "labelSelector": {"matchLabels": {"app.kubernetes.io/component": "affinity-assistant",
                "app.kubernetes.io/instance": "aa"}}, "topologyKey": HOSTNAME}]);
    }
    objects.push(target);
    let mut question =
        json!({"id": format!("seed {seed}"), "target": {"namespace": "ci", "name": "t"}, "objects": objects});
    corners::sharpen(seed, &mut question);
    question
}

fn labels(dice: &mut Dice, keys: &[&str], values: &[&str]) -> Value {
    let mut labels = Map::new();
    for key in keys {
        if !dice.once_in(3) {
            labels.insert((*key).to_owned(), json!(dice.pick(values)));
        }
    }
    Value::Object(labels)
}

fn node(dice: &mut Dice, name: &str) -> Value {
    let mut labels = labels(dice, &["disk", "arch"], &["ssd", "hdd"]);
    if !dice.once_in(8) {
        labels[HOSTNAME] = json!(if dice.once_in(10) { "host" } else { name });
    }
    if !dice.once_in(5) {
        labels[ZONE] = json!(dice.pick(&ZONES));
    }
    if dice.once_in(6) {
        labels[BETA_ZONE] = json!(dice.pick(&ZONES));
    }
    if dice.once_in(3) {
        labels["cores"] = json!(dice.pick(&["2", "8", "16", "many"]));
    }
    if dice.once_in(4) {
        labels["topology.ebs.csi.aws.com/zone"] = json!(dice.pick(&ZONES));
    }
    let mut taints = Vec::new();
    for (key, value, effect) in [
        ("gpu", "true", "NoSchedule"),
        ("old", "", "NoExecute"),
        ("slow", "yes", "PreferNoSchedule"),
        ("node.kubernetes.io/unschedulable", "", "NoSchedule"),
    ] {
        if dice.once_in(7) {
            taints.push(json!({"key": key, "value": value, "effect": effect}));
        }
    }
    let mut allocatable =
        json!({"cpu": dice.pick(&["500m", "1", "2", "4"]), "memory": dice.pick(&["512Mi", "1Gi", "4Gi"])});
    if !dice.once_in(12) {
        allocatable["pods"] = json!(dice.pick(&["2", "5", "110"]));
    }
    for (resource, amounts) in
        [("ephemeral-storage", ["1Gi", "10Gi"]), ("example.com/gpu", ["0", "1"]), ("hugepages-2Mi", ["0", "64Mi"])]
    {
        if dice.once_in(2) {
            allocatable[resource] = json!(dice.pick(&amounts));
        }
    }
    let images = if dice.once_in(3) {
        json!([{"names": ["img:1"], "sizeBytes": 300_000_000}, {"names": ["img:latest"], "sizeBytes": 900_000_000}])
    } else {
        json!([])
    };
    // The API server takes only sorted lists without duplicates.
    let mut features = dice.some(&["RestartAllContainersOnContainerExits", "UserNamespacesHostNetworkSupport"], 2);
    features.sort();
    features.dedup();
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels},
        "spec": {"taints": taints, "unschedulable": dice.once_in(10)},
        "status": {"allocatable": allocatable, "capacity": allocatable, "images": images, "declaredFeatures": features}})
}

fn selector(dice: &mut Dice) -> Value {
    match dice.below(8) {
        0 => json!({}),
        1 => json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": [dice.pick(&["a", "b"])]}]}),
        2 => json!({"matchExpressions": [{"key": "tier", "operator": *dice.pick(&["Exists", "DoesNotExist"])}]}),
        3 => json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "c"]}]}),
        4 => json!({"matchLabels": {"app": "a", "tier": dice.pick(&["a", "b"])}}),
        _ => json!({"matchLabels": {"app": dice.pick(&["a", "b", "c"])}}),
    }
}

fn namespace_selector(dice: &mut Dice) -> Value {
    match dice.below(4) {
        0 => json!({}),
        1 => json!({"matchExpressions": [{"key": "env", "operator": "NotIn", "values": ["x"]}]}),
        2 => json!({"matchExpressions": [{"key": "env", "operator": "DoesNotExist"}]}),
        _ => json!({"matchLabels": {"env": "x"}}),
    }
}

fn term(dice: &mut Dice) -> Value {
    let key = *dice.pick(&[HOSTNAME, HOSTNAME, ZONE, "disk"]);
    let mut term = json!({"topologyKey": key});
    if !dice.once_in(10) {
        term["labelSelector"] = selector(dice);
    }
    if dice.once_in(4) {
        term["namespaces"] = json!(dice.some(&NAMESPACES, 2));
    }
    if dice.once_in(4) {
        term["namespaceSelector"] = namespace_selector(dice);
    }
    term
}

fn terms(dice: &mut Dice, rarely: usize) -> Value {
    let count = if dice.once_in(rarely) { 1 + dice.below(2) } else { 0 };
    (0..count).map(|_| term(dice)).collect()
}

fn weighted_terms(dice: &mut Dice, rarely: usize) -> Value {
    let count = if dice.once_in(rarely) { 1 + dice.below(2) } else { 0 };
    (0..count).map(|_| json!({"weight": 1 + dice.below(100), "podAffinityTerm": term(dice)})).collect()
}

fn node_term(dice: &mut Dice) -> Value {
    let expression = match dice.below(8) {
        0 => json!({"key": "cores", "operator": dice.pick(&["Gt", "Lt"]), "values": [dice.pick(&["4", "10"])]}),
        1 => json!({"key": "disk", "operator": "NotIn", "values": ["hdd"]}),
        2 => json!({"key": dice.pick(&["disk", ZONE]), "operator": dice.pick(&["Exists", "DoesNotExist"])}),
        3 => {
            return json!({"matchFields": [{"key": "metadata.name", "operator": dice.pick(&["In", "In", "NotIn"]),
            "values": [dice.pick(&["n0", "n1", "n9"])]}]});
        }
        4 => {
            json!({"key": ZONE, "operator": "In", "values": dice.some(&ZONES, 2).into_iter().chain(["a".to_owned()]).collect::<Vec<_>>()})
        }
        _ => json!({"key": "disk", "operator": "In", "values": ["ssd"]}),
    };
    json!({"matchExpressions": [expression]})
}

fn requests(dice: &mut Dice) -> Value {
    let mut requests = Map::new();
    for (resource, amounts, rarely) in [
        ("cpu", ["100m", "300m", "1", "0"], 2),
        ("memory", ["64Mi", "500Mi", "2Gi", "0"], 2),
        ("ephemeral-storage", ["100Mi", "2Gi", "1Gi", "0"], 6),
        ("example.com/gpu", ["1", "1", "2", "0"], 9),
        ("hugepages-2Mi", ["2Mi", "32Mi", "64Mi", "0"], 12),
    ] {
        if dice.once_in(rarely) {
            requests.insert(resource.to_owned(), json!(dice.pick(&amounts)));
        }
    }
    Value::Object(requests)
}

fn container(dice: &mut Dice, name: &str) -> Value {
    let requests = requests(dice);
    let mut container = json!({"name": name, "image": dice.pick(&["img:1", "img", "other:2"]),
        "resources": {"requests": requests, "limits": requests}});
    if dice.once_in(8) {
        container["ports"] = json!([{"containerPort": 80, "hostPort": dice.pick(&[80, 81]),
            "hostIP": dice.pick(&["", "10.0.0.1", "10.0.0.2", "::", "0.0.0.0"]), "protocol": dice.pick(&["TCP", "TCP", "UDP"])}]);
    }
    container
}

/// A pod; `rarely` says how seldom it has rules of its own.
fn pod(dice: &mut Dice, name: &str, namespace: &str, storage: bool, rarely: usize) -> Value {
    let mut spec = json!({"schedulerName": "default-scheduler"});
    spec["containers"] = (0..1 + dice.below(2)).map(|at| container(dice, &format!("c{at}"))).collect();
    if dice.once_in(4) {
        spec["initContainers"] = (0..1 + dice.below(3))
            .map(|at| {
                let mut container = container(dice, &format!("i{at}"));
                if dice.once_in(2) {
                    container["restartPolicy"] = json!("Always");
                }
                container
            })
            .collect();
    }
    if dice.once_in(10) {
        spec["overhead"] = json!({"cpu": "50m", "memory": "30Mi"});
    }
    if dice.once_in(12) {
        spec["resources"] = json!({"requests": {"cpu": dice.pick(&["200m", "1"])}});
    }
    if dice.once_in(3) {
        let operator = *dice.pick(&["Exists", "Equal", ""]);
        let value = if operator == "Exists" { "" } else { *dice.pick(&["true", ""]) };
        let key = *dice.pick(&["gpu", "old", "slow", "node.kubernetes.io/unschedulable"]);
        let key = if operator == "Exists" && dice.once_in(4) { "" } else { key };
        spec["tolerations"] = json!([{"key": key, "operator": operator, "value": value,
            "effect": dice.pick(&["", "", "NoSchedule", "NoExecute", "PreferNoSchedule"])}]);
    }
    if dice.once_in(rarely * 3) {
        spec["nodeSelector"] = json!({"disk": "ssd"});
    }
    let mut affinity = json!({});
    if dice.once_in(rarely * 2) {
        let terms: Value = (0..1 + dice.below(2)).map(|_| node_term(dice)).collect();
        affinity["nodeAffinity"] =
            json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}});
    }
    if dice.once_in(rarely * 2) {
        affinity["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"] =
            json!([{"weight": 1 + dice.below(100), "preference": node_term(dice)}]);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        affinity[kind] = json!({"requiredDuringSchedulingIgnoredDuringExecution": terms(dice, rarely),
            "preferredDuringSchedulingIgnoredDuringExecution": weighted_terms(dice, rarely)});
    }
    spec["affinity"] = affinity;
    if dice.once_in(rarely) {
        spec["topologySpreadConstraints"] = spread(dice);
    }
    if storage && dice.once_in(2) {
        spec["volumes"] = volumes(dice);
    }
    let labels = labels(dice, &["app", "tier"], &["a", "b", "c"]);
    json!({"apiVersion": "v1", "kind": "Pod", "spec": spec, "status": {"phase": "Pending"},
        "metadata": {"name": name, "namespace": namespace, "uid": format!("{namespace}-{name}"), "labels": labels}})
}

fn spread(dice: &mut Dice) -> Value {
    // The API server refuses two constraints with one key and one action.
    let mut constraints = Vec::new();
    for key in [HOSTNAME, ZONE, "disk"] {
        if !dice.once_in(2) {
            continue;
        }
        let action = *dice.pick(&["DoNotSchedule", "DoNotSchedule", "ScheduleAnyway"]);
        let mut constraint = json!({"maxSkew": 1 + dice.below(3), "topologyKey": key, "whenUnsatisfiable": action});
        if !dice.once_in(10) {
            constraint["labelSelector"] = selector(dice);
        }
        if action == "DoNotSchedule" && dice.once_in(4) {
            constraint["minDomains"] = json!(1 + dice.below(4));
        }
        if dice.once_in(4) {
            constraint["nodeTaintsPolicy"] = json!(dice.pick(&["Honor", "Ignore"]));
        }
        if dice.once_in(4) {
            constraint["nodeAffinityPolicy"] = json!(dice.pick(&["Honor", "Ignore"]));
        }
        if constraint.get("labelSelector").is_some() && dice.once_in(5) {
            constraint["matchLabelKeys"] = json!(["tier"]);
        }
        constraints.push(constraint);
    }
    json!(constraints)
}

fn existing_pod(dice: &mut Dice, name: &str, nodes: &[String], storage: bool) -> Value {
    let namespace = *dice.pick(&NAMESPACES);
    let mut pod = pod(dice, name, namespace, storage, 6);
    pod["spec"]["priority"] = json!(*dice.pick(&[-10, 0, 0, 10, 50, 200]));
    let on = dice.pick(nodes).clone();
    match dice.below(14) {
        0 => {}
        1 => pod["status"]["nominatedNodeName"] = json!(on),
        2 => pod["spec"]["nodeName"] = json!("gone"),
        _ => {
            pod["spec"]["nodeName"] = json!(on);
            pod["status"]["phase"] = json!(if dice.once_in(12) { "Succeeded" } else { "Running" });
        }
    }
    if dice.once_in(10) {
        pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        pod["metadata"]["finalizers"] = json!(["example.com/wait"]);
    }
    if dice.once_in(8) {
        let mut status = json!({"name": "c0", "image": "img", "imageID": "", "ready": true, "restartCount": 0,
            "resources": {"requests": requests(dice)}, "allocatedResources": requests(dice)});
        // The API server never serves an empty map, which upstream tells from none.
        let is_empty = |map: &Value| map.as_object().is_some_and(serde_json::Map::is_empty);
        if is_empty(&status["resources"]["requests"]) {
            status["resources"] = json!({});
        }
        if is_empty(&status["allocatedResources"]) {
            status.as_object_mut().unwrap().remove("allocatedResources");
        }
        pod["status"]["containerStatuses"] = json!([status]);
        if dice.once_in(2) {
            pod["status"]["conditions"] = json!([{"type": "PodResizePending", "status": "True",
                "reason": dice.pick(&["Infeasible", "Deferred"])}]);
        }
    }
    pod
}

/// Tekton's affinity assistant, as the controller makes it.
fn assistant(dice: &mut Dice, nodes: &[String]) -> Value {
    let mut pod = existing_pod(dice, "aa-0", nodes, false);
    pod["metadata"]["namespace"] = json!("ci");
    pod["metadata"]["uid"] = json!("ci-aa-0");
    pod["metadata"]["labels"] =
        json!({"app.kubernetes.io/component": "affinity-assistant", "app.kubernetes.io/instance": "aa"});
    pod["spec"]["affinity"] = json!({"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{
        "weight": 100, "podAffinityTerm": {"topologyKey": HOSTNAME,
            "labelSelector": {"matchLabels": {"app.kubernetes.io/component": "affinity-assistant"}}}}]}});
    pod
}

fn volumes(dice: &mut Dice) -> Value {
    (0..1 + dice.below(3))
        .map(|at| {
            let name = format!("v{at}");
            match dice.below(12) {
                0 => json!({"name": name, "awsElasticBlockStore": {"volumeID": dice.pick(&["vol-1", "vol-2"])}}),
                1 => json!({"name": name, "gcePersistentDisk": {"pdName": dice.pick(&["d1", "d2"]), "readOnly": dice.once_in(2)}}),
                2 => json!({"name": name, "rbd": {"monitors": dice.some(&["m1", "m2", "m3"], 3), "pool": "rbd", "image": "i",
                    "readOnly": dice.once_in(2)}}),
                3 => json!({"name": name, "iscsi": {"targetPortal": "x", "iqn": dice.pick(&["i1", "i2"]), "lun": 0,
                    "readOnly": dice.once_in(2)}}),
                4 => json!({"name": name, "emptyDir": {}}),
                _ => json!({"name": name, "persistentVolumeClaim": {"claimName":
                    if dice.once_in(40) { "none" } else { *dice.pick(&CLAIMS) }}}),
            }
        })
        .collect()
}

fn storage_objects(dice: &mut Dice, nodes: &[String], objects: &mut Vec<Value>) {
    for (name, provisioner, mode) in [
        ("late", DRIVER, "WaitForFirstConsumer"),
        ("now", DRIVER, "Immediate"),
        ("local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer"),
        ("ebs", "kubernetes.io/aws-ebs", "WaitForFirstConsumer"),
    ] {
        let mut class = json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
            "provisioner": provisioner, "volumeBindingMode": mode});
        if dice.once_in(4) {
            let expressions = if dice.once_in(6) { json!([]) } else { json!([{"key": ZONE, "values": ["a", "b"]}]) };
            class["allowedTopologies"] = json!([{"matchLabelExpressions": expressions}]);
        }
        objects.push(class);
    }
    for node in nodes {
        if dice.once_in(4) {
            continue;
        }
        let mut drivers = Vec::new();
        for driver in [DRIVER, "ebs.csi.aws.com"] {
            let mut driver = json!({"name": driver, "nodeID": node, "topologyKeys": []});
            if dice.once_in(2) {
                driver["allocatable"] = json!({"count": dice.below(4)});
            }
            drivers.push(driver);
        }
        let migrated = if dice.once_in(2) {
            json!({"storage.alpha.kubernetes.io/migrated-plugins": "kubernetes.io/aws-ebs,kubernetes.io/gce-pd"})
        } else {
            json!({})
        };
        objects.push(json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode",
            "metadata": {"name": node, "annotations": migrated}, "spec": {"drivers": drivers}}));
    }
    if dice.once_in(3) {
        objects.push(json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": DRIVER},
            "spec": {"storageCapacity": true, "attachRequired": true}}));
        for at in 0..dice.below(3) {
            objects.push(json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIStorageCapacity",
                "metadata": {"name": format!("cap{at}"), "namespace": "prod"}, "storageClassName": "late",
                "nodeTopology": {"matchLabels": {ZONE: dice.pick(&ZONES)}}, "capacity": dice.pick(&["1Gi", "100Gi"])}));
        }
    }
    for (at, name) in CLAIMS.iter().enumerate() {
        for namespace in NAMESPACES {
            if namespace == "ci" || dice.once_in(3) {
                claim(dice, name, namespace, at, nodes, objects);
            }
        }
    }
    for at in 0..dice.below(3) {
        let class = *dice.pick(&["local", "late", "ebs"]);
        objects.push(volume(dice, &format!("free{at}"), class, None));
    }
    for at in 0..dice.below(4) {
        let volume = if dice.once_in(2) { format!("pv-ci-{}", dice.pick(&CLAIMS)) } else { "free0".to_owned() };
        objects.push(json!({"apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttachment", "metadata": {"name": format!("va{at}")},
            "spec": {"attacher": DRIVER, "nodeName": dice.pick(nodes), "source": {"persistentVolumeName": volume}},
            "status": {"attached": true}}));
    }
}

fn claim(dice: &mut Dice, name: &str, namespace: &str, at: usize, nodes: &[String], objects: &mut Vec<Value>) {
    let class = *dice.pick(&["late", "now", "local", "ebs", "ghost"]);
    let modes = if dice.once_in(5) { json!(["ReadWriteOncePod"]) } else { json!(["ReadWriteOnce"]) };
    let uid = format!("{namespace}-{name}");
    let mut claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace, "uid": uid, "annotations": {}},
        "spec": {"accessModes": modes, "storageClassName": class, "volumeMode": "Filesystem",
            "resources": {"requests": {"storage": dice.pick(&["1Gi", "5Gi"])}}},
        "status": {"phase": "Pending"}});
    // Most are bound: an unbound immediate claim refuses every node at once.
    if at < 4 && !dice.once_in(8) || !matches!(class, "late" | "local" | "ebs") && !dice.once_in(10) {
        let volume_name = format!("pv-{namespace}-{name}");
        claim["spec"]["volumeName"] = json!(volume_name);
        claim["status"]["phase"] = json!("Bound");
        if !dice.once_in(25) {
            claim["metadata"]["annotations"]["pv.kubernetes.io/bind-completed"] = json!("yes");
        }
        if !dice.once_in(25) {
            objects.push(volume(dice, &volume_name, class, Some((namespace, name, &uid))));
        }
    } else if dice.once_in(5) {
        claim["metadata"]["annotations"]["volume.kubernetes.io/selected-node"] = json!(dice.pick(nodes));
    }
    if dice.once_in(40) {
        claim["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        claim["metadata"]["finalizers"] = json!(["kubernetes.io/pvc-protection"]);
    }
    objects.push(claim);
}

fn volume(dice: &mut Dice, name: &str, class: &str, of: Option<(&str, &str, &str)>) -> Value {
    let mut labels = json!({});
    if dice.once_in(4) {
        labels[*dice.pick(&[ZONE, BETA_ZONE])] =
            json!(dice.pick(&["a", "b", "a__b", "a____b", "x-y-a__x-y-b", "x-y-a__x-z-b"]));
    }
    let mut spec = json!({"capacity": {"storage": dice.pick(&["1Gi", "10Gi"])}, "storageClassName": class,
        "accessModes": ["ReadWriteOnce", "ReadWriteOncePod"], "volumeMode": "Filesystem"});
    if class == "ebs" {
        let zone = if dice.once_in(2) { "aws://a/" } else { "" };
        spec["awsElasticBlockStore"] = json!({"volumeID": format!("{zone}vol-{:08x}", dice.below(4) + 16)});
    } else if dice.once_in(15) {
        spec["gcePersistentDisk"] = json!({"pdName": dice.pick(&["d1", "d2"])});
    } else {
        spec["csi"] = json!({"driver": DRIVER, "volumeHandle": name});
    }
    if dice.once_in(2) {
        let requirement = match dice.below(4) {
            0 => json!({"key": HOSTNAME, "operator": "In", "values": [dice.pick(&["n0", "n1", "n2"])]}),
            1 => json!({"key": BETA_ZONE, "operator": "In", "values": ["a", "b"]}),
            _ => {
                json!({"key": ZONE, "operator": "In", "values": dice.some(&ZONES, 2).into_iter().chain(["b".to_owned()]).collect::<Vec<_>>()})
            }
        };
        spec["nodeAffinity"] = json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [requirement]}]}});
    }
    let phase = match of {
        Some((namespace, claim, uid)) => {
            spec["claimRef"] = json!({"kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": namespace, "name": claim,
                "uid": uid});
            "Bound"
        }
        None => *dice.pick(&["Available", "Available", "Released"]),
    };
    json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name, "labels": labels}, "spec": spec,
        "status": {"phase": phase}})
}

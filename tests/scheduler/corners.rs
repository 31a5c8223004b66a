//! Rare corners, laid over a random cluster: claims made for a pod, inline and migrated
//! disks, old annotations, host networks, numeric tolerations, features of kubelets.

use serde_json::{Value, json};

use super::generate::Dice;

/// Adds a few corners to one question in three.
pub fn sharpen(seed: u64, question: &mut Value) {
    let mut dice = Dice::new(seed ^ 0xc0_ffee);
    if !dice.once_in(3) {
        return;
    }
    let mut more = Vec::new();
    for object in question["objects"].as_array_mut().into_iter().flatten() {
        match object["kind"].as_str() {
            Some("Pod") => pod(&mut dice, object, &mut more),
            Some("Node") => node(&mut dice, object),
            Some("PersistentVolume") => volume(&mut dice, object),
            Some("PersistentVolumeClaim") if dice.once_in(8) => {
                let class = *dice.pick(&["late", "now", "local", "ghost"]);
                object["metadata"]["annotations"]["volume.beta.kubernetes.io/storage-class"] = json!(class);
            }
            Some("CSIDriver") if dice.once_in(3) => {
                object["spec"]["preventPodSchedulingIfMissing"] = json!(dice.once_in(2));
            }
            _ => {}
        }
    }
    if let Some(objects) = question["objects"].as_array_mut() {
        objects.extend(more);
    }
}

fn pod(dice: &mut Dice, pod: &mut Value, more: &mut Vec<Value>) {
    let is_target = pod["metadata"]["name"] == "t";
    let rarely = if is_target { 3 } else { 8 };
    if dice.once_in(rarely) {
        ephemeral(dice, pod, more);
    }
    if dice.once_in(rarely * 2) {
        pod["spec"]["hostNetwork"] = json!(true);
        pod["spec"]["containers"][0]["ports"] = json!([{"containerPort": 80, "hostPort": 80, "protocol": "TCP"}]);
        if dice.once_in(2) {
            pod["spec"]["hostUsers"] = json!(false);
        }
    }
    if dice.once_in(rarely * 2) {
        let operator = *dice.pick(&["Gt", "Lt", "Equal"]);
        pod["spec"]["tolerations"] = json!([{"key": "rank", "operator": operator, "value": dice.pick(&["5", "0", "x"]),
            "effect": "NoSchedule"}, {"key": "gpu", "operator": "Exists"}]);
    }
    if dice.once_in(rarely * 3) {
        let rules = json!([{"action": dice.pick(&["Restart", "RestartAllContainers"]),
            "exitCodes": {"operator": "In", "values": [1]}}]);
        pod["spec"]["containers"][0]["restartPolicyRules"] = rules;
        pod["spec"]["containers"][0]["restartPolicy"] = json!("Never");
    }
    if dice.once_in(rarely * 4) {
        pod["spec"]["containers"][0]["volumeMounts"] =
            json!([{"name": "v", "mountPath": "/v", "bindMountOptions": ["noexec"]}]);
    }
    if dice.once_in(rarely * 2) {
        pod["spec"]["resources"] = json!({"requests": {"cpu": "100m", "memory": dice.pick(&["64Mi", "3Gi"])},
            "limits": {"hugepages-2Mi": "4Mi"}});
    }
    if !is_target && pod["spec"].get("nodeName").is_none() && dice.once_in(2) {
        pod["status"]["nominatedNodeName"] = json!(dice.pick(&["n0", "n1"]));
    }
    if dice.once_in(rarely * 2) {
        let sources = [
            json!({"csi": {"driver": "csi.example.com"}}),
            json!({"azureDisk": {"diskName": "d", "diskURI": "/d"}}),
            json!({"cinder": {"volumeID": "c1"}}),
            json!({"hostPath": {"path": "/x"}}),
        ];
        let mut source = dice.pick(&sources).clone();
        source["name"] = json!("inline");
        match pod["spec"]["volumes"].as_array_mut() {
            Some(volumes) => volumes.push(source),
            None => pod["spec"]["volumes"] = json!([source]),
        }
    }
}

/// A claim made with the pod, which may not be there yet or belong to another.
fn ephemeral(dice: &mut Dice, pod: &mut Value, more: &mut Vec<Value>) {
    let template = json!({"spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "late",
        "resources": {"requests": {"storage": "1Gi"}}}});
    let volume = json!({"name": "own", "ephemeral": {"volumeClaimTemplate": template}});
    match pod["spec"]["volumes"].as_array_mut() {
        Some(volumes) => volumes.push(volume),
        None => pod["spec"]["volumes"] = json!([volume]),
    }
    if dice.once_in(6) {
        return;
    }
    let meta = &pod["metadata"];
    let uid = if dice.once_in(8) { json!("another") } else { meta["uid"].clone() };
    let name = format!("{}-own", meta["name"].as_str().unwrap_or_default());
    let owner = json!({"apiVersion": "v1", "kind": "Pod", "name": meta["name"], "uid": uid, "controller": true});
    let mut claim = template;
    claim["apiVersion"] = json!("v1");
    claim["kind"] = json!("PersistentVolumeClaim");
    claim["metadata"] = json!({"name": name, "namespace": meta["namespace"], "ownerReferences": [owner],
        "uid": format!("claim-{}", uid.as_str().unwrap_or_default())});
    claim["status"] = json!({"phase": "Pending"});
    more.push(claim);
}

fn node(dice: &mut Dice, node: &mut Value) {
    if dice.once_in(4)
        && let Some(taints) = node["spec"]["taints"].as_array_mut()
    {
        taints.push(json!({"key": "rank", "value": dice.pick(&["3", "9", "x"]), "effect": "NoSchedule"}));
    }
    if dice.once_in(6) {
        node["status"]["allocatable"]["attachable-volumes-aws-ebs"] = json!(dice.pick(&["0", "1", "39"]));
    }
    if dice.once_in(5) {
        node["metadata"]["labels"]["topology.kubernetes.io/region"] = json!(dice.pick(&["r1", "r2"]));
    }
}

fn volume(dice: &mut Dice, volume: &mut Value) {
    if dice.once_in(8) {
        volume["metadata"]["labels"]["topology.kubernetes.io/region"] = json!(dice.pick(&["r1", "r1__r2"]));
    }
    if dice.once_in(12)
        && let Some(spec) = volume["spec"].as_object_mut()
    {
        spec.remove("csi");
        spec.remove("awsElasticBlockStore");
        spec.insert("gcePersistentDisk".to_owned(), json!({"pdName": dice.pick(&["d1", "d2"])}));
    }
    if dice.once_in(15) {
        volume["spec"]["volumeMode"] = json!("Block");
    }
}

//! Writers of what collectors write: the objects of one export in the layout of another.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde_json::{Value, json};

/// The files of an export, by their paths.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// The files of a folder.
pub fn files(folder: &Path) -> Files {
    fn walk(root: &Path, folder: &Path, found: &mut Files) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    let mut found = Files::new();
    walk(folder, folder, &mut found);
    found
}

/// Writes files into a folder.
pub fn write(files: &Files, folder: &Path) {
    for (path, bytes) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// What an export in the layout of `oc adm inspect` holds.
pub struct Held {
    /// Objects with their kinds.
    pub objects: Vec<Value>,
    /// Logs: namespace, pod, container, text.
    logs: Vec<(String, String, String, Vec<u8>)>,
    timestamp: Vec<u8>,
}

impl Held {
    /// Reads an export of the test data, whose lists are whole.
    pub fn of(folder: &Path) -> Self {
        let mut held = Self { objects: Vec::new(), logs: Vec::new(), timestamp: Vec::new() };
        for (path, bytes) in files(folder) {
            let parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap()).collect();
            match parts.as_slice() {
                ["timestamp"] => held.timestamp = bytes,
                ["namespaces", namespace, "pods", pod, container, ..] => {
                    held.logs.push(((*namespace).to_owned(), (*pod).to_owned(), (*container).to_owned(), bytes));
                }
                _ => {
                    let text = String::from_utf8(bytes).unwrap();
                    let mut document: Value = serde_yaml::from_str(text.trim_start_matches("---\n")).unwrap();
                    match document["items"].take() {
                        Value::Array(items) => held.objects.extend(items),
                        _ => {
                            document.as_object_mut().unwrap().remove("items");
                            held.objects.push(document);
                        }
                    }
                }
            }
        }
        held
    }

    fn of_kind(&self, kind: &str, namespace: &str) -> Vec<Value> {
        let in_namespace = |object: &&Value| object["metadata"]["namespace"].as_str().unwrap_or_default() == namespace;
        self.objects.iter().filter(|object| object["kind"] == kind).filter(in_namespace).cloned().collect()
    }

    pub fn namespaces(&self) -> Vec<String> {
        let names = self.objects.iter().filter_map(|object| object["metadata"]["namespace"].as_str());
        names.map(str::to_owned).collect::<std::collections::BTreeSet<_>>().into_iter().collect()
    }

    /// `kubectl cluster-info dump --output-directory`: kinds stand on the lists only.
    pub fn cluster_info_dump(&self) -> Files {
        let mut files = Files::new();
        files.insert("nodes.json".into(), pretty(&typed("v1", "Node", self.of_kind("Node", ""))));
        for namespace in self.namespaces() {
            for (file, version, kind) in [
                ("events", "v1", "Event"),
                ("replication-controllers", "v1", "ReplicationController"),
                ("services", "v1", "Service"),
                ("daemonsets", "apps/v1", "DaemonSet"),
                ("deployments", "apps/v1", "Deployment"),
                ("replicasets", "apps/v1", "ReplicaSet"),
                ("pods", "v1", "Pod"),
            ] {
                let list = typed(version, kind, self.of_kind(kind, &namespace));
                files.insert(format!("{namespace}/{file}.json").into(), pretty(&list));
            }
        }
        for (namespace, pod, container, text) in &self.logs {
            let text =
                [format!("==== START logs for container {container} of pod {namespace}/{pod} ====\n").as_bytes(), text]
                    .concat();
            files.insert(format!("{namespace}/{pod}/logs.txt").into(), text);
        }
        files
    }

    /// A support bundle: lists of built-in kinds, arrays of others.
    pub fn support_bundle(&self) -> Files {
        let mut files = Files::new();
        let base = "support-bundle-2026-11-22T12_19_23/cluster-resources";
        for (file, version, kind) in [
            ("nodes", "v1", "Node"),
            ("namespaces", "v1", "Namespace"),
            ("pvs", "v1", "PersistentVolume"),
            ("storage-classes", "storage.k8s.io/v1", "StorageClass"),
            ("clusterroles", "rbac.authorization.k8s.io/v1", "ClusterRole"),
            ("clusterrolebindings", "rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
            ("priorityclasses", "scheduling.k8s.io/v1", "PriorityClass"),
            ("volumeattachments", "storage.k8s.io/v1", "VolumeAttachment"),
        ] {
            files.insert(format!("{base}/{file}.json").into(), pretty(&typed(version, kind, self.of_kind(kind, ""))));
        }
        for namespace in self.namespaces() {
            for (folder, version, kind) in [
                ("pods", "v1", "Pod"),
                ("events", "v1", "Event"),
                ("statefulsets", "apps/v1", "StatefulSet"),
                ("deployments", "apps/v1", "Deployment"),
                ("limitranges", "v1", "LimitRange"),
                ("resource-quota", "v1", "ResourceQuota"),
                ("pvcs", "v1", "PersistentVolumeClaim"),
                ("roles", "rbac.authorization.k8s.io/v1", "Role"),
                ("rolebindings", "rbac.authorization.k8s.io/v1", "RoleBinding"),
                ("serviceaccounts", "v1", "ServiceAccount"),
                ("configmaps", "v1", "ConfigMap"),
            ] {
                let list = typed(version, kind, self.of_kind(kind, &namespace));
                files.insert(format!("{base}/{folder}/{namespace}.json").into(), pretty(&list));
                files.insert(format!("{base}/{folder}-errors.json").into(), b"null".to_vec());
            }
            for (plural, kind) in
                [("pipelineruns", "PipelineRun"), ("taskruns", "TaskRun"), ("pipelines", "Pipeline"), ("tasks", "Task")]
            {
                let array = Value::Array(self.of_kind(kind, &namespace));
                files.insert(
                    format!("{base}/custom-resources/{plural}.tekton.dev/{namespace}.json").into(),
                    pretty(&array),
                );
            }
        }
        for (resource, kind) in [
            ("tektonconfigs.operator.tekton.dev", "TektonConfig"),
            ("securitycontextconstraints.security.openshift.io", "SecurityContextConstraints"),
        ] {
            let array = Value::Array(self.of_kind(kind, ""));
            files.insert(format!("{base}/custom-resources/{resource}.json").into(), pretty(&array));
        }
        for (namespace, pod, container, text) in &self.logs {
            files.insert(format!("{base}/pods/logs/{namespace}/{pod}/{container}.log").into(), text.clone());
        }
        files.insert(
            "support-bundle-2026-11-22T12_19_23/version.yaml".into(),
            b"apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\n".to_vec(),
        );
        files
    }

    /// crust-gather: a file for each object.
    pub fn crust_gather(&self) -> Files {
        let mut files = Files::new();
        for object in &self.objects {
            let text = |at: &str| object.pointer(at).and_then(Value::as_str).unwrap_or_default();
            let version = text("/apiVersion").to_lowercase().replace('/', "-");
            let kind = text("/kind").to_lowercase();
            let name = text("/metadata/name").replace([':', '*', '?', '|'], "-");
            let folder = match text("/metadata/namespace") {
                "" => "cluster".to_owned(),
                namespace => format!("namespaces/{namespace}"),
            };
            files.insert(format!("{folder}/{version}/{kind}/{name}.yaml").into(), yaml(object));
        }
        for (namespace, pod, container, text) in &self.logs {
            files.insert(format!("namespaces/{namespace}/v1/pod/{pod}/{container}/current.log").into(), text.clone());
        }
        files.insert("collected.timestamp".into(), self.timestamp.clone());
        files.insert("version.yaml".into(), b"version: 0.7.0\n".to_vec());
        files
    }

    /// The must-gather of OpenShift Pipelines: Tekton's objects and pods only.
    pub fn pipelines_must_gather(&self) -> Files {
        let mut files = Files::new();
        let base = "quay-io-openshift-pipeline-must-gather-sha256-1";
        let list = |items: Vec<Value>| json!({ "apiVersion": "v1", "items": items, "kind": "List", "metadata": { "resourceVersion": "" } });
        for namespace in self.namespaces() {
            for (plural, kind) in
                [("pipelineruns", "PipelineRun"), ("taskruns", "TaskRun"), ("pipelines", "Pipeline"), ("tasks", "Task")]
            {
                let found = self.of_kind(kind, &namespace);
                let folder = format!("{base}/namespaces/{namespace}");
                for run in found.iter().filter(|_| kind.ends_with("Run")) {
                    let name = run["metadata"]["name"].as_str().unwrap();
                    let kind = kind.to_lowercase();
                    files.insert(format!("{folder}/{kind}/{name}/{name}.yaml").into(), yaml(run));
                    files.insert(format!("{folder}/{kind}/{name}/{name}.log").into(), b"apiVersion: none\n".to_vec());
                }
                files.insert(format!("{folder}/tekton.dev/{plural}.yaml").into(), yaml(&list(found)));
                files.insert(
                    format!("{folder}/tekton.dev/describe/{plural}").into(),
                    b"Name:  x\nAPI Version:  tekton.dev/v1\n".to_vec(),
                );
            }
            let managed = |pod: &Value| {
                pod.pointer("/metadata/labels/app.kubernetes.io~1managed-by") == Some(&json!("tekton-pipelines"))
            };
            let pods = self.of_kind("Pod", &namespace).into_iter().filter(managed).collect();
            files.insert(format!("{base}/namespaces/{namespace}/core/pods.yaml").into(), yaml(&list(pods)));
        }
        let maps = self.of_kind("ConfigMap", "openshift-pipelines");
        files.insert(format!("{base}/namespaces/openshift-pipelines/core/configmaps.yaml").into(), yaml(&list(maps)));
        let configs = self.of_kind("TektonConfig", "");
        files.insert(
            format!("{base}/cluster-scoped-resources/operator.tekton.dev/tektonconfigs.yaml").into(),
            yaml(&list(configs)),
        );
        files.insert("must-gather.logs".into(), b"gathered\n".to_vec());
        files.insert("timestamp".into(), self.timestamp.clone());
        files
    }

    /// `kubectl get … -o yaml`: one list of everything.
    pub fn kubectl_get(&self) -> Value {
        json!({ "apiVersion": "v1", "items": self.objects, "kind": "List", "metadata": { "resourceVersion": "" } })
    }

    /// What the API of Tekton Results answers.
    pub fn results(&self) -> Value {
        let runs = self.objects.iter().filter(|object| object["kind"].as_str().unwrap().ends_with("Run"));
        let records: Vec<Value> = runs
            .map(|run| {
                let kind = run["kind"].as_str().unwrap();
                let value = base64::engine::general_purpose::STANDARD.encode(run.to_string());
                json!({ "name": "n/results/1/records/2", "data": { "type": format!("tekton.dev/v1.{kind}"), "value": value } })
            })
            .collect();
        json!({ "records": records, "nextPageToken": "" })
    }
}

/// A list whose kind stands on it, and on none of its items, as typed clients write it.
fn typed(version: &str, kind: &str, mut items: Vec<Value>) -> Value {
    for item in &mut items {
        let fields = item.as_object_mut().unwrap();
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    json!({ "kind": format!("{kind}List"), "apiVersion": version, "metadata": { "resourceVersion": "1" }, "items": items })
}

pub fn pretty(value: &Value) -> Vec<u8> {
    serde_json::to_vec_pretty(value).unwrap()
}

pub fn yaml(value: &Value) -> Vec<u8> {
    serde_saphyr::to_string(value).unwrap().into_bytes()
}

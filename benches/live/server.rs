//! An API server that serves an export with a large cluster around it: what clients ask for
//! is rendered as they ask, in pages, and counted.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tekton_fix::model::Kind;

use crate::objects;

/// Pods on each node, as full clusters have them.
pub const PODS_ON_A_NODE: usize = 30;

/// What is served, and what was asked for.
pub struct State {
    /// Objects of the export, rendered, by plural, each with its namespace and labels.
    objects: BTreeMap<String, Vec<Object>>,
    nodes: usize,
    latency: Duration,
    /// Paths with queries, in their order.
    pub requests: Mutex<Vec<String>>,
    /// Bytes of bodies.
    pub bytes: AtomicUsize,
}

struct Object {
    name: String,
    namespace: String,
    labels: Vec<String>,
    text: String,
}

/// Where it listens, with its state.
pub fn start(export: &Path, nodes: usize, latency: Duration) -> (u16, Arc<State>) {
    let state = Arc::new(State {
        objects: objects::read(export)
            .into_iter()
            .map(|(plural, items)| (plural, items.iter().map(Object::of).collect()))
            .collect(),
        nodes,
        latency,
        requests: Mutex::default(),
        bytes: AtomicUsize::new(0),
    });
    let (port, serving) = (std::sync::mpsc::channel(), Arc::clone(&state));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            port.0.send(listener.local_addr().unwrap().port()).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&serving);
                tokio::spawn(async move {
                    let service = service_fn(move |request| answer(request, Arc::clone(&state)));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
    });
    (port.1.recv().unwrap(), state)
}

impl Object {
    fn of(item: &Value) -> Self {
        let text = |key: &str| item["metadata"][key].as_str().unwrap_or_default().to_owned();
        let labels = item["metadata"]["labels"].as_object().into_iter().flatten();
        Self {
            name: text("name"),
            namespace: text("namespace"),
            labels: labels.filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect(),
            text: item.to_string(),
        }
    }
}

async fn answer(request: Request<Incoming>, state: Arc<State>) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let url = request.uri().to_string();
    state.requests.lock().unwrap().push(url.clone());
    tokio::time::sleep(state.latency).await;
    let (status, body) = body(request.uri().path(), request.uri().query().unwrap_or_default(), &state);
    state.bytes.fetch_add(body.len(), Ordering::Relaxed);
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap();
    response.headers_mut().insert("content-type", "application/json".parse().unwrap());
    Ok(response)
}

fn body(path: &str, query: &str, state: &State) -> (u16, String) {
    if path == "/version" {
        return (200, json!({ "gitVersion": "v1.33.13" }).to_string());
    }
    // For kubectl, which learns the kinds of the core group there.
    if path == "/api" {
        return (200, json!({ "kind": "APIVersions", "versions": ["v1"] }).to_string());
    }
    if path == "/api/v1" {
        let pods = json!({ "name": "pods", "kind": "Pod", "namespaced": true, "verbs": ["get", "list"] });
        return (200, json!({ "kind": "APIResourceList", "groupVersion": "v1", "resources": [pods] }).to_string());
    }
    if path == "/apis" {
        return (200, discovery().to_string());
    }
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let rest = parts.get(if parts[0] == "api" { 2 } else { 3 }..).unwrap_or_default();
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
        rest => (None, rest),
    };
    let missing = || (404, json!({ "kind": "Status", "code": 404, "message": "not found" }).to_string());
    let Some(plural) = rest.first() else { return missing() };
    let known = state.objects.get(*plural).map(Vec::as_slice).unwrap_or_default();
    let mut here = known.iter().filter(|object| namespace.is_none_or(|namespace| object.namespace == namespace));
    if let Some(name) = rest.get(1) {
        return here.find(|object| object.name == *name).map_or_else(missing, |object| (200, object.text.clone()));
    }
    let value = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
    let selector = value("labelSelector").unwrap_or_default().replace("%3D", "=").replace("%2F", "/");
    let own: Vec<&str> = here
        .filter(|object| selector.is_empty() || object.labels.contains(&selector))
        .map(|object| object.text.as_str())
        .collect();
    let more = match (*plural, namespace) {
        ("pods", None) => state.nodes * PODS_ON_A_NODE,
        ("nodes", None) => state.nodes,
        _ => 0,
    };
    let total = own.len() + more;
    let limit = value("limit").and_then(|text| text.parse().ok()).unwrap_or(usize::MAX);
    let from: usize = value("continue").and_then(|text| text.parse().ok()).unwrap_or_default();
    let until = total.min(from.saturating_add(limit));
    let next = if until < total { until.to_string() } else { String::new() };
    let mut text = format!(r#"{{"kind":"List","apiVersion":"v1","metadata":{{"continue":"{next}"}},"items":["#);
    for at in from..until {
        if at > from {
            text.push(',');
        }
        match own.get(at) {
            Some(object) => text.push_str(object),
            None if *plural == "nodes" => text.push_str(&node(at)),
            None => text.push_str(&pod(at, state.nodes)),
        }
    }
    text.push_str("]}");
    (200, text)
}

fn discovery() -> Value {
    let mut groups: BTreeMap<&str, BTreeMap<&str, Vec<Value>>> = BTreeMap::new();
    for kind in Kind::ALL.iter().filter(|kind| !kind.group().is_empty()) {
        let versions = groups.entry(kind.group()).or_default();
        versions.entry(kind.version()).or_default().push(json!({ "resource": kind.plural() }));
    }
    let version = |(version, resources): (&str, Vec<Value>)| json!({ "version": version, "resources": resources });
    let items = groups.into_iter().map(|(name, versions)| {
        let versions: Vec<Value> = versions.into_iter().map(version).collect();
        json!({ "metadata": { "name": name }, "versions": versions })
    });
    json!({ "kind": "APIGroupDiscoveryList", "items": items.collect::<Vec<_>>() })
}

/// What no verdict reads: managed fields, as servers send them with every object.
fn ballast(bytes: usize) -> String {
    const FIELD: &str = r#"{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1","time":"2026-11-25T08:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"c\"}":{".":{},"f:image":{},"f:name":{}}}}}},"#;
    let fields = FIELD.repeat(bytes / FIELD.len() + 1);
    format!("[{}]", fields.trim_end_matches(','))
}

fn node(at: usize) -> String {
    let fields = ballast(12_000);
    let images: Vec<String> = (0..48)
        .map(|image| {
            format!(r#"{{"names":["registry.example/team/image-{image}@sha256:{at:064x}"],"sizeBytes":73400320}}"#)
        })
        .collect();
    let images = images.join(",");
    let zone = at % 3;
    format!(
        r#"{{"metadata":{{"name":"node-{at:05}","labels":{{"kubernetes.io/hostname":"node-{at:05}","topology.kubernetes.io/zone":"z{zone}","kubernetes.io/arch":"amd64"}},"managedFields":{fields}}},"spec":{{}},"status":{{"allocatable":{{"cpu":"32","memory":"128Gi","pods":"110"}},"capacity":{{"cpu":"32","memory":"128Gi","pods":"110"}},"conditions":[{{"type":"Ready","status":"True"}}],"images":[{images}],"nodeInfo":{{"kubeletVersion":"v1.33.13","architecture":"amd64","operatingSystem":"linux"}}}}}}"#
    )
}

fn pod(at: usize, nodes: usize) -> String {
    let (fields, node, app, namespace) = (ballast(6_000), at % nodes, at % 400, at % 200);
    format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"app-{app}-{at:06}","namespace":"ns-{namespace}","uid":"{at:032x}","resourceVersion":"{at}","labels":{{"app":"app-{app}","pod-template-hash":"{at:08x}"}},"annotations":{{"k8s.ovn.org/pod-networks":"{{\"default\":{{\"ip_addresses\":[\"10.128.0.1/23\"],\"mac_address\":\"0a:58:0a:80:00:01\"}}}}"}},"ownerReferences":[{{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"app-{app}","uid":"{app:032x}","controller":true}}],"managedFields":{fields}}},"spec":{{"nodeName":"node-{node:05}","serviceAccountName":"default","schedulerName":"default-scheduler","restartPolicy":"Always","priority":0,"tolerations":[{{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}}],"containers":[{{"name":"c","image":"registry.example/team/app:{app}","resources":{{"requests":{{"cpu":"900m","memory":"3Gi"}}}},"volumeMounts":[{{"name":"kube-api-access","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","readOnly":true}}]}}],"volumes":[{{"name":"kube-api-access","projected":{{"sources":[{{"serviceAccountToken":{{"path":"token"}}}}]}}}}]}},"status":{{"phase":"Running","conditions":[{{"type":"Ready","status":"True","lastProbeTime":null}}],"containerStatuses":[{{"name":"c","ready":true,"restartCount":0,"image":"registry.example/team/app:{app}","imageID":"sha256:{at:064x}","state":{{"running":{{"startedAt":"2026-11-25T08:00:00Z"}}}},"resources":{{"requests":{{"cpu":"900m","memory":"3Gi"}}}},"allocatedResources":{{"cpu":"900m","memory":"3Gi"}}}}]}}}}"#
    )
}

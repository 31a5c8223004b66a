//! A snapshot: what the assessment of a run reads, without secrets, in the layout of `oc adm
//! inspect` (openshift/oc pkg/cli/admin/inspect) and with the definitions that omc needs to
//! show custom resources (gmeghnag/omc cmd/get).

mod redact;
mod scope;

pub(crate) use redact::Redactor;
pub(crate) use scope::Scope;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::model::{Cluster, Kind, Reading};
use crate::sources::Raw;
use crate::sources::export::manifest::{Manifest, Taken};
use crate::sources::export::writer::Files;
use crate::yaml::{self, YamlError};

/// A snapshot, ready to be written.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Its files.
    pub(crate) files: Files,
    /// What it says of itself.
    pub(crate) manifest: Manifest,
    /// Objects in it.
    pub(crate) objects: usize,
}

/// Objects of a kind and namespace.
type Lists = BTreeMap<(Kind, String), Vec<Value>>;

/// Makes a snapshot of what was read.
///
/// # Errors
/// When an object cannot be written, which none of a cluster is.
pub(crate) fn take(
    cluster: &Cluster,
    raws: Vec<Raw>,
    scope: &Scope,
    redactor: &mut Redactor,
    now: Timestamp,
) -> Result<Snapshot, YamlError> {
    let (mut lists, mut foreign) = lists(raws, scope, redactor);
    let mut kinds = Vec::new();
    for (kind, namespace, reading) in cluster.coverage.iter() {
        if !scope.is_told(kind, namespace) || !is_a_name(namespace) {
            continue;
        }
        if reading == &Reading::Listed && kind.is_namespaced() != namespace.is_empty() {
            // That there are none is part of what was read.
            lists.entry((kind, namespace.to_owned())).or_default();
        }
        let count = count(&lists, kind, namespace);
        let reason = redactor.reading(reading);
        kinds.extend(Taken::of(kind, &redactor.plain(namespace), &reason, count));
    }
    let mut files = Files::new();
    for ((kind, namespace), objects) in &lists {
        let is_whole = cluster.coverage.proves_absence(*kind, namespace);
        if objects.is_empty() && !is_whole {
            continue;
        }
        let path = path(*kind, &redactor.plain(namespace));
        files.insert(path, yaml::write(&list(*kind, objects, is_whole))?.into_bytes());
    }
    for namespace in lists.get(&(Kind::Namespace, String::new())).into_iter().flatten() {
        let name = namespace.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        if files.keys().any(|path| path.starts_with(&format!("namespaces/{name}/"))) {
            files.insert(format!("namespaces/{name}/{name}.yaml"), yaml::write(namespace)?.into_bytes());
        }
    }
    let custom: BTreeSet<Kind> = lists.keys().map(|(kind, _)| *kind).filter(|kind| is_custom(*kind)).collect();
    for kind in custom {
        let path =
            format!("cluster-scoped-resources/apiextensions.k8s.io/customresourcedefinitions/{}.yaml", kind.resource());
        files.insert(path, yaml::write(&definition(kind))?.into_bytes());
    }
    let mut logs = 0;
    for (key, text) in cluster.logs.iter().filter(|(key, _)| scope.has_log(key)) {
        let [namespace, pod, container] = key.splitn(3, '/').collect::<Vec<_>>()[..] else { continue };
        let [namespace, pod, container] = [namespace, pod, container].map(|part| redactor.plain(part));
        if ![&namespace, &pod, &container].into_iter().all(|part| is_a_name(part)) {
            foreign += 1;
            continue;
        }
        let path = format!("namespaces/{namespace}/pods/{pod}/{container}/{container}/logs/current.log");
        files.insert(path, redactor.text(text).into_bytes());
        logs += 1;
    }
    let mut manifest = Manifest::new(now, cluster, kinds);
    manifest.run = scope.run().map(|run| redactor.plain(&run));
    manifest.namespaces = scope.namespaces().iter().map(|name| redactor.plain(name)).collect();
    manifest.logs = logs;
    manifest.foreign = foreign;
    manifest.redacted = redactor.counts().clone();
    files.insert("manifest.yaml".to_owned(), yaml::write(&manifest)?.into_bytes());
    files.insert("timestamp".to_owned(), format!("{now}\n").into_bytes());
    Ok(Snapshot { files, manifest, objects: lists.values().map(Vec::len).sum() })
}

/// Whether a text may be a part of a path: an export may hold names that no API server takes,
/// and such a name must not lead out of the snapshot.
fn is_a_name(text: &str) -> bool {
    !matches!(text, "." | "..") && !text.contains(|c: char| matches!(c, '/' | '\\') || c.is_control())
}

/// What is in scope, the newest reading of each object, redacted; and how many objects are in
/// no namespace that there can be.
fn lists(raws: Vec<Raw>, scope: &Scope, redactor: &mut Redactor) -> (Lists, usize) {
    let version = |object: &Value| -> u64 {
        let text = object.pointer("/metadata/resourceVersion").and_then(Value::as_str);
        text.and_then(|text| text.parse().ok()).unwrap_or(0)
    };
    let mut newest: BTreeMap<(Kind, String, String), Value> = BTreeMap::new();
    let mut foreign = 0;
    for Raw { kind, namespace, name, mut object } in raws {
        if !scope.takes(kind, &namespace) {
            continue;
        }
        if !is_a_name(&namespace) || kind == Kind::Namespace && !is_a_name(&name) {
            foreign += 1;
            continue;
        }
        if !scope.is_own(&namespace) {
            scope::strip(kind, &mut object);
        }
        let key = (kind, namespace, name);
        if newest.get(&key).is_none_or(|known| version(&object) >= version(known)) {
            newest.insert(key, object);
        }
    }
    let mut lists = Lists::new();
    for ((kind, namespace, _), mut object) in newest {
        redactor.object(kind, scope.is_tekton(&namespace), &mut object);
        lists.entry((kind, namespace)).or_default().push(object);
    }
    (lists, foreign)
}

fn count(lists: &Lists, kind: Kind, namespace: &str) -> usize {
    let is_meant = |of: &(Kind, String)| of.0 == kind && (namespace.is_empty() || of.1 == namespace);
    lists.iter().filter(|(of, _)| is_meant(of)).map(|(_, objects)| objects.len()).sum()
}

fn path(kind: Kind, namespace: &str) -> String {
    let group = if kind.group().is_empty() { "core" } else { kind.group() };
    let folder =
        if kind.is_namespaced() { format!("namespaces/{namespace}") } else { "cluster-scoped-resources".to_owned() };
    format!("{folder}/{group}/{}.yaml", kind.plural())
}

/// A list as the API server writes it; one that is not whole is a selection, as kubectl
/// writes it.
fn list(kind: Kind, objects: &[Value], is_whole: bool) -> Value {
    let slash = if kind.group().is_empty() { "" } else { "/" };
    let of_kind = format!("{}{slash}{}", kind.group(), kind.version());
    let version = objects.first().and_then(|object| object.get("apiVersion")?.as_str()).unwrap_or(&of_kind);
    let (version, name) = if is_whole { (version, format!("{}List", kind.name())) } else { ("v1", "List".to_owned()) };
    json!({ "apiVersion": version, "items": objects, "kind": name, "metadata": { "resourceVersion": "" } })
}

fn is_custom(kind: Kind) -> bool {
    let built_in = |group: &str| group.is_empty() || group.ends_with(".k8s.io") || !group.contains('.');
    kind == Kind::QueueWorkload || !built_in(kind.group())
}

/// A definition that tells names and scope only: the cluster's own is not part of what
/// verdicts read.
fn definition(kind: Kind) -> Value {
    let singular = kind.name().to_lowercase();
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": kind.resource(), "annotations": { "tekton-fix.dev/note": "names and scope only" } },
        "spec": {
            "group": kind.group(),
            "names": {
                "kind": kind.name(), "listKind": format!("{}List", kind.name()),
                "plural": kind.plural(), "singular": singular
            },
            "scope": if kind.is_namespaced() { "Namespaced" } else { "Cluster" },
            "versions": [{
                "name": kind.version(), "served": true, "storage": true,
                "schema": { "openAPIV3Schema": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } }
            }]
        }
    })
}

//! SCC admission against what OpenShift's own plugin answered, case by case
//! (`tests/fixtures/scc`, described in `tests/fixtures/scc/README.md`).

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use serde_json::{Map, Value, json};
use tekton_fix::analysis::scc::effective::effective;
use tekton_fix::analysis::scc::{
    AdmissionRequest, Answer, Creator, Operation, Phase, Release, Verdict, admit_only, defaults, validate,
};
use tekton_fix::model::access::SecurityContextConstraints;
use tekton_fix::model::pod::Pod;
use tekton_fix::model::{Cluster, Kind, Origin, Reading};

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/scc/{name}", env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

fn lines(name: &str) -> Vec<Value> {
    fixture(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Replaces references into the library by the objects.
fn expand(list: &Value, library: &Value) -> Vec<Value> {
    let objects = list.as_array().unwrap().iter();
    objects.map(|item| item.as_str().map_or_else(|| item.clone(), |key| library[key].clone())).collect()
}

fn cluster(case: &Value, library: &Value) -> Cluster {
    let mut cluster = Cluster::default();
    let mut add = |kind: Kind, object: Value| cluster.insert(kind, object, Origin::Server(String::new())).unwrap();
    for scc in expand(&case["sccs"], &library["sccs"]) {
        add(Kind::SecurityContextConstraints, scc);
    }
    // A later role of one name replaces an earlier one; bindings add up.
    let mut roles = BTreeMap::new();
    for object in expand(&case["rbac"], &library["rbac"]) {
        let kind = Kind::of("rbac.authorization.k8s.io/v1", object["kind"].as_str().unwrap()).unwrap();
        match kind {
            Kind::Role | Kind::ClusterRole => {
                let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
                roles.insert((kind, namespace, object["metadata"]["name"].to_string()), object);
            }
            _ => add(kind, object),
        }
    }
    for ((kind, ..), role) in roles {
        add(kind, role);
    }
    if case.get("noNamespace").is_none() {
        add(Kind::Namespace, json!({ "metadata": case["namespace"] }));
    }
    for kind in Kind::ALL {
        let unread = *kind == Kind::SecurityContextConstraints && case.get("notSynced").is_some();
        cluster.coverage.record(*kind, "", if unread { Reading::NotRead } else { Reading::Listed });
    }
    cluster
}

fn pod(object: &Value, namespace: &str) -> Pod {
    let mut pod: Pod = serde_json::from_value(object.clone()).unwrap();
    pod.metadata.namespace = namespace.to_owned();
    pod
}

/// JSON merge patch (RFC 7386); `$appendContainers` adds to `containers`.
fn patch(target: &mut Value, change: &Value) {
    let Some(change) = change.as_object() else {
        *target = change.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    for (key, value) in change {
        if key == "$appendContainers" {
            let added = value.as_array().unwrap().clone();
            target["containers"].as_array_mut().unwrap().extend(added);
        } else if value.is_null() {
            target.as_object_mut().unwrap().remove(key);
        } else {
            patch(&mut target[key.as_str()], value);
        }
    }
}

/// Both passes, with the webhook of the case between them.
fn judge(case: &Value, cluster: &Cluster, release: Release) -> Verdict {
    let namespace = case["namespace"]["name"].as_str().unwrap();
    let created = pod(&case["pod"], namespace);
    let old = case.get("oldPod").map(|old| pod(old, namespace));
    let creator = Creator {
        user: case["creator"]["user"].as_str().unwrap().to_owned(),
        groups: serde_json::from_value(case["creator"]["groups"].clone()).unwrap(),
    };
    let operation = match (case["operation"].as_str().unwrap(), case.get("subresource")) {
        ("UPDATE", Some(_)) => Operation::UpdateEphemeralContainers,
        ("UPDATE", None) => Operation::Update,
        _ => Operation::Create,
    };
    let request = AdmissionRequest { pod: &created, creator: &creator, operation, old_pod: old.as_ref(), release };
    let first = admit_only(cluster, &request);
    let (Answer::Yes, None, Some(stored)) = (&first.admitted, first.ignored, &first.pod) else {
        return first;
    };
    let mut stored = serde_json::to_value(stored).unwrap();
    if let Some(change) = case.get("afterAdmitPatch") {
        patch(&mut stored, change);
    }
    let stored: Pod = serde_json::from_value(stored).unwrap();
    let second = validate(cluster, &AdmissionRequest { pod: &stored, ..request });
    let annotation = |key: &str| stored.metadata.annotation(key).map(str::to_owned);
    Verdict { scc: annotation("openshift.io/scc"), subject_type: first.subject_type, pod: Some(stored), ..second }
}

/// Null, empty and absent are one; capability lists are sets.
fn normal(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut kept = Map::new();
            for (key, value) in map {
                let mut value = normal(value);
                if let (true, Some(list)) = (matches!(key.as_str(), "add" | "drop"), value.as_array_mut()) {
                    list.sort_by_key(Value::to_string);
                }
                // The corpus does not list it among the effective values.
                if key == "procMount" {
                    continue;
                }
                let empty = value.is_null()
                    || value.as_object().is_some_and(Map::is_empty)
                    || value.as_array().is_some_and(Vec::is_empty)
                    || value.as_str() == Some("");
                if !empty {
                    kept.insert(key.clone(), value);
                }
            }
            Value::Object(kept)
        }
        Value::Array(list) => Value::Array(list.iter().map(normal).collect()),
        other => other.clone(),
    }
}

#[derive(Default)]
struct Tally {
    levels: BTreeMap<&'static str, (usize, usize)>,
    differences: Vec<String>,
}

impl Tally {
    fn count(&mut self, level: &'static str, id: &str, ours: String, theirs: String) {
        let entry = self.levels.entry(level).or_default();
        entry.1 += 1;
        if ours == theirs {
            entry.0 += 1;
        } else {
            self.differences.push(format!("{id} {level}\n  ours   {ours}\n  theirs {theirs}"));
        }
    }
}

fn compare(tally: &mut Tally, case: &Value, library: &Value) {
    let id = case["id"].as_str().unwrap();
    let cluster = cluster(case, library);
    let result = &case["result"];
    let verdict = judge(case, &cluster, Release::kubernetes(33).with_plugin_of(34));
    if case.get("notSynced").is_some() {
        // The state of a cache is in no snapshot: the answer must stay open.
        tally.count("1 unread", id, format!("{}", verdict.missing().len()), "1".to_owned());
        return;
    }
    let denied = |verdict: &Verdict| match verdict.denied_by {
        Some(Phase::Admit) => "admit",
        Some(Phase::Validate) => "validate",
        None => "-",
    };
    let admitted = verdict.is_admitted();
    tally.count(
        "1 admitted",
        id,
        format!("{admitted} {} {}", denied(&verdict), verdict.ignored.is_some()),
        format!(
            "{} {} {}",
            result["admitted"],
            result["deniedBy"].as_str().unwrap_or("-"),
            result["ignored"].as_bool().unwrap_or(false)
        ),
    );
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    if verdict.ignored.is_none() {
        tally.count(
            "2 scc",
            id,
            format!(
                "{} {}",
                verdict.scc.as_deref().unwrap_or("-"),
                verdict.subject_type.map_or("-", |subject| subject.as_str())
            ),
            format!("{} {}", text(&result["scc"]), text(&result["subjectType"])),
        );
        let usable: BTreeMap<&str, &str> = verdict
            .usable
            .iter()
            .filter_map(|(scc, usability)| usability.words().map(|words| (scc.as_str(), words)))
            .collect();
        tally.count("3 usable", id, json!(usable).to_string(), result["usable"].to_string());
    }
    if let (Some(stored), Some(theirs)) = (&verdict.pod, result.get("effective")) {
        let ours = serde_json::to_value(effective(stored)).unwrap();
        tally.count("4 effective", id, normal(&ours).to_string(), normal(theirs).to_string());
    }
    if let Some(error) = result.get("error") {
        tally.count("5 text (go)", id, verdict.message.clone().unwrap_or_default(), text(error));
        let newer = judge(case, &cluster, Release::kubernetes(34));
        let theirs = result.get("errorK8s134").unwrap_or(error);
        tally.count("5 text (json)", id, newer.message.unwrap_or_default(), text(theirs));
    }
}

#[test]
fn every_case_of_the_corpus_is_judged_as_the_plugin_does() {
    let library: Value = serde_json::from_str(&fixture("library.json.gz")).unwrap();
    let mut tally = Tally::default();
    let cases = lines("part-a.jsonl.gz");
    for case in &cases {
        compare(&mut tally, case, &library);
    }
    for (level, (equal, all)) in &tally.levels {
        println!("{level}: {equal}/{all}");
    }
    assert_eq!(cases.len(), 1000);
    let shown: Vec<&String> = tally.differences.iter().take(12).collect();
    assert!(shown.is_empty(), "{} differences, the first:\n{shown:#?}", tally.differences.len());
}

#[test]
fn constraints_are_defaulted_as_the_server_stores_them() {
    let pairs = lines("scc-defaulting.jsonl.gz");
    let mut differences = BTreeSet::new();
    for pair in &pairs {
        let mut ours: SecurityContextConstraints = serde_json::from_value(pair["raw"].clone()).unwrap();
        let theirs: SecurityContextConstraints = serde_json::from_value(pair["defaulted"].clone()).unwrap();
        defaults::set_scc_defaults(&mut ours);
        if ours != theirs {
            differences.insert(format!("{ours:#?}\n{theirs:#?}"));
        }
    }
    println!("{} of {} equal", pairs.len() - differences.len(), pairs.len());
    assert!(differences.is_empty(), "{:?}", differences.first());
}

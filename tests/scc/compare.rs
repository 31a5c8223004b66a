//! Compares what the plugin answered with what we say.

use serde_json::{Map, Value, json};
use tekton_fix::analysis::scc::effective::effective;
use tekton_fix::analysis::scc::{
    AdmissionRequest, Answer, Creator, Operation, Phase, Release, Verdict, admit_only, validate,
};
use tekton_fix::model::pod::Pod;
use tekton_fix::model::{Cluster, Kind, Origin, Reading};

/// JSON merge patch (RFC 7386).
pub fn patch(target: &mut Value, change: &Value) {
    let Some(change) = change.as_object() else {
        *target = change.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    for (key, value) in change {
        if value.is_null() {
            target.as_object_mut().unwrap().remove(key);
        } else {
            patch(&mut target[key.as_str()], value);
        }
    }
}

fn cluster(question: &Value) -> Cluster {
    let mut cluster = Cluster::default();
    for object in question["objects"].as_array().unwrap() {
        let text = |at: &str| object.pointer(at).and_then(Value::as_str).unwrap_or_default();
        let kind = Kind::of(text("/apiVersion"), text("/kind")).unwrap();
        cluster.insert(kind, object.clone(), Origin::Server(String::new())).unwrap();
    }
    cluster.sort();
    for kind in Kind::ALL {
        cluster.coverage.record(*kind, "", Reading::Listed);
    }
    cluster
}

fn creator(question: &Value) -> Creator {
    Creator {
        user: question["creator"]["user"].as_str().unwrap().to_owned(),
        groups: serde_json::from_value(question["creator"]["groups"].clone()).unwrap(),
    }
}

fn pod(value: &Value) -> Pod {
    serde_json::from_value(value.clone()).unwrap()
}

/// A pod as it comes out of storage or goes to a webhook: Go leaves empty lists away.
fn written(pod: &Pod) -> Value {
    let mut value = serde_json::to_value(pod).unwrap();
    let context = value.pointer_mut("/spec/securityContext").and_then(Value::as_object_mut);
    if let Some(context) = context.filter(|context| context.get("supplementalGroups") == Some(&json!([]))) {
        context.remove("supplementalGroups");
    }
    value
}

/// An update needs a pod that was admitted before: ours, as the server would have
/// stored it. Where nothing was stored, the question is about the creation.
pub fn complete(mut question: Value, release: Release) -> Value {
    let Some(change) = question.get("update").cloned() else { return question };
    let (cluster, creator, old) = (cluster(&question), creator(&question), pod(&question["pod"]));
    let request = AdmissionRequest { release, ..AdmissionRequest::create(&cluster, &old, &creator) };
    let Some(stored) = admit_only(&cluster, &request).pod else {
        question.as_object_mut().unwrap().remove("subresource");
        return question;
    };
    let mut stored = written(&stored);
    // An update has its name.
    stored["metadata"]["name"] = json!("p-1");
    question["oldPod"] = stored.clone();
    patch(&mut stored, &change);
    question["pod"] = stored;
    question
}

/// Both passes, with the webhook of the question between them.
fn judge(question: &Value, release: Release) -> Verdict {
    let (cluster, creator, created) = (cluster(question), creator(question), pod(&question["pod"]));
    let old = question.get("oldPod").map(pod);
    let operation = match (&old, question.get("subresource")) {
        (None, _) => Operation::Create,
        (Some(_), None) => Operation::Update,
        (Some(_), Some(_)) => Operation::UpdateEphemeralContainers,
    };
    let request = AdmissionRequest { pod: &created, creator: &creator, operation, old_pod: old.as_ref(), release };
    let first = admit_only(&cluster, &request);
    let (Answer::Yes, Some(stored)) = (&first.admitted, &first.pod) else { return first };
    let stored = match question.get("webhook") {
        Some(change) => {
            let mut stored = written(stored);
            patch(&mut stored, change);
            pod(&stored)
        }
        None => stored.clone(),
    };
    let second = validate(&cluster, &AdmissionRequest { pod: &stored, ..request });
    Verdict { ignored: first.ignored, pod: Some(stored), ..second }
}

/// Null, empty and absent are one.
fn normal(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut kept = Map::new();
            // What no verdict reads is not in our model.
            for (key, value) in map.iter().filter(|(key, _)| !matches!(key.as_str(), "procMount" | "effective")) {
                let value = normal(value);
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

/// What an admitted pod runs with.
fn ids(pod: &Pod) -> String {
    normal(&serde_json::to_value(effective(pod)).unwrap()).to_string()
}

/// Go's scanner says in its own way what is wrong with a range; we say the same in
/// other words.
fn without_scanner(message: &str) -> String {
    const WORDS: [&str; 6] = [
        "expected integer",
        "unexpected EOF",
        "EOF",
        "input does not match format",
        "unexpected newline",
        "unsigned integer overflow",
    ];
    if WORDS.iter().any(|word| message.contains(word)) { "a malformed range".to_owned() } else { message.to_owned() }
}

/// Differences of one question, as text.
pub fn differences(question: &Value, answer: &Value, release: Release) -> Option<String> {
    if let Some(why) = answer.get("notRead") {
        return Some(format!("the plugin was not asked: {why}"));
    }
    let ours = judge(question, release);
    let denied = match ours.denied_by {
        Some(Phase::Admit) => "admit",
        Some(Phase::Validate) => "validate",
        None => "-",
    };
    let text = |field: &str| answer[field].as_str().unwrap_or("-").to_owned();
    let flag = |field: &str| answer[field].as_bool().unwrap_or_default();
    let mut pairs = vec![
        (
            "verdict",
            format!("{} {denied} ignored={}", ours.is_admitted(), ours.ignored.is_some()),
            // Whether an update was ignored does not show in its answer.
            format!(
                "{} {} ignored={}",
                flag("admitted"),
                text("deniedBy"),
                if question.get("oldPod").is_some() { ours.ignored.is_some() } else { flag("ignored") }
            ),
        ),
        ("message", without_scanner(ours.message.as_deref().unwrap_or("-")), without_scanner(&text("message"))),
    ];
    match (&ours.pod, answer.get("pod")) {
        (Some(own), Some(real)) => pairs.push(("stored", ids(own), ids(&pod(real)))),
        (None, Some(_)) => pairs.push(("stored", "nothing".to_owned(), "a pod".to_owned())),
        _ => {}
    }
    let wrong: Vec<String> = pairs
        .into_iter()
        .filter(|(_, own, real)| own != real)
        .map(|(what, own, real)| format!("{what}\n      real: {real}\n      ours: {own}"))
        .collect();
    (!wrong.is_empty()).then(|| wrong.join("\n    "))
}

//! Operations as writes to the API server, with what takes each of them back.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Bound, FlagPlace, ObjectRef, Op, Right};
use crate::model::{Kind, Quantity};

/// How an object is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "write", content = "body")]
pub enum Write {
    /// Created; the object must not exist.
    Create(Value),
    /// Created unless it exists, whatever it looks like then.
    Ensure(Value),
    /// Changed by a JSON merge patch (RFC 7386).
    Merge(Value),
    /// Changed by a JSON patch (RFC 6902) of `add`, `replace` and `remove`.
    Json(Value),
    /// Deleted.
    Delete {
        /// Without waiting for the node.
        force: bool,
    },
}

/// One write to the API server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// What is written.
    pub object: ObjectRef,
    /// How.
    #[serde(flatten)]
    pub write: Write,
}

impl Op {
    /// The writes that carry it out, in their order; `mark` is unique to this attempt. None
    /// for a submission, whose object is made from the run, and for what only a person can
    /// do.
    pub fn requests(&self, mark: &str) -> Vec<Request> {
        let one = |object: &ObjectRef, write| vec![Request { object: object.clone(), write }];
        match self {
            Self::Submit { .. } | Self::Manual { .. } => Vec::new(),
            Self::Release { run } => one(run, Write::Json(json!([{ "op": "remove", "path": "/spec/status" }]))),
            Self::Delete { object, force } => one(object, Write::Delete { force: *force }),
            Self::Create { object, manifest } => {
                let mut manifest = manifest.clone();
                if !object.namespace.is_empty() {
                    manifest["metadata"]["namespace"] = Value::from(object.namespace.clone());
                }
                one(object, Write::Create(manifest))
            }
            Self::Grant { namespace, grant } => {
                let (role, binding) = grant.objects(namespace);
                let name = |object: &Value| object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                let role_ref = ObjectRef::new(Kind::ClusterRole, "", name(&role));
                let binding_ref = ObjectRef::new(Kind::RoleBinding, namespace, name(&binding));
                vec![
                    Request { object: role_ref, write: Write::Ensure(role) },
                    Request { object: binding_ref, write: Write::Create(binding) },
                ]
            }
            Self::SetFlags { place, pairs } => {
                let (object, patch) = flags(place, pairs);
                one(&object, Write::Merge(patch))
            }
            Self::Uncordon { node } => {
                let node = ObjectRef::new(Kind::Node, "", node);
                // The server leaves a false out.
                one(&node, Write::Merge(json!({ "spec": { "unschedulable": null } })))
            }
            Self::Enforce { namespace, level } => {
                let labels = json!({ crate::analysis::admission::pod_security::ENFORCE: level });
                let namespace = ObjectRef::new(Kind::Namespace, "", namespace);
                one(&namespace, Write::Merge(json!({ "metadata": { "labels": labels } })))
            }
            Self::RaiseQuota { quota, hard } => {
                let hard: Map<String, Value> =
                    hard.iter().map(|hard| (hard.resource.clone(), json!(hard.new.to_string()))).collect();
                one(quota, Write::Merge(json!({ "spec": { "hard": hard } })))
            }
            Self::MoveBounds { range, bounds } => {
                one(range, Write::Json(Value::from(bounds.iter().map(bound).collect::<Vec<_>>())))
            }
            Self::Scale { set, to, .. } => one(set, Write::Merge(json!({ "spec": { "replicas": to } }))),
            Self::Unannotate { object, key } => {
                let mut annotations = Map::new();
                annotations.insert(key.clone(), Value::Null);
                one(object, Write::Merge(json!({ "metadata": { "annotations": annotations } })))
            }
            // The value differs each time: one that is there already would change nothing.
            Self::Retry { set } => {
                one(set, Write::Merge(json!({ "metadata": { "annotations": { "tekton-fix/retry": mark } } })))
            }
        }
    }
}

fn bound(bound: &Bound) -> Value {
    let resource = bound.resource.replace('~', "~0").replace('/', "~1");
    let path = format!("/spec/limits/{}/{}/{resource}", bound.item, bound.side);
    match &bound.new {
        Some(new) => json!({ "op": "replace", "path": path, "value": new.to_string() }),
        None => json!({ "op": "remove", "path": path }),
    }
}

/// In TektonConfig the key that was removed is a boolean (tektoncd/operator
/// `pkg/apis/operator/v1alpha1/tektonpipeline_types.go`, v0.77), and so are all flags that
/// the operator knows as switches.
fn flags(place: &FlagPlace, pairs: &[(&'static str, String)]) -> (ObjectRef, Value) {
    match place {
        FlagPlace::ConfigMap { namespace } => {
            let data: Map<String, Value> = pairs.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
            let name = crate::analysis::tekton::flags::CONFIG_MAP;
            (ObjectRef::new(Kind::ConfigMap, namespace, name), json!({ "data": data }))
        }
        FlagPlace::TektonConfig { name } => {
            let typed = |value: &str| match value {
                "true" => json!(true),
                "false" => json!(false),
                text => json!(text),
            };
            let fields: Map<String, Value> =
                pairs.iter().map(|(key, value)| ((*key).to_owned(), typed(value))).collect();
            (ObjectRef::new(Kind::TektonConfig, "", name), json!({ "spec": { "pipeline": fields } }))
        }
    }
}

/// Kinds of a namespace that are its users' own, not its administrators'.
const OF_USERS: [Kind; 6] =
    [Kind::PipelineRun, Kind::TaskRun, Kind::Pod, Kind::StatefulSet, Kind::Claim, Kind::ServiceAccount];

impl Request {
    /// The right that it takes.
    pub fn right(&self) -> Right {
        let verb = match self.write {
            Write::Create(_) | Write::Ensure(_) => "create",
            Write::Merge(_) | Write::Json(_) => "patch",
            Write::Delete { .. } => "delete",
        };
        let kind = self.object.kind;
        if OF_USERS.contains(&kind) { Right::InNamespace(verb, kind) } else { Right::InCluster(verb, kind) }
    }

    /// The write that takes it back, given the object before it; absent where nothing does: a
    /// deletion, a run that was released or cancelled, and a role that may be in use by now.
    pub fn inverse(&self, before: Option<&Value>) -> Option<Self> {
        let write = match &self.write {
            Write::Create(_) => Write::Delete { force: false },
            Write::Ensure(_) | Write::Delete { .. } => return None,
            // Tekton does not take a change of spec.status back.
            Write::Merge(_) | Write::Json(_) if self.object.kind == Kind::PipelineRun => return None,
            Write::Merge(patch) => Write::Merge(undone(patch, before?)),
            Write::Json(patch) => {
                let before = before?;
                let steps = patch.as_array()?.iter().rev().map(|step| undone_step(step, before));
                Write::Json(Value::Array(steps.collect::<Option<Vec<Value>>>()?))
            }
        };
        Some(Self { object: self.object.clone(), write })
    }

    /// Whether the object is as the write leaves it: how an answer that was lost is settled.
    /// Of a created object only its name can be compared here.
    pub fn is_in_force(&self, object: Option<&Value>) -> bool {
        match (&self.write, object) {
            (Write::Create(_) | Write::Ensure(_), found) => found.is_some(),
            (Write::Delete { .. }, found) => {
                found.is_none_or(|found| found.pointer("/metadata/deletionTimestamp").is_some())
            }
            (_, None) => false,
            (Write::Merge(patch), Some(object)) => holds(patch, object),
            (Write::Json(patch), Some(object)) => patch.as_array().into_iter().flatten().all(|step| {
                let found = step["path"].as_str().and_then(|path| object.pointer(path));
                match step.get("value") {
                    Some(value) => found.is_some_and(|found| is_same(value, found)),
                    None => found.is_none(),
                }
            }),
        }
    }

    /// A JSON patch that is refused where what it touches is no longer as it was.
    pub fn guarded(&self, before: Option<&Value>) -> Option<Value> {
        let Write::Json(patch) = &self.write else { return None };
        let before = before?;
        let mut steps = Vec::new();
        if let Some(uid) = before.pointer("/metadata/uid") {
            steps.push(json!({ "op": "test", "path": "/metadata/uid", "value": uid }));
        }
        for step in patch.as_array().into_iter().flatten() {
            let path = step["path"].as_str().unwrap_or_default();
            if let Some(old) = before.pointer(path) {
                steps.push(json!({ "op": "test", "path": path, "value": old }));
            }
            steps.push(step.clone());
        }
        Some(Value::Array(steps))
    }

    /// Whether what it touches is the same in two states of the object.
    pub fn finds_same(&self, before: &Value, now: &Value) -> bool {
        match &self.write {
            Write::Merge(patch) => undone(patch, before) == undone(patch, now),
            Write::Json(patch) => patch.as_array().into_iter().flatten().all(|step| {
                let path = step["path"].as_str().unwrap_or_default();
                before.pointer(path) == now.pointer(path)
            }),
            Write::Create(_) | Write::Ensure(_) | Write::Delete { .. } => true,
        }
    }
}

/// The merge patch that gives back what another one overwrites.
fn undone(patch: &Value, before: &Value) -> Value {
    let Some(fields) = patch.as_object() else { return before.clone() };
    let back = fields.iter().map(|(key, value)| {
        let back = match before.get(key) {
            Some(known) if value.is_object() && known.is_object() => undone(value, known),
            Some(known) => known.clone(),
            // What others put beside it meanwhile stays.
            None if value.is_object() => undone(value, &json!({})),
            None => Value::Null,
        };
        (key.clone(), back)
    });
    Value::Object(back.collect())
}

fn undone_step(step: &Value, before: &Value) -> Option<Value> {
    let path = step["path"].as_str()?;
    Some(match (step["op"].as_str()?, before.pointer(path)) {
        ("remove", Some(old)) => json!({ "op": "add", "path": path, "value": old }),
        ("add" | "replace", Some(old)) => json!({ "op": "replace", "path": path, "value": old }),
        ("add", None) => json!({ "op": "remove", "path": path }),
        _ => return None,
    })
}

/// Whether a merge patch would change nothing.
fn holds(patch: &Value, object: &Value) -> bool {
    match patch.as_object() {
        Some(fields) => fields.iter().all(|(key, value)| match object.get(key) {
            Some(found) => holds(value, found),
            None => value.is_null(),
        }),
        None => is_same(patch, object),
    }
}

/// Equal values; the server writes quantities in a form of its own.
fn is_same(wanted: &Value, found: &Value) -> bool {
    let quantity = |value: &Value| value.as_str().and_then(|text| text.parse::<Quantity>().ok());
    wanted == found || quantity(wanted).is_some_and(|wanted| quantity(found) == Some(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(write: Write) -> Request {
        Request { object: ObjectRef::new(Kind::LimitRange, "ci", "floor"), write }
    }

    /// Applies a write as the server does.
    fn applied(request: &Request, object: &Value) -> Value {
        let mut object = object.clone();
        match &request.write {
            Write::Merge(patch) => json_patch::merge(&mut object, patch),
            Write::Json(patch) => {
                let patch: json_patch::Patch = serde_json::from_value(patch.clone()).unwrap();
                json_patch::patch(&mut object, &patch).unwrap();
            }
            _ => unreachable!("only patches"),
        }
        object
    }

    #[test]
    fn a_patch_and_its_inverse_give_the_object_back() {
        let before = json!({ "metadata": { "name": "floor", "labels": { "a": "1" } },
            "spec": { "limits": [{ "min": { "cpu": "100m", "memory": "1Gi" } }], "hard": { "pods": "4" } } });
        let writes = [
            Write::Merge(json!({ "spec": { "hard": { "pods": "6", "requests.cpu": "2" } } })),
            Write::Merge(json!({ "metadata": { "labels": { "a": null, "b": "2" }, "annotations": { "x": "y" } } })),
            Write::Json(json!([{ "op": "replace", "path": "/spec/limits/0/min/cpu", "value": "50m" },
                { "op": "remove", "path": "/spec/limits/0/min/memory" }])),
        ];
        for write in writes {
            let request = request(write);
            let after = applied(&request, &before);
            assert!(request.is_in_force(Some(&after)), "{request:?}");
            assert!(!request.is_in_force(Some(&before)), "{request:?}");
            let mut back = applied(&request.inverse(Some(&before)).unwrap(), &after);
            // A merge patch leaves the objects that it has to make.
            let metadata = back["metadata"].as_object_mut().unwrap();
            metadata.retain(|_, value| value != &json!({}));
            assert_eq!(back, before);
        }
    }

    /// Every kind of operation that changes an object, with objects as a cluster may hold
    /// them: fields that the operation sets may be there with another value, or missing.
    mod property {
        use std::collections::BTreeMap;

        use proptest::prelude::*;

        use super::*;
        use crate::ops::{Grant, Hard};

        fn texts() -> impl Strategy<Value = BTreeMap<String, String>> {
            proptest::collection::btree_map("[a-z][a-z./~-]{0,8}", "[a-z0-9 ]{0,6}", 0..4)
        }

        fn amount() -> impl Strategy<Value = Quantity> {
            (1..5000_u32).prop_map(|milli| format!("{milli}m").parse().unwrap())
        }

        /// An operation, and the object before it.
        fn cases() -> impl Strategy<Value = (Op, Option<Value>)> {
            let meta = |labels: BTreeMap<String, String>, annotations: BTreeMap<String, String>| {
                let mut meta = json!({ "name": "x", "uid": "u" });
                for (key, map) in [("labels", labels), ("annotations", annotations)] {
                    if !map.is_empty() {
                        meta[key] = json!(map);
                    }
                }
                meta
            };
            let object = move |kind| ObjectRef::new(kind, "ci", "x");
            let flags = (texts(), any::<bool>(), any::<bool>()).prop_map(|(mut data, has, in_config)| {
                if has {
                    data.insert("coschedule".to_owned(), "workspaces".to_owned());
                }
                let pairs = vec![("coschedule", "disabled".to_owned()), ("set-security-context", "true".to_owned())];
                if in_config {
                    let place = FlagPlace::TektonConfig { name: "x".to_owned() };
                    let fields = if data.is_empty() { json!({}) } else { json!({ "pipeline": data }) };
                    return (Op::SetFlags { place, pairs }, Some(json!({ "spec": fields })));
                }
                let place = FlagPlace::ConfigMap { namespace: "ci".to_owned() };
                let map = if data.is_empty() { json!({ "kind": "x" }) } else { json!({ "data": data }) };
                (Op::SetFlags { place, pairs }, Some(map))
            });
            let uncordon = any::<bool>().prop_map(|is_cordoned| {
                let spec = if is_cordoned { json!({ "unschedulable": true }) } else { json!({ "podCIDR": "a" }) };
                (Op::Uncordon { node: "x".to_owned() }, Some(json!({ "spec": spec })))
            });
            let enforce = (texts(), texts(), any::<bool>()).prop_map(move |(mut labels, annotations, has)| {
                if has {
                    let key = crate::analysis::admission::pod_security::ENFORCE.to_owned();
                    labels.insert(key, "restricted".to_owned());
                }
                let op = Op::Enforce { namespace: "x".to_owned(), level: "baseline" };
                (op, Some(json!({ "metadata": meta(labels, annotations) })))
            });
            let retry = (texts(), texts()).prop_map(move |(labels, annotations)| {
                let op = Op::Retry { set: object(Kind::StatefulSet) };
                (op, Some(json!({ "metadata": meta(labels, annotations) })))
            });
            let quota = (texts(), amount(), amount(), any::<bool>()).prop_map(move |(mut hard, old, new, has)| {
                if has {
                    hard.insert("cpu".to_owned(), old.to_string());
                }
                let raised = Hard { resource: "cpu".to_owned(), old, new };
                let op = Op::RaiseQuota { quota: object(Kind::ResourceQuota), hard: vec![raised] };
                (op, Some(json!({ "spec": { "hard": hard } })))
            });
            let resource = "[a-z]{1,4}(/[a-z~]{1,4})?";
            let bounds = (resource, amount(), proptest::option::of(amount()), any::<bool>()).prop_map(
                move |(resource, old, new, is_max)| {
                    let side = if is_max { "max" } else { "min" };
                    let bound = Bound { item: 1, side, resource: resource.clone(), old, new };
                    let op = Op::MoveBounds { range: object(Kind::LimitRange), bounds: vec![bound] };
                    let limits = json!([{}, { side: { resource: old.to_string(), "other": "1" } }]);
                    (op, Some(json!({ "spec": { "limits": limits } })))
                },
            );
            let scale = (0..3, 0..3).prop_map(move |(from, to)| {
                let op = Op::Scale { set: object(Kind::StatefulSet), from, to };
                (op, Some(json!({ "spec": { "replicas": from, "serviceName": "x" } })))
            });
            let create = texts().prop_map(move |labels| {
                let manifest = json!({ "metadata": meta(labels, BTreeMap::new()) });
                (Op::Create { object: object(Kind::ServiceAccount), manifest }, None)
            });
            let grant = any::<bool>().prop_map(|has| {
                let grant = Grant { scc: "anyuid".to_owned(), account: "default".to_owned(), points: 0 };
                let role = has.then(|| json!({ "rules": [] }));
                (Op::Grant { namespace: "ci".to_owned(), grant }, role)
            });
            let gone = any::<bool>()
                .prop_map(move |force| (Op::Delete { object: object(Kind::Pod), force }, Some(json!({ "spec": {} }))));
            let release = Just((
                Op::Release { run: object(Kind::PipelineRun) },
                Some(json!({ "spec": { "status": "PipelineRunPending" } })),
            ));
            prop_oneof![flags, uncordon, enforce, retry, quota, bounds, scale, create, grant, gone, release]
        }

        /// What the server holds after a write.
        fn after(request: &Request, object: Option<&Value>) -> Option<Value> {
            match &request.write {
                Write::Create(new) => Some(new.clone()),
                Write::Ensure(new) => Some(object.unwrap_or(new).clone()),
                Write::Delete { .. } => None,
                Write::Merge(_) | Write::Json(_) => object.map(|object| applied(request, object)),
            }
        }

        /// A merge patch leaves the objects that it has to make.
        fn bare(value: &Value) -> Value {
            match value {
                Value::Object(fields) => {
                    let fields = fields.iter().map(|(key, value)| (key.clone(), bare(value)));
                    Value::Object(fields.filter(|(_, value)| *value != json!({})).collect())
                }
                other => other.clone(),
            }
        }

        proptest! {
            #[test]
            fn an_operation_and_its_inverse_give_the_object_back((op, before) in cases()) {
                for request in op.requests("mark") {
                    // The second object of a grant does not exist yet.
                    let before = before.clone().filter(|_| !matches!(request.write, Write::Create(_)));
                    let changed = after(&request, before.as_ref());
                    prop_assert!(request.is_in_force(changed.as_ref()), "{request:?}: {changed:?}");
                    let Some(inverse) = request.inverse(before.as_ref()) else {
                        let is_final = matches!(op, Op::Delete { .. } | Op::Release { .. } | Op::Grant { .. });
                        prop_assert!(is_final, "{op:?}");
                        continue;
                    };
                    let back = after(&inverse, changed.as_ref());
                    prop_assert!(inverse.is_in_force(back.as_ref()), "{inverse:?}: {back:?}");
                    prop_assert_eq!(back.as_ref().map(bare), before.as_ref().map(bare));
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_taken_back_has_no_inverse() {
        let run = ObjectRef::new(Kind::PipelineRun, "ci", "run");
        let cancel = Request { object: run, write: Write::Merge(json!({ "spec": { "status": "Cancelled" } })) };
        assert_eq!(cancel.inverse(Some(&json!({ "spec": {} }))), None);
        assert_eq!(request(Write::Delete { force: false }).inverse(Some(&json!({}))), None);
        assert_eq!(request(Write::Ensure(json!({}))).inverse(None), None);
        let create = request(Write::Create(json!({})));
        assert_eq!(create.inverse(None), Some(request(Write::Delete { force: false })));
    }

    #[test]
    fn what_others_added_meanwhile_stays() {
        let retry = request(Write::Merge(json!({ "metadata": { "annotations": { "tekton-fix/retry": "x" } } })));
        let before = json!({ "metadata": { "name": "a" } });
        let mut after = applied(&retry, &before);
        after["metadata"]["annotations"]["theirs"] = json!("1");
        let back = applied(&retry.inverse(Some(&before)).unwrap(), &after);
        assert_eq!(back["metadata"]["annotations"], json!({ "theirs": "1" }));
    }

    #[test]
    fn a_guarded_patch_fails_on_an_object_that_has_changed() {
        let lower = request(Write::Json(json!([{ "op": "replace", "path": "/spec/min", "value": "50m" }])));
        let before = json!({ "metadata": { "uid": "u" }, "spec": { "min": "100m" } });
        let patch = |patch: Value, mut object: Value| {
            let patch: json_patch::Patch = serde_json::from_value(patch).unwrap();
            json_patch::patch(&mut object, &patch).map(|()| object)
        };
        let guarded = lower.guarded(Some(&before)).unwrap();
        assert_eq!(patch(guarded.clone(), before.clone()).unwrap()["spec"]["min"], "50m");
        for other in [
            json!({ "metadata": { "uid": "u" }, "spec": { "min": "70m" } }),
            json!({ "metadata": {}, "spec": { "min": "100m" } }),
        ] {
            assert!(patch(guarded.clone(), other).is_err());
        }
    }

    #[test]
    fn a_node_that_the_server_shows_without_the_field_is_uncordoned() {
        let op = Op::Uncordon { node: "worker".to_owned() };
        let request = &op.requests("")[0];
        assert!(request.is_in_force(Some(&json!({ "spec": {} }))));
        assert!(!request.is_in_force(Some(&json!({ "spec": { "unschedulable": true } }))));
    }

    #[test]
    fn quantities_are_compared_by_what_they_mean() {
        let raise = request(Write::Merge(json!({ "spec": { "hard": { "cpu": "2000m" } } })));
        assert!(raise.is_in_force(Some(&json!({ "spec": { "hard": { "cpu": "2" } } }))));
        assert!(!raise.is_in_force(Some(&json!({ "spec": { "hard": { "cpu": "3" } } }))));
    }

    #[test]
    fn requests_are_read_back_from_a_journal() {
        for write in [Write::Create(json!({ "a": 1 })), Write::Delete { force: true }, Write::Json(json!([]))] {
            let request = request(write);
            let text = serde_json::to_string(&request).unwrap();
            assert_eq!(serde_json::from_str::<Request>(&text).unwrap(), request, "{text}");
        }
    }
}

//! The fields that operations change, with what they were and will be.

use serde_json::{Map, Value, json};

use super::{FlagPlace, Op};
use super::{edit, resubmission};
use crate::model::Kind;
use crate::model::run::PipelineRun;

/// A field with its new value.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Path, for example `spec.taskRunTemplate.podTemplate.securityContext.fsGroup`.
    pub path: String,
    /// What it will be; null where it is taken away.
    pub new: Value,
}

/// The fields that an operation changes; of a submission those in which the new run
/// differs from `run`.
pub fn changed(op: &Op, run: &PipelineRun) -> Vec<Field> {
    let one = |path: String, new: Value| vec![Field { path, new }];
    match op {
        Op::Submit { edits, .. } => {
            let old = resubmission::manifest(run, &run.metadata.name);
            let Ok(new) = edit::edited(run, edits) else { return Vec::new() };
            let mut fields = Vec::new();
            compare("spec", &old["spec"], &new["spec"], &mut fields);
            fields
        }
        Op::Release { run } if run.kind == Kind::TaskRun => one(format!("{}.spec.status", run.target()), Value::Null),
        Op::Release { .. } => one("spec.status".to_owned(), Value::Null),
        Op::Delete { object, .. } => one(object.target(), Value::Null),
        Op::Create { object, manifest } => one(object.target(), manifest.clone()),
        Op::Grant { namespace, grant } => one(
            format!("rolebinding {namespace}/{} -> serviceaccount/{}", grant.role(), grant.account),
            json!("created"),
        ),
        Op::SetFlags { place, pairs } => pairs
            .iter()
            .map(|(key, value)| Field {
                path: match place {
                    FlagPlace::ConfigMap { namespace } => format!("configmap {namespace}/feature-flags.data.{key}"),
                    FlagPlace::TektonConfig { name } => format!("tektonconfig/{name}.spec.pipeline.{key}"),
                },
                new: json!(value),
            })
            .collect(),
        Op::Uncordon { node } => one(format!("node/{node}.spec.unschedulable"), json!(false)),
        Op::Enforce { namespace, level } => {
            one(format!("namespace/{namespace}.metadata.labels[pod-security.kubernetes.io/enforce]"), json!(level))
        }
        Op::RaiseQuota { quota, hard } => hard
            .iter()
            .map(|hard| Field {
                path: format!("resourcequota/{}.spec.hard.{}", quota.name, hard.resource),
                new: json!(hard.new.to_string()),
            })
            .collect(),
        Op::MoveBounds { range, bounds } => bounds
            .iter()
            .map(|bound| Field {
                path: format!(
                    "limitrange/{}.spec.limits[{}].{}.{}",
                    range.name, bound.item, bound.side, bound.resource
                ),
                new: json!(bound.new.map(|new| new.to_string())),
            })
            .collect(),
        Op::Scale { set, to, .. } => one(format!("{}.spec.replicas", set.target()), json!(to)),
        Op::Unannotate { object, key } => one(format!("{}.metadata.annotations[{key}]", object.target()), Value::Null),
        Op::Retry { .. } | Op::Manual { .. } => Vec::new(),
    }
}

/// The name by which an entry of a list is known.
fn entry_name(entry: &Value) -> Option<&str> {
    ["name", "pipelineTaskName", "key"].into_iter().find_map(|key| entry.get(key)?.as_str())
}

/// A field below a path: keys with dots or slashes, as those of labels, in brackets.
fn below(path: &str, key: &str) -> String {
    if key.contains(['.', '/']) { format!("{path}[{key}]") } else { format!("{path}.{key}") }
}

/// Gathers the outermost fields that differ.
fn compare(path: &str, old: &Value, new: &Value, fields: &mut Vec<Field>) {
    match (old, new) {
        (old, new) if old == new => {}
        (Value::Object(old), Value::Object(new)) => {
            let empty = Map::new();
            let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
            for key in keys {
                let (was, is) = (old.get(key), new.get(key));
                match (was, is) {
                    (Some(was), Some(is)) => compare(&below(path, key), was, is, fields),
                    // What is wholly new is told field by field as far as it is an object.
                    (None, Some(Value::Object(map))) if !map.is_empty() => {
                        compare(&below(path, key), &Value::Object(empty.clone()), is.unwrap_or(&Value::Null), fields);
                    }
                    (_, is) => fields.push(Field { path: below(path, key), new: is.cloned().unwrap_or(Value::Null) }),
                }
            }
        }
        (Value::Array(was), Value::Array(is)) if was.iter().chain(is).all(|entry| entry_name(entry).is_some()) => {
            let find = |list: &[Value], name: &str| list.iter().find(|entry| entry_name(entry) == Some(name)).cloned();
            let mut names: Vec<&str> = was.iter().chain(is).filter_map(entry_name).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                let place = format!("{path}[{name}]");
                match (find(was, name), find(is, name)) {
                    (Some(was), Some(is)) => compare(&place, &was, &is, fields),
                    (None, Some(is)) => fields.push(Field { path: place, new: is }),
                    (_, None) => fields.push(Field { path: place, new: Value::Null }),
                }
            }
        }
        (_, new) => fields.push(Field { path: path.to_owned(), new: new.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Edit, ObjectRef};
    use super::*;
    use crate::model::Kind;

    #[test]
    fn a_submission_names_the_fields_in_which_the_new_run_differs() {
        let run: PipelineRun = serde_json::from_value(json!({ "metadata": { "name": "r" }, "spec": {
            "taskRunTemplate": { "podTemplate": { "securityContext": { "fsGroup": 1, "runAsUser": 2 } } },
            "workspaces": [{ "name": "w", "persistentVolumeClaim": { "claimName": "c" } }] } }))
        .unwrap();
        let changes = |edits: Vec<Edit>| -> Value {
            let run_ref = ObjectRef::new(Kind::PipelineRun, "n", "r");
            let op = Op::Submit { run: run_ref, edits, cancel_old: false };
            changed(&op, &run).into_iter().map(|field| (field.path, field.new)).collect::<Map<String, Value>>().into()
        };
        let context = "spec.taskRunTemplate.podTemplate.securityContext";
        assert_eq!(
            changes(vec![
                Edit::FsGroup { group: 7, of_namespace: true },
                Edit::DropSecurityField { field: "runAsUser" }
            ]),
            json!({ format!("{context}.fsGroup"): 7, format!("{context}.runAsUser"): null })
        );
        assert_eq!(
            changes(vec![Edit::PinNode { node: "a".to_owned(), hostname: "a".to_owned() }]),
            json!({ "spec.taskRunTemplate.podTemplate.nodeSelector[kubernetes.io/hostname]": "a" })
        );
        assert_eq!(
            changes(vec![Edit::Workspace { name: "w".to_owned(), binding: json!({ "emptyDir": {} }) }]),
            json!({ "spec.workspaces[w].persistentVolumeClaim": null, "spec.workspaces[w].emptyDir": {} })
        );
    }
}

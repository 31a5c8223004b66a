//! Which pod template a task's pod and the assistant's get.
//!
//! Mirrors tektoncd/pipeline `pkg/apis/pipeline/pod/template.go` (v0.68.1 to v1.15.0)
//! and `PipelineRun.GetTaskRunSpec`: a field is taken whole from the nearer template;
//! only `env` and `volumes` are merged by name, and `hostNetwork` is or-ed.

use serde_json::{Map, Value};

use super::version::TektonVersion;
use crate::model::run::PipelineRun;

/// A pod template's fields.
pub type Template = Map<String, Value>;

/// Fields whose empty value is not stored, so that it does not count as given.
const EMPTY_IS_ABSENT: [&str; 6] =
    ["nodeSelector", "tolerations", "imagePullSecrets", "hostAliases", "topologySpreadConstraints", "schedulerName"];
/// What an assistant takes from the run's template (`ToAffinityAssistantTemplate`);
/// its affinity is merged elsewhere.
const OF_ASSISTANT: [&str; 5] =
    ["nodeSelector", "tolerations", "imagePullSecrets", "securityContext", "priorityClassName"];

/// A template of a spec by its place; empty where there is none.
pub fn of(spec: Option<&Value>) -> Template {
    let fields = spec.and_then(Value::as_object).into_iter().flatten();
    fields.filter(|(name, value)| is_given(name, value)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn is_given(name: &str, value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Object(map) if map.is_empty() => !EMPTY_IS_ABSENT.contains(&name),
        Value::Array(list) if list.is_empty() => !EMPTY_IS_ABSENT.contains(&name),
        Value::String(text) if text.is_empty() => !EMPTY_IS_ABSENT.contains(&name),
        _ => true,
    }
}

/// Fills what a template lacks from the one behind it (`MergePodTemplateWithDefault`).
pub fn merge(mut near: Template, far: &Template) -> Template {
    for (name, value) in far {
        match near.get_mut(name) {
            Some(own) if matches!(name.as_str(), "env" | "volumes") => by_name(own, value),
            Some(own) if name == "hostNetwork" => *own = Value::from(own == true || value == true),
            Some(_) => {}
            None => {
                near.insert(name.clone(), value.clone());
            }
        }
    }
    near
}

fn by_name(own: &mut Value, more: &Value) {
    let (Some(own), Some(more)) = (own.as_array_mut(), more.as_array()) else { return };
    let name = |item: &Value| item.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let known: Vec<String> = own.iter().map(name).collect();
    own.extend(more.iter().filter(|item| !known.contains(&name(item))).cloned());
}

/// What a run says of one of its tasks (`taskRunSpecs`).
pub fn task_run_spec<'r>(run: &'r PipelineRun, task: &str) -> Option<&'r Value> {
    let specs = run.spec_at("/taskRunSpecs")?.as_array()?;
    specs.iter().find(|spec| spec.get("pipelineTaskName").and_then(Value::as_str) == Some(task))
}

/// The template of a task's pod; `default` is `default-pod-template` of
/// `config-defaults`.
pub fn of_task(run: &PipelineRun, task: &str, version: Option<TektonVersion>, default: &Template) -> Template {
    let of_run = of(run.spec_at("/taskRunTemplate/podTemplate"));
    let own = of(task_run_spec(run, task).and_then(|spec| spec.get("podTemplate")));
    let replaces = version.is_some_and(|version| !version.merges_task_pod_templates());
    let nearer = if replaces && !own.is_empty() { own } else { merge(own, &of_run) };
    merge(nearer, default)
}

/// The template of an assistant's pod; `default` and `assistant` are
/// `default-pod-template` and `default-affinity-assistant-pod-template`.
pub fn of_assistant(run: &PipelineRun, default: &Template, assistant: &Template) -> Template {
    // The webhook has merged the default into the run when it was created.
    let of_run = merge(of(run.spec_at("/taskRunTemplate/podTemplate")), default);
    let own = of_run.into_iter().filter(|(name, _)| OF_ASSISTANT.contains(&name.as_str())).collect();
    merge(own, assistant)
}

/// Puts the values of parameters into the texts of a template
/// (`ApplyPodTemplateReplacements`).
pub fn substitute(value: &mut Value, params: &[(String, String)]) {
    match value {
        Value::String(text) if text.contains("$(params") => {
            for (name, with) in params {
                for written in
                    [format!("$(params.{name})"), format!("$(params['{name}'])"), format!("$(params[\"{name}\"])")]
                {
                    *text = text.replace(&written, with);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| substitute(item, params)),
        Value::Object(fields) => fields.values_mut().for_each(|field| substitute(field, params)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn template(value: Value) -> Template {
        of(Some(&value))
    }

    fn run(spec: Value) -> PipelineRun {
        PipelineRun { spec, ..PipelineRun::default() }
    }

    #[test]
    fn fields_are_taken_whole_but_lists_of_named_things_are_merged() {
        let near = template(json!({ "nodeSelector": { "a": "1" }, "volumes": [{ "name": "x", "emptyDir": {} }],
            "securityContext": {}, "tolerations": [] }));
        let far = template(json!({ "nodeSelector": { "b": "2" }, "hostNetwork": true,
            "volumes": [{ "name": "x", "secret": {} }, { "name": "y", "secret": {} }],
            "securityContext": { "fsGroup": 1 }, "tolerations": [{ "operator": "Exists" }] }));
        let merged = Value::from(merge(near, &far));
        assert_eq!(
            merged,
            json!({ "nodeSelector": { "a": "1" }, "hostNetwork": true, "securityContext": {},
            "tolerations": [{ "operator": "Exists" }],
            "volumes": [{ "name": "x", "emptyDir": {} }, { "name": "y", "secret": {} }] })
        );
    }

    #[test]
    fn a_tasks_own_template_replaced_the_runs_before_0_50() {
        let run = run(json!({ "taskRunTemplate": { "podTemplate": { "nodeSelector": { "a": "1" } } },
            "taskRunSpecs": [{ "pipelineTaskName": "t", "podTemplate": { "schedulerName": "s" } }] }));
        let default = template(json!({ "runtimeClassName": "kata" }));
        let keys = |version: &str, task: &str| {
            let merged = of_task(&run, task, TektonVersion::parse(version), &default);
            merged.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(keys("1.3.0", "t"), ["nodeSelector", "runtimeClassName", "schedulerName"]);
        assert_eq!(keys("0.49.0", "t"), ["runtimeClassName", "schedulerName"]);
        assert_eq!(keys("0.47.3", "t"), ["nodeSelector", "runtimeClassName", "schedulerName"]);
        assert_eq!(keys("0.49.0", "other"), ["nodeSelector", "runtimeClassName"]);
    }

    #[test]
    fn an_assistant_takes_five_fields_and_the_runs_win() {
        let run = run(json!({ "taskRunTemplate": { "podTemplate": { "securityContext": { "fsGroup": 1 },
            "runtimeClassName": "kata" } } }));
        let default = template(json!({ "priorityClassName": "low" }));
        let own = template(json!({ "securityContext": {}, "serviceAccountName": "robot" }));
        let merged = Value::from(of_assistant(&run, &default, &own));
        let expected =
            json!({ "securityContext": { "fsGroup": 1 }, "priorityClassName": "low", "serviceAccountName": "robot" });
        assert_eq!(merged, expected);
    }

    #[test]
    fn parameters_are_put_in() {
        let mut value =
            json!({ "nodeSelector": { "arch": "$(params.arch)" }, "x": ["$(params['arch'])-$(params.no)"] });
        substitute(&mut value, &[("arch".to_owned(), "arm64".to_owned())]);
        assert_eq!(value, json!({ "nodeSelector": { "arch": "arm64" }, "x": ["arm64-$(params.no)"] }));
    }
}

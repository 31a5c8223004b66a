//! Which parameters a run can be given. Tekton takes a parameter that its pipeline does not
//! declare and never looks at it, unless an inline task refers to it (tektoncd/pipeline
//! docs/pipelineruns.md "Propagated Parameters", v1.15), so that a misspelling changes
//! nothing.

use serde_json::Value;

use crate::model::Cluster;
use crate::model::run::PipelineRun;

/// Whether a run can be given a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// Its pipeline declares it, or something refers to it.
    Known,
    /// Nothing would look at it; these are declared.
    Ignored(Vec<String>),
    /// What the pipeline declares was not read.
    Unread,
}

/// Whether a run can be given a parameter of this name, by its own text, by what it was
/// resolved to, and by what its Pipeline is today.
pub fn given(cluster: &Cluster, run: &PipelineRun, name: &str) -> Given {
    let today = run.spec_at("/pipelineRef/name").and_then(Value::as_str).and_then(|pipeline| {
        let is_it = |meta: &crate::model::ObjectMeta| meta.namespace == run.metadata.namespace && meta.name == pipeline;
        cluster.pipelines.iter().find(|known| is_it(&known.metadata)).map(|known| &known.spec)
    });
    let pipelines: Vec<&Value> =
        [run.spec_at("/pipelineSpec"), run.status.pipeline_spec.as_ref(), today].into_iter().flatten().collect();
    let lists = pipelines.iter().map(|spec| &spec["params"]).chain(run.spec.get("params"));
    let mut names: Vec<String> = lists
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(|param| param["name"].as_str())
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    if names.iter().any(|known| known == name)
        || pipelines.iter().any(|spec| refers(spec, name))
        || refers(&run.spec, name)
    {
        return Given::Known;
    }
    if pipelines.is_empty() { Given::Unread } else { Given::Ignored(names) }
}

/// Whether a text in a value refers to a parameter, in one of the forms that Tekton reads.
fn refers(value: &Value, name: &str) -> bool {
    match value {
        Value::String(text) => {
            let plain = format!("params.{name}");
            let is_end = |rest: &str| rest.starts_with([')', '[', '.']);
            text.match_indices(&plain).any(|(at, found)| is_end(&text[at + found.len()..]))
                || [format!("params[\"{name}\"]"), format!("params['{name}']")].iter().any(|form| text.contains(form))
        }
        Value::Array(items) => items.iter().any(|item| refers(item, name)),
        Value::Object(fields) => fields.values().any(|field| refers(field, name)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_are_known_by_declaration_and_by_reference() {
        let run = |spec: Value, status: Value| -> PipelineRun {
            serde_json::from_value(
                json!({ "metadata": { "name": "r", "namespace": "n" }, "spec": spec, "status": status }),
            )
            .unwrap()
        };
        let inline = run(
            json!({ "params": [{ "name": "own", "value": "1" }], "pipelineSpec": { "params": [{ "name": "image" }],
                "tasks": [{ "taskSpec": { "steps": [{ "script": "echo $(params.extra[0]) $(params['a.b'])" }] } }] } }),
            json!({}),
        );
        let cluster = Cluster::default();
        for name in ["own", "image", "extra", "a.b"] {
            assert_eq!(given(&cluster, &inline, name), Given::Known, "{name}");
        }
        let names = vec!["image".to_owned(), "own".to_owned()];
        assert_eq!(given(&cluster, &inline, "imag"), Given::Ignored(names.clone()));
        assert_eq!(given(&cluster, &inline, "ext"), Given::Ignored(names));
        let by_name = run(json!({ "pipelineRef": { "name": "p" } }), json!({}));
        assert_eq!(given(&cluster, &by_name, "image"), Given::Unread);
        let resolved = run(json!({}), json!({ "pipelineSpec": { "params": [{ "name": "image" }] } }));
        assert_eq!(given(&cluster, &resolved, "x"), Given::Ignored(vec!["image".to_owned()]));
    }
}

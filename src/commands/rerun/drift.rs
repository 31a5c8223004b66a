//! What the run's Pipeline and Tasks are today against what the old run used.

use serde_json::Value;

use crate::analysis::comparison;
use crate::analysis::tekton::RunTree;
use crate::model::cluster::Opaque;
use crate::model::run::PipelineRun;
use crate::model::{Cluster, Kind};
use crate::report::rerun::{Drift, Since};

/// How the pipeline of a run and its tasks stand. A resubmission resolves references anew.
pub(super) fn of(cluster: &Cluster, old: &PipelineRun, new: &Value) -> Vec<Drift> {
    let of_pipeline = new.pointer("/spec/pipelineRef").filter(|reference| reference.is_object());
    let mut found: Vec<Drift> =
        of_pipeline.and_then(|reference| pipeline(cluster, old, reference)).into_iter().collect();
    // Of a pipeline that is fetched, or another one, so are the tasks.
    let is_other = found.iter().any(|drift| matches!(drift.since, Since::Fetched(_) | Since::Gone));
    let asked = old.spec_at("/pipelineRef/name");
    if !is_other && of_pipeline.is_none_or(|reference| reference.get("name") == asked) {
        found.extend(tasks(cluster, old));
    }
    found
}

fn pipeline(cluster: &Cluster, old: &PipelineRun, reference: &Value) -> Option<Drift> {
    if let Some(resolver) = reference.get("resolver").and_then(Value::as_str) {
        return Some(Drift { kind: Kind::Pipeline, names: Vec::new(), since: Since::Fetched(resolver.to_owned()) });
    }
    let name = reference.get("name").and_then(Value::as_str)?;
    // Another pipeline is what was asked for.
    if old.spec_at("/pipelineRef/name").and_then(Value::as_str) != Some(name) {
        return None;
    }
    let used = old.status.pipeline_spec.as_ref();
    let since = since((cluster, Kind::Pipeline), cluster.pipelines.iter(), (&old.metadata.namespace, name), used)?;
    Some(Drift { kind: Kind::Pipeline, names: vec![name.to_owned()], since })
}

/// The Tasks to which the pipeline refers, as far as the old run came to use them.
fn tasks(cluster: &Cluster, old: &PipelineRun) -> Vec<Drift> {
    let tree = RunTree::of(cluster, old);
    let mut found: Vec<Drift> = Vec::new();
    for task in old.pipeline_tasks() {
        let (Some(reference), Some(own)) = (task.get("taskRef"), task.get("name").and_then(Value::as_str)) else {
            continue;
        };
        let used = tree.tasks.iter().find(|node| node.task == own);
        let Some(used) = used.and_then(|node| node.task_run.status.task_spec.as_ref()) else { continue };
        let (name, since) = match (text(reference, "resolver"), text(reference, "name"), text(reference, "kind")) {
            (Some(resolver), _, _) => (own, Some(Since::Fetched(resolver.to_owned()))),
            (None, Some(name), None | Some("Task")) => {
                let place = (old.metadata.namespace.as_str(), name);
                (name, since((cluster, Kind::Task), cluster.tasks.iter(), place, Some(used)))
            }
            _ => continue,
        };
        let Some(since) = since else { continue };
        let is_same = |known: &&mut Drift| {
            known.since == since && !matches!(since, Since::Differs(_)) || known.names.iter().any(|known| known == name)
        };
        match found.iter_mut().find(is_same) {
            Some(known) if !known.names.iter().any(|known| known == name) => known.names.push(name.to_owned()),
            Some(_) => {}
            None => found.push(Drift { kind: Kind::Task, names: vec![name.to_owned()], since }),
        }
    }
    found
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// What became of an object since a run used it; `None` where it is the same, or what was
/// used is not known.
fn since<'c>(
    (cluster, kind): (&Cluster, Kind),
    mut objects: impl Iterator<Item = &'c Opaque>,
    (namespace, name): (&str, &str),
    used: Option<&Value>,
) -> Option<Since> {
    let Some(now) = objects.find(|known| known.metadata.namespace == namespace && known.metadata.name == name) else {
        let is_gone = cluster.coverage.proves_absence(kind, namespace);
        return Some(if is_gone { Since::Gone } else { Since::Unread });
    };
    let differences = comparison::drift(used?, &now.spec);
    (!differences.is_empty()).then_some(Since::Differs(differences))
}

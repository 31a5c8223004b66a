//! `lint --against`: what becomes of the runs of manifests once they are submitted, by the
//! forecast that `rerun` asks too.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::analysis::tekton::Coschedule;
use crate::assess;
use crate::checks::focus::Focus;
use crate::commands::choice;
use crate::documents::Lines;
use crate::lint::finding::Effect;
use crate::lint::{Judgement, Linted};
use crate::model::cluster::Origin;
use crate::model::namespace::TEKTON_NAMESPACES;
use crate::model::{Cluster, Kind};
use crate::report::forecasts::{Forecasted, Judged};
use crate::sources::conversion;
use crate::yaml;

/// A cluster to which manifests are to be submitted.
pub(super) struct Against {
    /// What was read of it.
    pub(super) cluster: Cluster,
    /// The namespace for manifests that name none.
    pub(super) namespace: Option<String>,
}

impl Against {
    /// A cluster; without a namespace of the caller's choice it is the only one that there is
    /// beside those of the platform.
    pub(super) fn of(cluster: Cluster, namespace: Option<String>) -> Self {
        let is_platform = |name: &str| {
            TEKTON_NAMESPACES.contains(&name)
                || ["kube-", "openshift", "tekton-"].iter().any(|start| name.starts_with(start))
                || name == "default"
        };
        let own: Vec<&str> = cluster.namespaces.iter().map(|namespace| namespace.metadata.name.as_str()).collect();
        let own: Vec<&str> = own.into_iter().filter(|name| !is_platform(name)).collect();
        let only = match own.as_slice() {
            [only] => Some((*only).to_owned()),
            _ => None,
        };
        Self { namespace: namespace.or(only), cluster }
    }

    /// The namespaces that the runs of some files go to.
    pub(super) fn namespaces(linted: &[Linted]) -> HashSet<String> {
        let named = |object: &Value| object.pointer("/metadata/namespace").and_then(Value::as_str).map(str::to_owned);
        linted.iter().flat_map(objects).filter_map(|(_, object)| named(&object)).collect()
    }

    /// What becomes of every run of some files.
    pub(super) fn forecasts(&self, linted: &[Linted]) -> Vec<Forecasted> {
        let files: Vec<(&Linted, Vec<(usize, Value)>)> = linted.iter().map(|file| (file, objects(file))).collect();
        let mut cluster = self.cluster.overlay();
        for (_, object) in files.iter().flat_map(|(_, objects)| objects) {
            self.add_source(&mut cluster, object);
        }
        cluster.sort();
        let mut forecasts = Vec::new();
        for (file, objects) in &files {
            for (line, object) in objects {
                let next = objects.iter().map(|(start, _)| *start).filter(|start| start > line).min();
                forecasts.extend(self.forecast(&cluster, file, (*line, next), object));
            }
        }
        forecasts
    }

    /// Pipelines and Tasks of the files stand for those of the cluster.
    fn add_source(&self, cluster: &mut Cluster, object: &Value) {
        let kind = match object["kind"].as_str() {
            Some("Pipeline") => Kind::Pipeline,
            Some("Task") => Kind::Task,
            _ => return,
        };
        let Some(name) = object.pointer("/metadata/name").and_then(Value::as_str) else { return };
        let Some(namespace) = self.namespace_of(object) else { return };
        let list = if kind == Kind::Pipeline { &mut cluster.pipelines } else { &mut cluster.tasks };
        list.retain(|known| known.metadata.name != name || known.metadata.namespace != namespace);
        let mut object = object.clone();
        object["metadata"]["namespace"] = Value::from(namespace);
        // What does not have the shape of its kind was told as a finding.
        let _ = cluster.insert(kind, object, Origin::Server(String::new()));
    }

    fn namespace_of(&self, object: &Value) -> Option<String> {
        let named = object.pointer("/metadata/namespace").and_then(Value::as_str).map(str::to_owned);
        named.or_else(|| self.namespace.clone())
    }

    /// What becomes of an object, which stands from its line to the next object's.
    fn forecast(
        &self,
        cluster: &Cluster,
        file: &Linted,
        (line, next): (usize, Option<usize>),
        object: &Value,
    ) -> Option<Forecasted> {
        let kind = match object["kind"].as_str()? {
            kind @ ("PipelineRun" | "TaskRun") => kind.to_owned(),
            _ => return None,
        };
        let name = ["name", "generateName"].iter().find_map(|key| object["metadata"][*key].as_str())?.to_owned();
        let told = |namespace: String, judged: Judged| Forecasted {
            file: file.file.clone(),
            line,
            kind: kind.clone(),
            name: name.clone(),
            namespace,
            judged,
        };
        let Some(namespace) = self.namespace_of(object) else {
            return Some(told(String::new(), Judged::NoNamespace));
        };
        if is_refused(file, line, next) {
            return Some(told(namespace, Judged::RefusedBefore));
        }
        let text = object.to_string();
        if ["{{", "${", "$(tt."].iter().any(|mark| text.contains(mark)) {
            return Some(told(namespace, Judged::Template));
        }
        let mut run = if kind == "TaskRun" { wrapped(object, name.trim_end_matches('-')) } else { object.clone() };
        let version = object["apiVersion"].as_str().unwrap_or_default().to_owned();
        run = conversion::to_v1(Kind::PipelineRun, &version, run);
        // No run of the cluster has such a name.
        let own = format!("{}.manifest", name.trim_end_matches('-'));
        run["metadata"]["name"] = Value::from(own.as_str());
        run["metadata"]["namespace"] = Value::from(namespace.as_str());
        let mut changed = cluster.overlay();
        changed.insert(Kind::PipelineRun, run, Origin::Server(String::new())).ok()?;
        changed.sort();
        let submitted = changed.pipeline_run(&namespace, &own)?;
        let whole = match assess::run_pods::with_pipeline(&changed, submitted) {
            Ok(whole) => whole,
            Err(why) => return Some(told(namespace, Judged::NoPipeline(why))),
        };
        let focus = Focus::new(&changed, &whole, choice::now(&changed));
        // A TaskRun has no assistant.
        let focus = if kind == "TaskRun" { focus.in_mode(Coschedule::Disabled) } else { focus };
        Some(told(namespace, Judged::Forecast(Box::new(assess::of_run(&focus, &whole, true)))))
    }
}

/// The objects of a file that could be read, with their lines.
fn objects(file: &Linted) -> Vec<(usize, Value)> {
    if !matches!(file.judgement, Judgement::Read(_)) {
        return Vec::new();
    }
    let documents = yaml::read_documents(&file.text).unwrap_or_default();
    let mut found = Vec::new();
    for (line, mut document) in documents {
        let is_list = document["kind"] == "List";
        match document.get_mut("items").filter(|_| is_list).and_then(Value::as_array_mut) {
            Some(items) => found.extend(items.drain(..).map(|item| (line, item))),
            None => found.push((line, document)),
        }
    }
    found.retain(|(_, object)| object["apiVersion"].as_str().is_some_and(|version| version.starts_with("tekton.dev/")));
    found
}

/// Whether the API server or the webhook refuses the object, so that there is no run.
fn is_refused(file: &Linted, line: usize, next: Option<usize>) -> bool {
    let lines = Lines::of(&file.text);
    file.findings().iter().any(|finding| {
        let (at, _) = lines.place(&file.text, finding.span.start);
        let is_within = at >= line && next.is_none_or(|next| at < next);
        is_within && matches!(finding.effect, Effect::Decoder | Effect::Webhook | Effect::Server | Effect::NoMatch)
    })
}

/// A TaskRun as a run of one task, which has its name.
fn wrapped(task_run: &Value, name: &str) -> Value {
    let spec = &task_run["spec"];
    let names = |list: &str, key: &str| -> Vec<Value> {
        let items = spec[list].as_array().into_iter().flatten();
        items.filter_map(|item| item["name"].as_str()).map(|name| json!({"name": name, key: name})).collect()
    };
    let mut task = json!({"name": name, "params": spec["params"], "workspaces": names("workspaces", "workspace")});
    for key in ["taskRef", "taskSpec"] {
        if !spec[key].is_null() {
            task[key] = spec[key].clone();
        }
    }
    let mut template = json!({});
    for key in ["serviceAccountName", "podTemplate"] {
        if !spec[key].is_null() {
            template[key] = spec[key].clone();
        }
    }
    json!({
        "apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "metadata": task_run["metadata"],
        "spec": {
            "taskRunTemplate": template, "params": spec["params"], "workspaces": spec["workspaces"],
            "pipelineSpec": {"tasks": [task]},
        },
    })
}

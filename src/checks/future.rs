//! The pods of a run that does not exist yet: its assistants', and those of every task
//! of its pipeline, as Tekton would make them and the API server would store them.
//!
//! What the old run shows stands in for what was not read: the spec of a task that a
//! resolver fetched, and what admission made of its containers.

use serde_json::Value;

use crate::analysis::incoming::{self, Refused, Server};
use crate::analysis::pipeline_fit::{Graph, Plan, PlannedTask};
use crate::analysis::tekton::task_pod::{Setting, task_pod};
use crate::analysis::tekton::{Coschedule, Defaults, TaskNode, assistant_pod, workspaces};
use crate::model::cluster::find;
use crate::model::namespace::LimitRange;
use crate::model::pod::{Pod, PodPlan};
use crate::model::run::PipelineRun;
use crate::yaml;

use crate::finding::forecast::Who;

use super::focus::Focus;
use super::judged::kubernetes_version;
use super::scc_verdict;

/// The pods of a run to come.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Future {
    /// The pods, as they would be stored.
    pub plan: Plan,
    /// Pods that admission would refuse: whose, and its words.
    pub refused: Vec<(Who, Refused)>,
}

impl Future {
    /// The tasks whose pod is known.
    pub fn task_pods(&self) -> impl Iterator<Item = (&str, &Pod)> {
        self.plan.tasks.iter().filter_map(|task| Some((task.name.as_str(), task.pod.as_ref().ok()?.as_ref()?)))
    }
}

/// The new run as the model holds runs; its pipeline is the old one's.
pub fn as_run(focus: &Focus<'_>, new: &Value) -> PipelineRun {
    let mut run = PipelineRun { spec: new.get("spec").cloned().unwrap_or_default(), ..PipelineRun::default() };
    run.metadata.name = new.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
    run.metadata.namespace = focus.namespace().to_owned();
    run.metadata.labels = new
        .pointer("/metadata/labels")
        .and_then(|labels| serde_json::from_value(labels.clone()).ok())
        .unwrap_or_default();
    let inline = |spec: &Value| spec.get("pipelineSpec").filter(|inline| inline.is_object()).cloned();
    let own = inline(&run.spec);
    // A pipeline that the new run brings along is not the one that the old run has used.
    if own.is_none() || own == inline(&focus.run().spec) {
        run.status.pipeline_spec = focus.run().status.pipeline_spec.clone();
    }
    run
}

/// All pods that the run would get.
pub fn of(focus: &Focus<'_>, run: &PipelineRun) -> Future {
    let cluster = focus.cluster;
    let mode = focus.coschedule().unwrap_or(Coschedule::Workspaces);
    let defaults = defaults(focus);
    let ranges: Vec<&LimitRange> =
        cluster.limit_ranges.iter().filter(|range| range.metadata.namespace == focus.namespace()).collect();
    let setting = Setting { run, mode, version: focus.tekton(), defaults: &defaults, limit_ranges: &ranges };
    let server = Server { version: kubernetes_version(cluster), is_openshift: scc_verdict::is_openshift(cluster) };
    let mut future = Future::default();
    let mut admit = |who: Who, pod: Pod| {
        let admitted = incoming::admit(cluster, pod, server);
        future.refused.extend(admitted.refused.into_iter().map(|refused| (who.clone(), refused)));
        admitted.pod
    };
    let assistants = assistant_pod::assistant_pods(setting);
    let assistants = assistants.into_iter().map(|pod| admit(Who::Assistant, as_seen(focus, pod))).collect();
    let tasks = run.pipeline_tasks().into_iter().map(|task| {
        let name = task.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let old = focus.tree.tasks.iter().find(|node| node.task == name);
        let pod = match source(focus, task, old) {
            Source::Spec(spec) => {
                let mut pod = task_pod(setting, task, &spec);
                if let Some(old) = old.and_then(|node| node.pod) {
                    let unchanged = task_pod(Setting { run: focus.run(), ..setting }, task, &spec);
                    as_admitted(&mut pod, &unchanged, old);
                }
                Ok(Some(admit(Who::Task(name.clone()), pod)))
            }
            Source::NoPod => Ok(None),
            Source::Unknown(why) => Err(why),
        };
        PlannedTask { name, pod }
    });
    let tasks = tasks.collect();
    let claims = workspaces::claims_to_be_made(cluster, run, mode);
    future.plan = Plan { assistants, tasks, graph: Graph::of(run), claims };
    future
}

/// What the installation is set to; what its ConfigMaps would say is taken from the
/// old run's objects where they were not read.
fn defaults(focus: &Focus<'_>) -> Defaults {
    let installation = &focus.installation;
    let read = |text: &str| yaml::read_documents(text).ok()?.into_iter().next().map(|(_, value)| value);
    let config = installation.defaults.map(|map| &map.data);
    let flags = installation.feature_flags.map(|map| &map.data);
    let mut defaults = Defaults::read(config, flags, focus.tekton(), read);
    if config.is_none() {
        // Tekton writes the default account into every TaskRun.
        let accounts = focus.tree.tasks.iter().filter_map(|node| node.task_run.spec.get("serviceAccountName"));
        defaults.service_account = accounts.filter_map(Value::as_str).find(|name| !name.is_empty()).map(str::to_owned);
    }
    if flags.is_none() {
        // Only this flag makes a container of Tekton's own refuse root by itself.
        let pods = focus.tree.tasks.iter().filter_map(|node| node.pod);
        let added = pods.flat_map(|pod| &pod.spec.init_containers).filter(|container| container.name == "prepare");
        let mut seen = added.map(|container| {
            container.security_context.as_ref().and_then(|context| context.run_as_non_root) == Some(true)
        });
        if let Some(first) = seen.next() {
            defaults.set_security_context = first || seen.any(|is_on| is_on);
        }
    }
    defaults
}

/// What an assistant of the old run has that neither the run nor a ConfigMap explains
/// comes from settings that were not read.
fn as_seen(focus: &Focus<'_>, mut pod: Pod) -> Pod {
    let Some(set) = focus.tree.assistants.iter().find_map(|node| node.stateful_set) else { return pod };
    let seen = &set.spec.template.spec;
    let of_run = |field: &str| focus.run().spec_at(&format!("/taskRunTemplate/podTemplate/{field}")).is_some();
    if focus.installation.feature_flags.is_none()
        && let (Some(own), Some(seen)) = (pod.spec.containers.first_mut(), seen.containers.first())
    {
        own.security_context.clone_from(&seen.security_context);
    }
    if focus.installation.defaults.is_none() {
        if pod.spec.node_selector.is_empty() && !of_run("nodeSelector") {
            pod.spec.node_selector.clone_from(&seen.node_selector);
        }
        if pod.spec.tolerations.is_empty() && !of_run("tolerations") {
            pod.spec.tolerations.clone_from(&seen.tolerations);
        }
        if pod.spec.security_context.is_none() && !of_run("securityContext") {
            pod.spec.security_context.clone_from(&seen.security_context);
        }
    }
    let account = &seen.service_account_name;
    let is_runs_own = Some(account.as_str()) == focus.run().service_account();
    if pod.spec.service_account_name.is_empty() && !account.is_empty() && !is_runs_own {
        pod.spec.service_account_name.clone_from(account);
    }
    pod
}

/// Requests and further containers of the old pod of the same task: LimitRanges,
/// webhooks and settings have worked on it, whether they were read or not. A container
/// for which the run now asks for other resources than in `unchanged`, the pod of the
/// old run, keeps what it asks for.
fn as_admitted(pod: &mut Pod, unchanged: &Pod, old: &Pod) {
    let spec: &mut PodPlan = &mut pod.spec;
    let lists = [
        (&mut spec.init_containers, &unchanged.spec.init_containers, &old.spec.init_containers),
        (&mut spec.containers, &unchanged.spec.containers, &old.spec.containers),
    ];
    for (own, unchanged, old) in lists {
        for seen in old {
            let asked = unchanged.iter().find(|container| container.name == seen.name).map(|known| &known.resources);
            match own.iter_mut().find(|container| container.name == seen.name) {
                Some(container) if asked.is_none_or(|asked| *asked == container.resources) => {
                    container.resources = seen.resources.clone();
                }
                Some(_) => {}
                None => own.push(seen.clone()),
            }
        }
    }
    pod.spec.overhead.clone_from(&old.spec.overhead);
}

/// Where the steps of a task are known from.
enum Source {
    Spec(Value),
    NoPod,
    Unknown(String),
}

fn source(focus: &Focus<'_>, task: &Value, old: Option<&TaskNode<'_>>) -> Source {
    if let Some(spec) = old.and_then(|node| node.task_run.status.task_spec.as_ref()) {
        return Source::Spec(spec.clone());
    }
    let text = |pointer: &str| task.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let api = text("/taskRef/apiVersion").or_else(|| text("/taskSpec/apiVersion"));
    if api.is_some_and(|api| !api.starts_with("tekton.dev/")) {
        // A custom task is run by another controller, which may make pods or not.
        return Source::NoPod;
    }
    if task.get("pipelineRef").or_else(|| task.get("pipelineSpec")).is_some_and(|value| !value.is_null()) {
        return Source::Unknown("it runs a pipeline of its own".to_owned());
    }
    if let Some(spec) = task.get("taskSpec").filter(|spec| !spec.is_null()) {
        return Source::Spec(spec.clone());
    }
    if let Some(resolver) = text("/taskRef/resolver") {
        return Source::Unknown(format!(
            "its task comes from the resolver {resolver}, and the old run did not start it"
        ));
    }
    let name = text("/taskRef/name").unwrap_or_default();
    match find(&focus.cluster.tasks, focus.namespace(), name) {
        Some(known) => Source::Spec(known.spec.clone()),
        None => Source::Unknown(format!("Task {name} was not read, and the old run did not start it")),
    }
}

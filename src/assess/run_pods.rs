//! What SCC admission says of every pod that a run would have.

use crate::analysis::scc::pod_creator::Known;
use crate::analysis::scc::run_pods::{self, Role};
use crate::analysis::scc::{Answer, Verdict};
use crate::checks::focus::Focus;
use crate::model::Cluster;
use crate::model::pod::Pod;
use crate::model::run::PipelineRun;
use crate::ops::Grant;

use crate::checks::future;

/// A pod of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPod {
    /// What it is.
    pub role: Role,
    /// The pod as it reaches the SCC plugin, or why it is not known.
    pub pod: Result<Pod, String>,
    /// Who creates it.
    pub known: Known,
}

impl RunPod {
    /// The verdict; open where the pod is not known.
    pub fn judge(&self, cluster: &Cluster) -> Option<Verdict> {
        Some(run_pods::judge(cluster, self.pod.as_ref().ok()?, &self.known))
    }
}

/// The run with its pipeline's tasks, which a run that was not submitted yet only
/// names.
///
/// # Errors
/// A sentence on why the tasks are not known.
pub fn with_pipeline(cluster: &Cluster, run: &PipelineRun) -> Result<PipelineRun, String> {
    if run.status.pipeline_spec.is_some() || run.spec_at("/pipelineSpec").is_some() {
        return Ok(run.clone());
    }
    let Some(name) = run.spec_at("/pipelineRef/name").and_then(serde_json::Value::as_str) else {
        return Err("the run's pipeline comes from a resolver and is not known before it starts".to_owned());
    };
    let namespace = &run.metadata.namespace;
    let pipeline = crate::model::cluster::find(&cluster.pipelines, namespace, name)
        .ok_or_else(|| format!("Pipeline {namespace}/{name} was not read"))?;
    let mut run = run.clone();
    run.status.pipeline_spec = Some(pipeline.spec.clone());
    Ok(run)
}

/// All pods of a run, the assistants first.
pub fn pods(focus: &Focus<'_>, run: &PipelineRun) -> Vec<RunPod> {
    let plan = future::of(focus, run).plan;
    let of = |role: Role, pod: Result<Pod, String>| {
        let known = role.creator(focus.cluster);
        RunPod { role, pod: pod.map(run_pods::as_admitted), known }
    };
    let assistants = plan.assistants.into_iter().map(|pod| of(Role::Assistant, Ok(pod)));
    let tasks = plan.tasks.into_iter().filter_map(|task| Some(of(Role::Task(task.name), task.pod.transpose()?)));
    assistants.chain(tasks).collect()
}

/// Pods that are certainly refused.
pub fn refused<'p>(cluster: &Cluster, pods: &'p [RunPod]) -> Vec<&'p RunPod> {
    let is_refused = |pod: &&RunPod| pod.judge(cluster).is_some_and(|verdict| verdict.admitted == Answer::No);
    pods.iter().filter(is_refused).collect()
}

/// The most restrictive SCC whose grant to an account gets all these pods admitted.
pub fn least_grant(cluster: &Cluster, namespace: &str, account: &str, pods: &[&RunPod]) -> Option<Grant> {
    Grant::candidates(cluster, account).into_iter().find(|grant| {
        let mut changed = cluster.overlay();
        grant.give(&mut changed, namespace);
        pods.iter().all(|pod| pod.judge(&changed).as_ref().is_some_and(Verdict::is_admitted))
    })
}

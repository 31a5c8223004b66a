//! How far a run has come, for waiting: two small requests instead of a reading of
//! everything.

use serde_json::Value;

use super::list::{encode, path};
use super::{Connection, SourceError};
use crate::model::event::Event;
use crate::model::pod::Pod;
use crate::model::run::TaskRun;
use crate::model::{Cluster, Kind};

/// Label of everything that belongs to a run (tektoncd/pipeline
/// `pkg/apis/pipeline/register.go`).
const RUN_LABEL: &str = "tekton.dev/pipelineRun";

/// How far a run has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// It is over, well or not.
    pub is_done: bool,
    /// Its tasks have pods, and each of them that is not over has a node.
    pub has_node: bool,
    /// A pod of it is not over.
    pub has_pods: bool,
}

impl Connection {
    /// How far a run has come.
    ///
    /// # Errors
    /// When it could not be read.
    pub async fn progress(&self, namespace: &str, run: &str) -> Result<Progress, SourceError> {
        let object = self
            .object(&format!("{}/{run}", path(Kind::PipelineRun, Kind::PipelineRun.version(), Some(namespace))))
            .await?;
        let is_done = object.as_ref().is_some_and(|run| run.pointer("/status/completionTime").is_some());
        let selector = encode(&format!("{RUN_LABEL}={run},tekton.dev/taskRun"));
        let pods = self
            .object(&format!("{}?labelSelector={selector}", path(Kind::Pod, Kind::Pod.version(), Some(namespace))))
            .await?;
        let has_node = |pod: &&Value| pod.pointer("/spec/nodeName").is_some_and(Value::is_string);
        let is_over = |pod: &&Value| matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
        let pods: Vec<&Value> = pods.iter().filter_map(|list| list["items"].as_array()).flatten().collect();
        let has_pods = pods.iter().any(|pod| !is_over(pod));
        let has_node = !pods.is_empty() && pods.iter().all(|pod| is_over(pod) || has_node(pod));
        Ok(Progress { is_done, has_node, has_pods })
    }

    /// A TaskRun with its pod and what is said of that, as a cluster of nothing else.
    ///
    /// # Errors
    /// When one of them could not be read.
    pub async fn task_run(&self, namespace: &str, name: &str) -> Result<Cluster, SourceError> {
        let mut cluster = Cluster::default();
        let kept = |kind, query: String| format!("{}?{query}", path(kind, kind.version(), Some(namespace)));
        let object =
            self.object(&format!("{}/{name}", path(Kind::TaskRun, Kind::TaskRun.version(), Some(namespace)))).await?;
        cluster.task_runs.extend(object.and_then(|found| serde_json::from_value::<TaskRun>(found).ok()));
        let selector = encode(&format!("tekton.dev/taskRun={name}"));
        let pods = self.object(&kept(Kind::Pod, format!("labelSelector={selector}"))).await?;
        cluster.pods.extend(items::<Pod>(pods));
        let pod = cluster.pods.first().map(|pod| pod.metadata.name.clone());
        if let Some(pod) = pod {
            let selector = encode(&format!("involvedObject.kind=Pod,involvedObject.name={pod}"));
            let events = self.object(&kept(Kind::Event, format!("fieldSelector={selector}"))).await;
            // Few may be denied events; what the pod itself says is enough then.
            cluster.events.extend(events.ok().map(items::<Event>).unwrap_or_default());
        }
        Ok(cluster)
    }
}

/// The objects of a list.
fn items<T: serde::de::DeserializeOwned>(list: Option<Value>) -> Vec<T> {
    let Some(Value::Array(items)) = list.map(|mut list| list["items"].take()) else { return Vec::new() };
    items.into_iter().filter_map(|item| serde_json::from_value(item).ok()).collect()
}

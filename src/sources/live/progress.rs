//! How far a run has come, for waiting: two small requests instead of a reading of
//! everything.

use serde_json::Value;

use super::list::{encode, path};
use super::{Connection, SourceError};
use crate::model::Kind;

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
        let object = self.object(&format!("{}/{run}", path(Kind::PipelineRun, Some(namespace)))).await?;
        let is_done = object.as_ref().is_some_and(|run| run.pointer("/status/completionTime").is_some());
        let selector = encode(&format!("{RUN_LABEL}={run},tekton.dev/taskRun"));
        let pods = self.object(&format!("{}?labelSelector={selector}", path(Kind::Pod, Some(namespace)))).await?;
        let has_node = |pod: &&Value| pod.pointer("/spec/nodeName").is_some_and(Value::is_string);
        let is_over = |pod: &&Value| matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
        let pods: Vec<&Value> = pods.iter().filter_map(|list| list["items"].as_array()).flatten().collect();
        let has_pods = pods.iter().any(|pod| !is_over(pod));
        let has_node = !pods.is_empty() && pods.iter().all(|pod| is_over(pod) || has_node(pod));
        Ok(Progress { is_done, has_node, has_pods })
    }
}

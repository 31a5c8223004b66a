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
    /// A pod of one of its tasks has a node.
    pub has_node: bool,
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
        let has_node = |pod: &Value| pod.pointer("/spec/nodeName").is_some_and(Value::is_string);
        let pods = pods.as_ref().and_then(|list| list["items"].as_array());
        Ok(Progress { is_done, has_node: pods.into_iter().flatten().any(has_node) })
    }
}

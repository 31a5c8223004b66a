//! PipelineRuns and TaskRuns, held in the shape of `tekton.dev/v1`.
//!
//! The spec stays a JSON value: `diff` and `rerun` must not lose a field, and
//! what Tekton understands differs by version.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::meta::{Condition, ObjectMeta, null_as_default, without_nulls};
use super::pod::ContainerState;

/// A PipelineRun.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PipelineRun {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What was asked for, as v1.
    #[serde(deserialize_with = "without_nulls")]
    pub spec: Value,
    /// How it goes.
    #[serde(deserialize_with = "null_as_default")]
    pub status: PipelineRunStatus,
}

/// `status` of a PipelineRun.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PipelineRunStatus {
    /// Conditions; `Succeeded` decides.
    #[serde(deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
    /// When the controller took it.
    pub start_time: Option<Timestamp>,
    /// When it was over.
    pub completion_time: Option<Timestamp>,
    /// Its TaskRuns and custom runs.
    #[serde(deserialize_with = "null_as_default")]
    pub child_references: Vec<ChildReference>,
    /// Tasks that were not run, with the reason.
    #[serde(deserialize_with = "without_nulls")]
    pub skipped_tasks: Vec<Value>,
    /// The pipeline, as resolved, with parameters filled in.
    #[serde(deserialize_with = "without_nulls")]
    pub pipeline_spec: Option<Value>,
    /// Flags in force, and where the pipeline came from.
    pub provenance: Option<Provenance>,
}

/// A child of a PipelineRun.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ChildReference {
    /// `TaskRun`, `CustomRun` or `PipelineRun`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Task of the pipeline.
    #[serde(deserialize_with = "null_as_default")]
    pub pipeline_task_name: String,
}

/// `status.provenance`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Provenance {
    /// Feature flags as of the last reconcile; spelled in Go names up to
    /// Tekton 0.69, in camelCase from 0.70 on.
    #[serde(deserialize_with = "without_nulls")]
    pub feature_flags: BTreeMap<String, Value>,
    /// Where a resolver has found the pipeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ref_source: Option<RefSource>,
}

/// `status.provenance.refSource` (tektoncd/pipeline pkg/apis/pipeline/v1/provenance.go, v1.15.0).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RefSource {
    /// Repository, bundle or address.
    #[serde(deserialize_with = "null_as_default")]
    pub uri: String,
    /// Digests by algorithm; of a repository, its commit.
    #[serde(deserialize_with = "null_as_default")]
    pub digest: BTreeMap<String, String>,
    /// Path or name in it.
    #[serde(deserialize_with = "null_as_default")]
    pub entry_point: String,
}

impl Provenance {
    /// A flag by its camelCase name, whichever spelling was written.
    pub fn flag(&self, name: &str) -> Option<&Value> {
        self.feature_flags.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// A TaskRun.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskRun {
    /// Metadata; the assistant's name is an annotation.
    pub metadata: ObjectMeta,
    /// What was asked for, as v1.
    #[serde(deserialize_with = "without_nulls")]
    pub spec: Value,
    /// How it goes.
    #[serde(deserialize_with = "null_as_default")]
    pub status: TaskRunStatus,
}

/// `status` of a TaskRun.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TaskRunStatus {
    /// Conditions; `Succeeded` decides.
    #[serde(deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
    /// Its pod.
    #[serde(deserialize_with = "null_as_default")]
    pub pod_name: String,
    /// From here its timeout runs.
    pub start_time: Option<Timestamp>,
    /// When it was over.
    pub completion_time: Option<Timestamp>,
    /// Steps.
    #[serde(deserialize_with = "null_as_default")]
    pub steps: Vec<StepState>,
    /// Earlier attempts.
    #[serde(deserialize_with = "without_nulls")]
    pub retries_status: Vec<Value>,
    /// The task, as resolved.
    #[serde(deserialize_with = "without_nulls")]
    pub task_spec: Option<Value>,
    /// Its results, each with `name` and `value`.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<Value>,
    /// Flags in force.
    pub provenance: Option<Provenance>,
}

/// An object of which only the spec and the conditions are read: a CustomRun, a
/// ResolutionRequest, a Workload of Kueue. What else its status holds, the fetched file
/// of a ResolutionRequest for example, is not kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conditioned {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What was asked for.
    #[serde(deserialize_with = "without_nulls")]
    pub spec: Value,
    /// How it goes.
    #[serde(deserialize_with = "null_as_default")]
    pub status: Conditions,
}

/// The conditions of a status.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conditions {
    /// Conditions.
    #[serde(deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
}

impl Conditioned {
    /// The condition `Succeeded`; absent before a controller saw it.
    pub fn succeeded(&self) -> Option<&Condition> {
        self.condition("Succeeded")
    }

    /// A condition by type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|condition| condition.kind == kind)
    }

    /// Whether an object owns it, by UID.
    pub fn is_owned_by(&self, uid: &str) -> bool {
        !uid.is_empty() && self.metadata.owner_references.iter().any(|owner| owner.uid == uid)
    }
}

/// State of one step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StepState {
    /// Step name.
    pub name: String,
    /// Container of the pod.
    #[serde(deserialize_with = "null_as_default")]
    pub container: String,
    /// What it does.
    #[serde(flatten)]
    pub state: ContainerState,
}

/// The annotation that ties a TaskRun to its affinity assistant
/// (tektoncd/pipeline pkg/apis/workspace `AnnotationAffinityAssistantName`).
pub const ASSISTANT_ANNOTATION: &str = "pipeline.tekton.dev/affinity-assistant";

fn succeeded(conditions: &[Condition]) -> Option<&Condition> {
    conditions.iter().find(|condition| condition.kind == "Succeeded")
}

impl PipelineRun {
    /// The condition `Succeeded`; absent before the controller saw the run.
    pub fn succeeded(&self) -> Option<&Condition> {
        succeeded(&self.status.conditions)
    }

    /// Whether the run is over, however it went.
    pub fn is_done(&self) -> bool {
        self.succeeded().is_some_and(|condition| condition.status != "Unknown")
    }

    /// A value of the spec by JSON pointer, `null` counting as absent.
    pub fn spec_at(&self, pointer: &str) -> Option<&Value> {
        self.spec.pointer(pointer).filter(|value| !value.is_null())
    }

    /// ServiceAccount of the run's TaskRuns, where the run names one.
    pub fn service_account(&self) -> Option<&str> {
        self.spec_at("/taskRunTemplate/serviceAccountName").and_then(Value::as_str)
    }

    /// The tasks of the resolved pipeline, then its finally tasks.
    pub fn pipeline_tasks(&self) -> Vec<&Value> {
        let spec = self.status.pipeline_spec.as_ref().or_else(|| self.spec_at("/pipelineSpec"));
        ["tasks", "finally"].into_iter().filter_map(|part| spec?.get(part)?.as_array()).flatten().collect()
    }

    /// A task of the resolved pipeline.
    pub fn task(&self, name: &str) -> Option<&Value> {
        self.pipeline_tasks().into_iter().find(|task| task.get("name").and_then(Value::as_str) == Some(name))
    }

    /// Names of the tasks of the resolved pipeline, in its order.
    pub fn task_names(&self) -> impl Iterator<Item = &str> {
        self.pipeline_tasks().into_iter().filter_map(|task| task.get("name")?.as_str())
    }
}

impl TaskRun {
    /// The condition `Succeeded`.
    pub fn succeeded(&self) -> Option<&Condition> {
        succeeded(&self.status.conditions)
    }

    /// Whether the TaskRun is over.
    pub fn is_done(&self) -> bool {
        self.succeeded().is_some_and(|condition| condition.status != "Unknown")
    }

    /// Name of the assistant beside which its pod must run.
    pub fn assistant(&self) -> Option<&str> {
        self.metadata.annotation(ASSISTANT_ANNOTATION).filter(|name| !name.is_empty())
    }

    /// Task of the pipeline that it runs.
    pub fn pipeline_task(&self) -> Option<&str> {
        self.metadata.label("tekton.dev/pipelineTask")
    }

    /// The PipelineRun it belongs to.
    pub fn pipeline_run(&self) -> Option<&str> {
        self.metadata
            .controller()
            .filter(|owner| owner.kind == "PipelineRun")
            .map(|owner| owner.name.as_str())
            .or_else(|| self.metadata.label("tekton.dev/pipelineRun"))
    }
}

//! The affinity assistant: whether a run gets one, under which name, for which
//! workspace.
//!
//! Mirrors tektoncd/pipeline pkg/reconciler/pipelinerun/affinity_assistant.go and
//! pkg/internal/affinityassistant (v0.68.1, v1.3.0, v1.6.6, v1.15.0).

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::workspaces;
use crate::model::run::PipelineRun;

/// How pods of a run are kept together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coschedule {
    /// Not at all: no assistant.
    Disabled,
    /// One assistant for each claim that workspaces bind.
    Workspaces,
    /// One assistant for the whole run.
    PipelineRuns,
    /// As `PipelineRuns`, and no two runs on one node.
    IsolatePipelineRun,
}

impl Coschedule {
    /// Reads the flag's value; Tekton lower-cases it first.
    pub fn parse(value: &str) -> Option<Self> {
        Some(match value.to_lowercase().as_str() {
            "disabled" => Self::Disabled,
            "workspaces" => Self::Workspaces,
            "pipelineruns" => Self::PipelineRuns,
            "isolate-pipelinerun" => Self::IsolatePipelineRun,
            _ => return None,
        })
    }

    /// The flag's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Workspaces => "workspaces",
            Self::PipelineRuns => "pipelineruns",
            Self::IsolatePipelineRun => "isolate-pipelinerun",
        }
    }

    /// Whether one assistant serves the whole run.
    pub fn is_per_run(self) -> bool {
        matches!(self, Self::PipelineRuns | Self::IsolatePipelineRun)
    }
}

/// Label that marks assistants.
pub const COMPONENT_LABEL: &str = "app.kubernetes.io/component";
/// Value of [`COMPONENT_LABEL`].
pub const COMPONENT: &str = "affinity-assistant";
/// Label that carries the assistant's name on its pod.
pub const INSTANCE_LABEL: &str = "app.kubernetes.io/instance";

/// What the assistant asks for: 50 milli-CPU, fixed in all versions.
pub const CPU_MILLI: i64 = 50;
/// What the assistant asks for: 100 MiB, fixed in all versions.
pub const MEMORY_BYTES: i64 = 100 * 1024 * 1024;

/// Name of the assistant's StatefulSet (`GetAffinityAssistantName`, unchanged since
/// v0.14): the workspace is the one of the run, empty when one assistant serves the
/// whole run.
pub fn name(workspace: &str, run: &str) -> String {
    let digest = Sha256::digest(format!("{workspace}{run}").as_bytes());
    let hex: String = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    format!("affinity-assistant-{hex}")
}

/// A workspace of a run that is backed by a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimWorkspace {
    /// Workspace of the run.
    pub workspace: String,
    /// Name of the claim; absent for a `volumeClaimTemplate`, whose claim is the
    /// run's own.
    pub claim: Option<String>,
}

/// The workspaces of a run that are backed by claims, in the run's order.
pub fn claim_workspaces(run: &PipelineRun) -> Vec<ClaimWorkspace> {
    let workspaces = run.spec_at("/workspaces").and_then(Value::as_array);
    workspaces
        .into_iter()
        .flatten()
        .filter_map(|binding| {
            let workspace = binding.get("name")?.as_str()?.to_owned();
            let text = |at: &str| binding.pointer(at).and_then(Value::as_str).map(str::to_owned);
            if binding.get("persistentVolumeClaim").is_some_and(|v| !v.is_null()) {
                return Some(ClaimWorkspace { workspace, claim: text("/persistentVolumeClaim/claimName") });
            }
            binding
                .get("volumeClaimTemplate")
                .filter(|template| !template.is_null())
                .map(|_| ClaimWorkspace { workspace, claim: None })
        })
        .collect()
}

/// Claims that more than one workspace of the run binds, with those workspaces:
/// only the last one's assistant is ever created (since v0.51, 1eef4dbc5).
pub fn shared_claims(run: &PipelineRun) -> BTreeMap<String, Vec<String>> {
    let mut by_claim: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for bound in claim_workspaces(run) {
        if let Some(claim) = bound.claim {
            by_claim.entry(claim).or_default().push(bound.workspace);
        }
    }
    by_claim.retain(|_, workspaces| workspaces.len() > 1);
    by_claim
}

/// The workspaces of the run that a task of the pipeline uses and that are backed
/// by claims, in the task's order: `(task's name for it, binding)`.
pub fn task_claim_workspaces(run: &PipelineRun, task: &Value) -> Vec<ClaimWorkspace> {
    let bound = claim_workspaces(run);
    let used = workspaces::used(task).into_iter();
    used.filter_map(|(_, of_run)| bound.iter().find(|binding| binding.workspace == of_run).cloned()).collect()
}

/// Name of the assistant beside which a task's pod must run, were the TaskRun made
/// now: that of the last claim-backed workspace in the task's list, or the run's.
pub fn name_for_task(run: &PipelineRun, task: &Value, mode: Coschedule) -> Option<String> {
    match mode {
        Coschedule::Disabled => None,
        mode if mode.is_per_run() => Some(name("", &run.metadata.name)),
        _ => task_claim_workspaces(run, task).last().map(|bound| name(&bound.workspace, &run.metadata.name)),
    }
}

/// The assistants that Tekton creates for a run: name with the workspace it is for.
pub fn created_for(run: &PipelineRun, mode: Coschedule) -> Vec<(String, String)> {
    match mode {
        Coschedule::Disabled => Vec::new(),
        mode if mode.is_per_run() => vec![(name("", &run.metadata.name), String::new())],
        _ => {
            let mut created: Vec<(Option<String>, String)> = Vec::new();
            for bound in claim_workspaces(run) {
                if bound.claim.is_some() {
                    created.retain(|(claim, _)| *claim != bound.claim);
                }
                created.push((bound.claim, bound.workspace));
            }
            created.into_iter().map(|(_, workspace)| (name(&workspace, &run.metadata.name), workspace)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_clusters_show() {
        assert_eq!(name("source", "mistral-24b-quantized-mvd5r"), "affinity-assistant-fa47a5f61f");
        assert_eq!(name("shared-workspace", "mistral-24b-quantized-mvd5r"), "affinity-assistant-203c88f13b");
        assert_eq!(name("", "mistral-24b-quantized-mvd5r"), "affinity-assistant-a1841bc5ed");
        assert_eq!(name("cache-workspace", "test1-pack-upload-pipeline-run-dc8h8"), "affinity-assistant-3a3177cc7e");
    }

    fn run(workspaces: Value) -> PipelineRun {
        let mut run = PipelineRun { spec: serde_json::json!({ "workspaces": workspaces }), ..PipelineRun::default() };
        run.metadata.name = "r".to_owned();
        run
    }

    #[test]
    fn one_claim_twice_gets_only_the_last_workspace_an_assistant() {
        let run = run(serde_json::json!([
            { "name": "a", "persistentVolumeClaim": { "claimName": "c" } },
            { "name": "b", "persistentVolumeClaim": { "claimName": "c" }, "subPath": "x" },
            { "name": "t", "emptyDir": {} },
            { "name": "v", "volumeClaimTemplate": { "spec": {} } },
        ]));
        let created: Vec<String> =
            created_for(&run, Coschedule::Workspaces).into_iter().map(|(_, workspace)| workspace).collect();
        assert_eq!(created, ["b", "v"]);
        let task = serde_json::json!({ "workspaces": [{ "name": "in", "workspace": "a" }, { "name": "t" }] });
        assert_eq!(name_for_task(&run, &task, Coschedule::Workspaces), Some(name("a", "r")));
        assert_eq!(name_for_task(&run, &task, Coschedule::PipelineRuns), Some(name("", "r")));
        assert_eq!(name_for_task(&run, &task, Coschedule::Disabled), None);
    }
}

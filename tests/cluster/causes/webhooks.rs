//! Incidents of admission webhooks and of what waits for others: denials, silence,
//! gates, resolvers, custom tasks.

use rig::scenario::Staged;
use rig::webhook::Answer;
use rig::{Result, Rig};
use serde_json::json;

use super::stage::*;

const PODS: (&str, &str, &str) = ("", "v1", "pods");

/// Stages a case of this family.
pub async fn stage(rig: &Rig, ns: &str, case: &str) -> Result<Option<Staged>> {
    namespace(rig, ns).await?;
    let assistants = json!({ "app.kubernetes.io/component": "affinity-assistant" });
    let staged = match case {
        "assistant-refused-by-webhook" => {
            rig.webhook(ns, Answer::Deny, PODS, (ns, assistants)).await?;
            rig.submit(ns, "run", &two_tasks()).await?
        }
        "assistant-webhook-silent" => {
            rig.webhook(ns, Answer::Silent, PODS, (ns, assistants)).await?;
            rig.submit(ns, "run", &two_tasks()).await?
        }
        "task-pod-refused-by-webhook" => {
            rig.webhook(ns, Answer::Deny, PODS, (ns, json!({}))).await?;
            rig.submit(ns, "run", &one_task()).await?
        }
        "task-pod-webhook-silent" => {
            rig.webhook(ns, Answer::Silent, PODS, (ns, json!({}))).await?;
            rig.submit(ns, "run", &one_task()).await?
        }
        "task-run-refused" => {
            rig.webhook(ns, Answer::Deny, ("tekton.dev", "v1", "taskruns"), (ns, json!({}))).await?;
            rig.submit(ns, "run", &one_task()).await?
        }
        "task-run-webhook-silent" => {
            rig.webhook(ns, Answer::Silent, ("tekton.dev", "v1", "taskruns"), (ns, json!({}))).await?;
            rig.submit(ns, "run", &one_task()).await?
        }
        "stateful-set-refused-by-webhook" => {
            rig.webhook(ns, Answer::Deny, ("apps", "v1", "statefulsets"), (ns, json!({}))).await?;
            rig.submit(ns, "run", &two_tasks()).await?
        }
        "scheduling-gated" => {
            rig.webhook(ns, Answer::Gate, PODS, (ns, json!({}))).await?;
            rig.submit(ns, "run", &one_task()).await?
        }
        "resolver-silent" => {
            let spec = json!({ "pipelineRef": { "resolver": "git", "params": [
                { "name": "url", "value": "https://git.example.com/ci.git" }, { "name": "revision", "value": "main" },
                { "name": "pathInRepo", "value": "pipeline.yaml" }] } });
            rig.submit(ns, "run", &spec).await?
        }
        "task-resolver-silent" => {
            let mut spec = one_task();
            spec["pipelineSpec"]["tasks"] = json!([{ "name": "build", "taskRef": { "resolver": "bundles", "params": [
                { "name": "bundle", "value": "registry.example.com/tasks:1" }, { "name": "name", "value": "build" }, { "name": "kind", "value": "task" }] } }]);
            rig.submit(ns, "run", &spec).await?
        }
        "custom-task" => {
            let mut spec = one_task();
            spec["pipelineSpec"]["tasks"] = json!([{ "name": "approve", "taskRef": { "apiVersion": "openshift-pipelines.org/v1alpha1", "kind": "ApprovalTask", "name": "ask" } }]);
            rig.submit(ns, "run", &spec).await?
        }
        _ => return Ok(None),
    };
    Ok(Some(staged))
}

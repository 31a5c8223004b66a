//! Incidents of whole runs: ends, holds, fields at the wrong place; and health.

use rig::scenario::Staged;
use rig::{Result, Rig, kubelet};
use serde_json::{Value, json};

use super::stage::*;

/// Stages a case of this family.
pub async fn stage(rig: &Rig, ns: &str, case: &str) -> Result<Option<Staged>> {
    namespace(rig, ns).await?;
    let refused = || template(two_tasks(), json!({ "securityContext": { "fsGroup": 1001 } }));
    let staged = match case {
        "timeout-hid-the-reason" | "timeout-after-assistant-refused-by-scc" => {
            let mut spec = refused();
            spec["timeouts"] = json!({ "pipeline": "12s" });
            rig.submit(ns, "run", &spec).await?
        }
        "timeout" => {
            let mut spec = one_task();
            spec["timeouts"] = json!({ "pipeline": "8s" });
            annotated(&mut spec, 0, &json!({ kubelet::HOLD: "steps" }));
            rig.submit(ns, "run", &spec).await?
        }
        "pending-by-spec-status" => {
            let mut spec = two_tasks();
            spec["status"] = json!("PipelineRunPending");
            rig.submit(ns, "run", &spec).await?
        }
        "cancelled-by-user" => {
            let (staged, _) = held(rig, ns, two_tasks()).await?;
            let path = format!("/apis/tekton.dev/v1/namespaces/{ns}/pipelineruns/run");
            rig.api.patch(&path, &json!({ "spec": { "status": "Cancelled" } })).await?;
            staged
        }
        "pod-template-misplaced" => {
            let wanted = to_pool(ns);
            pool(rig, ns, 1, "8").await?;
            let mut task = task("train", &[], &[]);
            requests(&mut task, &json!({ "cpu": "64" }));
            let stored = spec(&[task], &[]);
            let mut applied = json!({ "apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "metadata": { "name": "run", "namespace": ns }, "spec": stored });
            applied["spec"]["podTemplate"] = wanted;
            let annotation =
                json!({ "annotations": { "kubectl.kubernetes.io/last-applied-configuration": applied.to_string() } });
            submit_with(rig, ns, annotation, &stored).await?
        }
        "run-invalid" => {
            let mut spec = two_tasks();
            spec["workspaces"] = json!([]);
            rig.submit(ns, "run", &spec).await?
        }
        "managed-by-other-controller" => {
            let mut spec = one_task();
            spec["managedBy"] = json!("queue.example.com/controller");
            rig.submit(ns, "run", &spec).await?
        }
        "run-invalid-by-resolver" => {
            let mut spec = one_task();
            spec["pipelineSpec"]["tasks"][0] = json!({ "name": "build", "taskRef": { "resolver": "nowhere" } });
            rig.submit(ns, "run", &spec).await?
        }
        "retried" => {
            let mut spec = one_task();
            spec["pipelineSpec"]["tasks"][0]["retries"] = json!(1);
            annotated(&mut spec, 0, &json!({ kubelet::EXIT_CODE: "1" }));
            rig.submit(ns, "run", &spec).await?
        }
        "healthy-succeeded" => rig.submit(ns, "run", &two_tasks()).await?,
        "healthy-running" => held(rig, ns, two_tasks()).await?.0,
        "healthy-with-beta-object" => {
            let mut spec = two_tasks();
            spec["podTemplate"] = json!({ "nodeSelector": { "kubernetes.io/hostname": "worker-2" } });
            let run = json!({ "apiVersion": "tekton.dev/v1beta1", "kind": "PipelineRun", "metadata": { "name": "run", "namespace": ns },
                "spec": beta(spec) });
            rig.api.create(&format!("/apis/tekton.dev/v1beta1/namespaces/{ns}/pipelineruns"), &run).await?;
            Staged { namespace: ns.to_owned(), run: "run".to_owned() }
        }
        _ => return Ok(None),
    };
    Ok(Some(staged))
}

/// A spec as v1beta1 has it, where the two differ in what is used here.
fn beta(mut spec: Value) -> Value {
    if let Some(tasks) = spec.pointer_mut("/pipelineSpec/tasks").and_then(Value::as_array_mut) {
        for task in tasks {
            if let Some(step) = task.pointer_mut("/taskSpec/steps/0").and_then(Value::as_object_mut) {
                step.remove("computeResources");
            }
        }
    }
    spec
}

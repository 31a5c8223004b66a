//! Incidents that ended by a timeout before anybody looked: what hid behind it, by
//! events.

use rig::scenario::Staged;
use rig::{Result, Rig};
use serde_json::{Value, json};

use super::stage::*;

fn soon(mut spec: Value) -> Value {
    spec["timeouts"] = json!({ "pipeline": "14s" });
    spec
}

/// Stages a case of this family.
pub async fn stage(rig: &Rig, ns: &str, case: &str) -> Result<Option<Staged>> {
    namespace(rig, ns).await?;
    let spec = match case {
        "timeout-after-taint" => {
            let mut task = task("train", &[], &[]);
            requests(&mut task, &json!({ "nvidia.com/gpu": "1" }));
            spec(&[task], &[])
        }
        "timeout-after-no-room" => {
            let mut task = task("train", &[], &[]);
            requests(&mut task, &json!({ "cpu": "64" }));
            spec(&[task], &[])
        }
        "timeout-after-shared-claim" => {
            let tasks = [task("fetch", &[], &["source"]), task("build", &["fetch"], &["source", "cache"])];
            spec(&tasks, &[("source", "data"), ("cache", "data")])
        }
        "timeout-after-node-full" => {
            pool(rig, ns, 1, "1").await?;
            let mut tasks = [task("fetch", &[], &["source"]), task("build", &["fetch"], &["source"])];
            requests(&mut tasks[1], &json!({ "cpu": "4" }));
            template(spec(&tasks, &[("source", "data")]), to_pool(ns))
        }
        "timeout-after-claim-missing" => spec(&[task("fetch", &[], &["source"])], &[("source", "nowhere")]),
        "timeout-after-assistant-quota" => {
            quota(rig, ns, json!({ "hard": { "pods": "0" }, "scopes": ["NotTerminating"] })).await?;
            two_tasks()
        }
        "timeout-after-selector" => template(one_task(), json!({ "nodeSelector": { "disktype": "nvme" } })),
        "timeout-after-volume" => {
            rig.claim(ns, "pinned", Some("worker-0")).await?;
            let spec = spec(&[task("fetch", &[], &["source"])], &[("source", "pinned")]);
            template(spec, json!({ "nodeSelector": { "kubernetes.io/hostname": "worker-1" } }))
        }
        _ => return Ok(None),
    };
    let staged = rig.submit(ns, "run", &soon(spec)).await?;
    let path = format!("/apis/tekton.dev/v1/namespaces/{ns}/pipelineruns/run");
    rig.until(&format!("{ns}: the run has ended"), async || {
        let run = rig.api.get(&path).await?.unwrap_or_default();
        Ok(run.pointer("/status/conditions/0/status").is_some_and(|status| status == "False"))
    })
    .await?;
    Ok(Some(staged))
}

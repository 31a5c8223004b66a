//! Incidents around the affinity assistant.

use rig::scenario::Staged;
use rig::{Platform, Result, Rig};
use serde_json::json;

use super::stage::*;

/// Stages a case of this family.
pub async fn stage(rig: &Rig, ns: &str, case: &str) -> Result<Option<Staged>> {
    namespace(rig, ns).await?;
    let staged = match case {
        "assistant-refused-by-scc" => {
            // From 1.9 on the assistant runs as the run's ServiceAccount: one without
            // rights of its own is refused there too.
            let spec = template(two_tasks(), json!({ "securityContext": { "runAsUser": 1001, "fsGroup": 1001 } }));
            let spec = if rig.tekton.assistant_has_the_runs_account() {
                spec
            } else {
                rig.service_account(ns, "builder").await?;
                rig.grant(ns, "builder", "system:openshift:scc:anyuid").await?;
                let mut spec = spec;
                spec["taskRunTemplate"]["serviceAccountName"] = json!("builder");
                spec
            };
            rig.submit(ns, "run", &spec).await?
        }
        // Refused for its group, and behind that for its memory.
        "assistant-refused-twice" => {
            object(
                rig,
                ns,
                json!({ "apiVersion": "v1", "kind": "LimitRange", "metadata": { "name": "floor" },
                "spec": { "limits": [{ "type": "Container", "min": { "memory": "128Mi" } }] } }),
            )
            .await?;
            let spec = template(two_tasks(), json!({ "securityContext": { "runAsUser": 1001, "fsGroup": 1001 } }));
            rig.submit(ns, "run", &spec).await?
        }
        "assistant-limitrange" => {
            object(
                rig,
                ns,
                json!({ "apiVersion": "v1", "kind": "LimitRange", "metadata": { "name": "floor" },
                "spec": { "limits": [{ "type": "Container", "min": { "memory": "128Mi" } }] } }),
            )
            .await?;
            rig.submit(ns, "run", &two_tasks()).await?
        }
        "assistant-limitrange-max" => {
            object(rig, ns, json!({ "apiVersion": "v1", "kind": "LimitRange", "metadata": { "name": "ceiling" },
                "spec": { "limits": [{ "type": "Container", "max": { "cpu": "40m" }, "default": { "cpu": "40m" } }] } })).await?;
            rig.submit(ns, "run", &two_tasks()).await?
        }
        "assistant-quota" => {
            // Task pods have a deadline, so this quota counts only the assistant.
            quota(rig, ns, json!({ "hard": { "pods": "0" }, "scopes": ["NotTerminating"] })).await?;
            rig.submit(ns, "run", &two_tasks()).await?
        }
        "assistant-service-account-missing" => {
            let mut spec = two_tasks();
            spec["taskRunTemplate"]["serviceAccountName"] = json!("nobody");
            spec["taskRunSpecs"] = json!([{ "pipelineTaskName": "fetch", "serviceAccountName": "default" },
                                          { "pipelineTaskName": "build", "serviceAccountName": "default" }]);
            rig.submit(ns, "run", &spec).await?
        }
        "assistant-refused-by-policy" => {
            policy(rig, ns, "!('app.kubernetes.io/component' in object.metadata.labels)").await?;
            rig.submit(ns, "run", &two_tasks()).await?
        }
        "assistant-refused-by-pod-security" => {
            rig.api
                .patch(
                    &format!("/api/v1/namespaces/{ns}"),
                    &json!({ "metadata": { "labels": { "pod-security.kubernetes.io/enforce": "baseline" } } }),
                )
                .await?;
            let mut spec =
                template(two_tasks(), json!({ "securityContext": { "seccompProfile": { "type": "Unconfined" } } }));
            let own = json!({ "securityContext": { "runAsUser": 1000 } });
            spec["taskRunSpecs"] = json!([{ "pipelineTaskName": "fetch", "podTemplate": own }, { "pipelineTaskName": "build", "podTemplate": own }]);
            rig.submit(ns, "run", &spec).await?
        }
        "assistant-statefulset-refused" => {
            quota(rig, ns, json!({ "hard": { "count/statefulsets.apps": "0" } })).await?;
            rig.submit(ns, "run", &two_tasks()).await?
        }
        "assistant-missing-shared-claim" => {
            let tasks = [task("fetch", &[], &["source"]), task("build", &["fetch"], &["source", "cache"])];
            rig.submit(ns, "run", &spec(&tasks, &[("source", "data"), ("cache", "data")])).await?
        }
        "assistant-deleted" => {
            let (staged, pod) = held(rig, ns, two_tasks()).await?;
            let (name, _) = assistant(rig, ns).await?;
            let set = name.trim_end_matches("-0");
            rig.api.delete(&format!("/apis/apps/v1/namespaces/{ns}/statefulsets/{set}")).await?;
            rig.until("the assistant is gone", async || {
                Ok(rig.api.get(&format!("{}/{name}", pods(ns))).await?.is_none())
            })
            .await?;
            release(rig, ns, &pod).await?;
            staged
        }
        "assistant-pending-untolerated-taint" => {
            pool(rig, ns, 1, "8").await?;
            let mut spec = template(two_tasks(), json!({ "nodeSelector": { "pool": ns } }));
            let own = to_pool(ns);
            spec["taskRunSpecs"] = json!([{ "pipelineTaskName": "fetch", "podTemplate": own }, { "pipelineTaskName": "build", "podTemplate": own }]);
            rig.submit(ns, "run", &spec).await?
        }
        "assistant-pending-volume-node-affinity" => {
            rig.claim(ns, "pinned", Some("worker-0")).await?;
            let tasks = [task("fetch", &[], &["source"])];
            let spec = spec(&tasks, &[("source", "pinned")]);
            rig.submit(ns, "run", &template(spec, json!({ "nodeSelector": { "kubernetes.io/hostname": "worker-1" } })))
                .await?
        }
        "assistant-pending-volume-limit" => {
            limited(rig, ns).await?;
            let spec = spec(&[task("fetch", &[], &["source"])], &[("source", "second")]);
            rig.submit(ns, "run", &template(spec, to_pool(ns))).await?
        }
        "assistant-pending-insufficient-resources" => {
            pool(rig, ns, 1, "20m").await?;
            rig.submit(ns, "run", &template(two_tasks(), to_pool(ns))).await?
        }
        "assistant-pending-cordoned" => {
            cordoned(rig, ns).await?;
            rig.submit(ns, "run", &template(two_tasks(), to_pool(ns))).await?
        }
        "assistant-node-full" => {
            pool(rig, ns, 1, "1").await?;
            let mut tasks = [task("fetch", &[], &["source"]), task("build", &["fetch"], &["source"])];
            requests(&mut tasks[1], &json!({ "cpu": "4" }));
            rig.submit(ns, "run", &template(spec(&tasks, &[("source", "data")]), to_pool(ns))).await?
        }
        "assistant-node-full-beside-room" => {
            // The scheduler likes the emptier node for the assistant; the large one has a
            // taint that only the large task tolerates.
            pool(rig, ns, 1, "1").await?;
            let large = format!("{ns}-large");
            let taints = vec![("pool", "own", "NoSchedule"), ("size", "large", "NoSchedule")];
            rig.nodes(&[rig::scenario::Node { taints, cpu: "16", ..rig::scenario::Node::worker(&large) }]).await?;
            let label = json!({ "metadata": { "labels": { "pool": ns } } });
            rig.api.patch(&format!("/api/v1/nodes/{large}"), &label).await?;
            let mut tasks = [task("fetch", &[], &["source"]), task("build", &["fetch"], &["source"])];
            requests(&mut tasks[1], &json!({ "cpu": "4" }));
            let mut spec = template(spec(&tasks, &[("source", "data")]), to_pool(ns));
            let mut own = to_pool(ns);
            own["tolerations"] = json!([{ "operator": "Exists" }]);
            spec["taskRunSpecs"] = json!([{ "pipelineTaskName": "build", "podTemplate": own }]);
            rig.submit(ns, "run", &spec).await?
        }
        "assistant-node-cordoned" => {
            pool(rig, ns, 2, "8").await?;
            let (staged, pod) = held(rig, ns, template(two_tasks(), to_pool(ns))).await?;
            let (_, node) = assistant(rig, ns).await?;
            rig.api.patch(&format!("/api/v1/nodes/{node}"), &json!({ "spec": { "unschedulable": true } })).await?;
            release(rig, ns, &pod).await?;
            staged
        }
        "assistant-contradicts-task-placement" => {
            let nodes = pool(rig, ns, 2, "8").await?;
            rig.claim(ns, "pinned", Some(&nodes[0])).await?;
            let mut spec =
                spec(&[task("fetch", &[], &["source"]), task("build", &["fetch"], &["source"])], &[("source", "data")]);
            let mut own = to_pool(ns);
            own["nodeSelector"]["kubernetes.io/hostname"] = json!(nodes[1]);
            let mut common = to_pool(ns);
            common["nodeSelector"]["kubernetes.io/hostname"] = json!(nodes[0]);
            spec["taskRunSpecs"] = json!([{ "pipelineTaskName": "build", "podTemplate": own }]);
            rig.submit(ns, "run", &template(spec, common)).await?
        }
        "anti-affinity-against-assistant" => {
            let anti = json!({ "podAntiAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": [
                { "labelSelector": { "matchLabels": { "app": "exclusive" } }, "topologyKey": "kubernetes.io/hostname" }] } });
            let spec = template(two_tasks(), json!({ "affinity": anti }));
            submit_with(rig, ns, json!({ "labels": { "app": "exclusive" } }), &spec).await?
        }
        "rwop-in-use" => {
            csi_claim(rig, ns, "single", "ReadWriteOncePod").await?;
            rig.submit(ns, "run", &spec(&[task("fetch", &[], &["source"])], &[("source", "single")])).await?
        }
        "topology-spread" => {
            pool(rig, ns, 2, "8").await?;
            let mut template_ = to_pool(ns);
            template_["topologySpreadConstraints"] = json!([{ "maxSkew": 1, "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "DoNotSchedule", "labelSelector": { "matchLabels": { "spread": ns } } }]);
            submit_with(rig, ns, json!({ "labels": { "spread": ns } }), &template(two_tasks(), template_)).await?
        }
        "two-claims-in-one-task" => {
            rig.claim(ns, "more", None).await?;
            let tasks = [task("fetch", &[], &["source"]), task("merge", &["fetch"], &["source", "cache"])];
            rig.submit(ns, "run", &spec(&tasks, &[("source", "data"), ("cache", "more")])).await?
        }
        "workspace-claim-refused" => {
            quota(rig, ns, json!({ "hard": { "persistentvolumeclaims": "1" } })).await?;
            let mut spec = spec(&[task("fetch", &[], &["source"])], &[("source", "x")]);
            spec["workspaces"] = json!([{ "name": "source", "volumeClaimTemplate": { "spec": { "accessModes": ["ReadWriteOnce"],
                "resources": { "requests": { "storage": "1Gi" } } } } }]);
            rig.submit(ns, "run", &spec).await?
        }
        "assistant-node-full-by-finally" => {
            pool(rig, ns, 1, "1").await?;
            let mut last = task("report", &[], &["source"]);
            requests(&mut last, &json!({ "cpu": "2" }));
            let mut spec = spec(&[task("fetch", &[], &["source"])], &[("source", "data")]);
            spec["pipelineSpec"]["finally"] =
                json!([{ "name": "report", "workspaces": last["workspaces"], "taskSpec": last["taskSpec"] }]);
            rig.submit(ns, "run", &template(spec, to_pool(ns))).await?
        }
        "assistant-node-full-by-matrix" => {
            pool(rig, ns, 1, "1").await?;
            let mut many = task("test", &[], &["source"]);
            requests(&mut many, &json!({ "cpu": "700m" }));
            many["taskSpec"]["params"] = json!([{ "name": "n", "type": "string" }]);
            many["matrix"] = json!({ "params": [{ "name": "n", "value": ["1", "2"] }] });
            let mut spec = spec(&[many], &[("source", "data")]);
            annotated(&mut spec, 0, &json!({ rig::kubelet::HOLD: "steps" }));
            rig.submit(ns, "run", &template(spec, to_pool(ns))).await?
        }
        _ => return Ok(None),
    };
    debug_assert!(rig.platform == Platform::OpenShift || !case.contains("scc"));
    Ok(Some(staged))
}

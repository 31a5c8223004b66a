//! Every repair that is predicted to heal is carried out, and heals: the command that was
//! printed, on a run of its own.

use std::time::{Duration, Instant};

use rig::scenario::Staged;
use rig::{Platform, Rig, TektonVersion};
use serde_json::{Value, json};

use crate::causes::{GRACE, all, copy, stage};
use crate::plugin::{diagnose, plugin, text};

/// A repair that is predicted to heal: its id and command.
fn healing(report: &Value) -> Vec<(String, String)> {
    let findings = report["runs"][0]["findings"].as_array().cloned().unwrap_or_default();
    let repairs = findings.iter().flat_map(|finding| finding["repairs"].as_array().cloned().unwrap_or_default());
    let heals = repairs.filter(|repair| repair["predicted"] == "heals");
    let text = |repair: &Value, key: &str| repair[key].as_str().unwrap_or_default().to_owned();
    heals.map(|repair| (text(&repair, "id"), text(&repair, "command"))).collect()
}

/// Carries out a command as a person would paste it; gives the run that has to succeed.
async fn carry_out(rig: &Rig, staged: &Staged, command: &str) -> Result<Staged, String> {
    let mut healed = staged.clone();
    for line in command.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["oc", "tekton-fix", rest @ ..] => {
                let mut args = rest.to_vec();
                args.extend(["--yes", "--wait", "0"]);
                let output = plugin(&rig.kubeconfig(), &args);
                let said = text(&output);
                let created = said.split("pipelinerun.tekton.dev/").nth(1).and_then(|rest| rest.split(' ').next());
                created.ok_or_else(|| format!("{line}: {said}"))?.clone_into(&mut healed.run);
            }
            ["kubectl", "delete", object, "-n", namespace, ..] => {
                let (kind, name) = object.split_once('/').ok_or("no object")?;
                let path = match kind {
                    "pod" => format!("/api/v1/namespaces/{namespace}/pods/{name}?gracePeriodSeconds=0"),
                    _ => format!("/apis/tekton.dev/v1/namespaces/{namespace}/pipelineruns/{name}"),
                };
                rig.api.delete(&path).await?;
            }
            ["kubectl", "uncordon", node] => {
                rig.api.patch(&format!("/api/v1/nodes/{node}"), &json!({ "spec": { "unschedulable": false } })).await?;
            }
            ["oc", "adm", "policy", "add-scc-to-user", scc, "-z", account, "-n", namespace] => {
                rig.grant(namespace, account, &format!("system:openshift:scc:{scc}")).await?;
            }
            ["oc", "annotate", set, "-n", namespace, ..] => {
                let name = set.trim_start_matches("statefulset/");
                let path = format!("/apis/apps/v1/namespaces/{namespace}/statefulsets/{name}");
                rig.api.patch(&path, &json!({ "metadata": { "annotations": { "tekton-fix/retry": "now" } } })).await?;
            }
            ["echo", .., "|", "kubectl", "create", "-n", namespace, "-f", "-"] => {
                let object = line.split('\'').nth(1).and_then(|text| serde_json::from_str::<Value>(text).ok());
                let object = object.ok_or_else(|| format!("no object in {line:?}"))?;
                let kind = object["kind"].as_str().unwrap_or_default().to_lowercase();
                rig.api.create(&format!("/api/v1/namespaces/{namespace}/{kind}s"), &object).await?;
            }
            ["kubectl", "patch", object, ..] if object.starts_with("pipelinerun/") => {
                let path = format!("/apis/tekton.dev/v1/namespaces/{}/pipelineruns/{}", staged.namespace, staged.run);
                rig.api.patch(&path, &json!({ "spec": { "status": null } })).await?;
            }
            _ => return Err(format!("nobody carries out {line:?}")),
        }
    }
    Ok(healed)
}

/// Commands that leave nothing to the person, and change nothing for other runs.
fn is_whole(command: &str) -> bool {
    let open = ["…", " edit ", "tektonconfig", "feature-flags"];
    !command.is_empty() && !open.iter().any(|part| command.contains(part))
}

/// Waits until the run has succeeded; what its tasks were held by to stage the case is
/// taken off meanwhile.
async fn succeeds(rig: &Rig, run: &Staged) -> Result<(), String> {
    let path = format!("/api/v1/namespaces/{}/pods", run.namespace);
    let free = json!({ "metadata": { "annotations": { rig::kubelet::HOLD: null } } });
    let release = async {
        loop {
            for pod in rig.api.list(&path).await.unwrap_or_default() {
                let held = pod["metadata"]["annotations"][rig::kubelet::HOLD].is_string();
                if let (true, Some(name)) = (held, pod["metadata"]["name"].as_str()) {
                    // A pod that went away meanwhile needs no release.
                    let _ = rig.api.patch(&format!("{path}/{name}"), &free).await;
                }
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::select! {
        outcome = rig.wait_for_success(run) => outcome,
        () = release => unreachable!("it has no end"),
    }
}

/// Stages each case `copies` times, and carries out another of its healing repairs on each.
async fn heal(tekton: TektonVersion, cases: &[&'static str], copies: usize) {
    let rig = Rig::start(tekton, Platform::OpenShift).await.unwrap();
    if tekton == TektonVersion::V0_68_1 {
        rig.set_feature_flag("disable-affinity-assistant", "false").await.unwrap();
    }
    crate::causes::shared(&rig).await;
    let copies: Vec<(&str, usize)> = cases.iter().flat_map(|case| (0..copies).map(move |n| (*case, n))).collect();
    let staging = copies.iter().map(|(case, n)| Box::pin(stage(&rig, copy(case, *n), case)));
    let runs = all(staging.collect()).await;
    tokio::time::sleep(GRACE).await;
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for ((case, n), run) in copies.into_iter().zip(runs) {
        let run = match run {
            Ok(run) => run,
            Err(error) => {
                wrong.push(format!("{case}: not staged: {error}"));
                continue;
            }
        };
        let repairs = healing(&diagnose(&rig, &run));
        let whole: Vec<&(String, String)> = repairs.iter().filter(|(_, command)| is_whole(command)).collect();
        if n == 0 && whole.is_empty() {
            wrong.push(format!("{case}: no repair is predicted to heal"));
        }
        let Some((id, command)) = whole.get(n) else { continue };
        tried += 1;
        let begin = Instant::now();
        let outcome = match carry_out(&rig, &run, command).await {
            Ok(healed) => succeeds(&rig, &healed).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(()) => eprintln!("{case}: {id} healed in {:?}", begin.elapsed()),
            Err(error) => wrong.push(format!("{case}: {id} does not heal: {command}\n{error}")),
        }
    }
    eprintln!("{tried} repairs were carried out");
    assert!(tried >= cases.len(), "{tried} repairs of {} cases", cases.len());
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_predicted_to_heal_heals_on_1_6() {
    let cases = [
        "assistant-refused-by-scc",
        "assistant-missing-shared-claim",
        "assistant-deleted",
        "assistant-node-cordoned",
        "assistant-node-lost",
        "assistant-contradicts-task-placement",
        "assistant-pending-untolerated-taint",
        "assistant-pending-volume-node-affinity",
        "anti-affinity-against-assistant",
        "topology-spread",
        "two-claims-in-one-task",
        "untolerated-taint",
        "insufficient-resources",
        "node-selector-mismatch",
        "nodes-cordoned",
        "scheduler-not-running",
        "priority-class-missing",
        "runtime-class-missing",
        "pending-by-spec-status",
    ];
    heal(TektonVersion::V1_6_6, &cases, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_predicted_to_heal_heals_on_1_15() {
    let cases = [
        "assistant-refused-by-scc",
        "assistant-missing-shared-claim",
        "assistant-node-cordoned",
        "assistant-node-full-beside-room",
        "topology-spread",
        "insufficient-resources",
        "untolerated-taint",
    ];
    heal(TektonVersion::V1_15_0, &cases, 1).await;
}

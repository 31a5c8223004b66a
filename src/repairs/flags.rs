//! Repairs by Tekton's feature flags, which hold for the whole cluster.

use serde_json::json;

use crate::analysis::tekton::{Coschedule, assistant};
use crate::checks::finding::{Prediction, Repair};
use crate::checks::focus::Focus;
use crate::model::run::PipelineRun;

use super::prediction;
use super::{by_admin, target};

/// The command that sets a flag where it lasts: in the operator's TektonConfig, else in
/// the ConfigMap.
fn set(focus: &Focus<'_>, key: &str, value: &str) -> String {
    if focus.cluster.tekton_configs.is_empty() {
        let namespace = focus.installation.namespace.clone().unwrap_or_else(|| "tekton-pipelines".to_owned());
        return format!(
            "kubectl patch configmap/feature-flags -n {namespace} --type=merge -p '{{\"data\":{{\"{key}\":\"{value}\"}}}}'"
        );
    }
    format!("oc patch tektonconfig/config --type=merge -p '{{\"spec\":{{\"pipeline\":{{\"{key}\":\"{value}\"}}}}}}'")
}

/// Switching the assistant off where that is really decided.
pub(super) fn coschedule_off(focus: &Focus<'_>) -> Option<Repair> {
    if focus.coschedule() == Some(Coschedule::Disabled) {
        return None;
    }
    let reads_coschedule = focus.tekton().is_none_or(|version| !version.reads_disable_affinity_assistant());
    let (key, value) =
        if reads_coschedule { ("coschedule", "disabled") } else { ("disable-affinity-assistant", "true") };
    let mut predicted = prediction::of_edits(&focus.in_mode(Coschedule::Disabled), &[], true);
    if predicted.outcome == Prediction::Heals && focus.tekton().is_none() {
        predicted.outcome = Prediction::Unknown;
        predicted.because = vec!["which key decides: the version of Tekton was not read".to_owned()];
    }
    let shared = shared_single_node_claims(focus, focus.run());
    if predicted.outcome == Prediction::Heals && !shared.is_empty() {
        predicted.outcome = Prediction::Unknown;
        predicted.because = vec![format!(
            "whether tasks that share {} come to one node: without the assistant nothing keeps them together, and its volume can be on one node at a time",
            shared.join(", ")
        )];
    }
    Some(Repair {
        predicted: predicted.outcome,
        because: predicted.because,
        risk: "for all runs of the cluster: pods that share a ReadWriteOnce volume may land on different nodes; a run that is stuck already is not healed, submit it again".to_owned(),
        ..by_admin(
            "coschedule-disabled",
            format!("{}\noc tekton-fix rerun {} --cancel-old", set(focus, key, value), target(focus)),
            format!("switch the affinity assistant off ({key}: {value}) and submit again"),
            Prediction::Unknown,
            json!({ format!("feature-flags.{key}"): value }),
        )
    })
}

/// One assistant for each run in place of the mode in force.
pub(super) fn one_assistant_for_each_run(focus: &Focus<'_>) -> Repair {
    let predicted = prediction::of_edits(&focus.in_mode(Coschedule::PipelineRuns), &[], true);
    Repair {
        predicted: predicted.outcome,
        because: predicted.because,
        risk: "for all runs of the cluster: every pod of a run stands on one node, and claims from templates are deleted with the run".to_owned(),
        ..by_admin(
            "coschedule-pipelineruns",
            format!("{}\noc tekton-fix rerun {} --cancel-old", set(focus, "coschedule", "pipelineruns"), target(focus)),
            "make one assistant for each run (coschedule: pipelineruns) and submit again",
            Prediction::Unknown,
            json!({ "feature-flags.coschedule": "pipelineruns" }),
        )
    }
}

/// Claims whose volume can be on one node only and that several tasks use.
fn shared_single_node_claims(focus: &Focus<'_>, run: &PipelineRun) -> Vec<String> {
    let single = |claim: &str| {
        let claim = focus.cluster.claim(focus.namespace(), claim);
        claim.is_none_or(|claim| !claim.spec.access_modes.iter().any(|mode| mode.ends_with("Many")))
    };
    let tasks = run.pipeline_tasks();
    let users = |workspace: &str| {
        let uses = |task: &&&serde_json::Value| {
            assistant::task_claim_workspaces(run, task).iter().any(|bound| bound.workspace == workspace)
        };
        tasks.iter().filter(uses).count()
    };
    let bound = assistant::claim_workspaces(run).into_iter().filter(|bound| users(&bound.workspace) > 1);
    let names = bound.filter_map(|bound| match bound.claim {
        Some(claim) => single(&claim).then(|| format!("claim {claim}")),
        None => Some(format!("the claim of workspace {}", bound.workspace)),
    });
    names.collect()
}

/// A value that Tekton knows, in place of one that it rejects.
pub(super) fn valid_flag(focus: &Focus<'_>) -> Option<Repair> {
    let namespace = focus.installation.namespace.clone()?;
    Some(Repair {
        because: vec!["what becomes of the run depends on the mode that is chosen".to_owned()],
        ..by_admin(
            "valid-flag",
            format!("kubectl edit configmap/feature-flags -n {namespace}\noc tekton-fix rerun {}", target(focus)),
            "set coschedule to a value that Tekton knows (disabled, workspaces, pipelineruns, isolate-pipelinerun), then submit again",
            Prediction::Unknown,
            json!({}),
        )
    })
}

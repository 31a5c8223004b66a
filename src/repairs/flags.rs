//! Repairs by Tekton's feature flags, which hold for the whole cluster.

use serde_json::{Value, json};

use crate::analysis::tekton::flags::{COSCHEDULE, DISABLE_ASSISTANT, assistant_flags};
use crate::analysis::tekton::{Coschedule, assistant};
use crate::checks::focus::Focus;
use crate::finding::{Prediction, Repair};
use crate::model::run::PipelineRun;

use super::prediction;
use super::{by_admin, target, tekton_namespace};

/// The command that sets flags where they last: in the operator's TektonConfig, else in
/// the ConfigMap.
fn set(focus: &Focus<'_>, pairs: &[(&str, &str)]) -> String {
    if focus.cluster.tekton_configs.is_empty() {
        let namespace = tekton_namespace(focus);
        let data: Vec<String> = pairs.iter().map(|(key, value)| format!("\"{key}\":\"{value}\"")).collect();
        return format!(
            "kubectl patch configmap/feature-flags -n {namespace} --type=merge -p '{{\"data\":{{{}}}}}'",
            data.join(",")
        );
    }
    // In TektonConfig the old key is a boolean (tektoncd/operator
    // pkg/apis/operator/v1alpha1/tektonpipeline_types.go, v0.77).
    let typed =
        |key: &str, value: &str| if key == DISABLE_ASSISTANT { value.to_owned() } else { format!("\"{value}\"") };
    let fields: Vec<String> = pairs.iter().map(|(key, value)| format!("\"{key}\":{}", typed(key, value))).collect();
    format!("oc patch tektonconfig/config --type=merge -p '{{\"spec\":{{\"pipeline\":{{{}}}}}}}'", fields.join(","))
}

/// What has to be set for a mode to be in force: versions that read both keys refuse some
/// pairs, and with them the whole map.
fn pairs_for(focus: &Focus<'_>, mode: Coschedule) -> Vec<(&'static str, &'static str)> {
    let value = match mode {
        Coschedule::Disabled => "disabled",
        _ => "pipelineruns",
    };
    let Some(version) = focus.tekton() else { return vec![(COSCHEDULE, value)] };
    let first = match mode {
        Coschedule::Disabled if version.reads_disable_affinity_assistant() => (DISABLE_ASSISTANT, "true"),
        _ => (COSCHEDULE, value),
    };
    let data = focus.installation.feature_flags.map(|map| map.data.clone()).unwrap_or_default();
    let gives = |pairs: &[(&str, &str)]| {
        let mut data = data.clone();
        data.extend(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        assistant_flags(&data, version).mode == Ok(mode)
    };
    if gives(&[first]) { vec![first] } else { vec![(DISABLE_ASSISTANT, "true"), (COSCHEDULE, value)] }
}

/// Pairs as words, and as fields of the ConfigMap.
fn told(pairs: &[(&str, &str)]) -> (String, Value) {
    let words: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    let fields = pairs.iter().map(|(key, value)| (format!("feature-flags.{key}"), json!(value)));
    (words.join(", "), Value::Object(fields.collect()))
}

fn unless_version_is_read(focus: &Focus<'_>, predicted: &mut prediction::Predicted) {
    if predicted.outcome == Prediction::Heals && focus.tekton().is_none() {
        predicted.outcome = Prediction::Unknown;
        predicted.because = vec!["which key decides: the version of Tekton was not read".to_owned()];
    }
}

/// Switching the assistant off where that is really decided.
pub(super) fn coschedule_off(focus: &Focus<'_>) -> Option<Repair> {
    if focus.coschedule() == Some(Coschedule::Disabled) {
        return None;
    }
    let pairs = pairs_for(focus, Coschedule::Disabled);
    let (words, changes) = told(&pairs);
    let mut predicted = prediction::of_edits(&focus.in_mode(Coschedule::Disabled), &[], true);
    unless_version_is_read(focus, &mut predicted);
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
            format!("{}\noc tekton-fix rerun {} --cancel-old", set(focus, &pairs), target(focus)),
            format!("switch the affinity assistant off ({words}) and submit again"),
            Prediction::Unknown,
            changes,
        )
    })
}

/// One assistant for each run in place of the mode in force.
pub(super) fn one_assistant_for_each_run(focus: &Focus<'_>) -> Repair {
    let mut predicted = prediction::of_edits(&focus.in_mode(Coschedule::PipelineRuns), &[], true);
    unless_version_is_read(focus, &mut predicted);
    let pairs = pairs_for(focus, Coschedule::PipelineRuns);
    let (words, changes) = told(&pairs);
    Repair {
        predicted: predicted.outcome,
        because: predicted.because,
        risk: "for all runs of the cluster: every pod of a run stands on one node, and claims from templates are deleted with the run".to_owned(),
        ..by_admin(
            "coschedule-pipelineruns",
            format!("{}\noc tekton-fix rerun {} --cancel-old", set(focus, &pairs), target(focus)),
            format!("make one assistant for each run ({words}) and submit again"),
            Prediction::Unknown,
            changes,
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
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.dedup();
    names
}

/// A value that Tekton knows, in place of one that it rejects.
pub(super) fn valid_flag(focus: &Focus<'_>) -> Option<Repair> {
    let namespace = focus.installation.namespace.clone()?;
    let invalid = focus.installation.assistant_flags()?.mode.err()?;
    let known = match invalid.key.as_str() {
        COSCHEDULE if Coschedule::parse(&invalid.value).is_some() => {
            format!("set {DISABLE_ASSISTANT} to true, without which Tekton refuses coschedule {}", invalid.value)
        }
        COSCHEDULE => {
            "set coschedule to a value that Tekton knows (disabled, workspaces, pipelineruns, isolate-pipelinerun)"
                .to_owned()
        }
        DISABLE_ASSISTANT => format!("set {DISABLE_ASSISTANT} to true or false"),
        key => format!("set {key} to a value that Tekton knows (stable, beta, alpha)"),
    };
    Some(Repair {
        because: vec!["what becomes of the run depends on the mode that is chosen".to_owned()],
        ..by_admin(
            "valid-flag",
            format!("kubectl edit configmap/feature-flags -n {namespace}\noc tekton-fix rerun {}", target(focus)),
            format!("{known}, then submit again"),
            Prediction::Unknown,
            json!({}),
        )
    })
}

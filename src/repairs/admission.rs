//! Repairs for refusals by SCC: the smallest changes of the run that get its pods
//! admitted, then what an administrator could grant.

use serde_json::{Value, json};

use crate::analysis::scc::run_pods::Role;
use crate::checks::focus::Focus;
use crate::finding::{Confidence, Finding, Prediction, Repair};

use super::grant::{self, Grant};
use super::prediction::{self, Lifted};
use super::resubmission::Edit;
use super::run_admission::{self, RunPod};
use super::smallest_change::{self, By, Change};
use super::{by_admin, in_place, nudge, rerun, resubmission};

const CONTEXT: &str = "spec.taskRunTemplate.podTemplate.securityContext";

pub(super) fn assistant(focus: &Focus<'_>, finding: &Finding) -> Vec<Repair> {
    let start = block_start(focus);
    let account = focus
        .tree
        .assistants
        .iter()
        .find_map(|node| node.stateful_set)
        .map(|set| set.spec.template.spec.service_account_name.clone());
    let mut repairs = vec![fs_group(focus, start)];
    repairs.push(resubmission(
        focus,
        "drop-security-context",
        "--drop-security-context",
        "drop the run's pod securityContext: SCC admission then fills in ids that it accepts",
        &[Edit::DropSecurityContext],
        json!({ CONTEXT: null }),
    ));
    repairs.push(resubmission(
        focus,
        "security-context-to-tasks",
        "--security-context-to-tasks",
        "move the securityContext from taskRunTemplate to every taskRunSpecs[] entry: task pods keep it, the assistant does not get it",
        &[Edit::SecurityContextToTasks],
        json!({ CONTEXT: null, "spec.taskRunSpecs[].podTemplate.securityContext": focus.run().spec_at("/taskRunTemplate/podTemplate/securityContext") }),
    ));
    repairs.push(grant(focus, account));
    repairs.push(Repair {
        because: vec!["the assistant is refused before any node is looked at".to_owned()],
        ..rerun(
            focus,
            "pin-node",
            "--pin-node",
            "pin the run to a node",
            Prediction::DoesNotHeal,
            json!({ "spec.taskRunTemplate.podTemplate.nodeSelector": { "kubernetes.io/hostname": "…" } }),
        )
    });
    if finding.confidence == Confidence::Likely {
        // What is not proven is not cured for sure.
        for repair in repairs.iter_mut().filter(|repair| repair.predicted != Prediction::Unknown) {
            if repair.predicted == Prediction::DoesNotHeal {
                repair.because = vec!["as far as can be told no node was looked at yet".to_owned()];
                continue;
            }
            repair.predicted = Prediction::Unknown;
            repair.because = vec!["the refusal itself is not proven".to_owned()];
        }
    }
    repairs
}

fn fs_group(focus: &Focus<'_>, start: Option<i64>) -> Repair {
    const ID: &str = "fs-group-of-namespace";
    const FLAGS: &str = "--fs-group namespace --drop run-as-user";
    let group = start.map_or_else(|| "the start of the namespace's block".to_owned(), |start| start.to_string());
    let summary = format!(
        "use the namespace's own group (fsGroup {group}) and no runAsUser: restricted-v2 accepts exactly this group"
    );
    let changes = json!({ format!("{CONTEXT}.fsGroup"): start, format!("{CONTEXT}.runAsUser"): null });
    match start {
        Some(start) => {
            let edits = [Edit::FsGroup(start), Edit::DropSecurityField("runAsUser")];
            resubmission(focus, ID, FLAGS, summary, &edits, changes)
        }
        None => rerun(focus, ID, FLAGS, summary, Prediction::Unknown, changes),
    }
}

/// The right that the assistant's ServiceAccount lacks: the most restrictive SCC with
/// which its pod is admitted. Which account that is stands in the StatefulSet; without
/// it the account is a guess.
fn grant(focus: &Focus<'_>, account: Option<String>) -> Repair {
    let is_known = account.is_some();
    let account = account.filter(|name| !name.is_empty()).unwrap_or_else(|| "default".to_owned());
    let namespace = focus.namespace();
    let pods = run_admission::pods(focus, focus.run());
    let assistants: Vec<&RunPod> = pods.iter().filter(|pod| pod.role == Role::Assistant).collect();
    let access = smallest_change::access(focus.cluster);
    let least = Some(&assistants).filter(|pods| !pods.is_empty());
    let least = least.and_then(|pods| grant::least(&access, namespace, &account, pods));
    let computed = least.is_some();
    let least = least.unwrap_or_else(|| Grant { scc: "anyuid".to_owned(), account: account.clone(), points: 0 });
    let repair = Repair {
        risk: least.blast_radius(focus.cluster, namespace),
        ..by_admin(
            "grant-scc",
            format!("{}{}", least.command(namespace), nudge(focus)),
            format!(
                "let ServiceAccount {account}, as which the assistant runs, use {}{}",
                least.scc,
                if focus.is_running() { "; the stuck run heals without a new one" } else { "" }
            ),
            Prediction::Unknown,
            json!({ least.field(namespace): "created" }),
        )
    };
    if !focus.is_running() {
        return Repair { because: vec!["the run is over: submit it again once this is done".to_owned()], ..repair };
    }
    if is_known && computed {
        return in_place(focus, Lifted::Scc, repair);
    }
    let because = "which right is enough cannot be told: the StatefulSet, SCCs or role bindings were not read";
    Repair { because: vec![because.to_owned()], ..repair }
}

/// Start of the namespace's group block: the one fsGroup that restricted-v2 takes.
pub fn block_start(focus: &Focus<'_>) -> Option<i64> {
    let meta = &focus.cluster.namespace(focus.namespace())?.metadata;
    let text = meta
        .annotation("openshift.io/sa.scc.supplemental-groups")
        .or_else(|| meta.annotation("openshift.io/sa.scc.uid-range"))?;
    text.split([',', '/', '-']).next()?.trim().parse().ok()
}

pub(super) fn task_pod(focus: &Focus<'_>, finding: &Finding) -> Vec<Repair> {
    let found = smallest_change::find(focus);
    if !found.is_empty() {
        return found.into_iter().map(|change| computed(focus, change)).collect();
    }
    let account = finding
        .summary
        .split_once("ServiceAccount ")
        .and_then(|(_, rest)| rest.split(')').next())
        .unwrap_or("default")
        .to_owned();
    vec![Repair {
        risk: format!(
            "every pod of the namespace that runs as {account} gets these rights; prefer an own ServiceAccount for the task"
        ),
        ..by_admin(
            "grant-scc",
            format!(
                "oc adm policy add-scc-to-user SCC -z {account} -n {}\noc tekton-fix rerun {}/{}",
                focus.namespace(),
                focus.namespace(),
                focus.run().metadata.name
            ),
            format!(
                "let ServiceAccount {account} use an SCC that allows what the step asks for, or ask for less in the step"
            ),
            Prediction::Unknown,
            json!({}),
        )
    }]
}

/// A change that was found by search, with what is predicted of the whole run.
fn computed(focus: &Focus<'_>, change: Change) -> Repair {
    let Change { by, summary, blast_radius, command, fields, edits, grants } = change;
    let is_edit = by == By::Author && grants.is_empty() && command.is_some();
    let predicted = if is_edit {
        prediction::of_edits(focus, &edits, false)
    } else {
        let because = "its pods are admitted then; what else becomes of the run was not judged";
        prediction::Predicted { outcome: Prediction::Unknown, because: vec![because.to_owned()] }
    };
    Repair {
        id: match by {
            By::Author => "smallest-change",
            By::TaskAuthor => "ask-for-less",
            By::Administrator => "grant-scc",
        },
        summary,
        command: command.unwrap_or_default(),
        predicted: predicted.outcome,
        because: predicted.because,
        needs: match by {
            By::Author => "create on pipelineruns in the namespace",
            By::TaskAuthor => "a change of the Task",
            By::Administrator => "rights of an administrator",
        }
        .to_owned(),
        risk: blast_radius.unwrap_or_default(),
        changes: fields,
    }
}

/// The dropped field in its right place.
pub(super) fn misplaced(focus: &Focus<'_>) -> Vec<Repair> {
    let applied: Option<Value> = focus
        .run()
        .metadata
        .annotation("kubectl.kubernetes.io/last-applied-configuration")
        .and_then(|text| serde_json::from_str(text).ok());
    let Some(template) = applied.and_then(|applied| applied.pointer("/spec/podTemplate").cloned()) else {
        return Vec::new();
    };
    vec![resubmission(
        focus,
        "pod-template-in-place",
        "--correct-pod-template",
        "submit again with the fields under spec.taskRunTemplate.podTemplate",
        &[Edit::PodTemplate(template.clone())],
        json!({ "spec.taskRunTemplate.podTemplate": template }),
    )]
}

//! What would become of a changed run: the same analysis, on objects that do not
//! exist yet.

use serde_json::Value;

use crate::analysis::admission::{self, Plugin};
use crate::analysis::tekton::{Coschedule, assistant};
use crate::checks::finding::Prediction;
use crate::checks::focus::Focus;
use crate::checks::refused::{self, RefusedBy};
use crate::checks::scc_verdict::{self, SetVerdict};
use crate::model::pod::Pod;
use crate::model::run::PipelineRun;

use super::{future, placement};

/// A predicted outcome with its reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicted {
    /// Whether the run would go on.
    pub outcome: Prediction,
    /// Why, a clause each.
    pub because: Vec<String>,
}

/// What speaks against a run, and what could not be judged.
#[derive(Default)]
struct Weighed {
    against: Vec<String>,
    unknown: Vec<String>,
    fine: Vec<String>,
}

/// Predicts what becomes of `new`, a changed copy of the run in focus.
pub fn of(focus: &Focus<'_>, new: &Value) -> Predicted {
    let run = future::as_run(focus, new);
    let mut weighed = Weighed::default();
    let assistants = future::assistant_pods(focus, &run);
    let tasks = future::task_pods(focus, &run);
    claims(&mut weighed, focus, &run);
    for pod in &assistants {
        assistant_admission(&mut weighed, focus, pod);
    }
    for (task, pod) in &tasks {
        task_admission(&mut weighed, focus, task, pod);
    }
    if weighed.against.is_empty() {
        place(&mut weighed, focus, &assistants, &tasks);
    }
    let (outcome, because) = if !weighed.against.is_empty() {
        (Prediction::DoesNotHeal, weighed.against)
    } else if !weighed.unknown.is_empty() {
        (Prediction::Unknown, weighed.unknown)
    } else {
        (Prediction::Heals, weighed.fine)
    };
    Predicted { outcome, because }
}

/// Claims that Tekton cannot serve with assistants.
fn claims(weighed: &mut Weighed, focus: &Focus<'_>, run: &PipelineRun) {
    if focus.coschedule() != Some(Coschedule::Workspaces) {
        return;
    }
    let tasks = run.pipeline_tasks();
    let created: Vec<String> =
        assistant::created_for(run, Coschedule::Workspaces).into_iter().map(|(name, _)| name).collect();
    for task in tasks {
        let name = task.get("name").and_then(Value::as_str).unwrap_or_default();
        let bound = assistant::task_claim_workspaces(run, task);
        let mut claims: Vec<&Option<String>> = bound.iter().map(|bound| &bound.claim).collect();
        claims.dedup();
        if claims.len() > 1 {
            weighed.against.push(format!("task {name} binds two claims, which Tekton refuses"));
        }
        let wanted = assistant::name_for_task(run, task, Coschedule::Workspaces);
        if wanted.is_some_and(|wanted| !created.contains(&wanted)) {
            weighed.against.push(format!(
                "task {name} would wait for an assistant that Tekton does not make (two workspaces on one claim)"
            ));
        }
    }
}

fn assistant_admission(weighed: &mut Weighed, focus: &Focus<'_>, pod: &Pod) {
    if scc_verdict::is_openshift(focus.cluster) {
        match scc_verdict::of_assistant(focus.cluster, focus.namespace(), pod) {
            SetVerdict::Admitted => weighed.fine.push("SCC admission accepts the assistant's pod".to_owned()),
            SetVerdict::Refused { reasons } => weighed
                .against
                .push(format!("SCC admission refuses the pod of its affinity assistant ({})", reasons.join("; "))),
            SetVerdict::CannotTell(why) => {
                weighed.unknown.push(format!("whether SCC admission accepts the assistant's pod: {why}"));
            }
        }
    }
    fixed_rules(weighed, focus, pod);
    for refused in refused::assistants(focus) {
        match &refused.by {
            Some(RefusedBy::Scc | RefusedBy::LimitRange) | None => {}
            Some(_) => {
                let text = refused.event.map(|event| refused::api_text(&event.message)).unwrap_or_default();
                weighed.against.push(format!("what refused the assistant's pod is not changed by this: {text}"));
            }
        }
    }
}

/// LimitRanges, quotas, Pod Security and ServiceAccounts.
fn fixed_rules(weighed: &mut Weighed, focus: &Focus<'_>, pod: &Pod) {
    // On OpenShift SCC admission fills in what Pod Security asks for; without a known
    // StatefulSet it is not known what Tekton sets on the container.
    let known = focus.tree.assistants.iter().any(|node| node.stateful_set.is_some());
    let skips_levels = scc_verdict::is_openshift(focus.cluster) || !known;
    let judgement = admission::judge(focus.cluster, pod);
    for refusal in &judgement.refusals {
        if refusal.plugin == Plugin::PodSecurity && skips_levels {
            continue;
        }
        let text = format!("the assistant's pod would be refused: {}", refusal.text);
        if !weighed.against.contains(&text) {
            weighed.against.push(text);
        }
    }
    for unread in judgement.unread.iter().filter(|unread| !(skips_levels && unread.contains("labels"))) {
        let text = format!("whether the assistant's pod is refused: {unread} were not read");
        if !weighed.unknown.contains(&text) {
            weighed.unknown.push(text);
        }
    }
}

fn task_admission(weighed: &mut Weighed, focus: &Focus<'_>, task: &str, pod: &Pod) {
    if !scc_verdict::is_openshift(focus.cluster) {
        return;
    }
    let tekton = focus.installation.namespace.clone().unwrap_or_else(|| "openshift-pipelines".to_owned());
    match scc_verdict::of_task(focus.cluster, focus.namespace(), pod, &tekton) {
        SetVerdict::Admitted => {}
        SetVerdict::Refused { reasons } => {
            weighed.against.push(format!("SCC admission refuses the pod of task {task} ({})", reasons.join("; ")))
        }
        SetVerdict::CannotTell(why) => {
            weighed.unknown.push(format!("whether SCC admission accepts task {task}: {why}"))
        }
    }
}

fn place(weighed: &mut Weighed, focus: &Focus<'_>, assistants: &[Pod], tasks: &[(String, Pod)]) {
    match placement::together(focus.cluster, assistants, tasks) {
        Ok(nodes) if nodes.is_complete && nodes.fitting.is_empty() => {
            weighed.against.push(format!("no node takes them together ({})", nodes.refused.join("; ")));
        }
        Ok(nodes) if nodes.fitting.is_empty() => {
            weighed.unknown.push(format!("which node takes them: {}", nodes.refused.join("; ")))
        }
        Ok(nodes) => weighed.fine.push(format!("{} of {} nodes take its pods", nodes.fitting.len(), nodes.of)),
        Err(why) => weighed.unknown.push(why),
    }
}

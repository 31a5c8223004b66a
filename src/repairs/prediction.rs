//! What would become of a changed run: the same analysis, on objects that do not
//! exist yet.

use serde_json::Value;

use crate::analysis::admission::{self, Plugin};
use crate::analysis::tekton::{Coschedule, assistant};
use crate::checks::finding::Prediction;
use crate::checks::focus::Focus;
use crate::checks::judged::judged;
use crate::checks::refused::{self, RefusedBy};
use crate::checks::scc_verdict::{self, SetVerdict};
use crate::model::pod::Pod;
use crate::model::run::PipelineRun;

use super::resubmission::{self, Edit};
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

impl Weighed {
    fn add(&mut self, other: Self) {
        self.against.extend(other.against);
        self.unknown.extend(other.unknown);
        self.fine.extend(other.fine);
    }

    fn decide(self) -> Predicted {
        let (outcome, because) = if !self.against.is_empty() {
            (Prediction::DoesNotHeal, self.against)
        } else if !self.unknown.is_empty() {
            (Prediction::Unknown, self.unknown)
        } else {
            (Prediction::Heals, self.fine)
        };
        Predicted { outcome, because }
    }
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
    weighed.decide()
}

/// Predicts what becomes of the run in focus, submitted again with edits.
pub fn of_edits(focus: &Focus<'_>, edits: &[Edit]) -> Predicted {
    let run = focus.run();
    let mut new = resubmission::resubmission(run, &run.metadata.name);
    let names = run.pipeline_tasks().into_iter().filter_map(|task| Some(task.get("name")?.as_str()?.to_owned()));
    let names: Vec<String> = names.collect();
    for edit in edits {
        if let Err(why) = resubmission::apply(&mut new, edit, &names) {
            return Predicted { outcome: Prediction::DoesNotHeal, because: vec![why] };
        }
    }
    of(focus, &new)
}

/// A rule that a repair of the cluster lifts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifted {
    /// Nothing.
    Nothing,
    /// The SCCs' refusal of the assistant.
    Scc,
    /// A plugin's refusal of the assistant.
    Plugin(Plugin),
}

/// Predicts whether the stuck run itself goes on once a rule is lifted.
pub fn in_place(focus: &Focus<'_>, lifted: Lifted) -> Predicted {
    let mut weighed = Weighed::default();
    let mut assistants: Vec<Pod> = Vec::new();
    for node in &focus.tree.assistants {
        let Some(set) = node.stateful_set else { continue };
        let mut pod = scc_verdict::template_pod(set);
        if node.pod.is_none() {
            let mut own = Weighed::default();
            if lifted == Lifted::Scc {
                fixed_rules(&mut own, focus, &pod);
            } else {
                assistant_admission_by_rules(&mut own, focus, &pod, lifted);
            }
            weighed.add(own);
        }
        pod.metadata.namespace = focus.namespace().to_owned();
        assistants.push(pod);
    }
    if assistants.is_empty() && focus.beside_assistant().next().is_some() {
        weighed.unknown.push("how the assistant looks: its StatefulSet was not read".to_owned());
    }
    let tasks: Vec<(String, Pod)> =
        future::task_pods(focus, focus.run()).into_iter().filter(|(task, _)| is_waiting(focus, task)).collect();
    if weighed.against.is_empty() {
        place(&mut weighed, focus, &assistants, &tasks);
    }
    weighed.decide()
}

fn is_waiting(focus: &Focus<'_>, task: &str) -> bool {
    focus.unplaced().any(|(node, _)| node.task == task)
}

fn assistant_admission_by_rules(weighed: &mut Weighed, focus: &Focus<'_>, pod: &Pod, lifted: Lifted) {
    let mut own = Weighed::default();
    fixed_rules(&mut own, focus, pod);
    scc(&mut own, focus, pod);
    if let Lifted::Plugin(plugin) = lifted {
        let words = crate::analysis::admission::judge(focus.cluster, pod);
        let lifts = |text: &String| {
            words.refusals.iter().any(|refusal| refusal.plugin == plugin && text.ends_with(&refusal.text))
        };
        own.against.retain(|text| !lifts(text));
    }
    weighed.add(own);
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

fn scc(weighed: &mut Weighed, focus: &Focus<'_>, pod: &Pod) {
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
}

fn assistant_admission(weighed: &mut Weighed, focus: &Focus<'_>, pod: &Pod) {
    scc(weighed, focus, pod);
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
        Ok(nodes) if !nodes.is_complete && !agrees_with_scheduler(focus) => {
            weighed.unknown.push("what the nodes have free: pods of other namespaces were not read".to_owned())
        }
        Ok(nodes) => weighed.fine.push(format!("{} of {} nodes take its pods", nodes.fitting.len(), nodes.of)),
        Err(why) => weighed.unknown.push(why),
    }
}

/// Whether the scheduler's own words about every waiting task say the same as the
/// judgement without the pods that were not read: then those change nothing. Where
/// no task waits for a node, nothing says that room is short.
fn agrees_with_scheduler(focus: &Focus<'_>) -> bool {
    focus.unplaced().all(|(_, pod)| judged(focus.cluster, pod).is_complete)
}

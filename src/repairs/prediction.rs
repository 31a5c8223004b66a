//! What would become of a changed run: the same analysis, on objects that do not
//! exist yet.

use serde_json::Value;

use crate::analysis::admission::{self, Plugin, service_account};
use crate::analysis::pipeline_fit::{self, Answer, Fit, Plan};
use crate::analysis::tekton::{Coschedule, assistant};
use crate::checks::focus::Focus;
use crate::checks::future;
use crate::checks::judged::judged;
use crate::checks::refused::{self, RefusedBy};
use crate::checks::scc_verdict::{self, SetVerdict};
use crate::finding::{Prediction, RunReport, Severity, Stage};
use crate::model::Kind;
use crate::model::pod::Pod;
use crate::model::run::PipelineRun;
use crate::model::volume::{Claim, PersistentVolume};

use super::placement;
use super::resubmission::{self, Edit};

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

/// Predicts what becomes of `new`, a changed copy of the run in focus. `is_cancelled`
/// tells whether the old run ends before, so that its pods make room.
pub fn of(focus: &Focus<'_>, new: &Value, is_cancelled: bool) -> Predicted {
    let run = future::as_run(focus, new);
    let mut weighed = Weighed::default();
    let future = future::of(focus, &run);
    claims(&mut weighed, focus, &run);
    for claim in &future.plan.claims {
        new_claim(&mut weighed, focus, claim);
    }
    // The assistant's own rules are weighed apart.
    for (who, refused) in future.refused.iter().filter(|(who, _)| who != future::ASSISTANT) {
        weighed.against.push(format!("admission refuses the pod of {who}: {refused}"));
    }
    for pod in &future.plan.assistants {
        assistant_admission(&mut weighed, focus, pod);
    }
    for (task, pod) in future.task_pods() {
        task_account(&mut weighed, focus, task, pod);
        task_admission(&mut weighed, focus, task, pod);
    }
    if weighed.against.is_empty() {
        place(&mut weighed, focus, &future.plan, is_cancelled || !focus.is_running());
    }
    weighed.decide()
}

/// Predicts what becomes of the run in focus, submitted again with edits.
pub fn of_edits(focus: &Focus<'_>, edits: &[Edit], is_cancelled: bool) -> Predicted {
    match resubmission::edited(focus.run(), edits) {
        Ok(new) => of(focus, &new, is_cancelled),
        Err(why) => Predicted { outcome: Prediction::DoesNotHeal, because: vec![why] },
    }
}

/// Why a new run whose pods are admitted and get nodes may all the same fare like the
/// old one: what stopped that one came later, or no change is known that cures it.
pub fn doubt(report: &RunReport) -> Option<String> {
    let first = report.findings.iter().find(|finding| finding.severity == Severity::Error)?;
    let repairs = || report.findings.iter().flat_map(|finding| &finding.repairs);
    let is_later = matches!(first.cause.stage(), Stage::Start | Stage::Run);
    let is_open = repairs().any(|repair| repair.predicted == Prediction::Unknown)
        && !repairs().any(|repair| repair.predicted == Prediction::Heals);
    (is_later || is_open).then(|| {
        let because = repairs().find(|repair| repair.predicted == Prediction::Unknown).map(|repair| &repair.because);
        match because {
            Some(because) if !because.is_empty() && !is_later => because.join("; "),
            _ => first.summary.clone(),
        }
    })
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
                own.fine.push("SCC admission then accepts the assistant's pod".to_owned());
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
    let mut plan = future::of(focus, focus.run()).plan;
    plan.assistants = assistants;
    plan.tasks.retain(|task| is_waiting(focus, &task.name));
    if weighed.against.is_empty() {
        place(&mut weighed, focus, &plan, true);
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

/// A claim that the run would have made: somebody must provision it, or a volume must
/// wait for it.
fn new_claim(weighed: &mut Weighed, focus: &Focus<'_>, claim: &Claim) {
    let cluster = focus.cluster;
    let classes_read = cluster.coverage.proves_absence(Kind::StorageClass, "");
    let name = claim.spec.storage_class_name.as_deref().unwrap_or_default();
    let fits = |volume: &PersistentVolume| volume.status.phase == "Available" && volume.spec.storage_class_name == name;
    let waits = cluster.persistent_volumes.iter().any(fits);
    match cluster.storage_classes.iter().find(|class| class.metadata.name == name) {
        Some(class) if class.provisioner != "kubernetes.io/no-provisioner" => {}
        _ if waits => {}
        _ if !classes_read => {
            weighed.unknown.push("whether its new claim gets a volume: storage classes were not read".to_owned())
        }
        Some(_) => {
            weighed.against.push(format!("nobody provisions for storage class {name}, and no volume of it is free"))
        }
        None if name.is_empty() => weighed
            .against
            .push("its new claim names no storage class, none is the default one, and no volume is free".to_owned()),
        None => weighed.against.push(format!("the storage class {name} of its new claim does not exist")),
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

/// The account that a task runs as: without it Tekton makes no pod, and the run fails
/// (tektoncd/pipeline pkg/pod/pod.go `Build`, v0.68 to v1.15).
fn task_account(weighed: &mut Weighed, focus: &Focus<'_>, task: &str, pod: &Pod) {
    let account = pod.spec.service_account_name.as_str();
    let judgement = service_account::judge(focus.cluster, pod);
    if !judgement.refusals.is_empty() {
        weighed.against.push(format!("ServiceAccount {account} of task {task} does not exist"));
    }
    // A pod that runs as it shows that it exists, and every namespace gets `default`.
    let is_seen =
        |other: &Pod| other.metadata.namespace == pod.metadata.namespace && other.spec.service_account_name == account;
    if judgement.unread.is_empty()
        || matches!(account, "" | service_account::DEFAULT)
        || focus.cluster.pods.iter().any(is_seen)
    {
        return;
    }
    let text = format!("whether ServiceAccount {account} exists: ServiceAccounts were not read");
    if !weighed.unknown.contains(&text) {
        weighed.unknown.push(text);
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

/// Weighs where the pods can go: all of them on the node to which they are pinned,
/// else each assistant with the tasks that stand beside it, and every other task alone.
fn place(weighed: &mut Weighed, focus: &Focus<'_>, plan: &Plan, is_cancelled: bool) {
    for (who, plan) in groups(plan) {
        let placement = match placement::of(focus, &plan, is_cancelled) {
            Ok(placement) => placement,
            Err(why) => {
                weighed.unknown.push(why);
                return;
            }
        };
        let fit = &placement.fit;
        let (of, count) = (fit.nodes.len(), fit.fitting().count());
        let reasons = || placement::against(fit).join("; ");
        let is_unknown = fit.nodes.iter().any(|node| matches!(node.answer, Answer::Unknown(_)));
        let turns = fit.nodes.iter().find(|node| node.takes_turns());
        if let Some(node) = turns.filter(|_| count == 0) {
            let clause = placement::clause(node).unwrap_or_default();
            weighed.fine.push(format!("{who} get node {}, though not all at one time ({clause})", node.node));
        } else if count == 0 && placement.is_complete && !is_unknown {
            weighed.against.push(format!("no node takes {who} ({})", reasons()));
        } else if count == 0 {
            weighed.unknown.push(format!("which node takes {who}: {}", reasons()));
        } else if let Some(elsewhere) = misled(fit) {
            let clause = fit.node(elsewhere).and_then(placement::clause).unwrap_or_default();
            let better = fit.fitting().next().unwrap_or_default();
            weighed.unknown.push(format!(
                "whether {who} get a node together: the scheduler may put the assistant on {elsewhere}, where not all \
                 of them fit ({clause}); --pin-node={better} avoids that"
            ));
        } else if !placement.is_complete && !agrees_with_scheduler(focus) {
            weighed.unknown.push("what the nodes have free: pods of other namespaces were not read".to_owned());
        } else {
            let take = if count == 1 { "takes" } else { "take" };
            weighed.fine.push(format!("{count} of {of} nodes {take} {who}"));
        }
    }
}

/// A node that the scheduler may choose for the assistant, which it judges alone,
/// although the tasks do not fit there.
fn misled(fit: &Fit) -> Option<&str> {
    let refuses = |name: &&String| {
        let node = fit.node(name);
        node.is_some_and(|node| matches!(node.answer, Answer::Refused(_)) && !node.takes_turns())
    };
    fit.assistant_goes_to.iter().find(refuses).map(String::as_str)
}

/// The pods that have to find a node together.
fn groups(plan: &Plan) -> Vec<(String, Plan)> {
    let pods = || {
        let tasks = plan.tasks.iter().filter_map(|task| task.pod.as_ref().ok()?.as_ref());
        plan.assistants.iter().chain(tasks)
    };
    let pin = |pod: &Pod| pod.spec.node_selector.get("kubernetes.io/hostname").cloned();
    let first = pods().next().and_then(pin);
    if plan.assistants.is_empty() && plan.tasks.is_empty() {
        return Vec::new();
    }
    if first.is_some() && pods().all(|pod| pin(pod) == first) {
        return vec![("its pods".to_owned(), plan.clone())];
    }
    let mut groups: Vec<(String, Plan)> = Vec::new();
    let mut placed: Vec<String> = Vec::new();
    for assistant in &plan.assistants {
        let beside = pipeline_fit::beside(plan, assistant);
        placed.extend(beside.tasks.iter().map(|task| task.name.clone()));
        groups.push(("its pods".to_owned(), beside));
    }
    for task in plan.tasks.iter().filter(|task| !placed.contains(&task.name)) {
        let alone = Plan { tasks: vec![task.clone()], assistants: Vec::new(), ..plan.clone() };
        groups.push((format!("task {}", task.name), alone));
    }
    groups
}

/// Whether the scheduler's own words about every waiting task say the same as the
/// judgement without the pods that were not read: then those change nothing. Where
/// no task waits for a node, nothing says that room is short.
fn agrees_with_scheduler(focus: &Focus<'_>) -> bool {
    focus.unplaced().all(|(_, pod)| judged(focus, pod).is_complete)
}

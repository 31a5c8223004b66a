//! Runs that are accepted and then hang: what the affinity assistant makes impossible
//! (pkg/reconciler/pipelinerun/affinity_assistant.go, pkg/workspace/apply.go; with
//! `coschedule: workspaces`, the default).

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::documents::edit::Change;
use crate::documents::{Document, Entry, Node, Path, Style};
use crate::lint::collector::Collector;
use crate::lint::finding::{Effect, Fix, Problem};
use crate::lint::kind::Kind;
use crate::lint::subject::{Subject, subjects};

/// The ids that a namespace allows by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allowed {
    /// The namespace.
    pub(crate) namespace: String,
    /// The first and last user id.
    pub(crate) users: (i64, i64),
    /// The group of volumes.
    pub(crate) group: i64,
}

/// The claim that a workspace of a run binds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    /// One that exists.
    Named(String),
    /// One that is made for the workspace.
    Made(String),
}

/// A workspace of a run that binds a claim.
struct Bound<'a> {
    workspace: &'a str,
    claim: Claim,
    index: usize,
    binding: &'a Node,
}

/// The workspaces of a run that bind claims.
fn claims(run: &Node) -> Vec<Bound<'_>> {
    run.list("workspaces")
        .iter()
        .enumerate()
        .filter_map(|(index, binding)| {
            let workspace = binding.text_of("name")?;
            let claim = match binding.at(&["persistentVolumeClaim", "claimName"]).and_then(Node::text) {
                Some(claim) => Claim::Named(claim.to_owned()),
                None => {
                    binding.get("volumeClaimTemplate")?;
                    Claim::Made(workspace.to_owned())
                }
            };
            Some(Bound { workspace, claim, index, binding })
        })
        .collect()
}

/// The Pipelines of a file, by their names.
pub(crate) type Pipelines<'a> = BTreeMap<&'a str, &'a Node>;

/// The Pipelines among some documents, by their names.
pub(crate) fn pipelines(documents: &[Document]) -> Pipelines<'_> {
    let mut found = BTreeMap::new();
    for subject in documents.iter().flat_map(|document| subjects(&document.root, false)) {
        if let ("tekton.dev", "Pipeline", Some(spec)) = (subject.group, subject.kind, subject.node.get("spec"))
            && let Some(name) = subject.node.at(&["metadata", "name"]).and_then(Node::text)
        {
            found.insert(name, spec);
        }
    }
    found
}

/// Judges a run.
pub(crate) fn check(out: &mut Collector<'_>, subject: &Subject<'_>, allowed: &[Allowed], pipelines: &Pipelines<'_>) {
    let Some(entry) = subject.node.entry("spec") else { return };
    let run = entry.value.target();
    let path = subject.path.key("spec");
    let claims = claims(run);
    if subject.kind == "TaskRun" {
        let distinct: std::collections::BTreeSet<&Claim> = claims.iter().map(|bound| &bound.claim).collect();
        if distinct.len() > 1
            && let Some(entry) = run.entry("workspaces")
        {
            let names = claims.iter().map(|bound| bound.workspace.to_owned()).collect();
            let problem = Problem::TwoClaims(names);
            out.add(Kind::TwoClaimsInTask, path.key("workspaces"), &entry.key.span, problem, Effect::RunFails);
        }
        return;
    }
    let tasks = tasks(run, pipelines);
    shared(out, &path, &claims, tasks.as_deref());
    two(out, run, &path, &claims, tasks.as_deref());
    for bound in &claims {
        let Some(modes) = bound.binding.at(&["volumeClaimTemplate", "spec", "accessModes"]) else { continue };
        for (at, mode) in modes.items().iter().enumerate().filter(|(_, mode)| mode.text() == Some("ReadWriteOncePod")) {
            let keys = ["volumeClaimTemplate", "spec", "accessModes"];
            let at = path.key("workspaces").item(bound.index).keys(&keys).item(at);
            out.add(Kind::SinglePodClaim, at, &mode.span, Problem::SinglePod, Effect::RunHangs);
        }
    }
    if claims.is_empty() {
        return;
    }
    if let Some(tasks) = tasks {
        selectors(out, subject, run, &path, &claims, &tasks);
    }
    security(out, subject, run, &path, allowed);
}

/// The workspaces of the run that a task of its pipeline uses, in their order.
fn used(task: &Node) -> Vec<&str> {
    task.list("workspaces")
        .iter()
        .filter_map(|binding| binding.text_of("workspace").filter(|name| !name.is_empty()).or(binding.text_of("name")))
        .collect()
}

/// The tasks of a run, where its pipeline is at hand: its own, or one of the same file.
fn tasks<'a>(run: &'a Node, pipelines: &Pipelines<'a>) -> Option<Vec<&'a Rc<Node>>> {
    let pipeline = match run.get("pipelineSpec") {
        Some(pipeline) => pipeline,
        None => {
            let reference = run.get("pipelineRef")?;
            if reference.get("resolver").is_some() || reference.get("bundle").is_some() {
                return None;
            }
            pipelines.get(reference.text_of("name")?)?
        }
    };
    Some(pipeline.list("tasks").iter().chain(pipeline.list("finally")).collect())
}

/// One claim bound by several workspaces: the last of them gets the assistant, and a task
/// waits for the one of the last claim among its own workspaces
/// (`createOrUpdateAffinityAssistantsAndPVCs`, `getTaskrunWorkspaces`).
fn shared(out: &mut Collector<'_>, path: &Path, claims: &[Bound<'_>], tasks: Option<&[&Rc<Node>]>) {
    let mut by_claim: BTreeMap<&Claim, Vec<&Bound<'_>>> = BTreeMap::new();
    for bound in claims {
        by_claim.entry(&bound.claim).or_default().push(bound);
    }
    for (claim, bindings) in by_claim {
        let (Claim::Named(claim), [_, .., last]) = (claim, bindings.as_slice()) else { continue };
        let waiting = tasks.map(|tasks| {
            tasks.iter().find(|task| {
                let used = used(task);
                let chosen = used.iter().rev().find(|name| claims.iter().any(|bound| bound.workspace == **name));
                chosen.is_some_and(|chosen| {
                    *chosen != last.workspace && bindings.iter().any(|bound| bound.workspace == *chosen)
                })
            })
        });
        let waits = match waiting {
            None => None,
            Some(Some(task)) => Some(task.text_of("name").unwrap_or_default().to_owned()),
            Some(None) => continue,
        };
        let field = last.binding.get("persistentVolumeClaim").and_then(|claim| claim.entry("claimName"));
        if let Some(entry) = field.filter(|entry| !out.is_open(&entry.value)) {
            let at = path.key("workspaces").item(last.index).keys(&["persistentVolumeClaim", "claimName"]);
            let problem = Problem::SharedClaim { claim: claim.clone(), waits };
            out.add(Kind::SharedClaim, at, &entry.key.span, problem, Effect::RunHangs);
        }
    }
}

fn two(out: &mut Collector<'_>, run: &Node, path: &Path, claims: &[Bound<'_>], tasks: Option<&[&Rc<Node>]>) {
    let Some(pipeline) = run.get("pipelineSpec") else {
        // The tasks stand in another document; the run is what binds the claims.
        let named = tasks.into_iter().flatten().find_map(|task| {
            let names = of_task(task, claims)?;
            Some((names, run.entry("workspaces")?))
        });
        if let Some((names, entry)) = named {
            let problem = Problem::TwoClaims(names);
            out.add(Kind::TwoClaimsInTask, path.key("workspaces"), &entry.key.span, problem, Effect::RunFails);
        }
        return;
    };
    for field in ["tasks", "finally"] {
        for (index, task) in pipeline.list(field).iter().enumerate() {
            if let (Some(names), Some(entry)) = (of_task(task, claims), task.entry("workspaces")) {
                let at = path.keys(&["pipelineSpec", field]).item(index).key("workspaces");
                out.add(Kind::TwoClaimsInTask, at, &entry.key.span, Problem::TwoClaims(names), Effect::RunFails);
            }
        }
    }
}

/// The workspaces of a task that bind different claims.
fn of_task(task: &Node, claims: &[Bound<'_>]) -> Option<Vec<String>> {
    let used = used(task);
    let bound: Vec<_> = claims.iter().filter(|bound| used.contains(&bound.workspace)).collect();
    let distinct: std::collections::BTreeSet<&Claim> = bound.iter().map(|bound| &bound.claim).collect();
    (distinct.len() > 1).then(|| bound.iter().map(|bound| bound.workspace.to_owned()).collect())
}

/// What chooses nodes in `taskRunSpecs`, which the assistant never sees.
fn selectors(
    out: &mut Collector<'_>,
    subject: &Subject<'_>,
    run: &Node,
    path: &Path,
    claims: &[Bound<'_>],
    tasks: &[&Rc<Node>],
) {
    let (template, of_all) = match subject.version {
        "v1beta1" => ("taskPodTemplate", run.get("podTemplate")),
        _ => ("podTemplate", run.at(&["taskRunTemplate", "podTemplate"])),
    };
    let of_run = match subject.version {
        "v1beta1" => path.key("podTemplate"),
        _ => path.keys(&["taskRunTemplate", "podTemplate"]),
    };
    for (index, spec) in run.list("taskRunSpecs").iter().enumerate() {
        let task = tasks
            .iter()
            .find(|task| task.text_of("name").is_some_and(|name| spec.text_of("pipelineTaskName") == Some(name)));
        let Some(task) = task else { continue };
        let used = used(task);
        if !claims.iter().any(|bound| used.contains(&bound.workspace)) {
            continue;
        }
        let Some(own) = spec.get(template) else { continue };
        let at = path.key("taskRunSpecs").item(index).key(template);
        if let Some(entry) = own.entry("nodeSelector") {
            let differs = entry.value.entries().iter().any(|wanted| {
                of_all.and_then(|all| all.at(&["nodeSelector", wanted.name()])).and_then(Node::text)
                    != wanted.value.text()
            });
            if differs {
                not_on_assistant(out, entry, at.key("nodeSelector"), of_run.key("nodeSelector"), task);
            }
        }
        let affinity = own.get("affinity").and_then(|affinity| affinity.get("nodeAffinity"));
        if let Some(entry) = own.entry("affinity")
            && affinity.is_some_and(|node| node.get("requiredDuringSchedulingIgnoredDuringExecution").is_some())
            && of_all.and_then(|all| all.at(&["affinity", "nodeAffinity"])).is_none()
        {
            not_on_assistant(out, entry, at.key("affinity"), of_run.key("affinity"), task);
        }
    }
}

fn not_on_assistant(out: &mut Collector<'_>, entry: &Entry, path: Path, to: Path, task: &Node) {
    let problem = Problem::NotOnAssistant(task.text_of("name").unwrap_or_default().to_owned());
    let fix = Some(Fix::proposed(Change::Move { from: path.clone(), to }));
    out.add_fixed(Kind::SelectorNotOnAssistant, path, &entry.key.span, problem, Effect::RunHangs, fix);
}

/// Ids in a pod's security context that SCC judges.
const IDS: [&str; 5] = ["runAsUser", "runAsGroup", "fsGroup", "supplementalGroups", "seLinuxOptions"];

/// The run's security context, which the assistant gets from 0.63 on.
fn security(out: &mut Collector<'_>, subject: &Subject<'_>, run: &Node, path: &Path, allowed: &[Allowed]) {
    let keys: &[&str] = match subject.version {
        "v1beta1" => &["podTemplate"],
        _ => &["taskRunTemplate", "podTemplate"],
    };
    let Some(entry) = run.at(keys).and_then(|template| template.entry("securityContext")) else { return };
    let value = entry.value.target();
    let at = path.keys(keys).key("securityContext");
    if !IDS.iter().any(|id| value.get(id).is_some()) {
        return;
    }
    let namespace = subject.node.at(&["metadata", "namespace"]).and_then(Node::text);
    let of_namespace = match namespace {
        Some(name) => allowed.iter().find(|allowed| allowed.namespace == name),
        None => allowed.first().filter(|_| allowed.len() == 1),
    };
    let id_of = |field: &str| match value.get(field)?.resolved() {
        Some(crate::documents::scalar::Resolved::Int(id)) => Some(id),
        _ => None,
    };
    let is_allowed = |allowed: &Allowed| {
        let within = |field: &str, (from, to): (i64, i64)| {
            value.get(field).is_none()
                || id_of(field).is_some_and(|id| (i128::from(from)..=i128::from(to)).contains(&id))
        };
        within("fsGroup", (allowed.group, allowed.group))
            && within("runAsUser", allowed.users)
            && IDS.iter().all(|id| matches!(*id, "fsGroup" | "runAsUser") || value.get(id).is_none())
    };
    if of_namespace.is_some_and(is_allowed) {
        return;
    }
    out.add(Kind::AssistantSecurityContext, at.clone(), &entry.key.span, Problem::OnAssistant, Effect::RunHangs);
    let Some(allowed) = of_namespace else { return };
    for (field, range) in [("fsGroup", (allowed.group, allowed.group)), ("runAsUser", allowed.users)] {
        let Some(entry) = value.entry(field) else { continue };
        let id = match entry.value.resolved() {
            Some(crate::documents::scalar::Resolved::Int(id)) => id,
            _ => continue,
        };
        if id < i128::from(range.0) || id > i128::from(range.1) {
            let text = if range.0 == range.1 { range.0.to_string() } else { format!("{}-{}", range.0, range.1) };
            let problem = Problem::OutsideRange { allowed: text };
            let own = &entry.value;
            let fix = match own.style {
                Style::Plain if !own.is_anchored => Fix::proposed(Change::Rewrite {
                    at: at.key(field),
                    value: range.0.into(),
                    text: range.0.to_string(),
                }),
                _ => Fix::choice(),
            };
            let fix = Some(fix);
            out.add_fixed(Kind::ValueOutsideRange, at.key(field), &entry.key.span, problem, Effect::RunHangs, fix);
        }
    }
}

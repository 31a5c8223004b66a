//! Repairs for refusals other than by SCC.

use serde_json::json;

use crate::analysis::admission::limit_range;
use crate::analysis::admission::pod_security::{self, ENFORCE};
use crate::analysis::admission::quota as quotas;
use crate::analysis::tekton::assistant_pod;
use crate::checks::focus::Focus;
use crate::checks::future;
use crate::checks::missing;
use crate::checks::refused::{RefusedBy, between};
use crate::checks::webhooks;
use crate::finding::Facts;
use crate::model::cluster::find;
use crate::model::namespace::LimitRange;
use crate::model::pod::Pod;
use crate::model::{Kind, Quantity};
use crate::ops::{Bound, Edit, Hard, Instruction, Op, Refused};

use super::{Plan, flags, in_cluster, manual, manual_with, object, resubmit, submit, within_limits};

/// The level that the namespace enforces; that of a refusal where it was not read.
fn enforced<'a>(focus: &'a Focus<'_>) -> &'a str {
    let namespace = focus.cluster.namespace(focus.namespace());
    namespace.and_then(|known| known.metadata.label(ENFORCE)).unwrap_or("restricted")
}

/// The pods that the run's assistants ask for.
fn assistants(focus: &Focus<'_>) -> Vec<Pod> {
    let sets = focus.tree.assistants.iter().filter_map(|node| node.stateful_set);
    sets.map(assistant_pod::of_stateful_set).collect()
}

fn enforce(focus: &Focus<'_>, level: &'static str) -> Op {
    Op::Enforce { namespace: focus.namespace().to_owned(), level }
}

fn level_id(level: &str) -> &'static str {
    if level == "baseline" { "pod-security-baseline" } else { "pod-security-privileged" }
}

pub(super) fn pod_security(focus: &Focus<'_>) -> Vec<Plan> {
    let mut plans: Vec<Plan> = flags::security_context(focus).into_iter().collect();
    let baseline = assistants(focus).iter().flat_map(|pod| pod_security::violations(pod, "baseline")).count();
    let level = if enforced(focus) == "baseline" || baseline > 0 { "privileged" } else { "baseline" };
    plans.push(Plan::new(level_id(level), in_cluster(focus, vec![enforce(focus, level)])));
    plans
}

/// A task's pod that Pod Security refuses.
pub(super) fn task_pod_security(focus: &Focus<'_>) -> Vec<Plan> {
    let known = focus.cluster.namespace(focus.namespace()).and_then(|known| known.metadata.label(ENFORCE));
    let levels = ["baseline", "privileged"].into_iter().filter(|level| known != Some(level));
    let mut plans: Vec<Plan> = levels
        .map(|level| Plan::new(level_id(level), vec![enforce(focus, level), submit(focus, Vec::new(), true)]))
        .collect();
    plans.extend(flags::security_context(focus));
    plans
}

/// What a webhook takes that does not refuse by a policy: one that is silent has to answer
/// again, and what Tekton's own finds invalid has to be corrected.
fn webhook(words: &str) -> Option<(&'static str, Op)> {
    match RefusedBy::read(words) {
        RefusedBy::WebhookSilent(webhook) => {
            let instruction = Instruction::RecoverWebhook { webhook };
            let host = between(words, "https://", "/").and_then(|host| host.split(".svc").next());
            let namespace = host.and_then(|host| host.split_once('.')).map(|(_, namespace)| namespace);
            let all: &[&str] = &["get", "validatingwebhookconfigurations,mutatingwebhookconfigurations"];
            Some((
                "recover-webhook",
                match namespace {
                    Some(namespace) => manual_with(instruction, &[&["get", "pods,endpointslices", "-n", namespace]]),
                    None => manual_with(instruction, &[all]),
                },
            ))
        }
        RefusedBy::Invalid(_) => {
            let words = webhooks::reason(words).to_owned();
            Some(("correct-definition", manual(Instruction::CorrectDefinition { words })))
        }
        _ => None,
    }
}

pub(super) fn policy(focus: &Focus<'_>, subject: Refused, words: String) -> Vec<Plan> {
    match webhook(&words) {
        // Tekton, or the StatefulSet's controller, tries again by itself.
        Some((id @ "recover-webhook", op)) => return vec![Plan::new(id, in_cluster(focus, vec![op]))],
        // A run keeps the definition with which it began.
        Some((id, op)) => return vec![Plan::new(id, vec![op, submit(focus, Vec::new(), true)])],
        None => {}
    }
    let by = RefusedBy::read(&words);
    if !by.quota().is_empty() {
        // Tekton tries again only while the run is under way.
        let raise = raise_count(focus, by.quota(), &words);
        return vec![Plan::new("raise-quota", in_cluster(focus, vec![raise]))];
    }
    let kinds = "validatingadmissionpolicies,validatingwebhookconfigurations";
    let op = manual_with(Instruction::MeetPolicy { subject, words }, &[&["get", kinds, "-o", "yaml"]]);
    vec![Plan::new("policy-exception", in_cluster(focus, vec![op]))]
}

/// The limits that let the run's pods be created at one time, as an operation.
fn raise(focus: &Focus<'_>, name: &str, words: &str) -> Op {
    let quota = object(focus, Kind::ResourceQuota, name);
    let future = future::of(focus, focus.run());
    let is_open = |task: &str| {
        let node = focus.tree.tasks.iter().find(|node| node.task == task);
        node.is_none_or(|node| node.pod.is_none() && !node.task_run.is_done())
    };
    let missing = focus.tree.assistants.iter().filter(|node| node.pod.is_none()).filter_map(|node| node.stateful_set);
    let mut assistants: Vec<Pod> = missing.map(assistant_pod::of_stateful_set).collect();
    if assistants.is_empty() && !focus.is_running() {
        assistants.clone_from(&future.plan.assistants);
    }
    let tasks = future.task_pods().filter(|(task, _)| !focus.is_running() || is_open(task)).map(|(_, pod)| pod);
    let base: Vec<&Pod> = assistants.iter().collect();
    let mut hard: Vec<Hard> = Vec::new();
    let known = find(&focus.cluster.resource_quotas, focus.namespace(), name);
    // Which pods exist already has to be known.
    let is_counted = focus.cluster.coverage.proves_absence(Kind::Pod, focus.namespace());
    if let Some(known) = known.filter(|_| is_counted) {
        // Tasks may wait for one another; each must fit beside the assistants.
        let waves = tasks.map(Some).chain([None]).map(|task| {
            let mut pods = base.clone();
            pods.extend(task);
            quotas::needed(focus.cluster, known, &[], &pods)
        });
        for (resource, old, new) in waves.flatten() {
            match hard.iter_mut().find(|hard| hard.resource == resource) {
                Some(known) => known.new = known.new.max(new),
                None => hard.push(Hard { resource, old, new }),
            }
        }
    }
    if hard.is_empty() {
        let instruction = Instruction::RaiseQuota { quota: name.to_owned(), words: words.to_owned() };
        return manual_with(instruction, &[&["get", &quota.target(), "-n", focus.namespace(), "-o", "yaml"]]);
    }
    Op::RaiseQuota { quota, hard }
}

pub(super) fn quota(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let Facts::Quota { name, words } = facts else { return Vec::new() };
    let free = Instruction::FreeQuota { quota: name.clone() };
    let mut plans: Vec<Plan> = within_limits::out_of_best_effort(focus, name).into_iter().collect();
    plans.push(Plan::new("raise-quota", in_cluster(focus, vec![raise(focus, name, words)])));
    plans.push(Plan::new("free-quota", vec![manual_with(free, &[&["get", "pods", "-n", focus.namespace()]])]));
    plans
}

/// An object of the namespace whose count a quota limits: the refusal says by how much.
fn raise_count(focus: &Focus<'_>, name: &str, words: &str) -> Op {
    let known = find(&focus.cluster.resource_quotas, focus.namespace(), name);
    let part = |from: &str, to: &str| words.split_once(from).and_then(|(_, rest)| rest.split(to).next());
    let amounts = |text: Option<&str>| -> Vec<(String, Quantity)> {
        let pairs = text.unwrap_or_default().split(',').filter_map(|pair| pair.trim().split_once('='));
        pairs
            .filter_map(|(key, amount)| Some((key.to_owned(), amount.trim_end_matches(['.', ';']).parse().ok()?)))
            .collect()
    };
    let (asked, used) = (amounts(part("requested: ", ", used:")), amounts(part("used: ", ", limited:")));
    let mut hard: Vec<Hard> = Vec::new();
    for (resource, asked) in asked {
        let used = used.iter().find(|(known, _)| *known == resource).map_or(Quantity::default(), |(_, used)| *used);
        let old = known.and_then(|known| known.spec.hard.get(&resource).copied());
        if let Some(old) = old {
            hard.push(Hard { resource, old, new: used.saturating_add(asked) });
        }
    }
    if hard.is_empty() {
        let instruction = Instruction::RaiseQuota { quota: name.to_owned(), words: words.to_owned() };
        let target = format!("resourcequota/{name}");
        return manual_with(instruction, &[&["get", &target, "-n", focus.namespace(), "-o", "yaml"]]);
    }
    Op::RaiseQuota { quota: object(focus, Kind::ResourceQuota, name), hard }
}

/// The StatefulSet of the assistant itself was refused.
pub(super) fn stateful_set(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let Facts::Quota { name, words } = facts else { return Vec::new() };
    let (id, op) = if let Some(known) = webhook(words) {
        known
    } else if is_invalid(words) {
        let words = words.rsplit_once(" is invalid: ").map_or(words.as_str(), |(_, rest)| rest).to_owned();
        ("correct-pod-template", manual(Instruction::CorrectPodTemplate { words }))
    } else if name.is_empty() {
        let instruction = Instruction::LetControllerCreate { words: words.clone() };
        ("allow-statefulset", manual(instruction))
    } else {
        ("raise-quota", raise_count(focus, name, words))
    };
    vec![Plan::new(id, vec![op, submit(focus, Vec::new(), false)])]
}

/// Whether the API server finds the object itself wrong, which no right mends (kubernetes
/// staging/src/k8s.io/apimachinery/pkg/api/errors `NewInvalid`, v1.33).
fn is_invalid(words: &str) -> bool {
    words.contains(" is invalid: ")
}

/// The claim of a template could not be made. From Tekton 1.4 on it tries again by itself.
pub(super) fn claim(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let Facts::Quota { name, words } = facts else { return Vec::new() };
    if name.is_empty() {
        return Vec::new();
    }
    vec![Plan::new("raise-quota", in_cluster(focus, vec![raise_count(focus, name, words)]))]
}

pub(super) fn needs_requests(focus: &Focus<'_>) -> Vec<Plan> {
    let name = "tekton-fix-defaults";
    let manifest = json!({ "apiVersion": "v1", "kind": "LimitRange", "metadata": { "name": name },
        "spec": { "limits": [{ "type": "Container", "default": { "cpu": "500m", "memory": "512Mi" },
            "defaultRequest": { "cpu": "10m", "memory": "32Mi" } }] } });
    let create = Op::Create { object: object(focus, Kind::LimitRange, name), manifest };
    vec![Plan::new("limitrange-defaults", vec![create, submit(focus, Vec::new(), true)])]
}

fn ranges<'a>(focus: &Focus<'a>) -> Vec<&'a LimitRange> {
    focus.cluster.limit_ranges.iter().filter(|range| range.metadata.namespace == focus.namespace()).collect()
}

/// Bounds that refuse an assistant, moved just so far that they do not.
pub(super) fn limit_range(focus: &Focus<'_>) -> Vec<Plan> {
    let future = future::of(focus, focus.run());
    let mut pods = assistants(focus);
    if pods.is_empty() {
        pods = future.plan.assistants;
    }
    let ops: Vec<Op> = ranges(focus).into_iter().filter_map(|range| moved(focus, range, &pods)).collect();
    let mut plans: Vec<Plan> = Vec::new();
    if !ops.is_empty() {
        plans.push(Plan::new("lower-limitrange", in_cluster(focus, ops)));
    }
    // Other requests in the steps change nothing: the assistant's are fixed.
    plans.push(Plan::new("resubmit", vec![submit(focus, Vec::<Edit>::new(), false)]));
    plans
}

fn moved(focus: &Focus<'_>, range: &LimitRange, pods: &[Pod]) -> Option<Op> {
    let mut bounds: Vec<Bound> = Vec::new();
    for pod in pods {
        let mut pod = pod.clone();
        limit_range::default_into(&mut pod, range);
        for (item, rule) in
            range.spec.limits.iter().enumerate().filter(|(_, rule)| matches!(rule.kind.as_str(), "Container" | "Pod"))
        {
            for container in &pod.spec.containers {
                let asked = |resource: &str| container.resources.requests.get(resource).copied();
                let limit = |resource: &str| container.resources.limits.get(resource).copied();
                let lower = rule.min.iter().filter_map(|(resource, min)| {
                    let least = asked(resource).or_else(|| limit(resource)).filter(|asked| asked < min);
                    // A resource that is not asked for must not be demanded.
                    let is_unset = asked(resource).or_else(|| limit(resource)).is_none();
                    (least.is_some() || is_unset).then_some(("min", resource, *min, least))
                });
                let higher = rule.max.iter().filter_map(|(resource, max)| {
                    let most = limit(resource).filter(|limit| limit > max);
                    (most.is_some() || limit(resource).is_none()).then_some(("max", resource, *max, most))
                });
                for (side, resource, old, new) in lower.chain(higher) {
                    loosen(&mut bounds, Bound { item, side, resource: resource.clone(), old, new });
                }
            }
        }
    }
    let range = object(focus, Kind::LimitRange, &range.metadata.name);
    (!bounds.is_empty()).then_some(Op::MoveBounds { range, bounds })
}

/// Adds a bound; of two for the same place the looser one stays.
fn loosen(bounds: &mut Vec<Bound>, bound: Bound) {
    let is_same =
        |known: &&mut Bound| (known.item, known.side, &known.resource) == (bound.item, bound.side, &bound.resource);
    let Some(known) = bounds.iter_mut().find(is_same) else { return bounds.push(bound) };
    known.new = match (known.new, bound.new) {
        (Some(one), Some(other)) if bound.side == "min" => Some(one.min(other)),
        (Some(one), Some(other)) => Some(one.max(other)),
        // No bound at all is looser than any.
        _ => None,
    };
}

/// A task's pod that a LimitRange refuses.
pub(super) fn task_limit_range(focus: &Focus<'_>) -> Vec<Plan> {
    let names: Vec<String> = ranges(focus).iter().map(|range| range.metadata.name.clone()).collect();
    let look: &[&str] = &["get", "limitranges", "-n", focus.namespace(), "-o", "yaml"];
    let op = manual_with(Instruction::FitLimitRange { ranges: names }, &[look]);
    let mut plans = within_limits::plans(focus);
    plans.push(Plan::new("fit-limitrange", vec![op, submit(focus, Vec::new(), true)]));
    plans
}

pub(super) fn service_account(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let Facts::Account(account) = facts else { return Vec::new() };
    if missing::exists_now(focus, Kind::ServiceAccount, account) {
        return vec![resubmit(focus, true)];
    }
    let manifest = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": account } });
    let create = Op::Create { object: object(focus, Kind::ServiceAccount, account), manifest };
    let mut plans = vec![Plan::new("create-service-account", in_cluster(focus, vec![create]))];
    if find(&focus.cluster.service_accounts, focus.namespace(), "pipeline").is_some() && account != "pipeline" {
        let edits = vec![Edit::ServiceAccount { name: "pipeline".to_owned() }];
        plans.push(Plan::new("use-pipeline-service-account", vec![submit(focus, edits, true)]));
    }
    plans
}

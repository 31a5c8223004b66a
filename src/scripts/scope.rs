//! What expressions speak of: the run, its findings and plans, its namespace and the
//! cluster, as plain JSON. What is not known is left out, so that a condition on it cannot
//! be told rather than being false.

use serde_json::{Map, Value, json};

use crate::assess::placement::{self, NoBest};
use crate::checks::focus::Focus;
use crate::finding::{Finding, Offer, Outcome, RunReport};
use crate::model::Kind;
use crate::model::secrecy::is_secret;
use crate::ops::{Danger, Op, resubmission};
use crate::repairs;

use super::expression::Scope;

/// The variables that every expression may use.
pub const VARIABLES: [&str; 5] = ["run", "findings", "plans", "namespace", "cluster"];
/// The best node for the whole pipeline, as far as one is known; only of inputs.
pub const BEST_NODE: &str = "bestNode";
/// What was given.
pub const INPUTS: &str = "inputs";

/// What is known of a run that was diagnosed.
pub fn of(focus: &Focus<'_>, report: &RunReport) -> Scope {
    let offers = report.findings.iter().flat_map(|finding| finding.offers.iter().map(move |offer| (finding, offer)));
    let values = [
        run(focus, report),
        report.findings.iter().map(finding).collect(),
        offers.map(|(finding, offer)| plan(finding, offer)).collect(),
        namespace(focus),
        cluster(focus),
    ];
    VARIABLES.iter().map(|name| (*name).to_owned()).zip(values).collect()
}

fn run(focus: &Focus<'_>, report: &RunReport) -> Value {
    let run = focus.run();
    let mut value = json!({
        "name": run.metadata.name,
        "namespace": run.metadata.namespace,
        "state": report.state.as_str(),
        "done": run.is_done(),
        "waiting": report.waiting,
        "labels": run.metadata.labels,
        "annotations": run.metadata.annotations,
        "spec": run.spec,
    });
    if let Some(age) = report.age {
        value["age"] = json!(age.as_secs());
    }
    value
}

fn finding(finding: &Finding) -> Value {
    json!({
        "code": finding.cause.code(),
        "cause": finding.cause.id(),
        "severity": finding.severity.as_str(),
        "confidence": finding.confidence().as_str(),
    })
}

fn plan(finding: &Finding, offer: &Offer) -> Value {
    json!({
        "id": offer.id,
        "cause": finding.cause.id(),
        "works": offer.works(),
        "outcome": outcome(offer.forecast.outcome()),
        "manual": offer.ops.iter().any(Op::is_manual),
        "risk": risk(offer.danger()),
    })
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::GoesOn => "heals",
        Outcome::Blocked => "doesNotHeal",
        Outcome::Unknown => "unknown",
    }
}

/// A danger in one word.
pub fn risk(danger: Danger) -> &'static str {
    match danger {
        Danger::Low => "low",
        Danger::Medium => "medium",
        Danger::High => "high",
    }
}

fn namespace(focus: &Focus<'_>) -> Value {
    let mut value = json!({ "name": focus.namespace() });
    if let Some(namespace) = focus.cluster.namespace(focus.namespace()) {
        value["labels"] = json!(namespace.metadata.labels);
        value["annotations"] = json!(namespace.metadata.annotations);
    }
    if let Some(group) = repairs::block_start(focus) {
        value["fsGroup"] = json!(group);
    }
    value
}

fn cluster(focus: &Focus<'_>) -> Value {
    let mut value = Map::new();
    if let Some(version) = focus.tekton() {
        let tekton = json!({ "major": version.major, "minor": version.minor, "patch": version.patch });
        value.insert("tekton".to_owned(), tekton);
    }
    if let Some(mode) = focus.coschedule() {
        value.insert("coschedule".to_owned(), json!(mode.as_str()));
    }
    let cluster = focus.cluster;
    if cluster.coverage.proves_absence(Kind::Node, "") {
        let nodes: Vec<&str> = cluster.nodes.iter().map(|node| node.metadata.name.as_str()).collect();
        value.insert("nodes".to_owned(), json!(nodes));
    }
    if cluster.coverage.proves_absence(Kind::SecurityContextConstraints, "") {
        value.insert("hasSccs".to_owned(), json!(!cluster.sccs.is_empty()));
    }
    Value::Object(value)
}

/// The same without the values of inputs whose name speaks of a secret.
pub fn without_secrets(scope: &Scope) -> Scope {
    let mut scope = scope.clone();
    for (name, value) in scope.get_mut(INPUTS).and_then(Value::as_object_mut).into_iter().flatten() {
        if is_secret(name) {
            *value = Value::from("***");
        }
    }
    scope
}

/// The best node for the whole pipeline as the run asks for it, without a pin that it has;
/// beside the old run where that is kept.
///
/// # Errors
/// Why none can be named.
pub fn best_node(focus: &Focus<'_>, keeps_old: bool) -> Result<String, NoBest> {
    let run = resubmission::manifest(focus.run(), &focus.run().metadata.name);
    let plan = placement::pinned_anywhere(focus, &run);
    let old = placement::old_pods(focus);
    let gone: &[_] = if keeps_old && focus.is_running() { &[] } else { &old };
    placement::best_node(focus, &plan, gone).or_else(|none| match none {
        // As far as was read: the forecast says what is open.
        NoBest::FreeUnknown(nodes) => nodes.first().cloned().ok_or(NoBest::FreeUnknown(nodes)),
        other => Err(other),
    })
}

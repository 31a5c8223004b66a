//! Incidents recorded from a real control plane, with verified truth: the cause is
//! exact, the evidence names the objects of the truth, healthy runs are silent.

mod recorded;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use tekton_fix::checks::{self};
use tekton_fix::finding::{Cause, Confidence, Offer, Outcome, RunReport};
use tekton_fix::ops::Op;
use tekton_fix::repairs;
use tekton_fix::sources::export;

use recorded::{folders, unpack};

/// What must not be reported.
const HEALTHY: [&str; 2] = ["healthy-succeeded", "waiting-normal"];

/// Incidents whose copy lacks what its truth quotes. 087: the export has no
/// last-applied-configuration, the only trace of the dropped field.
const NOT_PROVABLE: [(&str, &str); 1] = [("087-push-archive-context-ignored", "pod-template-misplaced")];

struct Incident {
    name: String,
    truth: Value,
    report: RunReport,
}

fn incidents() -> Vec<Incident> {
    let folder = unpack("incidents.tar.zst");
    folders(&folder.path().join("incidents")).iter().map(|path| incident(path)).collect()
}

fn incident(path: &Path) -> Incident {
    let truth = fs::read_to_string(path.join("truth.yaml")).unwrap();
    let truth: Value = serde_yaml::from_str(&truth).unwrap();
    let cluster = export::read(path.join("snapshot").to_str().unwrap()).unwrap();
    assert_eq!(cluster.unreadable, [], "{path:?}");
    let (namespace, name) = truth["run"].as_str().unwrap().split_once('/').unwrap();
    let run = cluster.pipeline_run(namespace, name).unwrap();
    let now = cluster.taken_at.unwrap();
    let mut report = checks::diagnose(&cluster, run, now);
    repairs::attach(&cluster, &mut report, now);
    Incident { name: path.file_name().unwrap().to_str().unwrap().to_owned(), truth, report }
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn causes_are_exact_and_healthy_runs_are_silent() {
    let mut wrong = Vec::new();
    let all = incidents();
    assert!(all.len() >= 43, "{}", all.len());
    for Incident { name, truth, report } in &all {
        let mut wanted = vec![truth["cause"].as_str().unwrap()];
        wanted.extend(texts(&truth["also_causes"]));
        wanted.retain(|cause| !HEALTHY.contains(cause));
        wanted.retain(|cause| !NOT_PROVABLE.contains(&(name.as_str(), *cause)));
        let found: Vec<&str> = report.findings.iter().map(|finding| finding.cause.id()).collect();
        if found != wanted {
            wrong.push(format!("{name}: found {found:?}, true is {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn evidence_names_the_objects_of_the_truth() {
    let mut missing = Vec::new();
    for Incident { name, truth, report } in incidents() {
        if report.findings.is_empty() {
            continue;
        }
        let quoted: BTreeSet<String> =
            report.findings.iter().flat_map(|finding| &finding.evidence).map(|item| item.object.to_string()).collect();
        let lost: Vec<String> = texts(&truth["evidence_lost"]).into_iter().map(str::to_owned).collect();
        for item in truth["evidence"].as_array().into_iter().flatten() {
            let object = item["object"].as_str().unwrap();
            let absent = object.contains("(absent)") || lost.iter().any(|text| text.starts_with(object));
            if !absent && !quoted.contains(object) {
                missing.push(format!("{name}: {object} {}", item["field"]));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn what_cannot_be_proven_is_not_claimed() {
    for Incident { name, truth, report } in incidents() {
        if truth["cause_provable_from_this_snapshot"] == Value::Bool(false) {
            for finding in &report.findings {
                assert_eq!(finding.confidence(), Confidence::Likely, "{name}");
                assert!(!finding.cannot_tell.is_empty(), "{name}");
            }
        }
    }
}

#[test]
fn the_pin_alone_is_never_offered_for_a_refused_assistant() {
    for Incident { name, report, .. } in incidents() {
        for finding in report.findings.iter().filter(|finding| finding.cause == Cause::AssistantRefusedByScc) {
            let pin = finding.offers.iter().find(|offer| offer.id == "pin-node").unwrap();
            // What is not proven is not excluded either.
            let expected = if finding.confidence() == Confidence::Likely { Outcome::Unknown } else { Outcome::Blocked };
            let outcome = pin.forecast.outcome();
            assert!(outcome == expected || outcome == Outcome::Blocked, "{name}: {outcome:?}");
        }
    }
}

/// Two refusals at once: no plan for one of them works, one plan for both does.
#[test]
fn two_refusals_are_offered_one_plan_for_both() {
    let all = incidents();
    let two = all.iter().find(|incident| incident.name.starts_with("084")).unwrap();
    let causes: Vec<Cause> = two.report.findings.iter().map(|finding| finding.cause).collect();
    assert_eq!(causes, [Cause::AssistantRefusedByScc, Cause::AssistantLimitrange]);
    let (working, others): (Vec<&Offer>, Vec<&Offer>) =
        two.report.findings.iter().flat_map(|finding| &finding.offers).partition(|offer| offer.works());
    assert!(!working.is_empty() && !others.is_empty());
    for offer in working {
        let moves = |op: &Op| matches!(op, Op::MoveBounds { .. });
        let admits = |op: &Op| matches!(op, Op::Submit { edits, .. } if !edits.is_empty());
        assert!(offer.ops.iter().any(moves) && offer.ops.iter().any(admits), "{:#?}", offer.ops);
    }
    assert!(others.iter().all(|offer| !offer.id.contains('+')), "{others:#?}");
}

/// What a repair is called in the truth's lists of changes that were tried.
const TRIED: [(&str, &str); 12] = [
    ("resubmit", "re-submit unchanged"),
    ("pin-node", "nodeSelector to "),
    ("fs-group-of-namespace", "fsGroup = start of the "),
    ("drop-security-context", "securityContext dropped"),
    ("one-claim-sub-paths", "on the same claim with a subPath"),
    ("separate-claims", "on a claim of its own"),
    ("swap-workspaces", "order of spec.workspaces swapped"),
    ("workspace-empty-dir", "as emptyDir"),
    ("drop-node-selector", "nodeSelector dropped"),
    ("use-pipeline-service-account", "SA pipeline"),
    ("drop-task-placement", "taskRunSpecs dropped"),
    ("placement-to-run", "whole run to the "),
];

#[test]
fn what_was_tried_in_vain_is_never_offered_as_a_cure() {
    let mut wrong = Vec::new();
    let mut offered = 0;
    for Incident { name, truth, report } in incidents() {
        let changes = |key: &str| -> Vec<String> {
            let tried = truth[key].as_array().into_iter().flatten();
            tried.filter_map(|repair| repair["change"].as_str().map(str::to_owned)).collect()
        };
        let (works, fails) = (changes("repairs_that_work"), changes("repairs_that_do_not"));
        let repairs = report.findings.iter().flat_map(|finding| &finding.offers);
        for repair in repairs.filter(|repair| repair.works()) {
            offered += 1;
            let Some((_, words)) = TRIED.iter().find(|(id, _)| *id == repair.id) else { continue };
            let known = |changes: &[String]| changes.iter().any(|change| change.contains(words));
            if known(&fails) && !known(&works) {
                wrong.push(format!("{name}: {} was tried in vain", repair.id));
            }
        }
    }
    assert!(offered > 50, "{offered}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

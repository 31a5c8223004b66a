//! Random clusters, judged by the scheduler's own code and by ours.
//!
//! Needs the programs of `cargo xtask control-plane`. A difference is shrunk and
//! printed; it then becomes a fixture. `SCHEDULER_CASES` asks for more than the usual
//! number of clusters a release, `SCHEDULER_RELEASE` for one release only (`1.37`),
//! `SCHEDULER_SEED` for the first of fresh seeds.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test")]

mod scheduler;

use std::time::{SystemTime, UNIX_EPOCH};

use scheduler::compare::differences;
use scheduler::generate::question;
use scheduler::oracle::Oracle;
use serde_json::Value;
use tekton_fix::analysis::scheduler::{KubernetesVersion, Options, judge};

/// Releases with a program, and their exact versions.
const RELEASES: [(&str, KubernetesVersion); 3] = [
    ("1.33", KubernetesVersion::new(1, 33, 13)),
    ("1.35", KubernetesVersion::new(1, 35, 4)),
    ("1.37", KubernetesVersion::new(1, 37, 2)),
];
/// Clusters with fixed seeds, for each release.
const FIXED: u64 = 1000;
/// Clusters with fresh seeds, for each release.
const FRESH: u64 = 100;

/// Differences of one question, as text.
fn compare(question: &Value, answer: &Value, version: KubernetesVersion) -> Option<String> {
    let Value::Array(objects) = question["objects"].clone() else { panic!("no objects") };
    let cluster = scheduler::cluster(objects);
    let pod = cluster.pod("ci", "t").unwrap();
    let ours = judge(&cluster, pod, version, Options::default());
    let differences = differences(answer, &ours);
    let texts: Vec<String> = differences.into_iter().map(|(_, text)| text).collect();
    (!texts.is_empty()).then(|| texts.join("\n    "))
}

/// Takes away what is not needed for a difference, first whole objects, then fields.
fn shrink(mut question: Value, oracle: &mut Oracle, version: KubernetesVersion) -> Value {
    let mut differs = |candidate: &Value| {
        let answer = oracle.ask(candidate);
        !answer["error"].as_str().is_some_and(|error| error.starts_with("not read"))
            && compare(candidate, &answer, version).is_some()
    };
    let mut at = 0;
    while at < question["objects"].as_array().unwrap().len() {
        let mut candidate = question.clone();
        let removed = candidate["objects"].as_array_mut().unwrap().remove(at);
        if removed["metadata"]["name"] != "t" && differs(&candidate) {
            question = candidate;
        } else {
            at += 1;
        }
    }
    for object in 0..question["objects"].as_array().unwrap().len() {
        for part in [
            "/spec",
            "/spec/affinity",
            "/spec/affinity/podAffinity",
            "/spec/affinity/podAntiAffinity",
            "/metadata",
            "/status",
        ] {
            let path = format!("/objects/{object}{part}");
            let keys: Vec<String> = question
                .pointer(&path)
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .map(|(key, _)| key.clone())
                .collect();
            for key in keys.iter().filter(|key| !matches!(key.as_str(), "name" | "namespace" | "uid" | "containers")) {
                let mut candidate = question.clone();
                candidate.pointer_mut(&path).unwrap().as_object_mut().unwrap().remove(key);
                if differs(&candidate) {
                    question = candidate;
                }
            }
        }
    }
    question
}

fn agree(seeds: impl Iterator<Item = u64> + Clone) {
    let only = std::env::var("SCHEDULER_RELEASE").ok();
    let releases = RELEASES.into_iter().filter(|(release, _)| only.as_deref().is_none_or(|only| only == *release));
    let mut judged = 0;
    for (release, version) in releases {
        judged += 1;
        let mut oracle = Oracle::start(release, "judge-pods");
        let seeds: Vec<u64> = seeds.clone().collect();
        let mut wrong = Vec::new();
        for chunk in seeds.chunks(500) {
            let questions: Vec<Value> = chunk.iter().map(|seed| question(*seed)).collect();
            let answers = oracle.ask_all(&questions);
            for (question, answer) in questions.into_iter().zip(&answers) {
                if let Some(differences) = compare(&question, answer, version) {
                    wrong.push((question, differences));
                }
            }
        }
        let count = wrong.len();
        if let Some((question, differences)) = wrong.into_iter().next() {
            let small = shrink(question.clone(), &mut oracle, version);
            let answer = oracle.ask(&small);
            panic!(
                "{count} of {} clusters differ on {version}; {}:\n    {differences}\nshrunk:\n{}\n    {}",
                seeds.len(),
                question["id"],
                serde_json::to_string(&small).unwrap(),
                compare(&small, &answer, version).unwrap_or_default(),
            );
        }
    }
    assert!(judged > 0, "no program of release {only:?}");
}

fn given(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn fixed_clusters_are_judged_as_by_the_schedulers_own_code() {
    agree(0..given("SCHEDULER_CASES").unwrap_or(FIXED));
}

#[test]
fn fresh_clusters_are_judged_as_by_the_schedulers_own_code() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let first = given("SCHEDULER_SEED").unwrap_or(now * 1000);
    agree((0..FRESH).map(move |at| first + at));
}

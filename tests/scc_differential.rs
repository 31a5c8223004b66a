//! Random constraints, grants and pods, judged by OpenShift's own SCC plugin and by
//! ours.
//!
//! Needs the programs of `cargo xtask control-plane`. A difference is shrunk and
//! printed; it then becomes a line of `tests/fixtures/scc/hand-made.jsonl`. `SCC_CASES`
//! asks for more than the usual number of questions, `SCC_SEED` for the first of fresh
//! seeds.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test")]

#[path = "scheduler/oracle.rs"]
#[allow(missing_docs, unreachable_pub, dead_code, reason = "shared by tests")]
mod oracle;
mod scc;

use std::time::{SystemTime, UNIX_EPOCH};

use oracle::Oracle;
use scc::compare::{complete, differences};
use scc::generate::question;
use serde_json::Value;
use tekton_fix::analysis::scc::Release;

/// Programs, with what they behave like: the first holds the plugin of OpenShift 4.20
/// (f0d44ef6e53b), the second that of 2026-03 (cd3676268d31).
const RELEASES: [(&str, Release); 2] =
    [("1.33", Release::kubernetes(33)), ("1.35", Release::kubernetes(35).with_plugin_of(36))];
/// Questions with fixed seeds, over all releases.
const FIXED: u64 = 3000;
/// Questions with fresh seeds.
const FRESH: u64 = 300;

fn differs(question: &Value, oracle: &mut Oracle, release: Release) -> Option<String> {
    let answer = oracle.ask(question);
    differences(question, &answer, release).filter(|text| !text.starts_with("the plugin was not asked"))
}

/// Takes away what is not needed for a difference: objects, then fields at any depth.
fn shrink(mut question: Value, oracle: &mut Oracle, release: Release) -> Value {
    let mut at = 0;
    while at < question["objects"].as_array().unwrap().len() {
        let mut candidate = question.clone();
        candidate["objects"].as_array_mut().unwrap().remove(at);
        if differs(&candidate, oracle, release).is_some() {
            question = candidate;
        } else {
            at += 1;
        }
    }
    loop {
        let mut paths = Vec::new();
        for part in ["objects", "pod", "oldPod", "webhook", "creator"] {
            collect(&question[part], format!("/{part}"), &mut paths);
        }
        let mut smaller = false;
        for path in paths {
            let (parent, key) = path.rsplit_once('/').unwrap();
            let mut candidate = question.clone();
            let Some(parent) = candidate.pointer_mut(parent) else { continue };
            match parent {
                Value::Object(map) => drop(map.remove(&key.replace("~1", "/"))),
                Value::Array(list) if key.parse::<usize>().is_ok_and(|at| at < list.len()) => {
                    drop(list.remove(key.parse().unwrap()));
                }
                _ => continue,
            }
            let sound = candidate["objects"].as_array().unwrap().iter().all(|object| object["kind"].is_string())
                && candidate["creator"]["user"].is_string()
                && candidate["creator"]["groups"].is_array()
                && candidate != question;
            if sound && differs(&candidate, oracle, release).is_some() {
                question = candidate;
                smaller = true;
            }
        }
        if !smaller {
            return question;
        }
    }
}

fn collect(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter().filter(|(key, _)| !matches!(key.as_str(), "apiVersion" | "kind")) {
                let path = format!("{path}/{}", key.replace('/', "~1"));
                paths.push(path.clone());
                collect(value, path, paths);
            }
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate().rev() {
                let path = format!("{path}/{at}");
                paths.push(path.clone());
                collect(value, path, paths);
            }
        }
        _ => {}
    }
}

fn agree(seeds: impl Iterator<Item = u64> + Clone) {
    for (program, release) in RELEASES {
        let mut oracle = Oracle::start(program, "judge-admission");
        let (mut asked, mut wrong, mut admitted) = (0, Vec::new(), 0);
        let seeds: Vec<u64> = seeds.clone().collect();
        for chunk in seeds.chunks(500) {
            let questions: Vec<Value> = chunk.iter().map(|seed| complete(question(*seed), release)).collect();
            let answers = oracle.ask_all(&questions);
            for (question, answer) in questions.into_iter().zip(&answers) {
                asked += 1;
                admitted += u64::from(answer["admitted"] == true);
                if let Some(text) = differences(&question, answer, release) {
                    wrong.push((question, text));
                }
            }
        }
        println!("{program}: {asked} questions, {admitted} admitted, {} differences", wrong.len());
        assert!(admitted * 5 > asked, "too few pods are admitted to prove anything");
        let count = wrong.len();
        if let Some((question, text)) = wrong.into_iter().next() {
            let small = shrink(question.clone(), &mut oracle, release);
            let text_of_small = differs(&small, &mut oracle, release).unwrap_or_default();
            panic!(
                "{count} of {asked} differ on {program}; {}:\n    {text}\nshrunk:\n{small}\n    {text_of_small}",
                question["id"]
            );
        }
    }
}

fn given(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn fixed_questions_are_answered_as_by_the_plugin() {
    agree(0..given("SCC_CASES").unwrap_or(FIXED) / RELEASES.len() as u64);
}

#[test]
fn fresh_questions_are_answered_as_by_the_plugin() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let first = given("SCC_SEED").unwrap_or(now * 1000);
    agree((0..FRESH / RELEASES.len() as u64).map(move |at| first + at));
}

//! Messages of the real scheduler are read back: counts agree with the verdicts of
//! the nodes, and no text makes the reader fail.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;
use tekton_fix::analysis::scheduler::message::{Message, read};

fn lines(file: &str) -> Vec<Value> {
    let path = format!("{}/tests/fixtures/scheduler/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap();
    String::from_utf8(text).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn counts_are_those_of_the_nodes() {
    let mut read_back = 0;
    for case in lines("cases-part-a.jsonl.zst").into_iter().chain(lines("hand-made.jsonl.zst")) {
        for (version, verdict) in case["verdicts"].as_object().unwrap() {
            let Some(text) = verdict.get("message").and_then(Value::as_str) else { continue };
            let Message::Unschedulable(message) = read(text) else { panic!("{version} {text}") };
            if let Some(prefilter) = verdict.get("prefilter") {
                assert_eq!(message.prefilter.as_deref(), prefilter["message"].as_str(), "{version} {text}");
                continue;
            }
            let mut real: BTreeMap<&str, usize> = BTreeMap::new();
            for node in verdict["nodes"].as_object().unwrap().values() {
                for reason in node["reasons"].as_array().into_iter().flatten() {
                    *real.entry(reason.as_str().unwrap()).or_default() += 1;
                }
            }
            let restricted =
                |reason: &str| reason.contains("didn't satisfy plugin(s)") || reason.contains("filtered out");
            let own: BTreeMap<&str, usize> = message
                .reasons
                .iter()
                .filter(|item| !restricted(&item.reason))
                .map(|item| (item.reason.as_str(), item.count))
                .collect();
            assert_eq!(own, real, "{version} {text}");
            let unknown =
                message.reasons.iter().find(|item| item.meaning.plugin.is_none() && !restricted(&item.reason));
            assert_eq!(unknown, None, "{version} {text}");
            read_back += 1;
        }
    }
    assert!(read_back > 3000, "{read_back}");
}

proptest! {
    #[test]
    fn any_text_is_read(text in any::<String>()) {
        let _ = read(&text);
    }

    #[test]
    fn any_text_of_the_grammar_is_read(text in "0/[0-9]{1,3} nodes are available:( |\\.|, |[0-9]+ |preemption: |not found|é|a){0,30}") {
        let _ = read(&text);
    }
}

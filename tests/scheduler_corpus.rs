//! Verdicts of the real scheduler of eleven versions, compared with ours: every
//! node, plugin, reason, code, PreFilter refusal, message and score.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use tekton_fix::analysis::scheduler::{KubernetesVersion, Options, judge};

mod scheduler;
use scheduler::cases;
use scheduler::compare::differences;

fn agree(file: &str) {
    let mut judged: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut by_kind: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut by_tag: BTreeMap<String, usize> = BTreeMap::new();
    let mut shown = String::new();
    let mut kinds_shown: BTreeMap<String, usize> = BTreeMap::new();
    for case in cases(file) {
        let pod = case.cluster.pod(&case.target.0, &case.target.1).expect("the target is one of the objects");
        for (version, expected) in &case.verdicts {
            let release: KubernetesVersion = version.parse().unwrap();
            let ours = judge(&case.cluster, pod, release, Options::default());
            let differences = differences(expected, &ours);
            let count = judged.entry(version.clone()).or_default();
            count.0 += 1;
            if differences.is_empty() {
                continue;
            }
            count.1 += 1;
            case.tags.iter().for_each(|tag| *by_tag.entry(tag.clone()).or_default() += 1);
            for (kind, text) in &differences {
                *by_kind.entry(kind).or_default() += 1;
                let seen = kinds_shown.entry(format!("{kind} {}", release.minor)).or_default();
                *seen += 1;
                if *seen <= 3 {
                    writeln!(shown, "{} on {version} ({}):\n    {text}", case.id, case.tags.join(" ")).unwrap();
                }
            }
        }
    }
    let wrong: usize = judged.values().map(|(_, wrong)| wrong).sum();
    let totals: Vec<String> =
        judged.iter().map(|(version, (all, wrong))| format!("{version}: {}/{all}", all - wrong)).collect();
    assert!(wrong == 0, "{}\n{by_kind:?}\n{by_tag:?}\n{shown}", totals.join(", "));
}

#[test]
fn generated_clusters_are_judged_as_by_the_real_scheduler() {
    agree("cases-part-a.jsonl.zst");
}

#[test]
fn hand_made_clusters_are_judged_as_by_the_real_scheduler() {
    agree("hand-made.jsonl.zst");
}

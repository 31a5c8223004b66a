//! How long the answers are: over all recorded clusters, what `diagnose` prints at 80 columns,
//! and where the first fix stands that works. The figures of docs/performance.md are printed
//! by `cargo test --test lines -- --nocapture`.

mod recorded;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use recorded::{folders, unpack};
use serde_json::Value;

/// What one answer is like.
struct Answer {
    name: String,
    lines: usize,
    /// Lines over 80 columns, commands apart.
    wide: Vec<String>,
    /// The line of the first fix that works.
    fix: Option<usize>,
}

fn answer(export: &Path, run: &str) -> Answer {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"));
    command.args(["diagnose", run, "--from", export.to_str().unwrap()]).env("COLUMNS", "80");
    let output = command.env_remove("KUBECTL_PATH").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let is_wide = |line: &&&str| line.chars().count() > 80 && !line.trim_start().starts_with("$ ");
    Answer {
        name: format!("{} {run}", export.display()),
        lines: lines.len(),
        wide: lines.iter().filter(is_wide).map(|line| (*line).to_owned()).collect(),
        // The heading says it; the fix is on the next line.
        fix: lines
            .iter()
            .position(|line| line.starts_with("Fix (") && line.contains("predicted to work"))
            .map(|at| at + 2),
    }
}

#[test]
fn answers_are_short_and_the_fix_is_near_their_top() {
    let (incidents, causes) = (unpack("incidents.tar.zst"), unpack("causes.tar.zst"));
    let mut cases = Vec::new();
    for path in folders(&incidents.path().join("incidents")) {
        let truth: Value = serde_yaml::from_str(&fs::read_to_string(path.join("truth.yaml")).unwrap()).unwrap();
        cases.push((path.join("snapshot"), truth["run"].as_str().unwrap().to_owned()));
    }
    for path in folders(causes.path()).iter().flat_map(|platform| folders(platform)) {
        let text = fs::read_to_string(path.join("causes")).unwrap();
        cases.push((path.clone(), text.lines().next().unwrap().to_owned()));
    }
    let (next, answers) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((export, run)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let answer = answer(export, run);
            answers.lock().unwrap().push(answer);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let mut answers = answers.into_inner().unwrap();
    answers.sort_by_key(|answer| answer.lines);
    let longest = answers.last().unwrap();
    let median = answers[answers.len() / 2].lines;
    let mut fixes: Vec<usize> = answers.iter().filter_map(|answer| answer.fix).collect();
    fixes.sort_unstable();
    let (middle, last) = (fixes[fixes.len() / 2], *fixes.last().unwrap());
    let late: Vec<String> = answers
        .iter()
        .filter(|answer| answer.fix.is_some_and(|fix| fix > 20))
        .map(|answer| format!("{} (line {})", answer.name, answer.fix.unwrap()))
        .collect();
    let wide: Vec<String> = answers.iter().flat_map(|answer| &answer.wide).cloned().collect();
    println!(
        "{} answers at 80 columns: median {median} lines, longest {} ({}); {} lines over 80 columns;\n{} have a fix that works, at line {middle} in the median, {last} at last; {} of them after line 20: {late:#?}",
        answers.len(),
        longest.lines,
        longest.name,
        wide.len(),
        fixes.len(),
        late.len()
    );
    assert!(answers.len() > 200, "{}", answers.len());
    assert!(wide.is_empty(), "{wide:#?}");
    assert!(median <= 22, "median {median}");
    assert!(longest.lines <= 40, "{} lines: {}", longest.lines, longest.name);
    assert!(fixes.len() > 60 && middle <= 16, "{} at {middle}", fixes.len());
    assert!(late.is_empty(), "{late:#?}");
}

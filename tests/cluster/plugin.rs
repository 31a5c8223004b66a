//! The program, run as a person runs it.

use std::path::Path;
use std::process::{Command, Output};

use rig::Rig;
use rig::scenario::Staged;
use serde_json::Value;

/// Runs the program against a cluster; `--nocapture` shows a transcript.
pub fn plugin(kubeconfig: &Path, args: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"))
        .args(args)
        .env("KUBECONFIG", kubeconfig)
        .env("TEKTON_FIX_STATE", kubeconfig.parent().unwrap())
        .env("NO_COLOR", "1")
        .env("COLUMNS", "110")
        .output()
        .unwrap();
    eprintln!("$ oc tekton-fix {}\n{}", args.join(" "), text(&output));
    output
}

/// Everything that it printed.
pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// What it printed as JSON.
pub fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(output)))
}

/// The run that it says it created.
pub fn created(output: &Output, namespace: &str) -> Staged {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let is_of_run = |line: &&str| line.starts_with("pipelinerun.tekton.dev/") && line.ends_with(" created");
    let line = stdout.lines().find(is_of_run).unwrap_or_else(|| panic!("{}", text(output)));
    let run = line.trim_start_matches("pipelinerun.tekton.dev/").trim_end_matches(" created").to_owned();
    Staged { namespace: namespace.to_owned(), run }
}

/// The diagnosis of a run.
pub fn diagnose(rig: &Rig, staged: &Staged) -> Value {
    let run = format!("{}/{}", staged.namespace, staged.run);
    json(&plugin(&rig.kubeconfig(), &["diagnose", &run, "-o", "json"]))
}

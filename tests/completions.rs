//! Completion: the files that are shipped are those that the program makes, and the
//! protocol of kubectl and oc is spoken.
//!
//! After a change of the command line, `UPDATE_COMPLETIONS=1 cargo test --test
//! completions` writes the files again.

use std::fs;
use std::path::Path;
use std::process::Command;

use clap_complete::Shell;
use tekton_fix::commands::completion::{COMPLETER, script};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/completions");
const BINARY: &str = env!("CARGO_BIN_EXE_kubectl-tekton_fix");

#[test]
fn shipped_files_are_what_the_program_makes() {
    let mut files: Vec<(String, String)> = [
        (Shell::Bash, "kubectl-tekton_fix.bash"),
        (Shell::Zsh, "_kubectl-tekton_fix"),
        (Shell::Fish, "kubectl-tekton_fix.fish"),
        (Shell::PowerShell, "kubectl-tekton_fix.ps1"),
    ]
    .map(|(shell, name)| (name.to_owned(), script(shell)))
    .to_vec();
    for name in ["kubectl_complete-tekton_fix", "oc_complete-tekton_fix", "oc_complete-tekton-fix"] {
        files.push((name.to_owned(), COMPLETER.to_owned()));
    }
    for (name, expected) in &files {
        let path = Path::new(FOLDER).join(name);
        if std::env::var_os("UPDATE_COMPLETIONS").is_some() {
            fs::write(&path, expected).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == *expected, "completions/{name} is stale: UPDATE_COMPLETIONS=1 cargo test --test completions");
    }
    let there = fs::read_dir(FOLDER).unwrap().count();
    assert_eq!(there, files.len(), "completions/ holds something else");
}

/// What kubectl gets for these words.
fn offered(words: &[&str]) -> Vec<String> {
    let output = Command::new(BINARY)
        .arg("__complete")
        .arg("--")
        .args(words)
        .env("KUBECONFIG", "/nonexistent")
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<String> = text.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect();
    assert_eq!(lines.pop().as_deref(), Some(":4"), "{text}");
    lines
}

#[test]
fn commands_flags_and_values_are_offered() {
    assert_eq!(offered(&["diag"]), ["diagnose"]);
    let all = offered(&[""]);
    assert!(all.contains(&"rerun".to_owned()) && !all.iter().any(|word| word.starts_with('-')), "{all:?}");
    assert!(!all.contains(&"__complete".to_owned()));
    assert!(offered(&["rerun", "--pin"]).contains(&"--pin-node".to_owned()));
    assert_eq!(offered(&["diagnose", "--color", "al"]), ["always"]);
}

#[test]
fn names_come_from_the_source_that_was_typed() {
    let export = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/incident");
    let runs = offered(&["diagnose", "--from", export, ""]);
    assert!(runs.iter().any(|run| run.starts_with("mistral-24b-quantized-")), "{runs:?}");
    let nodes = offered(&["rerun", "--from", export, "--pin-node=ip-10-0-1"]);
    assert_eq!(nodes.len(), 2, "{nodes:?}");
}

#[test]
fn a_cluster_that_does_not_answer_offers_nothing_and_says_nothing() {
    assert!(offered(&["diagnose", "x"]).is_empty());
}

#[test]
fn install_writes_what_kubectl_and_oc_call() {
    let folder = tempfile::tempdir().unwrap();
    let output =
        Command::new(BINARY).arg("completion").arg(format!("--install={}", folder.path().display())).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let completer = folder.path().join("kubectl_complete-tekton_fix");
    let path = std::env::join_paths([Path::new(BINARY).parent().unwrap(), Path::new("/usr/bin"), Path::new("/bin")]);
    let answer = Command::new(&completer).arg("expl").env("PATH", path.unwrap()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&answer.stdout).split('\t').next(), Some("explain"), "{answer:?}");

    // Without a folder: beside the binary as it was called, which may be a link.
    let krew = tempfile::tempdir().unwrap();
    let link = krew.path().join("kubectl-tekton_fix");
    std::os::unix::fs::symlink(BINARY, &link).unwrap();
    let output = Command::new(&link).args(["completion", "--install"]).env("PATH", krew.path()).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert!(krew.path().join("oc_complete-tekton_fix").exists());

    let missing = Command::new(BINARY).args(["completion", "--install=/nonexistent/folder"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(2));
}

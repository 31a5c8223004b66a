//! `lint --fix=unsafe`: what somebody has to agree to is proposed, and never made by `--yes` alone.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const MANIFEST: &str = "apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  generateName: build-
spec:
  pipelineRef: {name: build}
  params:
  - name: version
    value: 1.20 # the release
  podTemplate:
    nodeSelector: {pool: ci}
---
apiVersion: tekton.dev/v1
kind: StepAction
metadata:
  name: greet
spec:
  image: busybox
  script: echo hello
";

const SAFE: &str = "  taskRunTemplate:
    podTemplate:
      nodeSelector: {pool: ci}
";

fn lint(args: &[&str], file: &Path) -> (Output, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"));
    let output = command.arg("lint").args(args).arg(file).env("COLUMNS", "80").output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output, text)
}

#[test]
fn only_those_who_ask_for_it_get_what_may_not_be_meant() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.yaml");
    let write = || fs::write(&file, MANIFEST).unwrap();
    let read = || fs::read_to_string(&file).unwrap();
    let moved = MANIFEST.replace("  podTemplate:\n    nodeSelector: {pool: ci}\n", SAFE);

    write();
    let (_, told) = lint(&["--fix", "--yes"], &file);
    assert_eq!(read(), moved, "{told}");
    assert!(told.contains("needs a choice, with lint --fix=unsafe"), "{told}");

    let (shown, told) = lint(&["--fix=unsafe", "--diff"], &file);
    assert!(
        told.contains("+    value: \"1.20\" # the release") && told.contains("+apiVersion: tekton.dev/v1beta1"),
        "{told}"
    );
    assert_eq!((shown.status.code(), read()), (Some(1), moved.clone()), "{told}");

    // Nobody can be asked here.
    let (asked, told) = lint(&["--fix=unsafe"], &file);
    assert_eq!((asked.status.code(), read()), (Some(6), moved.clone()), "{told}");

    write();
    let (agreed, told) = lint(&["--fix=unsafe", "--yes"], &file);
    let wanted = moved.replace("1.20 #", "\"1.20\" #").replace("v1\nkind: StepAction", "v1beta1\nkind: StepAction");
    assert_eq!((agreed.status.code(), read()), (Some(0), wanted), "{told}");
}

#[test]
fn what_would_leave_as_much_is_not_proposed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.yaml");
    // Something stands where it belongs: which of both is meant, only its author knows.
    let text = "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata:\n  generateName: a-\nspec:\n  \
                pipelineRef:\n    name: b\n  taskRunTemplate:\n    podTemplate: {}\n  podTemplate:\n    hostNetwork: true\n";
    fs::write(&file, text).unwrap();
    let (output, told) = lint(&["--fix=unsafe", "--yes"], &file);
    assert_eq!((output.status.code(), fs::read_to_string(&file).unwrap().as_str()), (Some(1), text), "{told}");
    assert!(told.contains("fix: needs a choice, by hand"), "{told}");
}

//! What `rerun` makes of a run, on exports that are variants of the bundled incident.

#[path = "recorded/copy.rs"]
mod copy;

use std::fs;
use std::path::Path;
use std::process::Command;

use copy::copy;
use sha2::{Digest as _, Sha256};

const EXPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/incident");
const RUN: &str = "private-models/mistral-24b-quantized-gx87d";
const RUNS: &str = "namespaces/private-models/tekton.dev/pipelineruns.yaml";
const PIPELINES: &str = "namespaces/private-models/tekton.dev/pipelines.yaml";
const CLAIMS: &str = "namespaces/private-models/core/persistentvolumeclaims.yaml";

/// A copy of the incident in which texts of files are other ones.
fn variant(changes: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new(EXPORT), folder.path());
    for (file, from, to) in changes {
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }
    folder
}

/// Prints the new run; its manifest, what is said beside it, and the exit code.
fn rerun(export: &Path, args: &[&str]) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"));
    command.args(["rerun", RUN, "--from", export.to_str().unwrap(), "--dry-run=client"]).args(args);
    let output = command.env("COLUMNS", "120").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

#[test]
fn a_generated_name_is_printed_and_never_created() {
    let (manifest, told, code) = rerun(Path::new(EXPORT), &["--generate-name"]);
    // The run as it is stays stuck.
    assert_eq!(code, 1, "{told}");
    assert!(manifest.contains("  generateName: mistral-24b-quantized-\n"), "{manifest}");
    assert!(!manifest.contains("\n  name: "), "{manifest}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"));
    let output = command.args(["rerun", RUN, "--generate-name", "--from", EXPORT]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_pipeline_that_has_changed_is_told_of() {
    let (_, told, _) = rerun(Path::new(EXPORT), &[]);
    assert!(!told.contains("Pipeline mistral-quantize"), "{told}");
    let changed = variant(&[(PIPELINES, "quay.io/acme-ml/hf-fetch:2.1", "quay.io/acme-ml/hf-fetch:3.0")]);
    let (_, told, _) = rerun(changed.path(), &[]);
    assert!(told.contains("Pipeline mistral-quantize has changed since the old run:"), "{told}");
    assert!(told.contains("quay.io/acme-ml/hf-fetch:2.1 -> quay.io/acme-ml/hf-fetch:3.0"), "{told}");
    let gone = variant(&[(PIPELINES, "name: mistral-quantize", "name: another")]);
    let (_, told, _) = rerun(gone.path(), &[]);
    assert!(told.contains("Pipeline mistral-quantize does not exist any more"), "{told}");
}

#[test]
fn volumes_of_the_old_run_are_kept() {
    let (_, told, code) = rerun(Path::new(EXPORT), &["--keep-volumes"]);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("made no volume for itself"), "{told}");
    let text = fs::read_to_string(Path::new(EXPORT).join(RUNS)).unwrap();
    let uid = text.split("name: mistral-24b-quantized-gx87d").nth(1).unwrap().split("uid: ").nth(1).unwrap();
    let uid = uid.lines().next().unwrap();
    let digest = Sha256::digest(format!("source{uid}").as_bytes());
    let claim: String = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    let claim = format!("pvc-{claim}");
    let template =
        "volumeClaimTemplate:\n        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}";
    let bound = "persistentVolumeClaim:\n        claimName: model-source";
    let lost = variant(&[(RUNS, bound, template)]);
    let (_, told, code) = rerun(lost.path(), &["--keep-volumes"]);
    assert_eq!(code, 4, "{told}");
    assert!(told.contains(&format!("claim {claim} does not exist")), "{told}");
    let kept = variant(&[(RUNS, bound, template), (CLAIMS, "name: model-source", &format!("name: {claim}"))]);
    let (manifest, told, code) = rerun(kept.path(), &["--keep-volumes"]);
    assert_eq!(code, 1, "{told}");
    assert!(manifest.contains(&format!("claimName: {claim}")), "{manifest}");
    assert!(!manifest.contains("volumeClaimTemplate"), "{manifest}");
}

//! The first incident from its manifest on: linted, moved to its place, diagnosed, submitted
//! with another group, written back, linted clean. And what is not written.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use serde_json::json;

use crate::server::{Fault, Server};
use crate::{EXPORT, RUN, plugin, text};

const MANIFEST: &str = "# Quantizes a model; submitted by hand
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  generateName: mistral-24b-quantized-
  namespace: private-models
spec:
  pipelineRef:
    name: mistral-quantize
  # the volume wants a group
  podTemplate:
    securityContext:
      fsGroup: 1001     # that of the image
      runAsUser: 1001
  workspaces:
    - name: source
      persistentVolumeClaim: {claimName: model-source}
";

const MENDED: &str = "# Quantizes a model; submitted by hand
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  generateName: mistral-24b-quantized-
  namespace: private-models
spec:
  pipelineRef:
    name: mistral-quantize
  taskRunTemplate:
    # the volume wants a group
    podTemplate:
      securityContext:
        fsGroup: 1001030000     # that of the image
  workspaces:
    - name: source
      persistentVolumeClaim: {claimName: model-source}
";

/// Runs the command; the run that it makes ends well meanwhile, as its pods have found a node.
async fn with_a_run_that_succeeds(server: &Server, args: &[&str]) -> Output {
    let before = server.runs();
    let succeeds = async {
        loop {
            if let Some(name) = server.runs().into_iter().find(|name| !before.contains(name)) {
                server.edit(&name, |run| {
                    run["status"] = json!({"completionTime": "2026-11-22T12:30:00Z", "conditions": [{
                        "type": "Succeeded", "status": "True", "reason": "Succeeded",
                        "message": "Tasks Completed: 3", "lastTransitionTime": "2026-11-22T12:30:00Z"}]});
                });
                return std::future::pending::<()>().await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        output = plugin(server, args) => output,
        () = succeeds => unreachable!("it only watches"),
    }
}

#[tokio::test]
async fn the_manifest_of_a_run_that_goes_on_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.yaml");
    let file = path.to_str().unwrap();
    fs::write(&path, MANIFEST).unwrap();
    let server = Server::start(Path::new(EXPORT), Fault::Cancels).await;
    let change = ["--fs-group", "namespace", "--drop", "run-as-user", "--write-back", file];

    let linted = plugin(&server, &["lint", file]).await;
    assert!(text(&linted).contains("podTemplate belongs at spec.taskRunTemplate.podTemplate"), "{}", text(&linted));
    // What Tekton does not read is not changed.
    let early = plugin(&server, &[&["rerun", RUN, "--dry-run=client"][..], &change].concat()).await;
    assert_eq!(early.status.code(), Some(4), "{}", text(&early));
    assert!(text(&early).contains("lint --fix"), "{}", text(&early));
    plugin(&server, &["lint", "--fix", "--yes", file]).await;

    let diagnosed = plugin(&server, &["diagnose", RUN]).await;
    assert!(text(&diagnosed).contains("TKF101"), "{}", text(&diagnosed));
    let moved = fs::read_to_string(&path).unwrap();
    let shown = plugin(&server, &[&["rerun", RUN, "--dry-run=client"][..], &change].concat()).await;
    assert!(text(&shown).contains("+        fsGroup: 1001030000     # that of the image"), "{}", text(&shown));
    assert_eq!((fs::read_to_string(&path).unwrap(), server.creates()), (moved.clone(), 0));

    // Nobody waits, so nobody knows.
    let unseen = plugin(&server, &[&["rerun", RUN, "--yes", "--wait", "0"][..], &change].concat()).await;
    assert!(text(&unseen).contains("was not changed: whether the run goes on"), "{}", text(&unseen));
    assert_eq!(fs::read_to_string(&path).unwrap(), moved);

    let args = [&["rerun", RUN, "--yes", "--wait", "60s"][..], &change].concat();
    let output = with_a_run_that_succeeds(&server, &args).await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(fs::read_to_string(&path).unwrap(), MENDED, "{}", text(&output));
    let against = plugin(&server, &["lint", "--against", EXPORT, file]).await;
    assert!(text(&against).contains("no findings"), "{}", text(&against));
    assert_eq!(against.status.code(), Some(0), "{}", text(&against));
}

#[tokio::test]
async fn a_plan_is_written_back_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.yaml");
    let moved = MENDED
        .replace("1001030000     # that of the image\n", "1001     # that of the image\n        runAsUser: 1001\n");
    fs::write(&path, &moved).unwrap();
    let server = Server::start(Path::new(EXPORT), Fault::Cancels).await;
    // A folder is searched for the run's manifest.
    let file = folder.path().to_str().unwrap();
    let output = with_a_run_that_succeeds(&server, &["repair", RUN, "--yes", "--write-back", file]).await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(fs::read_to_string(&path).unwrap(), MENDED, "{}", text(&output));
}

#[tokio::test]
async fn a_manifest_that_is_not_the_runs_stops_it_before_anything_is_created() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.yaml");
    let file = path.to_str().unwrap();
    let server = Server::start(Path::new(EXPORT), Fault::None).await;
    let other = MENDED.replace("mistral-24b-quantized-", "other-");
    for (manifest, words) in [
        (other.as_str(), "is the manifest of"),
        (&format!("{MENDED}---\n{MENDED}"), "2 manifests of"),
        (&MENDED.replace("namespace: private-models", "namespace: elsewhere"), "is the manifest of"),
        ("a: [\n", "is the manifest of"),
        (
            &MENDED
                .replace("podTemplate:", "podTemplate: &shared")
                .replace("  workspaces:", "  x: *shared\n  workspaces:"),
            "cannot be changed",
        ),
    ] {
        fs::write(&path, manifest).unwrap();
        let output = plugin(&server, &["rerun", RUN, "--yes", "--fs-group", "7", "--write-back", file]).await;
        let said = text(&output).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(words), "{manifest}{said}");
        assert_eq!((output.status.code(), server.creates()), (Some(4), 0), "{said}");
        assert_eq!(fs::read_to_string(&path).unwrap(), manifest);
    }
}

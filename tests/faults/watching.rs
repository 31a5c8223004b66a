//! `diagnose --watch`: says what changes, and ends with the run or with the time.

use std::time::Duration;

use serde_json::json;

use crate::server::{Fault, Server};
use crate::{plugin, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_tells_what_changes_and_ends_with_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let now = jiff::Timestamp::now();
    let run = json!({ "apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
        "metadata": { "name": "r", "namespace": "n", "uid": "u", "creationTimestamp": format!("{now:.0}") },
        "spec": { "pipelineSpec": { "tasks": [{ "name": "t", "taskSpec": { "steps": [{ "name": "s", "image": "i" }] } }] } } });
    std::fs::write(folder.path().join("run.yaml"), run.to_string()).unwrap();
    let server = Server::start(folder.path(), Fault::None).await;
    let output = plugin(&server, &["diagnose", "n/r", "--watch", "--watch-timeout", "3s"]).await;
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    assert!(text(&output).contains(" 0:00 not taken up by Tekton's controller yet"), "{}", text(&output));

    let ends = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        server.edit("r", |run| {
            let done = json!({ "type": "Succeeded", "status": "True", "reason": "Succeeded", "message": "all done" });
            run["status"] = json!({ "conditions": [done], "completionTime": format!("{now:.0}"), "startTime": format!("{now:.0}") });
        });
    };
    let (output, ()) = tokio::join!(plugin(&server, &["diagnose", "n/r", "--watch", "--watch-timeout", "60s"]), ends);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("Succeeded: all done"), "{}", text(&output));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("OK "), "{}", text(&output));
}

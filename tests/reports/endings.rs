//! How steps and pods end, or do not begin: by themselves, from outside, unnoticed, and in
//! words of the programs in them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tekton_fix::finding::{Facts, ImageTrouble, RunReport, RunState};
use tekton_fix::model::cluster::Cluster;
use tekton_fix::model::pod::{ContainerStatus, Pod};

use super::{Case, task_pod};

fn causes(report: &RunReport) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.cause.id()).collect()
}

/// A case with one pod, which is changed; `ago` turns minutes into a time.
fn with_pod(change: impl FnOnce(&mut Pod, &dyn Fn(i64) -> Timestamp)) -> RunReport {
    let case = Case::of("reports", "02");
    let now = case.cluster.taken_at.unwrap();
    let (_, report) = case.changed(|cluster| {
        cluster.events.clear();
        change(task_pod(cluster), &|minutes| now - SignedDuration::from_mins(minutes));
    });
    report
}

fn status(value: Value) -> ContainerStatus {
    serde_json::from_value(value).unwrap()
}

fn steps_end(pod: &mut Pod, code: i32, at: Timestamp) {
    for own in pod.status.container_statuses.iter_mut().filter(|own| own.name.starts_with("step-")) {
        let end =
            json!({ "exitCode": code, "reason": if code == 0 { "Completed" } else { "Error" }, "finishedAt": at });
        *own = status(json!({ "name": own.name, "state": { "terminated": end } }));
    }
}

#[test]
fn steps_that_ended_unnoticed_beside_a_sidecar_are_the_controllers_affair() {
    let ended = |code: i32, minutes: i64| {
        with_pod(|pod, ago| {
            steps_end(pod, code, ago(minutes));
            let container = json!({ "name": "sidecar-db", "image": "r.example/db:1" });
            pod.spec.containers.push(serde_json::from_value(container).unwrap());
            let runs = json!({ "name": "sidecar-db", "ready": true, "state": { "running": { "startedAt": ago(90) } } });
            pod.status.container_statuses.push(status(runs));
        })
    };
    for code in [0, 1] {
        let report = ended(code, 18);
        assert_eq!(causes(&report)[0], "controller-not-running", "{code}");
        assert!(report.headline.starts_with("all steps of task"), "{}", report.headline);
        assert_eq!(report.state, RunState::Stuck);
        let fresh = ended(code, 0);
        assert!(!causes(&fresh).contains(&"controller-not-running"), "{code}: {:?}", causes(&fresh));
    }
}

/// The pod's init container is still at it.
fn initializing(name: &str, minutes: i64, always: bool) -> RunReport {
    with_pod(|pod, ago| {
        pod.status.phase = "Pending".to_owned();
        pod.status.container_statuses.clear();
        let policy = always.then_some("Always");
        let container = json!({ "name": name, "image": "r.example/i:1", "restartPolicy": policy });
        pod.spec.init_containers = vec![serde_json::from_value(container).unwrap()];
        let runs = json!({ "name": name, "state": { "running": { "startedAt": ago(minutes) } } });
        pod.status.init_container_statuses = vec![status(runs)];
    })
}

#[test]
fn an_init_container_that_does_not_end_is_named() {
    let report = initializing("vault-agent-init", 20, false);
    assert_eq!(causes(&report), ["pod-not-started"]);
    assert!(report.headline.contains("vault-agent-init has run for 20m"), "{}", report.headline);
    assert!(report.findings[0].cannot_tell.iter().any(|text| text.contains("-c vault-agent-init")));
    assert!(!causes(&initializing("vault-agent-init", 3, false)).contains(&"pod-not-started"));
    assert!(!causes(&initializing("proxy", 20, true)).contains(&"pod-not-started"), "a native sidecar runs on");
}

#[test]
fn what_the_runtime_refuses_is_told_whatever_else_of_the_pod_runs() {
    for (reason, message, words) in [
        ("RunContainerError", "error mounting \"/x\"", "cannot be started: error mounting"),
        ("PreStartHookError", "", "cannot be started: PreStartHookError"),
        ("CreateContainerError", "name is reserved", "cannot be created: name is reserved"),
    ] {
        let report = with_pod(|pod, ago| {
            let waits = json!({ "name": "step-train",
                "state": { "waiting": { "reason": reason, "message": message } } });
            for own in &mut pod.status.container_statuses {
                *own = if own.name == "step-train" {
                    status(waits.clone())
                } else {
                    status(json!({ "name": own.name, "state": { "running": { "startedAt": ago(9) } } }))
                };
            }
        });
        assert!(causes(&report).contains(&"container-not-created"), "{reason}: {:?}", causes(&report));
        let told = report.findings.iter().any(|finding| finding.summary.contains(words));
        assert!(told, "{reason}: {}", report.headline);
    }
}

#[test]
fn a_disruption_tells_nothing_of_a_step_that_was_killed_before_it() {
    let disrupted = |finished: i64, since: i64, deleted: bool| {
        with_pod(|pod, ago| {
            steps_end(pod, 137, ago(finished));
            if deleted {
                pod.metadata.deletion_timestamp = Some(ago(since));
            } else {
                pod.status.phase = "Failed".to_owned();
            }
            let condition = json!({ "type": "DisruptionTarget", "status": "True",
                "reason": "EvictionByEvictionAPI", "message": "words", "lastTransitionTime": ago(since) });
            pod.status.conditions.push(serde_json::from_value(condition).unwrap());
        })
    };
    assert!(disrupted(9, 10, false).headline.contains("as a drain of its node does"));
    assert!(!disrupted(20, 10, false).headline.contains("drain"));
    let going = disrupted(9, 10, true);
    assert_eq!(causes(&going)[0], "pod-evicted");
    assert!(going.headline.contains("is being ended from outside"), "{}", going.headline);
}

/// A step that failed with exit code 1 and this log.
fn failed(log: &str) -> RunReport {
    let case = Case::of("reports", "02");
    let now = case.cluster.taken_at.unwrap();
    let fail = |cluster: &mut Cluster| {
        let pod = task_pod(cluster);
        steps_end(pod, 1, now);
        pod.status.phase = "Failed".to_owned();
        let key = format!("{}/{}/step-train", pod.metadata.namespace, pod.metadata.name);
        Arc::make_mut(&mut cluster.logs).insert(key, log.to_owned());
        cluster.events.clear();
        for task_run in &mut cluster.task_runs {
            let step = json!({ "name": "train", "container": "step-train",
                "terminated": { "exitCode": 1, "reason": "Error", "finishedAt": now } });
            task_run.status.steps = serde_json::from_value(json!([step])).unwrap();
            for condition in &mut task_run.status.conditions {
                condition.status = "False".to_owned();
                condition.reason = "Failed".to_owned();
                condition.message = "\"step-train\" exited with code 1".to_owned();
            }
        }
        for condition in cluster.pipeline_runs.iter_mut().flat_map(|run| &mut run.status.conditions) {
            condition.status = "False".to_owned();
            condition.reason = "Failed".to_owned();
        }
    };
    case.changed(fail).1
}

#[test]
fn the_last_words_of_a_step_are_told_with_what_they_mean() {
    for (line, lesson) in [
        ("curl: (6) Could not resolve host: registry.internal", "name was not resolved"),
        ("dial tcp: lookup git.example on 10.0.0.10:53: no such host", "name was not resolved"),
        ("java.net.UnknownHostException: repo.example", "name was not resolved"),
        ("SSL certificate problem: unable to get local issuer certificate", "certificate was not trusted"),
        (
            "Get \"https://r\": tls: failed to verify certificate: x509: unknown authority",
            "certificate was not trusted",
        ),
        ("fatal: detected dubious ownership in repository at '/workspace/source'", "another user owns"),
        ("FATAL ERROR: Reached heap limit - JavaScript heap out of memory", "its own limit of memory"),
        ("Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space", "its own limit of memory"),
        ("Error: Termination message is above max allowed size 4096", "Results of one step"),
    ] {
        let report = failed(&format!("first\n{line}\nmake: *** [all] Error 1\n"));
        assert_eq!(causes(&report), ["step-failed"], "{line}");
        assert!(report.headline.contains(line), "{}", report.headline);
        assert!(report.findings[0].chain.iter().any(|link| link.contains(lesson)), "{:?}", report.findings[0].chain);
    }
}

#[test]
fn what_a_step_survived_is_not_what_it_died_of() {
    let later = "test ok\n".repeat(6);
    let report = failed(&format!("curl: (6) Could not resolve host: a\nretried\n{later}1 test failed\n"));
    assert_eq!(causes(&report), ["step-failed"]);
    assert!(!report.headline.contains("resolve"), "{}", report.headline);
    assert!(report.findings[0].chain.iter().any(|link| link.contains("1 test failed")));
}

#[test]
fn names_of_images_are_no_answers_of_registries() {
    let pulled = |reason: &str, message: &str| {
        let report = with_pod(|pod, _| {
            pod.status.phase = "Pending".to_owned();
            let waits = json!({ "waiting": { "reason": reason, "message": message } });
            pod.status.container_statuses = vec![status(json!({ "name": "step-train", "state": waits }))];
            for own in pod.spec.containers.iter_mut().filter(|own| own.name == "step-train") {
                own.image = "r.example/denied:403".to_owned();
            }
        });
        assert_eq!(causes(&report), ["image-pull"], "{message}");
        assert!(report.findings[0].chain.iter().any(|link| link.contains(message)), "{:?}", report.findings[0].chain);
        match &report.findings[0].facts {
            Facts::Image { trouble, .. } => *trouble,
            other => panic!("{other:?}"),
        }
    };
    for (reason, message, trouble) in [
        ("ImagePullBackOff", "Back-off pulling image \"r.example/denied:403\"", ImageTrouble::Other),
        ("ErrImagePull", "r.example/denied:403: manifest unknown", ImageTrouble::NotFound),
        ("ErrImagePull", "no match for platform in manifest: not found", ImageTrouble::OtherPlatform),
        ("InvalidImageName", "couldn't parse image name \"R/A\": invalid reference format", ImageTrouble::Invalid),
        ("ImageInspectError", "short-name \"a:1\" did not resolve to an alias", ImageTrouble::ShortName),
        (
            "ErrImageNeverPull",
            "Container image \"a:1\" is not present with pull policy of Never",
            ImageTrouble::NeverPulled,
        ),
    ] {
        assert_eq!(pulled(reason, message), trouble, "{message}");
    }
}

#[test]
fn a_pod_of_an_attempt_that_is_over_is_not_lost() {
    let report = |over: bool| {
        let case = Case::of("reports", "02");
        let now = case.cluster.taken_at.unwrap();
        let (_, report) = case.changed(|cluster| {
            cluster.events.clear();
            let pod = task_pod(cluster);
            steps_end(pod, 1, now - SignedDuration::from_mins(5));
            pod.status.phase = "Failed".to_owned();
            let name = pod.metadata.name.clone();
            for task_run in &mut cluster.task_runs {
                task_run.status.steps.clear();
                task_run.status.pod_name.clear();
                let attempt = json!({ "podName": if over { &name } else { "another" } });
                task_run.status.retries_status = vec![attempt];
            }
        });
        report
    };
    assert!(causes(&report(false)).contains(&"pod-lost"));
    assert!(!causes(&report(true)).contains(&"pod-lost"), "{:?}", causes(&report(true)));
}

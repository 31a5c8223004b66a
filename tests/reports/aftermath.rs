//! What is left of a cause: what stopped a run stops an unchanged one again, is open, or has
//! been mended since; and words that only resemble those of another cause.

use jiff::SignedDuration;
use serde_json::{Value, json};
use tekton_fix::assess;
use tekton_fix::checks::focus::Focus;
use tekton_fix::finding::{Outcome, RunReport, RunState, Severity};
use tekton_fix::model::cluster::Cluster;
use tekton_fix::model::{Kind, Origin};
use tekton_fix::ops::{Edit, ObjectRef, Op};

use super::Case;

/// A case whose only task ended as told before it had a pod.
fn ended(reason: &str, message: &str, change: impl FnOnce(&mut Cluster)) -> (Case, RunReport) {
    let mut case = Case::of("reports", "02");
    case.cluster.pods.retain(|pod| !pod.metadata.name.ends_with("-pod"));
    for task_run in &mut case.cluster.task_runs {
        task_run.status.steps.clear();
        task_run.status.pod_name.clear();
        task_run.status.completion_time = task_run.metadata.creation_timestamp;
        for condition in &mut task_run.status.conditions {
            condition.status = "False".to_owned();
            condition.reason = reason.to_owned();
            condition.message = message.to_owned();
        }
    }
    for condition in case.cluster.pipeline_runs.iter_mut().flat_map(|run| &mut run.status.conditions) {
        condition.status = "False".to_owned();
        condition.reason = "Failed".to_owned();
        condition.message = "Tasks Completed: 1 (Failed: 1, Cancelled 0), Skipped: 0".to_owned();
    }
    case.cluster.events.clear();
    change(&mut case.cluster);
    let report = case.report();
    (case, report)
}

fn causes(report: &RunReport) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.cause.id()).collect()
}

/// What is forecast of the run, submitted again with edits.
fn resubmitted(case: &Case, report: &RunReport, edits: Vec<Edit>) -> Outcome {
    let run = case.cluster.pipeline_run(&case.namespace, &case.run).unwrap();
    let focus = Focus::new(&case.cluster, run, case.cluster.taken_at.unwrap());
    let run = ObjectRef::new(Kind::PipelineRun, &case.namespace, &case.run);
    assess::forecast(&focus, &report.findings, &[Op::Submit { run, edits, cancel_old: false }]).outcome()
}

fn insert(cluster: &mut Cluster, kind: Kind, object: Value) {
    cluster.insert(kind, object, Origin::Server(String::new())).unwrap();
    cluster.sort();
}

#[test]
fn only_a_timeout_of_tekton_is_a_timeout() {
    for message in [
        "failed to create task run pod \"x\": etcdserver: request timed out. Maybe missing or invalid Task ml/",
        "failed to create task run pod \"x\": Timeout: request did not complete within requested timeout",
        "failed to create task run pod \"x\": dial tcp 10.0.0.1:443: i/o timed out",
    ] {
        let (case, report) = ended("PodCreationFailed", message, |_| ());
        assert!(!causes(&report).contains(&"timeout"), "{message}: {:?}", causes(&report));
        // The server answers another time, or not: that is open.
        assert_eq!(causes(&report), ["task-pod-refused"], "{message}");
        assert_eq!(resubmitted(&case, &report, Vec::new()), Outcome::Unknown, "{message}");
    }
    let (_, report) = ended("TaskRunTimeout", "TaskRun \"x\" failed to finish within \"10m0s\"", |cluster| {
        let task_run = cluster.task_runs.iter_mut().next().unwrap();
        task_run.status.steps = serde_json::from_value(json!([{ "name": "train",
            "terminated": { "exitCode": 1, "startedAt": "2026-01-01T00:00:00Z", "reason": "TaskRunTimeout" } }]))
        .unwrap();
    });
    assert_eq!(causes(&report), ["timeout"]);
    let summary = &report.findings[0].summary;
    assert!(summary.starts_with("task ") && summary.contains("its timeout of 10m0s"), "{summary}");
    let message = "\"step-train\" exited because the step exceeded the specified timeout limit";
    let (_, report) = ended("Failed", message, |_| ());
    assert_eq!(causes(&report), ["timeout"]);
    assert!(report.findings[0].summary.starts_with("step train of task "), "{}", report.findings[0].summary);
}

#[test]
fn a_task_that_failed_by_what_the_run_says_fails_again() {
    for (reason, outcome) in [
        ("TaskRunValidationFailed", Outcome::Blocked),
        ("InvalidParamValue", Outcome::Blocked),
        ("TaskRunResultLargerThanAllowedLimit", Outcome::Blocked),
        ("Failed", Outcome::Unknown),
        ("SomethingNew", Outcome::Unknown),
    ] {
        let (case, report) = ended(reason, "words of no other cause", |_| ());
        assert_eq!(causes(&report), ["task-failed"], "{reason}");
        assert_eq!(resubmitted(&case, &report, Vec::new()), outcome, "{reason}");
        // Whether another value mends it, only the server can tell.
        let edit = Edit::Param { name: "p".to_owned(), value: json!("other") };
        assert_ne!(resubmitted(&case, &report, vec![edit]), Outcome::GoesOn, "{reason}");
    }
}

#[test]
fn what_was_missing_and_is_there_now_is_not_called_missing() {
    let message =
        "pods \"x\" is forbidden: error looking up service account ml/builder: serviceaccount \"builder\" not found";
    let create = |cluster: &mut Cluster| {
        let meta = json!({ "name": "builder", "namespace": "ml", "creationTimestamp": "2026-06-01T00:00:00Z" });
        insert(cluster, Kind::ServiceAccount, json!({ "metadata": meta }));
    };
    let namespace = Case::of("reports", "02").namespace;
    let message = message.replace("ml/", &format!("{namespace}/"));
    let (_, gone) = ended("PodCreationFailed", &message, |_| ());
    assert_eq!(causes(&gone)[0], "service-account-missing");
    assert!(gone.findings[0].summary.contains("does not exist"), "{}", gone.findings[0].summary);
    let (_, there) = ended("PodCreationFailed", &message, |cluster| {
        create(cluster);
        for account in &mut cluster.service_accounts {
            account.metadata.namespace.clone_from(&namespace);
        }
        cluster.sort();
    });
    let summary = &there.findings[0].summary;
    assert!(summary.contains("did not exist") && summary.contains("it exists now"), "{summary}");
}

#[test]
fn a_run_that_was_cancelled_and_has_not_ended_is_not_called_well() {
    let cancelled = |status: &str, change: fn(&mut Cluster)| {
        let status = json!(status);
        Case::of("live", "14").changed(move |cluster| {
            for run in &mut cluster.pipeline_runs {
                run.spec["status"] = status.clone();
            }
            for pod in &mut cluster.pods {
                pod.metadata.annotations.insert("tekton.dev/ready".to_owned(), "READY".to_owned());
                pod.status.container_statuses.iter_mut().for_each(|status| status.ready = true);
            }
            for deployment in &mut cluster.deployments {
                deployment.status.available_replicas = 1;
            }
            change(cluster);
        })
    };
    for status in ["Cancelled", "CancelledRunFinally", "StoppedRunFinally"] {
        let (causes, report) = cancelled(status, |_| ());
        assert_eq!(causes, ["cancelled-by-user"], "{status}");
        assert_eq!((report.state, report.findings[0].severity), (RunState::Waiting, Severity::Warning), "{status}");
    }
    let (_, report) = cancelled("Cancelled", |cluster| {
        for condition in cluster.pipeline_runs.iter_mut().flat_map(|run| &mut run.status.conditions) {
            condition.reason = "PipelineRunCouldntCancel".to_owned();
            condition.message = "PipelineRun \"r\" was cancelled but had errors: admission webhook denied".to_owned();
        }
    });
    assert_eq!(report.state, RunState::Stuck);
    assert!(report.findings[0].summary.contains("admission webhook denied"), "{}", report.findings[0].summary);
    let (_, report) = cancelled("Cancelled", |cluster| {
        for deployment in &mut cluster.deployments {
            deployment.status.observed_generation = 1;
            deployment.status.available_replicas = 0;
        }
    });
    assert!(report.findings[0].summary.contains("no available pod"), "{}", report.findings[0].summary);
    assert_eq!(report.state, RunState::Stuck);
}

#[test]
fn a_run_with_tasks_that_were_not_read_was_not_refused_as_a_whole() {
    for reason in ["SomethingNew", "Error", "", "PipelineRunCouldntCancel"] {
        let mut case = Case::of("reports", "02");
        case.cluster.pods.clear();
        case.cluster.forget(Kind::TaskRun);
        case.cluster.coverage.record(Kind::TaskRun, "", tekton_fix::model::Reading::NotRead);
        case.cluster.coverage.record(Kind::TaskRun, &case.namespace.clone(), tekton_fix::model::Reading::NotRead);
        case.cluster.events.clear();
        for condition in case.cluster.pipeline_runs.iter_mut().flat_map(|run| &mut run.status.conditions) {
            condition.status = "False".to_owned();
            condition.reason = reason.to_owned();
            condition.message = "a message".to_owned();
        }
        let report = case.report();
        assert_eq!(causes(&report), ["evidence-missing"], "{reason:?}");
    }
}

#[test]
fn what_another_controller_holds_is_not_forecast_to_go_on() {
    let case = |change: fn(&mut Cluster)| {
        let mut case = Case::of("live", "14");
        case.cluster.pods.clear();
        case.cluster.task_runs.clear();
        let old = case.cluster.taken_at.unwrap() - SignedDuration::from_hours(1);
        for run in &mut case.cluster.pipeline_runs {
            run.status = Default::default();
            run.metadata.creation_timestamp = Some(old);
        }
        change(&mut case.cluster);
        let report = case.report();
        (case, report)
    };
    let (held, report) = case(|cluster| {
        for run in &mut cluster.pipeline_runs {
            run.spec["managedBy"] = json!("acme.io/scheduler");
        }
    });
    assert_eq!(causes(&report), ["managed-by-other-controller"]);
    assert_eq!(resubmitted(&held, &report, Vec::new()), Outcome::Unknown);
    let (queued, report) = case(|cluster| {
        for run in &mut cluster.pipeline_runs {
            run.spec["managedBy"] = json!("kueue.x-k8s.io/multikueue");
            run.metadata.labels.insert("kueue.x-k8s.io/queue-name".to_owned(), "q".to_owned());
        }
        cluster.coverage.record(Kind::QueueWorkload, "", tekton_fix::model::Reading::NotRead);
    });
    assert_eq!(causes(&report), ["held-by-queue"]);
    assert_ne!(resubmitted(&queued, &report, Vec::new()), Outcome::GoesOn);
}

/// A case whose only step was killed, changed.
fn killed(change: impl FnOnce(&mut tekton_fix::model::pod::Pod)) -> RunReport {
    let (_, report) = Case::of("reports", "02").changed(|cluster| {
        change(cluster.pods.iter_mut().find(|pod| pod.metadata.name.ends_with("-pod")).unwrap());
    });
    report
}

#[test]
fn a_pod_that_was_ended_from_outside_was_not_short_of_memory() {
    let disrupted = |reason: &'static str| {
        move |pod: &mut tekton_fix::model::pod::Pod| {
            let condition =
                json!({ "type": "DisruptionTarget", "status": "True", "reason": reason, "message": "words" });
            pod.status.conditions.push(serde_json::from_value(condition).unwrap());
            pod.status.phase = "Failed".to_owned();
        }
    };
    for (reason, words) in [
        ("PreemptionByScheduler", "preempted it"),
        ("EvictionByEvictionAPI", "a drain"),
        ("DeletionByTaintManager", "NoExecute taint"),
    ] {
        let report = killed(disrupted(reason));
        let first = &report.findings[0];
        assert!(!causes(&report).contains(&"step-killed"), "{reason}: {:?}", causes(&report));
        assert!(first.summary.contains(words), "{reason}: {}", first.summary);
    }
    for (reason, words) in [("Preempting", "a critical pod"), ("Terminated", "its node was shut down")] {
        let report = killed(|pod| {
            pod.status.reason = reason.to_owned();
            pod.status.message = "words".to_owned();
            pod.status.phase = "Failed".to_owned();
        });
        assert!(report.findings[0].summary.contains(words), "{reason}: {}", report.findings[0].summary);
        assert!(!causes(&report).contains(&"step-killed"), "{reason}");
    }
    // Another reason says nothing of who ended it.
    assert_eq!(causes(&killed(disrupted("SomethingNew")))[0], "step-killed");
}

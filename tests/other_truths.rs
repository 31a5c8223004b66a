//! Recorded incidents, changed so that another cause is true: what was quoted before
//! must not be said any more.

mod recorded;

use tekton_fix::assess;
use tekton_fix::checks;
use tekton_fix::checks::focus::Focus;
use tekton_fix::finding::{Outcome, RunReport};
use tekton_fix::model::Condition;
use tekton_fix::model::Kind;
use tekton_fix::model::cluster::Cluster;
use tekton_fix::model::event::Event;
use tekton_fix::model::meta::ObjectReference;
use tekton_fix::ops::{Caller, ObjectRef, Op};
use tekton_fix::repairs;
use tekton_fix::report::wording;
use tekton_fix::sources::export;

use recorded::{folders, unpack};

/// A recorded incident by the beginning of its name, with its run.
fn incident(number: &str) -> (Cluster, String, String) {
    let folder = unpack("incidents.tar.zst");
    let mut all = folders(&folder.path().join("incidents")).into_iter();
    let found = all.find(|path| path.file_name().unwrap().to_string_lossy().starts_with(number)).unwrap();
    let truth = std::fs::read_to_string(found.join("truth.yaml")).unwrap();
    let truth: serde_json::Value = serde_yaml::from_str(&truth).unwrap();
    let (namespace, name) = truth["run"].as_str().unwrap().split_once('/').unwrap();
    let cluster = export::read(found.join("snapshot").to_str().unwrap()).unwrap();
    (cluster, namespace.to_owned(), name.to_owned())
}

fn report(cluster: &Cluster, namespace: &str, name: &str) -> RunReport {
    let now = cluster.taken_at.unwrap();
    let mut report = checks::diagnose(cluster, cluster.pipeline_run(namespace, name).unwrap(), now);
    repairs::attach(cluster, &mut report, now);
    report
}

fn causes(report: &RunReport) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.cause.id()).collect()
}

fn set(conditions: &mut [Condition], reason: &str, message: &str) {
    for condition in conditions.iter_mut().filter(|condition| condition.kind == "Succeeded") {
        "False".clone_into(&mut condition.status);
        reason.clone_into(&mut condition.reason);
        message.clone_into(&mut condition.message);
    }
}

/// The run as its timeout would have left it: unfinished tasks cancelled, their pods and
/// the assistants gone.
fn time_out(cluster: &mut Cluster, namespace: &str, name: &str) {
    let now = cluster.taken_at;
    for run in cluster.pipeline_runs.iter_mut().filter(|run| run.metadata.name == name) {
        set(&mut run.status.conditions, "PipelineRunTimeout", "PipelineRun failed to finish within \"1m0s\"");
    }
    let mut gone: Vec<String> = Vec::new();
    for task in cluster.task_runs.iter_mut().filter(|task| task.metadata.namespace == namespace) {
        if !task.is_done() && task.metadata.label("tekton.dev/pipelineRun") == Some(name) {
            let text = "TaskRun was cancelled. TaskRun cancelled as the PipelineRun it belongs to has timed out.";
            set(&mut task.status.conditions, "TaskRunCancelled", text);
            task.status.completion_time = now;
            gone.push(task.status.pod_name.clone());
        }
    }
    cluster.pods.retain(|pod| {
        let is_assistant = pod.metadata.label("app.kubernetes.io/component") == Some("affinity-assistant");
        pod.metadata.namespace != namespace || !gone.contains(&pod.metadata.name) && !is_assistant
    });
    cluster.stateful_sets.retain(|set| set.metadata.namespace != namespace);
}

#[test]
fn a_task_that_waited_is_no_task_that_ran_too_long() {
    // Its first task ran, its second one waited beside a cordoned node.
    let (mut cluster, namespace, name) = incident("045");
    time_out(&mut cluster, &namespace, &name);
    let told = report(&cluster, &namespace, &name);
    assert_eq!(causes(&told), ["timeout-hid-the-reason", "assistant-node-cordoned"]);
    cluster.events.clear();
    let told = report(&cluster, &namespace, &name);
    assert_eq!(causes(&told), ["timeout-hid-the-reason"]);
    assert!(!told.findings[0].cannot_tell.is_empty());
}

#[test]
fn a_task_that_ran_too_long_did_not_wait_though_the_scheduler_spoke_of_it() {
    let (mut cluster, namespace, name) = incident("050");
    let of_run = |labels: Option<&str>| labels == Some(name.as_str());
    let first = cluster
        .task_runs
        .iter()
        .filter(|task| of_run(task.metadata.label("tekton.dev/pipelineRun")))
        .min_by_key(|task| task.metadata.creation_timestamp)
        .map(|task| task.metadata.name.clone())
        .unwrap();
    cluster.task_runs.retain(|task| task.metadata.name == first);
    set(
        &mut cluster.task_runs.iter_mut().next().unwrap().status.conditions,
        "TaskRunCancelled",
        "cancelled as its PipelineRun has timed out",
    );
    for run in cluster.pipeline_runs.iter_mut().filter(|run| run.metadata.name == name) {
        set(&mut run.status.conditions, "PipelineRunTimeout", "PipelineRun failed to finish within \"1m0s\"");
    }
    assert_eq!(causes(&report(&cluster, &namespace, &name)), ["timeout"]);
}

fn event(pod: &str, namespace: &str, kind: &str, reason: &str, message: &str, second: i64) -> Event {
    let mut event = Event { kind: kind.to_owned(), reason: reason.to_owned(), ..Event::default() };
    event.metadata.namespace = namespace.to_owned();
    event.metadata.name = format!("{pod}.{second}");
    event.message = message.to_owned();
    event.involved_object = ObjectReference {
        kind: "Pod".to_owned(),
        name: pod.to_owned(),
        namespace: namespace.to_owned(),
        ..ObjectReference::default()
    };
    event.last_timestamp = jiff::Timestamp::from_second(second).ok();
    event
}

#[test]
fn a_warning_that_is_over_is_no_cause() {
    let (mut cluster, namespace, name) = incident("016");
    let pod = cluster
        .pods
        .iter()
        .find(|pod| {
            pod.metadata.label("tekton.dev/pipelineRun") == Some(name.as_str())
                && !pod.metadata.name.starts_with("affinity")
        })
        .unwrap();
    let (pod, born) = (pod.metadata.name.clone(), pod.metadata.creation_timestamp.unwrap().as_second());
    cluster.taken_at = jiff::Timestamp::from_second(born + 120).ok();
    let multi_attach = "Multi-Attach error for volume \"pvc-1\" Volume is already used by pod(s) x";
    cluster.events.push(event(&pod, &namespace, "Warning", "FailedAttachVolume", multi_attach, born + 10));
    assert_eq!(causes(&report(&cluster, &namespace, &name)), ["volume-multi-attach"]);
    cluster.events.push(event(&pod, &namespace, "Normal", "Pulling", "Pulling image \"x\"", born + 50));
    cluster.sort();
    let told = report(&cluster, &namespace, &name);
    assert_eq!((causes(&told), told.state.as_str()), (vec![], "waiting"));
    assert!(told.headline.contains("Pulling image"), "{}", told.headline);
}

#[test]
fn a_claim_that_goes_away_is_no_matter_of_node_labels() {
    for (words, wanted) in [
        ("persistentvolumeclaim \"w\" is being deleted. not found", "claim-being-deleted"),
        ("persistentvolumeclaim \"w\" bound to non-existent persistentvolume \"pv-x\". not found", "claim-lost"),
    ] {
        let (mut cluster, namespace, name) = incident("026");
        for pod in cluster.pods.iter_mut().filter(|pod| pod.spec.node_name.is_empty()) {
            for condition in pod.status.conditions.iter_mut().filter(|condition| condition.kind == "PodScheduled") {
                condition.message = format!("0/7 nodes are available: {words}");
            }
        }
        assert_eq!(causes(&report(&cluster, &namespace, &name)), [wanted]);
    }
}

#[test]
fn a_run_without_its_service_account_is_not_predicted_to_go_on() {
    let (cluster, namespace, name) = incident("021");
    let run = cluster.pipeline_run(&namespace, &name).unwrap();
    let focus = Focus::new(&cluster, run, cluster.taken_at.unwrap());
    let run = ObjectRef::new(Kind::PipelineRun, &namespace, &name);
    let unchanged = Op::Submit { run, edits: Vec::new(), cancel_old: false };
    let forecast = assess::forecast(&focus, &[], &[unchanged]);
    assert_eq!(forecast.outcome(), Outcome::Blocked);
    let because = wording::because(&forecast);
    assert!(because[0].contains("docs-publisher"), "{because:?}");
    let told = report(&cluster, &namespace, &name);
    assert!(told.findings[0].offers.iter().all(|repair| repair.works()));
}

#[test]
fn one_quota_with_room_does_not_heal_where_another_is_full() {
    let (mut cluster, namespace, name) = incident("053");
    let outcome = |cluster: &Cluster| {
        let told = report(cluster, &namespace, &name);
        let repairs = told.findings.into_iter().flat_map(|finding| finding.offers);
        repairs.into_iter().find(|repair| repair.id == "raise-quota").unwrap().forecast.outcome()
    };
    assert_eq!(outcome(&cluster), Outcome::GoesOn);
    let mut other = cluster.resource_quotas.first().unwrap().clone();
    other.metadata.name = "zz-other".to_owned();
    cluster.resource_quotas.push(other);
    assert_eq!(outcome(&cluster), Outcome::Blocked);
}

#[test]
fn a_mode_is_set_with_all_that_it_needs() {
    // On 0.68 `pipelineruns` is refused while disable-affinity-assistant is false.
    let (cluster, namespace, name) = incident("042");
    let told = report(&cluster, &namespace, &name);
    let mut repairs = told.findings.into_iter().flat_map(|finding| finding.offers);
    let repair = repairs.find(|repair| repair.id == "coschedule-pipelineruns").unwrap();
    let command = repair.ops[0].commands(&Caller::default())[0].line();
    assert!(command.contains("\"disable-affinity-assistant\":true"), "{command}");
    assert!(command.contains("\"coschedule\":\"pipelineruns\""), "{command}");
}
